# SPDX-License-Identifier: GPL-2.0-only
"""A cache that only a shrinker empties (guest/cache/cache.c): the host gets it
when it asks, whether the kernel counts it as reclaimable or not at all.
"""

import time

import scenario

CACHE = 600			# MiB
TARGET = 640			# what the guest can't come to without it
SHARE = 10			# less than this part of it may count as need
LEFT = "/sys/module/cache/parameters/left_mib"


class Run(scenario.Scenario):
    boot = scenario.Boot("shrinker", memory=1536, swap=512, modules=("cache",))
    checks = {
        "no need": "what counts as reclaimable is no need",
        "slab": "the host asks for it, and gets it",
        "pages": "it gets what is counted nowhere, too",
        "fallen": "which counted as need, and then doesn't",
        "kept": "nothing is swapped",
    }
    limit = 300
    stock = False

    def run(self):
        self.guest.use_swap()
        self.host.wait_ready()
        self.size = self.host.actual()
        before = self.demand()
        with_slab = self.fill("slab")
        self.check("no need", with_slab - before < CACHE / SHARE,
                   f"{with_slab - before:+.0f} MiB for {CACHE}")
        self.take("slab")
        with_pages = self.fill("pages")
        self.take("pages")
        after = self.demand()
        self.check("fallen", after - before < CACHE / SHARE,
                   f"{with_pages - before:+.0f}, then {after - before:+.0f}")
        self.check("kept", self.guest.swapped() < 1)

    def demand(self):
        time.sleep(3)
        return self.host.report()[0] - self.host.held_pages() / 256

    def fill(self, kind):
        self.guest.run("rmmod cache 2>/dev/null; insmod /cache.ko "
                       f"size_mib={CACHE} kind={kind}", 60)
        return self.demand()

    def take(self, key):
        seconds, small = self.host.resize(TARGET, 120)
        left = self.guest.read(LEFT).strip()
        self.check(key, small <= TARGET + 16,
                   f"{self.size:.0f} to {small:.0f} MiB in {seconds:.1f} s, "
                   f"{left} of {CACHE} MiB left")
        self.host.resize(self.size, 120)
