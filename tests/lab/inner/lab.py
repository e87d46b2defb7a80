# SPDX-License-Identifier: GPL-2.0-only
"""Owns what a scenario works with: the guest, the host, the driver in the
guest, and the way out for what it finds.
"""

import json
import sys
import threading
import time

from inner.guest import Guest, GuestError
from inner.host import Host

MARK = "@lab "
MODULE = "/hv_balloon.ko"
HYPER_V = ("ours", "stock", "roomy")	# drivers of the Dynamic Memory host
DEVICES = "/sys/bus/vmbus/devices"
DRIVER = "/sys/bus/vmbus/drivers/hv_balloon"
GUID = "525074dc-8985-46e2-8057-a307dc18a502"	# the class of the device
DEBUGFS = "/sys/kernel/debug/hv-balloon"
PARAMETERS = "/sys/module/hv_balloon/parameters"
WRITING = threading.Lock()


def emit(kind, **fields):
    """One event for run.py, as a line on the console."""
    with WRITING:
        sys.stdout.write(MARK + json.dumps({"kind": kind, **fields}) + "\n")
        sys.stdout.flush()


class Lab:
    def __init__(self, boot, driver, directory, patience, is_built_in=False):
        self.driver = driver		# as run.Run has it
        self.is_built_in = is_built_in
        self.emit = emit
        self.guest = Guest(boot, directory, patience)
        self.host = Host(self.guest)
        self.load_seconds = 0.0

    @property
    def ours(self):
        return self.driver == "ours"

    def load_driver(self, parameters=""):
        """Loads the driver: (exit status, what insmod said)."""
        if self.driver not in HYPER_V:
            parameters = ""
        elif not self.ours and "pressure_report_delay" not in parameters:
            parameters += " pressure_report_delay=0"
        start = time.monotonic()
        result = self.bind("bind") if self.is_built_in else \
            self.guest.attempt(f"insmod {MODULE} {parameters}", 60)
        self.load_seconds = time.monotonic() - start
        return result

    def unload_driver(self):
        if self.is_built_in:
            return self.bind("unbind")
        return self.guest.attempt("rmmod hv_balloon", 60)

    def bind(self, action):
        """Gives the device to a driver that is built in, or takes it away.

        It is bound when the kernel has started.
        """
        device = self.device()
        return self.guest.attempt(
            f"[ {action} = unbind ] || ! [ -e {DEVICES}/{device}/driver ] "
            f"|| exit 0; echo {device} >{DRIVER}/{action}", 60)

    def device(self):
        """What the kernel calls the device."""
        return self.guest.run(f"cd {DEVICES}; dirname $(grep -l {GUID} "
                              "*/class_id)").strip()

    def driver_says(self):
        """The driver's debugfs file: {label: value}."""
        try:
            text = self.guest.read(DEBUGFS)
        except GuestError:
            return {}
        return {label.strip(): value.strip() for label, _, value in
                (line.partition(":") for line in text.splitlines())}

    def driver_count(self, label):
        """A number from the driver's debugfs file, -1 without it."""
        words = self.driver_says().get(label, "").split()
        return int(words[0]) if words and words[0].isdigit() else -1

    def policy(self, value=None):
        """Reads or sets the driver's online_policy."""
        path = f"{PARAMETERS}/online_policy"
        if value is not None:
            return self.guest.write(path, value)
        return self.guest.attempt(f"cat {path}")[1].strip()

    def blocks(self):
        """[(number, state, zones)] of the guest's memory blocks."""
        text = self.guest.run(
            "cd /sys/devices/system/memory; for b in memory[0-9]*; do "
            "echo ${b#memory} $(cat $b/state) $(cat $b/valid_zones); done")
        return sorted((int(number), state, zones) for number, state, *zones
                      in map(str.split, text.splitlines()))

    def sizes(self):
        """(host's actual, guest's MemTotal) in MiB, at rest."""
        return self.host.actual(), self.guest.total()

    def assigned(self):
        """What the guest takes for its size as the host counts it, without
        what the host took: (MiB, of it kept since boot, a text).
        """
        total = self.guest.total()
        kept = self.driver_count("pages_kept_at_boot") / 256
        return total + kept, kept, f"{total:.1f} and {kept:.1f} kept"

    def reports(self):
        """Reports around a use of memory: (whether another came, the last
        before it, the last after it).
        """
        before = self.host.report()
        # More than what each CPU keeps free for itself, which is no news.
        self.guest.run("dd if=/dev/zero of=/tmp/some bs=1M count=64 2>&1")
        came = self.guest.wait_for(lambda: self.host.report() != before, 30)
        self.guest.run("rm /tmp/some")
        return came, before, self.host.report()
