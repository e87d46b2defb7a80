#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Puts the driver into a kernel source, in place of the stock driver, as one
would send it: first what the kernel has to export for it, then the driver.

	run.py [--module] KERNEL-SOURCE

Where the source is a git tree, each step is a commit there, signed off by
whoever git says you are: see `git format-patch`. It can be run again: what is
there already is left alone, and what changed here since is replaced.

With --module, the kernel stays as it is and the driver is the same as for a
module: for any kernel that a module can be built for.
"""

import argparse
import inspect
import subprocess
from pathlib import Path

import driver
import series
from edit import die

PATCHES = [*series.PATCHES, *driver.PATCHES]


class Git:
    def __init__(self, kernel):
        self.kernel = kernel

    def run(self, *args, **kwargs):
        return subprocess.run(["git", "-C", self.kernel, *args], text=True,
                              stdout=subprocess.PIPE, **kwargs)

    def is_clean(self):
        return not self.run("status", "--porcelain", check=True).stdout

    def commit(self, message):
        self.run("add", "--all", check=True)
        if self.run("diff", "--cached", "--quiet").returncode:
            self.run("commit", "--quiet", "--signoff", "--file=-",
                     input=message, check=True)


def say_where(kernel):
    print(f"The driver is in {kernel / driver.FOLDER}. Turn on "
          "CONFIG_HYPERV_BALLOON to build it.")


def main():
    parser = argparse.ArgumentParser(description="put the driver into a kernel")
    parser.add_argument("--module", action="store_true",
                        help="leave the kernel as it is")
    parser.add_argument("kernel", type=Path)
    args = parser.parse_args()
    kernel = args.kernel.resolve()
    if not (kernel / "drivers/hv/Makefile").is_file():
        die(f"{kernel} is not a kernel source: it has no drivers/hv/Makefile")
    if args.module:
        driver.add_module(kernel)
        say_where(kernel)
        return
    git = Git(kernel) if (kernel / ".git").exists() else None
    if git and not git.is_clean():
        die(f"{kernel} has changes that aren't committed")
    for patch in PATCHES:
        patch(kernel)
        if git:
            git.commit(inspect.getdoc(patch) + "\n")
    say_where(kernel)


if __name__ == "__main__":
    main()
