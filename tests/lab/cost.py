#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Measures what the driver's sets of pages cost in an ordinary kernel, under
plain emulation: time for adds and takes, and memory. Prints a table.

	cost.py [--kernel CHOICE]
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
FOLDERS = ["drivers/hv", "tests/kunit", "tests/lab/cost"]
LIMIT = 600			# seconds
MACHINE = ["qemu-system-x86_64", "-accel", "tcg", "-cpu", "max", "-smp", "1",
           "-machine", "q35", "-m", "2G", "-nodefaults", "-display", "none",
           "-no-reboot", "-serial", "stdio", "-kernel", "/tmp/boot/vmlinuz",
           "-initrd", "/tmp/boot/initrd",
           "-append", "console=ttyS0 loglevel=7 panic=-1"]

LINE = re.compile(r"cost: ([\w, ]+): (\d+) (\d+) (\d+) (\d+) (\d+) (\d+)")
LEAF_BYTES = 256
COLUMNS = ("set and order", "steps", "add, ns", "take, ns",
           "both / log2 n", "ranges", "leaves", "bytes a range")


def module(kernel):
    """The contents of the module."""
    with tempfile.TemporaryDirectory(prefix="hv_balloon.") as directory:
        work = Path(directory)
        for folder in FOLDERS:
            (work / folder).mkdir(parents=True)
            for path in (build.TREE / folder).iterdir():
                if path.suffix in (".c", ".h") or path.name == "Kbuild":
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


def boot(kernel):
    """What the machine says."""
    with tempfile.TemporaryDirectory(prefix="hv_balloon.") as directory:
        work = Path(directory)
        (work / "vmlinuz").write_bytes(kernel.image.read_bytes())
        (work / "initrd").write_bytes(images.cpio([
            images.directory("bin"), images.busybox(),
            ("bin/sh", 0o120777, b"busybox"),
            images.program("init", COST / "init.sh"),
            (MODULE, 0o100644, module(kernel)),
        ]))
        done = root.run(MACHINE, binds=[(work, "/tmp/boot")], text=True,
                        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                        stderr=subprocess.STDOUT, timeout=LIMIT)
        return done.stdout


def rows(text):
    for name, *numbers in LINE.findall(text):
        steps, add, take, ranges, leaves, _ = map(int, numbers)
        yield (name, f"{steps:,}", add, take,
               f"{(add + take) / math.log2(steps):.0f}", f"{ranges:,}",
               f"{leaves:,}", f"{leaves * LEAF_BYTES / ranges:.0f}")


def main():
    parser = argparse.ArgumentParser(description="what sets of pages cost")
    parser.add_argument("--kernel", choices=kernels.CHOICES,
                        default=os.environ.get("KERNEL") or kernels.OUTER)
    text = boot(kernels.kernel(parser.parse_args().kernel))
    found = list(rows(text))
    if len(found) != 12 or "insmod failed" in text:
        sys.exit(text[-2000:] + "cost.py: results are missing")
    print("| " + " | ".join(COLUMNS) + " |")
    print("|---" + "|--:" * (len(COLUMNS) - 1) + "|")
    for row in found:
        print("| " + " | ".join(map(str, row)) + " |")


if __name__ == "__main__":
    main()
