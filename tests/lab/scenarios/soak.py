# SPDX-License-Identifier: GPL-2.0-only
"""Shrinking and growing again and again under a load that checks its data,
with reloads of the driver and with suspends.

A name says how much: soak-CYCLES-EVERY-SUSPENDS, with a reload each EVERY
cycles. All suspends but one follow the first reload: when memory was added, far
above, hibernation looks at every page number in between, several times.

A suspend is the kernel's own for hibernation: it freezes all devices, makes an
image and thaws them. There is no swap to write the image to, so it goes on
then; suspend-to-idle would leave VMBus alone.
"""

import random

from inner.load import Load, held_data
import scenario

LOAD = 300			# MiB, checked round after round
LOW = 1280			# MiB, what the host leaves: the debug kernel needs most
MOST = 1024			# MiB that it takes at once
BLOCK = 128
ADD_CYCLES = 8			# after so many the host adds a block
STEPS_CYCLES = 4		# after so many it grows in two steps
# Where hibernation's look at each page takes longer than RCU likes, it says so.
STALLS = "/sys/module/rcupdate/parameters/rcu_cpu_stall_suppress"
HELD = 256			# MiB that the host has during the last suspend
# A guest that is lost in a suspend has last words, too.
AWAKE = (*scenario.Boot.cmdline, "no_console_suspend")


class Run(scenario.Scenario):
    boot = scenario.Boot("soak", memory=2048, cmdline=AWAKE)
    checks = {
        "cycles": "each shrink and each growth comes to the size asked for",
        "exact": "host and driver count the same pages after each",
        "steady": "MemTotal and the host's size differ by the same all along",
        "data": "every page of the load held its data",
        "reloads": "the driver is unloaded and loaded, and no page is lost",
        "suspends": "after each suspend reports come from a new handshake",
        "held": "what the host holds stays away over a suspend, and no more",
    }
    stock = False			# the stock driver cannot be unloaded
    counts = (10, 5, 2)
    limit = 400

    def run(self):
        cycles, self.every, suspends = self.counts
        self.random = random.Random(1)
        self.host.wait_ready()
        self.top = int(self.host.actual())
        self.offsets = [self.offset()]
        self.missed, self.uncounted, self.lost = [], [], []
        self.loads, self.resumed = [], 0
        stages = -(-cycles // self.every)
        for stage in range(stages):
            load = Load(self.guest, "committed", LOAD)
            load.wait_touched(60)	# gives none before
            first = stage * self.every
            for cycle in range(first, min(cycles, first + self.every)):
                self.cycle(cycle)
            self.note(f"{cycle + 1} cycles, {self.top} MiB")
            self.reload()
            if not stage:
                self.resumed = sum(self.suspend() for _ in range(suspends))
                self.note(f"{self.resumed} suspends")
            self.loads.append(load.stop(120))
            self.host.wait_ready()
        self.judge(cycles, stages, suspends)
        self.suspend_held()

    def offset(self):
        size, total = self.lab.sizes()
        return size - total

    def cycle(self, number):
        """Down to anywhere and up again, now and then in two steps."""
        low = self.random.randrange(max(LOW, self.top - MOST), self.top)
        self.resize(low)
        if number % STEPS_CYCLES == 1:
            self.resize(self.random.randrange(low, self.top) + 1)
        if number >= self.every and not number % ADD_CYCLES:
            self.top += BLOCK
        self.resize(self.top)

    def resize(self, target):
        _, actual = self.host.resize(target)
        if actual != target:
            self.missed.append(f"{actual:.0f} for {target}")
        held = self.lab.driver_count("pages_ballooned")
        if held != self.host.held_pages():
            self.uncounted.append(f"{held}, {self.host.held_pages()}")
        self.guest.wait_for(
            lambda: abs(self.offset() - self.offsets[0]) <= 1, 10)
        self.offsets.append(self.offset())

    def reload(self):
        total = self.guest.total()
        status = [self.lab.unload_driver(), self.lab.load_driver()]
        now = self.guest.total()
        if abs(now - total) >= 1 or any(code for code, _ in status):
            self.lost.append(f"{total:.1f} to {now:.1f} MiB, {status}")

    def suspend(self):
        """Whether the driver went through it and talks to the host again."""
        mark = self.host.mark()
        self.guest.write(STALLS, "1")
        woke = self.guest.suspend(60)
        self.guest.write(STALLS, "0")
        return woke and self.guest.wait_for(
            lambda: self.host.events("close", mark) and
            self.host.events("caps", mark), 10)

    def judge(self, cycles, stages, suspends):
        self.check("cycles", not self.missed, "; ".join(self.missed) or
                   f"{cycles} cycles, up to {self.top} MiB")
        self.check("exact", not self.uncounted, "; ".join(self.uncounted) or
                   f"{len(self.offsets) - 1} sizes")
        most = max(abs(offset - self.offsets[0]) for offset in self.offsets)
        self.check("steady", most <= 1, f"{most:.2f} MiB off at most")
        good = sum(held_data([load]) and load[0] > 0 for load in self.loads)
        self.check("data", good == stages, f"{good} of {stages} loads: " +
                   ", ".join(map(str, dict.fromkeys(self.loads))))
        self.check("reloads", not self.lost, "; ".join(self.lost) or
                   f"{stages} reloads")
        self.check("suspends", self.resumed == suspends,
                   f"{self.resumed} of {suspends}")

    def suspend_held(self):
        """By whole blocks: in kernels with DEBUG_VM a hibernation dies of any
        block that is offline, and these must not be.
        """
        blocks = self.lab.driver_count("taken_by_block")
        self.resize(self.top - HELD)
        blocks = self.lab.driver_count("taken_by_block") - blocks
        before = self.lab.driver_count("pages_ballooned"), self.guest.total()
        resumed = self.suspend()
        after = self.lab.driver_count("pages_ballooned"), self.guest.total()
        self.check("held", resumed and before[0] == HELD * 256 == after[0] and
                   abs(before[1] - after[1]) < 1,
                   f"pages and MiB: {before}, then {after}; by block: "
                   f"{blocks}")


def of(rest):
    """The scenario of a name, from what comes after the first dash."""
    class Long(Run):
        counts = tuple(map(int, rest.split("-")))
        limit = 300 + sum(each * count for each, count in
                          zip((6, 0, 20), counts)) + \
            60 * -(-counts[0] // counts[1])

        @classmethod
        def name(cls):
            return f"soak-{rest}"

    return Long
