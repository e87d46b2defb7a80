#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Measures what the driver costs in an ordinary kernel: its looks at memory, a
host's requests, and sets of pages. Prints a table of each.

The CPU's time is the number of its instructions, so that they are the same on
every machine. A look is measured with one CPU, and with many, since what the
kernel counts it counts on each. Requests come from a host in the same module,
in place of VMBus, and an idle CPU isn't counted; a
guest of 64 GiB is asked for 60.

	cost.py [--kernel CHOICE] [--only looks|rounds|sets]
"""

import argparse
import math
import os
from pathlib import Path
import re
import subprocess
import sys
import tempfile

import build
import images
import kernels
import root

COST = build.LAB / "cost"
MODULE = "hv_balloon_cost.ko"
FOLDERS = ["drivers/hv", "include/hyperv", "tests/kunit", "tests/lab/cost"]
LIMIT = 1200			# seconds
MACHINE = ["qemu-system-x86_64", "-accel", "tcg,thread=single",
           "-icount", "shift=0,sleep=off", "-cpu", "max",
           "-machine", "q35,memory-backend=ram", "-nodefaults", "-display",
           "none", "-no-reboot", "-serial", "stdio", "-kernel",
           "/tmp/boot/vmlinuz", "-initrd", "/tmp/boot/initrd"]
ARGUMENTS = "console=ttyS0 loglevel=7 panic=-1"
FEW, MANY = 1, 48		# CPUs; 240 don't boot within LIMIT
SMALL, LARGE = "4G", "64G"	# memory; next to none of it is touched
PIECES = 480			# of 128 MiB: 60 GiB

SET = re.compile(r"cost: ([\w, ]+): (\d+) (\d+) (\d+) (\d+) (\d+) (\d+)")
LOOK = re.compile(r"look: ([\w ]+): (\d+) (\d+)")
ROUND = re.compile(r"round: ([\w, ]+): (\d+) (\d+) (\d+) (\d+) (\d+)")
ROWS = {"looks": 5, "rounds": 11, "sets": 12}
LEAF_BYTES = 256
SET_COLUMNS = ("set and order", "steps", "add", "take", "both / log2 n",
               "ranges", "leaves", "bytes a range")
LOOK_COLUMNS = ("instructions", f"{FEW} CPU", f"{MANY} CPUs")
ROUND_COLUMNS = ("requests", "MiB", "ranges", "instructions a MiB", "idle, ms",
                 "longest, ms")


def module(kernel):
    """The contents of the module."""
    with tempfile.TemporaryDirectory(prefix="hv_balloon.") as directory:
        work = Path(directory)
        for folder in FOLDERS:
            (work / folder).mkdir(parents=True)
            for path in (build.TREE / folder).iterdir():
                if path.suffix in (".c", ".h") or \
                        path.name in ("Kbuild", "Makefile"):
                    (work / folder / path.name).write_bytes(path.read_bytes())
        done = root.run(["make", "-C",
                         f"/lib/modules/{kernel.version}/build",
                         "M=/tmp/tree/tests/lab/cost",
                         f"CC={kernel.compiler}", "modules"],
                        binds=[(work, "/tmp/tree")], text=True,
                        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                        stderr=subprocess.STDOUT)
        if done.returncode:
            sys.exit(done.stdout + "cost.py: the module does not build")
        return (work / "tests/lab/cost" / MODULE).read_bytes()


def boot(kernel, built, arguments, cpus=FEW, memory=SMALL):
    """What the machine says."""
    with tempfile.TemporaryDirectory(prefix="hv_balloon.") as directory:
        work = Path(directory)
        (work / "vmlinuz").write_bytes(kernel.image.read_bytes())
        (work / "initrd").write_bytes(images.cpio([
            images.directory("bin"), images.busybox(),
            ("bin/sh", 0o120777, b"busybox"),
            images.program("init", COST / "init.sh"),
            (MODULE, 0o100644, built),
        ]))
        # More than this machine has: reserve=off lets it.
        done = root.run([*MACHINE, "-smp", str(cpus), "-m", memory, "-object",
                         f"memory-backend-ram,id=ram,size={memory},reserve=off",
                         "-append",
                         f"{ARGUMENTS} {arguments}"],
                        binds=[(work, "/tmp/boot")], text=True,
                        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                        stderr=subprocess.STDOUT, timeout=LIMIT)
        return done.stdout


def sets(text):
    for name, *numbers in SET.findall(text):
        steps, add, take, ranges, leaves, _ = map(int, numbers)
        yield (name, f"{steps:,}", f"{add:,}", f"{take:,}",
               f"{(add + take) / math.log2(steps):.0f}", f"{ranges:,}",
               f"{leaves:,}", f"{leaves * LEAF_BYTES / ranges:.0f}")


def looks(texts):
    """Rows of: a kind of look, and the instructions of it in each text."""
    found = {}
    for text in texts:
        for name, _, instructions in LOOK.findall(text):
            found.setdefault(name, []).append(f"{int(instructions):,}")
    return [(name, *numbers) for name, numbers in found.items()
            if len(numbers) == len(texts)]


def rounds(text):
    for name, *numbers in ROUND.findall(text):
        mib, ranges, ns, longest, idle = map(int, numbers)
        yield (name, f"{mib:,}", ranges,
               f"{(ns - idle) / mib:,.0f}" if mib else "",
               f"{idle / 1e6:.1f}", f"{longest / 1e6:.2f}")


def show(what, columns, rows, text):
    if len(rows) != ROWS[what] or "insmod failed" in text:
        sys.exit(text[-4000:] + "cost.py: results are missing")
    print("| " + " | ".join(columns) + " |")
    print("|---" + "|--:" * (len(columns) - 1) + "|")
    for row in rows:
        print("| " + " | ".join(map(str, row)) + " |")
    print(flush=True)


def main():
    parser = argparse.ArgumentParser(
        description="what looks, requests and sets of pages cost")
    parser.add_argument("--kernel", choices=kernels.CHOICES,
                        default=os.environ.get("KERNEL") or kernels.OUTER)
    parser.add_argument("--only", choices=ROWS, help="measure nothing else")
    args = parser.parse_args()
    what = [args.only] if args.only else [*ROWS]
    kernel = kernels.kernel(args.kernel)
    built = module(kernel)
    few = boot(kernel, built, "what=" + ",".join(what))
    if "rounds" in what:
        show("rounds", ROUND_COLUMNS, list(rounds(few)), few)
        large = boot(kernel, built, f"what=rounds pieces={PIECES}",
                     memory=LARGE)
        show("rounds", ROUND_COLUMNS, list(rounds(large)), large)
    if "sets" in what:
        show("sets", SET_COLUMNS, list(sets(few)), few)
    if "looks" in what:
        many = boot(kernel, built, "what=looks", cpus=MANY)
        show("looks", LOOK_COLUMNS, looks([few, many]), few + many)


if __name__ == "__main__":
    main()
