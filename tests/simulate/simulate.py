#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Plays bursts in guests and on hosts of all kinds, in user space: the driver's
pure files as they are, with models of a guest and a host around them.

	simulate.py [--seed N] [--every N] [--bound SHARE] [--list]
	            [--map FILE.svg]
	simulate.py [--seed N] --case NUMBER [--picture FILE.svg]

--every: only each Nth case. --bound: in place of the driver one that knows all
but when a burst ends, and asks for no more than comes to that share of what is
used. --list: the cases themselves, worst first. --map: draws how often a guest
ended fat, and short, by rate and by the time that the host took. --case: one
case as it goes on, as numbers or as a picture.

Fails when one of the lab's shapes swaps.
"""

import argparse
import collections
from pathlib import Path
import re
import shutil
import sys
import tempfile

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "fuzz"))

import run as fuzz  # noqa: E402 (found only after the line above)
import root  # noqa: E402 (the fuzzers' modules make it found)

AT = "/tmp/simulate"
SOURCES = ["grid.c", "guest.c", "host.c", "play.c", "replay.c", "reporter.c",
           "demand.c", "promise.c", "burst.c", "forecast.c", "scarcity.c"]
COMPILE = ["gcc", "-std=gnu2x", "-O2", "-Wall", "-Werror",
           "-Wno-address-of-packed-member", "-include", "shim.h", "-I.",
           "-idirafter", "absent", "-o", "simulate", *SOURCES, "-lm"]
FAT = 1.8		# times the peak, from which on the size is too much
SHORT = 1		# MiB swapped that needn't have been

Case = collections.namedtuple(
    "Case", "number name start swapped knowing end top peak lean over reports "
    "looks")

PICTURE = """\
set output '{at}/picture.svg'
set terminal svg size 960,480 dynamic background 'white' font 'sans,13'
set title "{title}" noenhanced
set grid xtics ytics lc rgb '#dddddd'
set ylabel 'MiB'
set yrange [0:*]
set format x '%g s'
set key outside bottom center horizontal
plot '{at}/data' using 1:2 with steps lw 3 lc rgb '#404040' title 'size', \\
  '' using 1:6 with steps lc rgb '#999999' title 'decided by the host', \\
  '' using 1:3 with lines lw 2 lc rgb '#1f77b4' title 'in use', \\
  '' using 1:4 with steps lw 2 lc rgb '#2ca02c' title 'demand reported', \\
  '' using 1:5 with lines lw 3 lc rgb '#d62728' title 'swapped out'
"""

MAP = """\
set output '{at}/picture.svg'
set terminal svg size 960,420 dynamic background 'white' font 'sans,13'
set multiplot layout 1,2
set palette defined (0 '#ffffff', 50 '#e8a09a', 100 '#a01010')
set cbrange [0:100]
set xlabel 'MiB/s'
set ylabel 'seconds until the host has answered'
set xtics rotate
unset key
set title "ends over {fat} times its peak, % of the cases"
plot '{at}/data' using 1:2:5:xtic(3):ytic(4) with image, \\
  '' using 1:2:(sprintf('%.0f', $5)) with labels
set title "swaps what could have been had, % of the cases"
plot '{at}/data' using 1:2:6:xtic(3):ytic(4) with image, \\
  '' using 1:2:(sprintf('%.0f', $6)) with labels
unset multiplot
"""


def compiled(work):
    """Puts the program into the work directory."""
    fuzz.stage(work)
    for path in HERE.glob("*.[ch]"):
        shutil.copyfile(path, work / path.name)
    root.run(COMPILE, binds=[(work, AT)], cd=AT, check=True)


def played(work, *words):
    done = root.run(["./simulate", *map(str, words)], binds=[(work, AT)],
                    cd=AT, check=True, capture_output=True, text=True)
    return done.stdout


def drawn(work, script, path, **values):
    (work / "script").write_text(script.format(at=AT, **values))
    root.run(["gnuplot", f"{AT}/script"], binds=[(work, AT)], check=True)
    shutil.copyfile(work / "picture.svg", path)


def cases_of(text):
    for line in text.splitlines():
        number, name, *figures = line.split("\t")
        yield Case(int(number), name, *map(float, figures))


def ratio(case):
    """Size to peak use; a guest that wasn't grown is what it was."""
    share = case.end / case.peak
    return share if case.end > case.start else min(share, FAT)


def lacked(case):
    """MiB that were swapped, and that a guest that knows wouldn't have."""
    return max(0, case.swapped - case.knowing)


