# SPDX-License-Identifier: GPL-2.0-only
"""Owns the real programs that the lab runs in a guest: a row each.

Used on both sides: run.py reads what to expect, the outer machine runs them.
"""

import dataclasses

AT = "/usr/local/lib/lab"	# where debian.py puts their files
# What a guest has of Debian's packages, by the kind of its disk.
PACKAGES = {
    "node": ["nodejs"],
    "programs": ["earlyoom", "nodejs", "openjdk-21-jdk-headless",
                 "redis-server", "redis-tools", "stress-ng"],
}
# What their packages would start at boot.
IDLE = ["earlyoom", "redis-server"]

SHORT = ("swap", "stall")


@dataclasses.dataclass(frozen=True)
class Program:
    """What a shell runs as a unit of systemd's."""

    name: str
    title: str
    command: str
    checks: tuple = ()		# besides that it ends well
    compared: tuple = SHORT		# of two runs, with stock and with ours
    disk: str = "programs"
    properties: tuple = ()	# of the unit
    swap: bool = True
    service: str = ""		# what runs beside it
    rounds: int = 1
    seconds: int = 300		# it takes at most


def node(mib, rate, hold):
    size = f"--max-old-space-size={mib + 200}"
    return f"node {size} {AT}/heap.js {mib} {rate} {hold}"


TURNS = "; ".join([*(f"{node(200, 0, 25 - 3 * turn)} & sleep 3"
                     for turn in range(6)), "wait"])

# Small enough for every day: the disk, the heap, and no run with stock.
EVERYDAY = Program("everyday", "node: a heap of 700 MiB", node(700, 0, 1),
                   checks=("unswapped",), compared=(), disk="node")

PROGRAMS = [
    Program("node", "node: a heap of 1000 MiB", node(1000, 0, 3)),
    Program("turns", "six node processes of 200 MiB, 3 s apart", TURNS),
    Program("java", "a JVM: a heap of 1000 MiB",
            f"java -Xmx1200m -cp {AT} Heap 1000 3"),
    Program("redis", "redis: 500 MiB, saved by a fork while written over",
            f"{AT}/redis.sh 500"),
    Program("stress", "stress-ng: two workers of 500 MiB",
            "stress-ng --quiet --vm 2 --vm-bytes 1000M --vm-keep "
            "--vm-populate --vm-method write64 --timeout 20s"),
    Program("database", "SQLite: random rows of a file of 1200 MiB",
            f"python3 {AT}/database.py 1200 90", compared=("faster",)),
    Program("limit", "stress-ng in a container at its limit of 150 MiB",
            "stress-ng --quiet --vm 1 --vm-bytes 300M --vm-keep "
            "--vm-method write64 --timeout 30s",
            checks=("still",), compared=(),
            properties=("MemoryMax=150M",)),
    Program("earlyoom", "node: 1000 MiB with earlyoom and no swap, ten times",
            node(1000, 100, 3), checks=("alive",), compared=(), swap=False,
            service="earlyoom", rounds=10, seconds=100),
]
