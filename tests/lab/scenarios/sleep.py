# SPDX-License-Identifier: GPL-2.0-only
"""The guest is suspended while the host adds memory or takes some: a request
comes at any moment of going to sleep and waking.

A name says how often: sleep-20. As in soak.py, a suspend is the kernel's own for
hibernation, which holds the hotplug lock over it.
"""

import random
import re
import time

import scenario
from scenarios.soak import AWAKE, STALLS

GROWTH = 512			# MiB that the host adds at a time
TAKEN = 256			# and that it takes: QEMU forgets them in the sleep
BEFORE = 1.5			# seconds before or after the suspend began


class Run(scenario.Scenario):
    boot = scenario.Boot("sleep", memory=1536, cmdline=AWAKE)
    checks = {
        "wakes": "every suspend comes to its end, with a new handshake",
        "sum": "what is in use, held by the host and added adds up after each",
        "used": "what was added is in use after each",
        "works": "after that, memory comes and is in use",
    }
    stock = False
    rounds = 2
    limit = 700

    def run(self):
        self.guest.write(STALLS, "1")
        self.random = random.Random(1)
        self.host.wait_ready()
        before, self.unused = self.sum(), 0
        sums, woken = [], 0
        for number in range(self.rounds):
            size = int(self.host.actual())
            woken += self.sleep(size + (-TAKEN if number % 2 else GROWTH))
            self.host.wait_ready()
            self.guest.wait_for(lambda: abs(self.sum() - before) <= 1, 10)
            sums.append(self.sum())
            self.note(f"{size} MiB, then {self.host.actual():.0f}")
        self.check("wakes", woken == self.rounds, f"{woken} of {self.rounds}")
        most = max(abs(each - before) for each in sums)
        self.check("sum", most <= 1, f"{most:.2f} MiB off at most")
        self.check("used", not self.unused, f"{self.unused} not")
        size, total = self.lab.sizes()
        _, actual = self.host.resize(size + GROWTH)
        self.check("works", actual == size + GROWTH and self.guest.wait_for(
            lambda: abs(self.guest.total() - total - GROWTH) <= 16, 10),
            f"{size:.0f} to {actual:.0f} MiB")

    def sum(self):
        """MiB that the kernel would have without the host."""
        says = self.lab.driver_says()
        count = {name: int(says.get(name, "0").split()[0]) / 256 for name in
                 ("pages_added", "pages_onlined", "pages_ballooned")}
        self.unused = count["pages_added"] - count["pages_onlined"]
        return (self.guest.total() + count["pages_ballooned"] -
                count["pages_onlined"])

    def sleep(self, target):
        """Whether the guest woke; a target comes somewhere in between."""
        mark = self.host.mark()
        def ask():
            time.sleep(self.random.uniform(BEFORE - 0.5, BEFORE + 1))
            self.host.set_target(target)
        limit = 60
        return self.guest.suspend(limit, BEFORE, ask) and self.guest.wait_for(
            lambda: self.host.events("close", mark) and
            self.host.events("caps", mark), limit)


def of(rest):
    """The scenario of a name, from what comes after the first dash."""
    class Long(Run):
        rounds = int(re.fullmatch(r"[1-9]\d*", rest)[0])
        limit = 400 + 150 * rounds

        @classmethod
        def name(cls):
            return f"sleep-{rest}"

    return Long
