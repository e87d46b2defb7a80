# SPDX-License-Identifier: GPL-2.0-only
"""The sizes in sysfs, read and polled by a user without rights while the host
takes, returns and adds memory.
"""

import contextlib
import time

import scenario

FOLDER = "/sys/bus/vmbus/devices/*/dynamic_memory"
FILES = ("ballooned_bytes", "maximum_bytes", "size_bytes")
OUT, UEVENTS = "/tmp/polls", "/tmp/uevents-vmbus"
PIECE = 256			# MiB that the host takes, returns and adds
QUIET = 5			# seconds in which nothing changes
SOON = 3			# seconds in which a poller must know
MIB = 1 << 20


class Run(scenario.Scenario):
    checks = {
        "files": "there are three, which everybody may read and nobody write",
        "values": "a user without rights reads what meminfo and debugfs say",
        "quiet": "poll() doesn't return while nothing changes",
        "taken": "it returns when the host takes memory, with both sizes",
        "returned": "it returns when the host returns it, with both sizes",
        "added": "it returns when the host adds memory, with the size",
        "silent": "no uevent of the device is sent for any of it",
    }
    stock = False

    def run(self):
        self.host.wait_ready()
        modes = self.guest.run(f"cd {FOLDER}; stat -c '%a %n' *").split("\n")
        self.check("files", [f"444 {name}" for name in FILES] ==
                   modes[:-1], modes)
        with self.listener("uevents vmbus", UEVENTS), \
                self.listener(f"polls {FOLDER}/*", OUT):
            self.guest.wait_for(lambda: len(self.told()) == 3, 10)
            self.look_at_values(dict(self.told()))
            before = self.told()
            time.sleep(QUIET)
            self.check("quiet", self.told() == before, self.told())
            for key, target in (("taken", -PIECE), ("returned", PIECE),
                                ("added", PIECE)):
                self.step(key, target)
            heard = self.guest.read_all([UEVENTS]).splitlines()
            self.check("silent", heard == ["listening"], "; ".join(heard))

    @contextlib.contextmanager
    def listener(self, command, out):
        self.guest.run(f"{command} >{out} 2>&1 & echo $! >{out}.pid")
        self.guest.wait_for(lambda: self.guest.read_all([out]), 10)
        try:
            yield
        finally:
            self.guest.run(f"kill $(cat {out}.pid)")

    def told(self):
        """[(file, bytes)] that the poller has read, one a change."""
        return [(name, int(value)) for name, value in
                map(str.split, self.guest.read_all([OUT]).splitlines())]

    def ballooned(self):
        return self.lab.driver_count("pages_ballooned") * 4096

    def look_at_values(self, told):
        total = self.guest.total() * MIB
        most = self.lab.driver_count("max_dynamic_page_count") * 4096
        self.check("values", told == {
            "size_bytes": total, "maximum_bytes": most,
            "ballooned_bytes": self.ballooned()}, told)

    def step(self, key, change):
        """The host changes the guest's size; the poller must know of it."""
        before, held = len(self.told()), self.ballooned()
        size = dict(self.told())["size_bytes"]
        self.host.resize(self.host.actual() + change)

        def knows():
            last = dict(self.told())
            return last["size_bytes"] == self.guest.total() * MIB != size and \
                last["ballooned_bytes"] == self.ballooned()
        known = self.guest.wait_for(knows, SOON)
        new = self.told()[before:]
        names = {name for name, _ in new}
        both = self.ballooned() != held
        self.check(key, known and ("ballooned_bytes" in names) == both, new)
