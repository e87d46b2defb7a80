# SPDX-License-Identifier: GPL-2.0-only
"""Owns the machine around the guest, or what takes its place where /dev/kvm is
good enough: starts it, passes its events on, ends it in time.

A boot that dies before the guest's agent has answered is started again, and
only that: whatever happens later is the result.
"""

import dataclasses
import functools
import json
import subprocess
import tarfile
import tempfile
import threading
from pathlib import Path

import debian
import images
import kernels
import kvm
import root

MARK = "@lab "
ATTEMPTS = 4
# Where the outer machine's files lie in the root tree.
WORK = "/tmp/work"
DISK = "/tmp/disk"
DEBIAN = "/tmp/debian"
PAYLOAD = "/tmp/payload"	# in the outer machine, too
BOOT_SECONDS = 180		# until the guest is started
PATIENCE = 3			# machines differ so much in how fast they are
DEBUG_PATIENCE = 4		# and a debug kernel is slow anywhere


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


DIRECT = ["python3", "-B", "-m", "inner.main"]


@functools.cache
def is_direct():
    """Whether guests run without a machine around them, decided once."""
    return kvm.is_used()


def prepare():
    """Makes what every boot shares, before boots run beside each other."""
    kernels.kernel(kernels.OUTER)
    if not is_direct():
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
            "boot": {**dataclasses.asdict(boot), "debian": boot.debian and
                     (DEBIAN if is_direct() else "/dev/vdc")},
            "direct": is_direct(),
            "directory": "/tmp/guest",
            "driver": driver,
            "is_built_in": kernel.choice == "in-tree",
            "patience": DEBUG_PATIENCE if kernel.choice == "debug"
                        else PATIENCE,
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
        with tempfile.TemporaryDirectory() as work:
            path = Path(work)
            images.payload(path / "payload.tar", self.kernel, self.module,
                           self.plan)
            (path / "outer.log").touch()
            start = self.beside(path) if is_direct() else self.around(path)
            for self.retries in range(ATTEMPTS):
                if self.attempt(start) or self.ready:
                    break
            if is_direct() and not self.ready:
                root.say("no guest started by /dev/kvm; LAB_KVM=no emulates")
            self.last_words.append(
                (path / "outer.log").read_text(errors="replace")[-8000:])
        return self.ended

    def around(self, path):
        """The command line of the machine around the guest."""
        outer = kernels.kernel(kernels.OUTER)
        (path / "vmlinuz").write_bytes(outer.image.read_bytes())
        (path / "initrd").write_bytes(images.outer_initrd(outer))
        return root.command(command_line(self.debian), [
            (path, WORK), (images.outer_disk(), DISK), *self.debians()])

    def beside(self, path):
        """That of what takes its place."""
        with tarfile.open(path / "payload.tar") as tar:
            tar.extractall(path)
        return root.command(DIRECT, [(path / "payload", PAYLOAD),
                                     *self.debians()], PAYLOAD)

    def debians(self):
        return [(debian.image(self.debian), DEBIAN)] if self.debian else []

    def attempt(self, start):
        self.ended = False
        self.last_words = []
        process = subprocess.Popen(
            start, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
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
