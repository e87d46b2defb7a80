# SPDX-License-Identifier: GPL-2.0-only
"""How many uevents of memory the guest's kernel sends while the host takes and
returns: distributions reload their crash kernel for each.
"""

import contextlib

from inner.lab import PARAMETERS
import scenario

ROUNDS, AMOUNT = 5, 1024	# times, MiB
OUT = "/tmp/uevents"
MEMORY = "/sys/devices/system/memory"
# Sets the highest block offline and online again: one that was just added, since
# the kernel dumps a page where a block can't go offline.
TOGGLE = (f"cd {MEMORY}; b=memory$(ls -d memory[0-9]* | cut -c7- | sort -n | "
          "tail -n 1); echo offline >$b/state && echo online >$b/state")
ADDED = 256				# MiB


class Run(scenario.Scenario):
    boot = scenario.ROOMY
    checks = {
        "heard": "a block set offline and online is heard twice",
        "sizes": "the host takes 1024 MiB by whole blocks, and returns them",
        "silent": "that causes no uevent, five times",
        "pages": "nor does it with balloon_blocks=N",
    }
    limit = 200

    def run(self):
        self.host.wait_ready()
        self.host.resize(self.host.actual() + ADDED)
        with self.listener():
            self.guest.run(TOGGLE, 60)
            heard = self.heard()
        self.check("heard", len(heard) == 2, "; ".join(heard))
        before = self.lab.driver_count("taken_by_block")
        with self.listener():
            good = self.cycle()
            heard = self.heard()
        taken = self.lab.driver_count("taken_by_block") - before
        self.check("sizes", good and
                   (not self.lab.ours or taken >= ROUNDS * AMOUNT * 256),
                   f"by block: {taken >> 8} MiB")
        self.check("silent", not heard, f"{len(heard)} uevents")
        self.guest.write(f"{PARAMETERS}/balloon_blocks", "N")
        with self.listener():
            good = self.cycle()
            heard = self.heard()
        self.guest.write(f"{PARAMETERS}/balloon_blocks", "Y")
        self.check("pages", good and not heard, f"{len(heard)} uevents")

    @contextlib.contextmanager
    def listener(self):
        self.guest.run(f"uevents memory >{OUT} 2>&1 & echo $! >{OUT}.pid")
        self.guest.wait_for(
            lambda: "listening" in self.guest.read_all([OUT]), 10)
        try:
            yield
        finally:
            self.guest.run(f"kill $(cat {OUT}.pid); rm {OUT}")

    def heard(self):
        """What was heard until now, without the word that it listens."""
        return self.guest.read(OUT).splitlines()[1:]

    def cycle(self):
        """Whether the host took and returned the same, each time."""
        size = self.host.actual()
        return all(self.host.resize(target, 120)[1] == target
                   for _ in range(ROUNDS)
                   for target in (size - AMOUNT, size))
