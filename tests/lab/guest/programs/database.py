# SPDX-License-Identifier: GPL-2.0-only
"""Reads rows of an SQLite file at random: database.py MIB SECONDS

The file is made first. The last line says how long a thousand rows took in the
last tenth of the time.
"""

import os
from pathlib import Path
import random
import sqlite3
import sys
import time

FILE = Path("/var/lab.db")	# /tmp is in memory
ROW = 15000			# bytes: some pages of the file
BATCH = 100


def make(mib):
    base = sqlite3.connect(FILE)
    base.execute("PRAGMA journal_mode=OFF")
    base.execute("PRAGMA synchronous=OFF")
    base.execute("CREATE TABLE rows (id INTEGER PRIMARY KEY, data BLOB)")
    count = (mib << 20) // ROW
    data = os.urandom(ROW)
    for first in range(0, count, 1000):
        base.executemany("INSERT INTO rows VALUES (?, ?)", (
            (number, data) for number in
            range(first, min(first + 1000, count))))
        base.commit()
    base.close()
    return count


def batch(base, count):
    began = time.monotonic()
    for _ in range(BATCH):
        row = base.execute("SELECT data FROM rows WHERE id = ?",
                           (random.randrange(count),)).fetchone()
        if len(row[0]) != ROW:
            sys.exit("a row is wrong")
    return time.monotonic() - began


def main():
    mib, seconds = map(int, sys.argv[1:])
    random.seed(1)
    FILE.unlink(missing_ok=True)
    count = make(mib)
    print(f"{count} rows", flush=True)
    base = sqlite3.connect(FILE)
    end = time.monotonic() + seconds
    late = []
    while time.monotonic() < end:
        took = batch(base, count)
        if time.monotonic() > end - seconds / 10:
            late.append(took)
    print(f"{1000 / BATCH * sum(late) / len(late):.2f} s for 1000 rows")


main()
