# SPDX-License-Identifier: GPL-2.0-only
"""Owns makedumpfile for the guest's crash kernel: its place in the root tree.

Debian 13's own (1.7.6) doesn't know how 6.12 and later mark pages: to it none is
free, and none offline. Debian's next one runs in the same root.
"""

import subprocess
import tempfile
from pathlib import Path

import kernels
import root

SUITE = "sid"
PROGRAM = "usr/local/bin/makedumpfile"


def fetch(target):
    root.say("fetching makedumpfile")
    with tempfile.TemporaryDirectory(dir=root.cache_dir()) as directory:
        work = Path(directory)
        kernels.Apt(work, SUITE).get("download", "makedumpfile")
        package, = work.glob("*.deb")
        subprocess.run(["dpkg-deb", "-x", package, work / "tree"], check=True)
        (work / "tree/usr/bin/makedumpfile").rename(target)


def program():
    """Its path in the root, once it is there."""
    target = root.root() / PROGRAM
    if not target.exists():
        with root.cache_lock("kernels"):
            if not target.exists():
                fetch(target)
    return PROGRAM
