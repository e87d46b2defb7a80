# SPDX-License-Identifier: GPL-2.0-only
"""vm.overcommit_memory=2: all promises together have a limit, which follows the
size. So the size follows the promises, touched or not, in asking and in giving.
"""

import time

from inner.balancer import Balancer
from inner.load import Load
from inner.watch import Watch
from scenarios import promise
import scenario

SIZE, MAXIMUM = 1024, 8192	# MiB
MIB, RATE = 1400, 50		# in pieces of a MiB, each second
UNTOUCHED = 600
LEAST = 64			# MiB that can be promised after giving


class Run(scenario.Scenario):
    boot = promise.Run.boot
    checks = {
        "asks": "1400 MiB in pieces of 1 MiB: all are promised and touched",
        "untouched": "600 MiB that nobody touches are promised, too",
        "gives": "and the host is given nothing that they need",
        "back": "when they are gone, it is",
    }
    limit = 600
    stock = False

    def run(self):
        self.host.wait_ready()
        self.host.resize(SIZE)
        self.guest.write(promise.OVERCOMMIT, "2")
        time.sleep(12)		# until the driver has seen it
        try:
            self.load("asks", "chunks", MIB).kill()
            self.host.resize(SIZE)
            self.give(self.load("untouched", "promises", UNTOUCHED))
        finally:
            self.guest.write(promise.OVERCOMMIT, "0")

    def load(self, key, mode, mib):
        out = f"/tmp/load-{Load.count + 1}"
        watch = Watch(self.lab, Balancer(SIZE, MAXIMUM), None, [out]).start()
        try:
            watch.wait(3)
            load = Load(self.guest, mode, mib, RATE)
            watch.wait(200, lambda: watch.touched == 1)
            self.check(key, f"touched {mib} " in load.output(),
                       f"{load.output().strip()}; {self.figures()}")
        finally:
            watch.close()
        return load

    def figures(self):
        info = self.guest.meminfo()
        return (f"limit {info['CommitLimit']:.0f}, promised "
                f"{info['Committed_AS']:.0f} of {info['MemTotal']:.0f} MiB")

    def give(self, load):
        size = self.host.actual()
        self.host.resize(256)
        info = self.guest.meminfo()
        self.check("gives", info["CommitLimit"] - info["Committed_AS"] >= LEAST,
                   f"{size:.0f} to {self.host.actual():.0f} MiB; " +
                   self.figures())
        small = self.host.actual()
        load.kill()
        self.host.resize(SIZE)
        self.host.resize(256)
        self.check("back", self.host.actual() < small - UNTOUCHED,
                   f"{small:.0f}, then {self.host.actual():.0f} MiB")
        self.host.resize(SIZE)
