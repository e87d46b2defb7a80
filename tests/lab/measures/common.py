# SPDX-License-Identifier: GPL-2.0-only
"""Owns what all measures share: the boots, and a host that sets a size and says
how long that took, whichever balloon device the guest has.
"""

import re
import time

import scenario

MIB = 1 << 20
POLL = 0.01			# seconds
STUCK = 5			# seconds without a change: it is over
BY_BLOCK = "taken_by_block"	# pages, in the driver's debugfs file

FULL = scenario.Boot("bench-4g", memory=4096, swap=4096, alone=True)
LARGE = scenario.Boot("bench-64g", memory=65536, alone=True, limit=240)


class HyperV:
    """Sizes, times and messages as the Dynamic Memory host has them."""

    def __init__(self, lab):
        self.host = lab.host
        self.mark = 0

    def ready(self):
        self.host.wait_ready()

    def actual(self):
        return self.host.actual()

    def start(self, mib):
        """Sets a target; the time since which the guest can know of it."""
        self.mark = self.host.mark()
        self.host.set_target(mib)
        return self.host.resumed

    def finish(self, limit):
        """When the last answer came."""
        if not self.host.wait_idle(limit):
            raise TimeoutError(f"the host is in state {self.host.state()}")
        answers = [event.time for event in self.host.events(since=self.mark)
                   if event.kind in ("ballooned", "unballooned", "hot-added")]
        return max(answers, default=self.host.resumed)

    def wire(self):
        """{messages, ranges} that the guest sent since start()."""
        found = self.host.events("ballooned", self.mark)
        return {"messages": len(found),
                "ranges": sum(event.ranges for event in found)}


class Virtio:
    """Sizes and times as the host of a virtio balloon has them."""

    def __init__(self, lab):
        self.host = lab.host
        self.target = 0

    def ready(self):
        pass

    def actual(self):
        return self.host.actual()

    def ask(self, mib):
        self.host.qmp.command("balloon", value=int(mib * MIB))

    def start(self, mib):
        self.target = mib
        now = time.time()
        self.ask(mib)
        return now

    def finish(self, limit):
        end = time.time() + limit
        last, changed = self.actual(), time.time()
        while last != self.target and time.time() < min(end, changed + STUCK):
            time.sleep(POLL)
            actual = self.actual()
            if actual != last:
                last, changed = actual, time.time()
        return changed

    def wire(self):
        return {}


class VirtioMem(Virtio):
    """Those of virtio-mem, which has all of the guest but what it boots with."""

    DEVICE = "/machine/peripheral/mem"

    def ready(self):
        self.target = self.base() + self.property("requested-size")
        self.finish(60)
        if self.actual() != self.target:
            raise TimeoutError(f"the guest has {self.actual()} MiB")

    def property(self, name):
        return self.host.qmp.command("qom-get", path=self.DEVICE,
                                     property=name) / MIB

    def base(self):
        return self.host.guest.BOOT_MEMORY

    def actual(self):
        return self.base() + self.property("size")

    def ask(self, mib):
        size = max(mib - self.base(), 0)
        self.host.qmp.command("qom-set", path=self.DEVICE,
                              property="requested-size",
                              value=int(size * MIB))


class Large:
    """Those of a balloon without a host: guest/large/ times itself."""

    FILES = "/sys/module/large/parameters/"

    def __init__(self, lab):
        self.guest = lab.guest
        self.size = FULL.memory
        self.ended = 0.0

    def ready(self):
        pass

    def read(self, name):
        return int(self.guest.read(self.FILES + name))

    def actual(self):
        return self.size - self.read("mib")

    def start(self, mib):
        self.guest.run(f"echo {int(self.size - mib)} >{self.FILES}mib", 120)
        self.ended = time.time()
        return self.ended - self.read("us") / 1e6

    def finish(self, _limit):
        return self.ended

    def wire(self):
        return {}


BALLOONS = {"virtio": Virtio, "large": Large, "mem-2": VirtioMem,
            "mem-128": VirtioMem}
BESIDE = tuple(BALLOONS)	# who can take and return like the others


class Measure(scenario.Scenario):
    """A scenario whose result is a few named values."""

    limit = 900
    contenders = ("stock", *BESIDE)
    once = False			# one round will do

    def __init__(self, lab):
        super().__init__(lab)
        self.balloon = BALLOONS.get(lab.driver, HyperV)(lab)
        self.values = {}

    @classmethod
    def name(cls):
        return "bench-" + cls.__module__.rsplit(".", 1)[-1]

    def run(self):
        self.balloon.ready()
        self.measure()
        self.lab.emit("measures", scenario=self.name(), values=self.values)

    def measure(self):
        raise NotImplementedError

    def resize(self, mib, limit=600):
        """(seconds, MiB that the guest gave or got)."""
        before = self.balloon.actual()
        start = self.balloon.start(mib)
        end = self.balloon.finish(limit)
        return end - start, abs(self.balloon.actual() - before)

    def swapped(self):
        """Pages that ever went to swap."""
        return int(re.search(r"^pswpout (\d+)$",
                             self.guest.read("/proc/vmstat"),
                             re.MULTILINE)[1])

    def take(self, mib, key):
        """Has the guest give so many MiB; what it took becomes values."""
        swapped, blocks = self.swapped(), self.lab.driver_count(BY_BLOCK)
        seconds, given = self.resize(self.balloon.actual() - mib)
        self.values |= {f"{key}_s": seconds, f"{key}_mib": given,
                        f"{key}_swapped": self.swapped() - swapped}
        if self.lab.ours and given:
            blocks = self.lab.driver_count(BY_BLOCK) - blocks
            self.values[f"{key}_by_block"] = 100 * blocks / 256 / given
        return given
