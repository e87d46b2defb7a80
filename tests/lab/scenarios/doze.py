# SPDX-License-Identifier: GPL-2.0-only
"""The guest is about to hibernate, and takes its time (guest/doze/): what the
host asks for meanwhile is refused at once, and is done again after that.
"""

import scenario
from scenarios.soak import AWAKE, STALLS

MODULE = "doze"
PARAMETERS = f"/sys/module/{MODULE}/parameters"
STEP = 256			# MiB
LIMIT = 60			# seconds


class Run(scenario.Scenario):
    boot = scenario.Boot("doze", memory=1536, cmdline=AWAKE, modules=(MODULE,))
    checks = {
        "begins": "the guest is about to hibernate, and nothing is frozen",
        "shrink": "a request to shrink is answered meanwhile, with no page",
        "grow": "a request to grow is answered meanwhile, with none added",
        "wakes": "the guest sleeps then, and wakes",
        "works": "then memory goes to the host and comes back",
    }
    stock = False
    limit = 400

    def run(self):
        self.guest.write(STALLS, "1")
        self.guest.run(f"insmod /{MODULE}.ko")
        self.host.wait_ready()
        mark = self.host.mark()
        woke = self.guest.suspend(LIMIT, 0, self.ask)
        self.check("wakes", woke and self.guest.wait_for(
            lambda: self.host.events("caps", mark), LIMIT))
        self.host.wait_ready()
        size, total = self.lab.sizes()
        # QEMU offers none anew after it was refused and the channel was closed.
        sizes = [self.host.resize(target)[1] for target in (size - STEP, size)]
        self.check("works", sizes == [size - STEP, size] and
                   self.guest.wait_for(
                       lambda: self.guest.total() == total, 10),
                   f"{size:.0f}, then {sizes}")

    def ask(self):
        """Has the host ask for memory, and offer some."""
        begun = self.guest.wait_for(
            lambda: self.guest.read(f"{PARAMETERS}/begun").strip() == "Y", LIMIT)
        self.check("begins", begun)
        size, total = self.lab.sizes()
        for key, target in (("shrink", size - STEP), ("grow", size + STEP)):
            try:
                seconds, actual = self.host.resize(target, LIMIT)
                self.check(key, actual == size and self.guest.total() == total,
                           f"{actual:.0f} MiB, {seconds:.2f} s")
            except TimeoutError as error:
                self.check(key, False, error)
        self.host.resize(size)
        self.guest.write(f"{PARAMETERS}/held", "N")
