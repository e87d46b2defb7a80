# SPDX-License-Identifier: GPL-2.0-only
"""Owns the shapes of load that the bursts are made of: a row each.

Used on both sides: run.py reads what to expect, the outer machine plays them.
"""

import dataclasses

COMMON = ("swap", "stall", "lean", "back", "onset", "data")
PACED = (*COMMON, "time")	# slower than a guest can: that time can be kept


@dataclasses.dataclass(frozen=True)
class Shape:
    """(mode, MiB, MiB/s, start after seconds) of each process."""

    name: str
    title: str
    loads: tuple
    checks: tuple = COMMON
    seconds: int = 0		# runs so long, not until all is touched
    held: int = 0		# MiB that the host has taken before
    hold: bool = True		# the memory is left alone once it is touched
    host: str = "usual"		# a kind of inner/balancer.py's
    most: int = 8192		# MiB that the host gives
    contenders: tuple = ("stock", "roomy")

    def least_seconds(self):
        """How long it takes where nothing slows it."""
        return max(delay + (mib / rate if rate else 0)
                   for _, mib, rate, delay in self.loads)


# For every day: without the third run, which all memory from the start would be.
MAIN = Shape("", "1400 MiB without reserve at 100 MiB/s",
             (("noreserve", 1400, 100, 0),), contenders=("stock",))

SHAPES = [
    MAIN,
    Shape("fast", "900 MiB as fast as the guest can",
          (("noreserve", 900, 0, 0),)),
    Shape("four", "four processes of 300 MiB",
          (("noreserve", 300, 0, 0),) * 4),
    Shape("steep", "1400 MiB at 400 MiB/s",
          (("noreserve", 1400, 400, 0),)),
    Shape("step", "800 MiB at once", (("step", 800, 0, 0),)),
    Shape("turns", "five processes of 250 MiB, 3 s apart",
          tuple(("noreserve", 250, 100, 3 * turn) for turn in range(5)),
          checks=PACED),
    Shape("cache", "the page cache is churned through beside 500 MiB in use",
          (("noreserve", 500, 100, 0), ("cache", 3000, 200, 6)),
          checks=("bounded", "back", "data"), seconds=60, contenders=()),
    Shape("leak", "a leak of 6 MiB/s, up to 1200 MiB",
          (("noreserve", 1200, 6, 0),), checks=PACED),
    Shape("committed", "1400 MiB with reserve at 100 MiB/s",
          (("committed", 1400, 100, 0),), checks=PACED),
    Shape("held", "1200 MiB at 100 MiB/s while the host holds 1 GiB",
          (("noreserve", 1200, 100, 0),), checks=(*PACED, "returned"),
          held=1024),
    Shape("small", "1400 MiB at 100 MiB/s, on a host with a buffer of 5 %",
          (("noreserve", 1400, 100, 0),), host="small"),
    Shape("lazy", "1400 MiB at 100 MiB/s, on a host that takes up to 5 s",
          (("noreserve", 1400, 100, 0),), host="lazy"),
    Shape("traced", "1400 MiB at 100 MiB/s, on a host as in traces of Hyper-V",
          (("noreserve", 1400, 100, 0),), host="traced"),
    Shape("maximum", "1400 MiB at 100 MiB/s, on a host that gives 1536 at most",
          (("noreserve", 1400, 100, 0),), checks=("most", "back", "data"),
          most=1536, contenders=()),
    Shape("steady", "600 MiB in use for ten minutes",
          (("noreserve", 600, 100, 0), ("committed", 300, 100, 5)),
          checks=("steady", "bounded", "data"), seconds=660, hold=False,
          contenders=()),
]
