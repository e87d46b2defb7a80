#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Owns the debug kernel: Debian's linux-source built with .kunitconfig, which
runs the KUnit suites and is a guest of the lab. Built once, in the root tree,
in 10 to 15 minutes; kept in the user's cache for that source and that config.

	kernel.py [--print image|build|source]	build when needed, print a path
	kernel.py driver FILE			build this tree's hv_balloon.ko
						for it into FILE
"""

import argparse
import contextlib
import os
from pathlib import Path
import re
import shutil
import subprocess
import sys
import tempfile

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "lab"))

import build  # noqa: E402 (the lab's modules are found by the line above)
import root  # noqa: E402

SOURCE_PACKAGE = "linux-source-6.12"
CONFIG = ".kunitconfig"

# Its command line, with 2 GiB of memory: the kernel doesn't know of the second,
# so what the driver's suites add is real.
ARGUMENTS = "memmap=1G%1G-1 memhp_default_state=offline"

# Where the kernel's trees lie in the root: they name each other by path.
SOURCE = "/tmp/src"
BUILD = "/tmp/build"
STAGE = "/tmp/stage"

# All that building modules and reading results takes, of each tree.
KEEP_SOURCE = ["Makefile", "arch/x86", "include", "scripts",
               "tools/testing/kunit"]
KEEP_BUILD = [".config", "Makefile", "Module.symvers", "arch/x86/boot/bzImage",
              "arch/x86/include", "include", "scripts", "source",
              "tools/objtool/objtool"]


def kernel():
    """The cache entry: source/, build/ and bzImage."""
    key = root.key_of(source_version(), (HERE / CONFIG).read_text(),
                      KEEP_SOURCE, KEEP_BUILD)
    return root.cached("kunit-kernel", key, make_kernel)


def source_version():
    status = (root.root() / "var/lib/dpkg/status").read_text()
    found = re.search(rf"^Package: {SOURCE_PACKAGE}\n(?:.+\n)*?Version: (.+)",
                      status, re.MULTILINE)
    if not found:
        sys.exit(f"kernel.py: {SOURCE_PACKAGE} is not in the root")
    return found[1]


def trees(path):
    return [(path / "source", SOURCE), (path / "build", BUILD)]


def in_root(argv, binds, **kwargs):
    """Run it at low priority, what it says in one string; stop if it fails."""
    done = root.run(["nice", *argv], binds=binds, stdin=subprocess.DEVNULL,
                    stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                    text=True, **kwargs)
    if done.returncode:
        sys.exit(f"{done.stdout[-4000:]}\nkernel.py: {argv[0]} failed")
    return done.stdout


def unpack(binds):
    """Fills what is bound to SOURCE."""
    root.say("unpacking the kernel source")
    in_root(["tar", "-xJf", f"/usr/src/{SOURCE_PACKAGE}.tar.xz",
             "--strip-components=1", "-C", SOURCE], binds)


def make_kernel(path):
    for name in ("source", "build"):
        (path / name).mkdir(parents=True)
    shutil.copy(HERE / CONFIG, path)
    unpack(trees(path))
    root.say("building the debug kernel (10 to 15 minutes on two cores, once)")
    in_root(["tools/testing/kunit/kunit.py", "build", "--arch=x86_64",
             f"--kunitconfig=/tmp/config/{CONFIG}", f"--build_dir={BUILD}",
             f"--jobs={os.cpu_count()}"],
            [*trees(path), (path, "/tmp/config")], cd=SOURCE)
    root.say("debug kernel built")
    prune(path / "source", KEEP_SOURCE)
    prune(path / "build", KEEP_BUILD)
    os.link(path / "build/arch/x86/boot/bzImage", path / "bzImage")


def prune(tree, keep):
    """Leave only what keep names in a tree, and no object file."""
    kept = tree.with_name(tree.name + ".kept")
    for name in keep:
        (kept / name).parent.mkdir(parents=True, exist_ok=True)
        (tree / name).rename(kept / name)
    shutil.rmtree(tree)
    kept.rename(tree)
    for path in [*tree.rglob("*.o"), *tree.rglob("*.a"), *tree.rglob(".*.cmd")]:
        path.unlink()


@contextlib.contextmanager
def stage():
    """A copy of what is compiled, so that the checkout stays clean."""
    with tempfile.TemporaryDirectory(prefix="hv_balloon.") as directory:
        work = Path(directory)
        tests = [(path.relative_to(build.TREE), path.read_bytes())
                 for pattern in ("*.[ch]", "Makefile")
                 for path in HERE.glob(pattern)]
        for name, contents in [*build.source_files(), *tests]:
            (work / name).parent.mkdir(parents=True, exist_ok=True)
            (work / name).write_bytes(contents)
        yield work


def make_modules(work, folder, *settings):
    """Build the modules of a folder of the stage; a warning is an error.

    W=1 would also run kernel-doc, for which the root has too little of perl.
    """
    out = in_root(["make", "-C", BUILD, f"M={STAGE}/{folder}", "W=1",
                   "cmd_checkdoc=",
                   "KCFLAGS=-Werror", f"-j{os.cpu_count()}", *settings,
                   "modules"],
                  [*trees(kernel()), (work, STAGE)])
    if re.search(r"warning:|WARNING:", out):
        sys.exit(out + "kernel.py: the module does not build cleanly")


def driver(target):
    with stage() as work:
        make_modules(work, ".")
        shutil.copy(work / "hv_balloon.ko", target)


def main():
    parser = argparse.ArgumentParser(description="the debug kernel")
    parser.add_argument("--print", dest="what", default="image",
                        choices=["image", "build", "source"])
    commands = parser.add_subparsers(dest="command")
    commands.add_parser("driver").add_argument("file", type=Path)
    args = parser.parse_args()
    if args.command == "driver":
        driver(args.file)
    else:
        names = {"image": "bzImage"}
        print(kernel() / names.get(args.what, args.what))


if __name__ == "__main__":
    main()