def fair(case):
    """Not where the host gives too much for the peak alone."""
    return case.lean <= max(FAT * case.peak, case.start)


def percent(part, cases):
    return 100 * sum(1 for case in cases if part(case)) / len(cases)


def is_fat(case):
    return ratio(case) > FAT


def is_short(case):
    return lacked(case) > SHORT


def row(title, cases):
    if not cases:
        return
    shares = sorted(map(ratio, cases))
    print(f"{title:28} {len(cases):5} {percent(is_fat, cases):5.1f} "
          f"{shares[int(0.95 * len(shares))]:6.2f} {shares[-1]:6.2f} "
          f"{percent(is_short, cases):6.1f} "
          f"{sum(map(lacked, cases)) / 1024:7.1f} "
          f"{sorted(case.over for case in cases)[len(cases) // 2]:7.0f} "
          f"{sum(case.reports for case in cases) / len(cases):8.0f} "
          f"{sum(case.looks for case in cases) / len(cases):7.0f}")


def value(case, key):
    found = re.search(rf"\b{key}=([\d.]+)", case.name)
    return float(found[1]) if found else None


def table(cases):
    """Prints all of it. Return: how many of the lab's shapes swapped."""
    shapes = [case for case in cases if case.name.startswith("burst")]
    grid = [case for case in cases if case.name.startswith("grid")]
    wide = [case for case in cases if case.name.startswith("wide")]
    print(f"{'':28} {'cases':>5} {'fat%':>5} {'p95':>6} {'worst':>6} "
          f"{'short%':>6} {'GiB':>7} {'s above':>7} {'reports':>8} "
          f"{'looks':>7}")
    row("grid", [case for case in grid if fair(case)])
    for key in "size", "rate", "buffer", "answer", "look":
        for at in sorted({value(case, key) for case in grid}):
            row(f"  {key} {at:g}", [case for case in grid if fair(case) and
                                    value(case, key) == at])
    row("wide", [case for case in wide if fair(case)])
    row("host gives too much anyway", [case for case in grid + wide
                                       if not fair(case)])
    print()
    for case in shapes:
        print(f"{case.name:28} {case.swapped:5.0f} MiB swapped, ends at "
              f"{case.end:.0f} MiB, {ratio(case):.2f} times its peak")
    return sum(case.swapped > 0 for case in shapes)


def heat(cases):
    """Lines for the map: column, row, their titles, % fat, % short."""
    cells = collections.defaultdict(list)
    for case in cases:
        if case.name.startswith("grid") and fair(case):
            cells[value(case, "rate"), value(case, "answer")].append(case)
    rates = sorted({rate for rate, _ in cells})
    answers = sorted({answer for _, answer in cells})
    return "\n".join(
        f"{rates.index(rate)} {answers.index(answer)} {rate:g} {answer:g} "
        f"{percent(is_fat, cell):.1f} {percent(is_short, cell):.1f}"
        for (rate, answer), cell in sorted(cells.items()))


def one(work, args):
    text = played(work, args.seed, "case", args.case)
    if not args.picture:
        print("# second size used demand swapped decided MiB/s")
        print(text, end="")
        return
    (work / "data").write_text(text)
    drawn(work, PICTURE, args.picture, title=text.split("\n")[0].strip("# "))


def everything(work, args):
    bound = ["bound", args.bound] if args.bound else []
    cases = list(cases_of(played(work, args.seed, "every", args.every, *bound)))
    if args.list:
        for case in sorted(cases, key=ratio, reverse=True):
            print(f"{case.number:5} {ratio(case):5.2f} {lacked(case):7.0f} MiB"
                  f"  {case.name}")
    swapped = table(cases)
    if args.map:
        (work / "data").write_text(heat(cases))
        drawn(work, MAP, args.map, fat=FAT)
    if swapped and not args.bound:
        sys.exit(f"simulate.py: {swapped} of the lab's shapes swapped")


def main():
    parser = argparse.ArgumentParser(description="bursts, simulated")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--every", type=int, default=1)
    parser.add_argument("--bound", type=float, metavar="SHARE")
    parser.add_argument("--list", action="store_true")
    parser.add_argument("--map", type=Path, metavar="FILE.svg")
    parser.add_argument("--case", type=int, metavar="NUMBER")
    parser.add_argument("--picture", type=Path, metavar="FILE.svg")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="hv_balloon.") as directory:
        work = Path(directory)
        compiled(work)
        if args.case is None:
            everything(work, args)
        else:
            one(work, args)


if __name__ == "__main__":
    main()
