# SPDX-License-Identifier: GPL-2.0-only
"""2.5 GiB go to the host from a guest full of clean page cache; then it is
asked for all, to see where it stops.

It has a boot of its own: what the other measures leave behind is another
guest's history, and fragments.py is about that.
"""

import dataclasses

from measures import common

CACHED, MIB = 3300, 2560
LEAST = 64			# MiB: a size that no guest agrees to


def floor(total):
    """What should stay available in a guest of a size; see demand.c."""
    return total / 32 + 488 * total / (total + 1041)


class Run(common.Measure):
    boot = dataclasses.replace(common.FULL, name="bench-cache")

    def measure(self):
        # While swap is on the disk, its page cache stays when dd closes it.
        self.guest.use_swap()
        self.guest.run(f"dd if=/dev/vda of=/dev/null bs=1M count={CACHED}",
                       120)
        info = self.guest.meminfo()
        cached = self.values["cache_cached_mib"] = \
            info["Cached"] + info["Buffers"]
        if cached < CACHED:
            raise RuntimeError(f"only {cached:.0f} MiB are cached")
        self.take(MIB, "cache")
        if self.lab.ours:
            self.take(self.balloon.actual() - LEAST, "rest")
            info = self.guest.meminfo()
            self.values |= {"rest_available": info["MemAvailable"],
                            "rest_floor": floor(info["MemTotal"])}
