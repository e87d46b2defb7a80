# SPDX-License-Identifier: GPL-2.0-only
"""Owns the kernel that has the stock driver built in, as Azure's and WSL2's
have: Debian's linux-source with a configuration of its own (builtin.config),
built once and kept in the user's cache.
"""

import os
from pathlib import Path
import re
import shutil
import sys

import kernels
import root

CONFIG = Path(__file__).resolve().with_name("builtin.config")


def entry():
    """The cache entry: source/, build/ and bzImage."""
    kunit = kernels.kunit_module("kernel")
    key = root.key_of(kunit.source_version(), CONFIG.read_text(),
                      kunit.KEEP_SOURCE, kunit.KEEP_BUILD)
    return root.cached("builtin-kernel", key, make)


def wanted(path):
    """The options that a file turns on."""
    return re.findall(r"^CONFIG_\w+=y$", path.read_text(), re.MULTILINE)


def make(path):
    kunit = kernels.kunit_module("kernel")
    for name in ("source", "build"):
        (path / name).mkdir(parents=True)
    kunit.unpack(kunit.trees(path))
    shutil.copy(CONFIG, path / "build")
    root.say("building the kernel with the stock driver built in (once)")
    for targets in ([f"KCONFIG_ALLCONFIG={kunit.BUILD}/{CONFIG.name}",
                     "allnoconfig"], ["bzImage", "modules"]):
        kunit.in_root(["make", "-s", f"O={kunit.BUILD}",
                       f"-j{os.cpu_count()}", *targets],
                      kunit.trees(path), cd=kunit.SOURCE)
    missing = {*wanted(CONFIG)} - {*wanted(path / "build/.config")}
    if missing:
        sys.exit(f"builtin.py: not to be had: {sorted(missing)}")
    kunit.prune(path / "source", kunit.KEEP_SOURCE)
    kunit.prune(path / "build", kunit.KEEP_BUILD)
    os.link(path / "build/arch/x86/boot/bzImage", path / "bzImage")


def kernel(choice):
    path = entry()
    release = (path / "build/include/config/kernel.release").read_text()
    return kernels.Kernel(choice, release.strip(), path / "bzImage",
                          Path("/nonexistent"))


def make_modules(work):
    """Builds the modules of a folder; a warning is an error."""
    kunit = kernels.kunit_module("kernel")
    out = kunit.in_root(["make", "-C", kunit.BUILD, f"M={kunit.STAGE}",
                         f"-j{os.cpu_count()}", "modules"],
                        [*kunit.trees(entry()), (work, kunit.STAGE)])
    if re.search(r"warning:|WARNING:", out):
        sys.exit(out + "builtin.py: a module does not build cleanly")
