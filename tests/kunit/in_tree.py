#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Runs the KUnit suites as kernel developers do: puts the driver into a kernel
source and has kunit.py build and boot that kernel, with the suites built in.

The command is the one that .kunitconfig names. The suites run before there is
a user space, so tests that need what init.sh sets up are skipped. It takes some
20 minutes on two cores; nothing is kept.
"""

import os
from pathlib import Path
import subprocess
import sys
import tempfile

import kernel  # its first lines make the lab's modules found
import build
import root

TREE = "/tmp/tree"
KUNIT = [
    "nice", "tools/testing/kunit/kunit.py", "run", "--arch=x86_64",
    "--kunitconfig=drivers/hv/balloon/tests/.kunitconfig",
    "--kconfig_add", "CONFIG_HYPERV_BALLOON=y",
    "--kconfig_add", "CONFIG_HYPERV_BALLOON_KUNIT_TEST=y",
    f"--kernel_args={kernel.ARGUMENTS}", "--qemu_args=-m 2G",
    f"--jobs={os.cpu_count()}", "--timeout=1800",
]


def main():
    with tempfile.TemporaryDirectory(dir=root.cache_dir()) as directory:
        binds = [(directory, kernel.SOURCE), (build.TREE, TREE)]
        kernel.unpack(binds)
        kernel.in_root([f"{TREE}/scripts/in-tree.sh", kernel.SOURCE], binds)
        source = Path(directory, "drivers/hv/balloon/tests/.kunitconfig")
        if not source.exists():
            sys.exit("in_tree.py: the suites are not in the kernel tree")
        root.say("kunit.py builds the kernel and runs the suites")
        done = root.run(KUNIT, binds, kernel.SOURCE, stdin=subprocess.DEVNULL)
    sys.exit(done.returncode)


if __name__ == "__main__":
    main()
