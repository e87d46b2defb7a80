# SPDX-License-Identifier: GPL-2.0-only
"""3 GiB go to the host as real ones take them: 128 MiB at a time, each asked for
when the one before is answered. Then all that the guest gives, and requests that
find it at its floor while its load goes up and down.
"""

import random

from measures import common

MIB, PIECE = 3072, 128
LEAST = 64			# MiB: a size that no guest agrees to
ROUNDS, LOAD, SEED = 20, 48, 7


class Run(common.Measure):
    boot = common.FULL
    contenders = ("stock",)

    def measure(self):
        size = self.boot.memory
        self.resize(size)
        once = self.resize(size - MIB)[0]
        self.resize(size)
        found = [self.piece() for _ in range(MIB // PIECE)]
        seconds = [seconds for seconds, _, _ in found]
        self.values |= {"pieces_s": sum(seconds),
                        "pieces_ratio": sum(seconds) / once,
                        "pieces_longest_ms": 1000 * max(seconds),
                        "pieces_ranges": sum(ranges for _, _, ranges in found)}
        self.floor()
        self.resize(size)

    def piece(self):
        """(seconds, MiB, ranges) of one request."""
        seconds, given = self.resize(self.balloon.actual() - PIECE)
        return seconds, given, self.balloon.wire()["ranges"]

    def floor(self):
        """Requests at the floor: the longest that got nothing, and ranges."""
        self.resize(LEAST)
        loads = random.Random(SEED)
        found = []
        for _ in range(ROUNDS):
            self.guest.run(f"dd if=/dev/zero of=/tmp/load bs=1M "
                           f"count={loads.randrange(LOAD)} 2>&1", 60)
            found.append(self.piece())
        self.guest.run("rm /tmp/load")
        empty = [seconds for seconds, given, _ in found if not given]
        self.values |= {"floor_ranges": sum(ranges for _, _, ranges in found),
                        "floor_mib": sum(given for _, given, _ in found)}
        if empty:
            self.values["floor_ms"] = 1000 * max(empty)
