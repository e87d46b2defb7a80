# SPDX-License-Identifier: GPL-2.0-only
"""The driver is unloaded and loaded again: first while the host holds nothing,
then while it holds memory.

QEMU forgets at the channel's close what it holds. Other hosts need not, so
the driver may not use those pages again: exactly they are missing after it.
"""

import re

import scenario

HELD = 256


class Run(scenario.Scenario):
    checks = {
        "unloaded": "the driver unloads",
        "closed": "the host sees the channel closed",
        "loaded": "it loads again",
        "renegotiated": "the host sees one new handshake, version 2.0",
        "whole": "no page is lost if the host holds none",
        "held": "what the host holds is missing after that, and no page more",
        "said": "dmesg says how much that is",
        "known": "the driver loaded next counts them as held",
        "grows": "the guest grows after it, and both sides agree",
        "shrinks": "it shrinks after it, and both sides agree",
        "returns": "it gets that back, and both sides agree",
    }
    limit = 400
    stock = False			# the stock driver cannot be unloaded

    def run(self):
        self.host.wait_ready()
        size, total = self.lab.sizes()
        self.cycle()
        now = self.guest.total()
        self.check("whole", abs(now - total) < 1,
                   f"MemTotal {total:.1f} to {now:.1f} MiB")
        self.host.wait_ready()

        size, total = self.lab.sizes()
        _, actual = self.host.resize(size - HELD)
        held = self.lab.driver_count("pages_ballooned")
        self.lab.unload_driver()
        lost = (total - self.guest.total()) * 256
        self.check("held", held == (size - actual) * 256 == round(lost),
                   f"host holds {held} pages, {lost:.0f} are missing")
        lines = [line for line in self.guest.dmesg().splitlines()
                 if re.search(rf"hv_balloon.*holds.*\b{held // 256} MiB", line)]
        self.check("said", lines, lines[-1] if lines else "nothing")
        self.lab.load_driver()
        known = self.lab.driver_count("pages_ballooned")
        self.check("known", known == held, f"pages_ballooned: {known}")
        self.host.wait_ready()
        for key, change in (("grows", 256), ("shrinks", -128),
                            ("returns", 128)):
            self.step(key, change)

    def cycle(self):
        mark = self.host.mark()
        status, text = self.lab.unload_driver()
        self.check("unloaded", status == 0, text.strip())
        self.guest.wait_for(lambda: self.host.events("close", mark), 5)
        self.check("closed", len(self.host.events("close", mark)) == 1)
        status, text = self.lab.load_driver()
        self.check("loaded", status == 0, text.strip())
        self.guest.wait_for(lambda: self.host.events("caps", mark), 5)
        versions = [(event.major, event.minor)
                    for event in self.host.events("version", mark)]
        self.check("renegotiated", versions == [(2, 0)], versions)

    def step(self, key, change):
        size, total = self.lab.sizes()
        _, actual = self.host.resize(size + change)
        self.guest.wait_for(
            lambda: abs(self.guest.total() - total - change) <= 1, 10)
        now = self.guest.total()
        self.check(key, actual == size + change
                   and abs(now - total - change) <= 16,
                   f"host {size:.0f} to {actual:.0f}, MemTotal {total:.0f} "
                   f"to {now:.0f} MiB")
