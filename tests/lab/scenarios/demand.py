# SPDX-License-Identifier: GPL-2.0-only
"""What the host is told under loads that the commit charge sees and under
those that it doesn't, beside what the guest's kernel says.
"""

import time

from inner import onset
from inner.load import Load
import scenario

MIB = 400			# of what must count
CACHE = 1000			# of what must not
CMA = 256			# of memory for contiguous allocations
SHOWN = ("MemTotal", "MemAvailable", "Committed_AS", "AnonPages", "Buffers",
         "Shmem")


def headroom(used):
    """As in demand.c: the floor of the size that is used and it. In MiB."""
    found = 0
    for _ in range(64):
        size = used + found
        found = size / 32 + 488 * size / (size + 1041)
    return found


class Run(scenario.Scenario):
    boot = scenario.Boot("demand", memory=2048, swap=2048,
                         cmdline=(*scenario.Boot.cmdline, f"cma={CMA}M",
                                  "secretmem.enable=1"))
    checks = {
        "idle": "an idle guest's demand leaves the host a third to take",
        "cache": "page cache does not count: less than a twentieth",
        "noreserve": "a heap without reserve counts",
        "swapped": "it counts when it is swapped out",
        "tmpfs": "files in tmpfs count",
        "shared": "memory that is shared counts",
        "locked": "locked memory counts",
        "secret": "memory out of the kernel's reach counts",
        "movable": "memory in ZONE_MOVABLE counts when it is used",
        "free movable": "and as little as other memory when it is free",
        "cma": "an area for contiguous allocations counts as little, where "
               "there is one: the demand is what is used, and its headroom",
        "hugetlb": "huge pages that are reserved count",
        "ballooned": "memory that the host took counts",
        "offline": "memory that was added but is offline counts",
        "falls": "30 s after each load at most a quarter of it is left",
    }
    limit = 800

    def run(self):
        self.guest.use_swap()
        self.guest.run("mkdir -p /mnt /cg && mount -t tmpfs none /mnt && "
                       "mount -t cgroup2 none /cg")
        onset.start(self.guest)
        time.sleep(2)
        self.falls = {}
        self.looks = []
        self.base = self.view("idle")
        self.check("idle", 1.2 * self.base < self.host.actual() * 2 / 3,
                   f"{self.base:.0f} of {self.host.actual():.0f} MiB")
        self.cma()
        self.cache()
        self.heap()
        for kind in ("shared", "locked", "secret"):
            self.load(kind, kind)
        self.command("tmpfs", f"dd if=/dev/zero of=/mnt/f bs=1M count={MIB}",
                     "rm /mnt/f")
        self.command("hugetlb",
                     f"echo {MIB // 2} >/proc/sys/vm/nr_hugepages",
                     "echo 0 >/proc/sys/vm/nr_hugepages")
        self.movable()
        self.ballooned()
        self.offline()
        self.check("falls", all(abs(left) <= MIB / 4
                                for left in self.falls.values()),
                   ", ".join(f"{name} {left:+.0f}" for name, left in
                             self.falls.items()))
        self.lab.emit("log", name="demand.looks", text="".join(self.looks))

    def view(self, title):
        """The demand, once a report has come; shown beside /proc/meminfo."""
        time.sleep(2.5)
        committed, available = self.host.report()
        info = self.guest.meminfo()
        swapped = info["SwapTotal"] - info["SwapFree"]
        self.note(f"{title:10} demand {committed:5.0f}, available "
                  f"{available:5.0f}; guest: " + ", ".join(
                      f"{key} {info[key]:.0f}" for key in SHOWN) +
                  f", swapped {swapped:.0f}")
        look = onset.looks(onset.read(self.guest)).splitlines()[-1]
        self.looks.append(f"{title} {look}\n")
        return committed

    def settle(self, title):
        """Waits up to 30 s after a load's end for the demand to fall."""
        self.guest.wait_for(
            lambda: self.host.report()[0] - self.base <= 48, 29)
        self.falls[title] = self.host.report()[0] - self.base

    def rise(self, key, demand, low=0.9 * MIB, high=2 * MIB, mib=MIB):
        self.check(key, low <= demand - self.base <= high,
                   f"{demand - self.base:+.0f} MiB for {mib}")

    def cache(self):
        load = Load(self.guest, "cache", CACHE, 400, "/dev/vda")
        self.guest.wait_for(
            lambda: self.guest.meminfo()["Buffers"] >= CACHE, 30)
        self.rise("cache", self.view("cache"), -CACHE / 20, CACHE / 20, CACHE)
        load.kill()
        self.guest.write("/proc/sys/vm/drop_caches", "1")
        self.settle("cache")

    def heap(self):
        load = Load(self.guest, "noreserve", MIB, 50, "hold")
        load.wait_touched(60)
        time.sleep(10)
        self.rise("noreserve", self.view("noreserve"))
        self.guest.attempt(f"echo {MIB}M >/cg/memory.reclaim", 60)
        # It begins to count less at once, since memory is free.
        self.rise("swapped", self.view("swapped")
                  if self.guest.swapped() > MIB / 2 else self.base, MIB / 2)
        load.kill()
        self.settle("heap")

    def load(self, key, mode):
        load = Load(self.guest, mode, MIB, 100, "hold")
        if load.wait_touched(60) is None:
            self.note(load.output())
        time.sleep(10)
        self.rise(key, self.view(key))
        load.kill()
        self.settle(key)

    def cma(self):
        """Beside what the kernel itself says is used."""
        info = self.guest.meminfo()
        used = info["MemTotal"] - info["MemAvailable"]
        kept = self.lab.assigned()[1] if self.lab.ours else 0
        wanted = used + headroom(used) + kept
        self.check("cma", abs(self.base - wanted) <= 64,
                   f"demand {self.base:.0f}, used {used:.0f}, kept {kept:.0f}, "
                   f"with its headroom {wanted:.0f}; of the area "
                   f"{info.get('CmaFree', 0):.0f} MiB free")

    def movable(self):
        self.host.wait_ready()
        self.lab.policy("movable")
        self.host.resize(self.host.actual() + 512)
        self.rise("free movable", self.view("movable"), -32, 32, 512)
        self.load("movable", "noreserve")
        self.lab.policy("kernel")

    def command(self, key, begin, end):
        self.guest.run(f"{begin} 2>&1", 60)
        time.sleep(10)
        self.rise(key, self.view(key))
        self.guest.run(end)
        self.settle(key)

    def ballooned(self):
        self.host.resize(self.host.actual() - 512)
        self.rise("ballooned", self.view("ballooned"), 448, 640, 512)
        self.host.resize(self.host.actual() + 512)

    def offline(self):
        self.lab.policy("off")
        self.host.resize(self.host.actual() + 512)
        self.rise("offline", self.view("offline"), 448, 640, 512)
        self.lab.policy("kernel")
