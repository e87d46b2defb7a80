# SPDX-License-Identifier: GPL-2.0-only
"""vm.overcommit_memory=2: all promises together have a limit, which follows the
size. So the size follows the promises, touched or not, in asking and in giving;
and beside a pool of huge pages, which the kernel takes off the size.
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
POOL = 128			# huge pages of 2 MiB
POOL_FILE = "/proc/sys/vm/nr_hugepages"


class Run(scenario.Scenario):
    boot = promise.Run.boot
    checks = {
        "asks": "1400 MiB in pieces of 1 MiB: all are promised and touched",
        "untouched": "600 MiB that nobody touches are promised, too",
        "gives": "and the host is given nothing that they need",
        "back": "when they are gone, it is",
        "pool": "beside a pool of 256 MiB of huge pages, as many are promised",
        "pool_gives": "and the host is given nothing that these need",
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
            load = self.load("untouched", "promises", UNTOUCHED)
            small = self.give("gives")
            self.back(load, small)
            self.pool()
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

    def give(self, key):
        """The size at which the guest has given all that it can."""
        size = self.host.actual()
        self.host.resize(256)
        info = self.guest.meminfo()
        self.check(key, info["CommitLimit"] - info["Committed_AS"] >= LEAST,
                   f"{size:.0f} to {self.host.actual():.0f} MiB; " +
                   self.figures())
        return self.host.actual()

    def back(self, load, small):
        load.kill()
        self.host.resize(SIZE)
        self.host.resize(256)
        self.check("back", self.host.actual() < small - UNTOUCHED,
                   f"{small:.0f}, then {self.host.actual():.0f} MiB")
        self.host.resize(SIZE)

    def pool(self):
        self.guest.write(POOL_FILE, str(POOL))
        self.note(f"{self.guest.read(POOL_FILE).strip()} huge pages")
        time.sleep(12)		# until the driver has seen them
        load = self.load("pool", "promises", UNTOUCHED)
        self.give("pool_gives")
        load.kill()
        self.guest.write(POOL_FILE, "0")
        self.host.resize(SIZE)
