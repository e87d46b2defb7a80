# SPDX-License-Identifier: GPL-2.0-only
"""Owns the outer machine: boots it, passes its events on, ends it in time.

A boot that dies before the guest's agent has answered is started again, and
only that: whatever happens later is the result.
"""

import dataclasses
import json
import subprocess
import tempfile
import threading
from pathlib import Path

import debian
import images
import kernels
import root

MARK = "@lab "
ATTEMPTS = 4
# Where the outer machine's files lie in the root tree.
WORK = "/tmp/work"
DISK = "/tmp/disk"
DEBIAN = "/tmp/debian"
BOOT_SECONDS = 90		# until the guest is started
DEBUG_PATIENCE = 4		# a debug kernel is that much slower


def command_line(debian):
    return [
        "qemu-system-x86_64", "-accel", "tcg,thread=multi",
        "-cpu", "max,+svm", "-smp", "2", "-m", "12G", "-nodefaults",
        "-display", "none", "-no-reboot",
        "-kernel", f"{WORK}/vmlinuz", "-initrd", f"{WORK}/initrd",
        "-append", "console=ttyS0 quiet panic=-1",
        "-serial", f"file:{WORK}/outer.log",
        "-drive", f"file={DISK},if=virtio,format=raw,snapshot=on",
        "-drive", f"file={WORK}/payload.tar,if=virtio,format=raw,"
                  "readonly=on",
        *(["-drive", f"file={DEBIAN},if=virtio,format=raw,readonly=on"]
          if debian else []),
        "-device", "virtio-serial-pci",
        "-chardev", "stdio,id=c,signal=off", "-device",
        "virtconsole,chardev=c",
    ]


def prepare():
    """Makes what every boot shares, before boots run beside each other."""
    kernels.kernel(kernels.OUTER)
    images.outer_disk()
    images.build.guest_programs()


class Machine:
    """One boot: a guest kernel, a driver and a plan of scenarios."""

    def __init__(self, kernel, driver, module, boot, scenarios, on_event):
        """module: a name in images.STOCK, or the contents of a module."""
        self.kernel = kernel
        self.module = module
        self.debian = boot.debian
        self.plan = {
            "boot": dataclasses.asdict(boot),
            "driver": driver,
            "patience": DEBUG_PATIENCE if kernel.choice == "debug" else 1,
            "scenarios": [scenario.name() for scenario in scenarios],
        }
        self.boot_seconds = BOOT_SECONDS + boot.limit
        self.seconds = 120 + self.plan["patience"] * sum(
            item.limit for item in scenarios)
        self.on_event = on_event
        self.retries = 0
        self.ready = False
        self.last_words = []

    def run(self):
        """Whether the run came to its orderly end."""
        disk = images.outer_disk()
        outer = kernels.kernel(kernels.OUTER)
        with tempfile.TemporaryDirectory() as work:
            path = Path(work)
            images.payload(path / "payload.tar", self.kernel, self.module,
                           self.plan)
            (path / "vmlinuz").write_bytes(outer.image.read_bytes())
            (path / "initrd").write_bytes(images.outer_initrd(outer))
            (path / "outer.log").touch()
            for self.retries in range(ATTEMPTS):
                if self.attempt(work, disk) or self.ready:
                    break
            self.last_words.append(
                (path / "outer.log").read_text(errors="replace")[-8000:])
        return self.ended

    def attempt(self, work, disk):
        binds = [(work, WORK), (disk, DISK)]
        if self.debian:
            binds.append((debian.image(), DEBIAN))
        self.ended = False
        self.last_words = []
        process = subprocess.Popen(
            root.command(command_line(self.debian), binds),
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, text=True, errors="replace",
            env=root.ENVIRONMENT)
        timer = threading.Timer(self.boot_seconds, process.kill)
        timer.start()
        try:
            for line in process.stdout:
                timer = self.take(line, process, timer)
        finally:
            timer.cancel()
            process.kill()
            process.wait()
        return self.ended

    def take(self, line, process, timer):
        """One line from the outer machine; returns the timer that guards it."""
        if not line.startswith(MARK):
            self.last_words = [*self.last_words[-40:], line.rstrip()]
            return timer
        try:
            event = json.loads(line[len(MARK):])
        except ValueError:	# torn: what it said counts as not reported
            self.last_words = [*self.last_words[-40:], line[:200]]
            return timer
        if event["kind"] == "ready":
            self.ready = True
            timer.cancel()
            timer = threading.Timer(self.seconds, process.kill)
            timer.start()
        self.ended = self.ended or event["kind"] == "done"
        self.on_event(event)
        return timer
