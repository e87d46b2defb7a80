#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Makes recorded.h of what the lab's guest counted (tracepoint hvb_look).

	record.py DIRECTORY		the lab's logs, after run.py demand burst
"""

from pathlib import Path
import re
import sys

FIELDS = ("total", "avail", "commit", "ballooned", "offline", "price",
          "cache", "swapped", "task")
LOOK = re.compile(r"(?:(\w+) )?(\d+)\.(\d{3}) " +
                  " ".join(rf"{field}=(\d+)" for field in FIELDS))
TARGET = Path(__file__).resolve().parent / "recorded.h"
HEAD = """\
/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Counters of a real guest (Debian's kernel 6.12) on a real host, in pages of
 * 4 KiB. Made by record.py; don't edit.
 */

/* L(load, total, avail, commit, ballooned, offline, price, cache, swapped, task) */
#define RECORDED_LOADS(L) \\
"""
BURST = """\

/*
 * A burst of 1400 MiB without reserve, answered by hot-adds:
 * B(ms, total, avail, commit, ballooned, offline, price, cache, swapped, task)
 */
#define RECORDED_BURST(B) \\
"""


def rows(path):
    """[(title, milliseconds, values)]"""
    found = [LOOK.fullmatch(line).groups()
             for line in path.read_text().splitlines()]
    return [(title, 1000 * int(seconds) + int(ms), ", ".join(values))
            for title, seconds, ms, *values in found]


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    logs = Path(sys.argv[1])
    loads = rows(logs / "ours-6.12-demand" / "demand.looks")
    burst = rows(logs / "ours-6.12-burst" / "burst.looks")
    begin = burst[0][1] - 1
    TARGET.write_text(
        HEAD + " \\\n".join(f'\tL("{title}", {values})'
                           for title, _, values in loads) + "\n" +
        BURST + " \\\n".join(f"\tB({when - begin}, {values})"
                            for _, when, values in burst) + "\n")


if __name__ == "__main__":
    main()
