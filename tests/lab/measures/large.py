# SPDX-License-Identifier: GPL-2.0-only
"""60 GiB of a guest of 64 GiB go to the host and come back."""

from measures import common

MIB = 60 << 10


class Run(common.Measure):
    boot = common.LARGE
    contenders = ()
    once = True

    def measure(self):
        given = self.take(MIB, "large")
        seconds, got = self.resize(self.balloon.actual() + given)
        gib = max(given, 1) / 1024
        self.values |= {"large_back_s": seconds, "large_back_mib": got,
                        "large_s_per_gib": self.values["large_s"] / gib,
                        "large_back_s_per_gib": seconds / gib}
