# SPDX-License-Identifier: GPL-2.0-only
"""Owns what the lab compiles in the root: the driver, modules that play a
hostile host, hold a cache or are another balloon, and the small static programs
that run in the guest. The checkout stays clean: sources are copied.
"""

import os
from pathlib import Path
import re
import shutil
import subprocess
import sys
import tempfile

import kernels
import root

LAB = Path(__file__).resolve().parent
TREE = LAB.parent.parent
SOURCES = ["Kbuild", "Makefile", "drivers", "include"]
GUEST_PROGRAMS = ("agent", "kexec", "load", "pins", "polls", "uevents")
SOURCE_NAMES = re.compile(r"Kbuild|Makefile|Kconfig|.*\.[chS]")


def source_files():
    """(path below the tree, contents) of all that the module is made from."""
    for name in SOURCES:
        top = TREE / name
        paths = sorted(top.rglob("*")) if top.is_dir() else [top]
        for path in paths:
            if path.is_file() and SOURCE_NAMES.fullmatch(path.name) and \
                    not path.name.endswith(".mod.c"):
                yield path.relative_to(TREE), path.read_bytes()


def driver(kernel, name=None):
    """The module of this tree for a kernel; a warning is an error.

    Its contents, not its path: a later build may remove the file. name: for one
    that is to take over from the stock driver's module. For a kernel that has
    the driver built in, only what a module says of itself.
    """
    if kernel.choice == "in-tree":
        return kernels.kunit_module("in_tree").info()
    given = os.environ.get("LAB_HV_BALLOON_KO")
    if given:
        return Path(given).read_bytes()
    tree = driver_tree(kernel, name if name != kernel.driver else None)
    return (tree / f"{name or kernel.driver}.ko").read_bytes()


def driver_tree(kernel, name=None):
    """Where the driver of this tree is built for a kernel, with its objects."""
    sources = list(source_files())
    settings = [f"HVB_MODULE={name}"] if name else []
    key = root.key_of(root.root().name, kernel.version, *settings, *sources)
    return root.cached(f"{name or 'driver'}-{kernel.choice}", key,
                       lambda path: build_module(path, kernel, sources,
                                                 settings))


def guest_module(kernel, name):
    """NAME.ko of guest/NAME for a kernel: its contents."""
    paths = [*sorted((LAB / "guest" / name).iterdir()),
             TREE / "drivers/hv/compat.h"]
    sources = [(path.name, path.read_bytes()) for path in paths]
    key = root.key_of(root.root().name, kernel.version, *sources)
    path = root.cached(f"{name}-{kernel.choice}", key,
                       lambda path: build_module(path, kernel, sources))
    return (path / f"{name}.ko").read_bytes()


def build_module(path, kernel, sources, settings=()):
    root.say(f"building a module for {kernel.version}")
    for name, contents in sources:
        (path / name).parent.mkdir(parents=True, exist_ok=True)
        (path / name).write_bytes(contents)
    if kernel.choice == "debug":
        kernels.kunit_module("kernel").make_modules(path, ".", *settings)
        return
    if kernel.choice == "builtin":
        kernels.importlib.import_module("builtin").make_modules(path)
        return
    done = root.run(["make", "-C", f"/lib/modules/{kernel.version}/build",
                     "M=/tmp/module", f"CC={kernel.compiler}",
                     f"-j{os.cpu_count()}", *settings, "modules"],
                    binds=[(path, "/tmp/module")], stdin=subprocess.DEVNULL,
                    stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                    text=True)
    warnings = [line for line in done.stdout.splitlines()
                if re.search(r"warning:|WARNING:", line)
                and "compiler differs" not in line]
    if done.returncode or warnings:
        sys.exit(done.stdout + "build.py: a module does not build cleanly")


def guest_programs():
    """The directory that holds GUEST_PROGRAMS."""
    sources = [LAB / "guest" / f"{name}.c" for name in GUEST_PROGRAMS]
    key = root.key_of(root.root().name,
                      *(path.read_bytes() for path in sources))
    return root.cached("guest", key, build_guest_programs)


def build_guest_programs(path):
    path.mkdir()
    with tempfile.TemporaryDirectory() as work:
        for name in GUEST_PROGRAMS:
            shutil.copy(LAB / "guest" / f"{name}.c", work)
            root.run(["gcc", "-O2", "-Wall", "-Wextra", "-Werror", "-static",
                      "-o", name, f"{name}.c"],
                     binds=[(work, "/tmp/guest")], cd="/tmp/guest", check=True)
            shutil.copy(Path(work) / name, path / name)
