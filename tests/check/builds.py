# SPDX-License-Identifier: GPL-2.0-only
"""Owns the builds of the module against Debian's headers: gcc with W=1 and
sparse, clang with W=1, and gcc for PREEMPT_RT and for arm64. A warning of any
of them is a failure.
"""

import contextlib
import functools
from pathlib import Path
import re
import shutil
import tempfile

import box
import trees

AT = "/tmp/tree"
WARNING = re.compile(r"warning:|error:|WARNING:|sparse is not available")

# Debian's sparse can't fold the length checks in 7.x's MODULE_ macros.
NOT_OURS = re.compile(
    r"drivers/hv/\w+\.c:\d+:1: error: bad constant expression")


class Failed(Exception):
    """A check found something; the text is what."""


@contextlib.contextmanager
def stage():
    """A copy of the tree, so that the checkout stays clean."""
    with tempfile.TemporaryDirectory(prefix="hv_balloon.") as directory:
        for name in box.tree_files():
            target = Path(directory, name)
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(box.TREE / name, target)
        yield Path(directory)


def tail(text):
    return "\n".join(text.splitlines()[-40:])


def succeed(done):
    """What a finished command said, if it ended well and warned of nothing."""
    warnings = [line for line in done.stdout.splitlines()
                if WARNING.search(line) and not NOT_OURS.search(line)]
    if done.returncode or warnings:
        raise Failed("\n".join([*warnings[:20], "...", tail(done.stdout)]))
    return done.stdout


# Debian's headers are of a kernel built by gcc, so flags that only gcc knows
# are in their configuration.
BUILD_WITH_CLANG = r"""
set -eu
cd /lib/modules/$1/build
only_gcc='CC_IS_GCC|CC_HAS_MIN_FUNCTION_ALIGNMENT|FTRACE_MCOUNT_USE_CC'
only_gcc="$only_gcc|UBSAN_BOUNDS_STRICT|GCC_VERSION|CLANG_VERSION"
only_gcc="$only_gcc|CC_HAS_NAMED_AS|USE_X86_SEG_SUPPORT"
sed -i -E -e "/^CONFIG_($only_gcc)=/d" \
	-e '/^CONFIG_CC_IMPLICIT_FALLTHROUGH=/s/=5//' include/config/auto.conf
sed -i -E "/^#define CONFIG_($only_gcc) /d" include/generated/autoconf.h
version=$(clang -dumpversion | awk -F. '{ print $1 * 10000 + $2 * 100 + $3 }')
for setting in CC_IS_CLANG=y FTRACE_MCOUNT_USE_OBJTOOL=y \
		CLANG_VERSION=$version GCC_VERSION=0; do
	echo "CONFIG_$setting" >>include/config/auto.conf
	echo "#define CONFIG_$setting" | sed 's/=y$/ 1/; s/=/ /' \
		>>include/generated/autoconf.h
done
exec nice make -C "/lib/modules/$1/build" M=/tmp/tree W=1 CC=clang modules
"""

# 7.x asks a script that Debian's headers lack whether sparse can be used, and
# uses two words of C23 that Debian's sparse doesn't know.
BUILD_WITH_GCC = r"""
set -eu
script=/lib/modules/$1/source/scripts/checker-valid.sh
if ! [ -e "$script" ]; then
	printf '#!/bin/sh\necho 1\n' >"$script"
	chmod +x "$script"
	sparse='-D__typeof_unqual__=__typeof__ -Dauto=__auto_type'
fi
exec nice make -C "/lib/modules/$1/build" M=/tmp/tree W=1 C=2 CC="$2" \
	CF="${sparse:-}" modules
"""


BUILD_FOR_ARM64 = r"""
exec nice make -C "/lib/modules/$1/build" M=/tmp/tree W=1 ARCH=arm64 \
	CROSS_COMPILE=aarch64-linux-gnu- CC=aarch64-linux-gnu-gcc modules
"""

# What such a kernel can't have, said in dmesg. The compiler leaves a line out
# where it can't come.
OFF = {b"hot-add is off: not supported": "arm64",
       b"ballooning is off: it needs": "arm64-16k"}

# Compiles only where the compiler knows that no block is ever claimed.
NEVER_CLAIMS = """
void hvb_never_claims(const struct hvb_memory *mem);
void hvb_never_claims(const struct hvb_memory *mem)
{
	BUILD_BUG_ON(hvb_memory_can_claim(mem));
}
"""

# What compat.h is told of each kernel.
FEATURES = {"6.1": {"TIMER_DELETE"},
            "6.12": {"TIMER_DELETE", "VOID_REMOVE", "SHRINKER_ALLOC",
                     "LARGE_MAPCOUNT", "OFFLINE_MEMMAP", "SWAP_ZERO"},
            "7.2": {"TIMER_DELETE", "VOID_REMOVE", "SHRINKER_ALLOC",
                    "LARGE_MAPCOUNT", "OFFLINE_MEMMAP", "BALLOON_COUNTER",
                    "TIMER_DESTROY", "RECLAIM_BY_NODE", "SWAP_ZERO"}}
FEATURES["newest"] = FEATURES["7.2"]


def add_to(name, text):
    """A plant of built(): appends to a file."""
    def plant(tree):
        with open(tree / name, "a") as file:
            file.write(text)
    return plant


def features_of(tree):
    """What the Makefile found in the headers, as it was told the compiler."""
    command = (tree / "drivers/hv/.main.o.cmd").read_text()
    return set(re.findall(r"-DHVB_HAS_(\w+)", command))


@contextlib.contextmanager
def built(choice, script, flavour="", args=(), plant=None):
    """The copy of the tree in which the script ran, and what it said.

    script: run in the box with the kernel's version, the compiler and args.
    plant: called with the copy before, to change it.
    """
    layer, version = trees.headers(choice, flavour)
    with stage() as tree:
        if plant:
            plant(tree)
        done = box.run(["sh", "-c", script, "sh", version,
                        trees.compiler(choice), *args],
                       layers=[layer], binds=[(tree, AT)])
        if done.returncode or not (tree / "hv_balloon.ko").exists():
            raise Failed("there is no hv_balloon.ko\n" + tail(done.stdout))
        yield tree, done


def build(choice, script, flavour="", args=(), plant=None, features=None):
    """Builds the module without a warning; see built().

    features: what the Makefile has to find, where that isn't as usual.
    """
    with built(choice, script, flavour, args, plant) as (tree, done):
        succeed(done)
        contents = (tree / "hv_balloon.ko").read_bytes()
        found = features_of(tree)
    wanted = FEATURES[choice] if features is None else features
    if found != wanted:
        raise Failed(f"found {sorted(found)}, not {sorted(wanted)}")
    for line, where in OFF.items():
        if (line in contents) != flavour.startswith(where):
            raise Failed(f"{flavour}: {line}: {line in contents}")
    return done.stdout


def build_with_gcc(choice):
    out = build(choice, BUILD_WITH_GCC)
    if not re.search(r"^  CHECK  ", out, re.MULTILINE):
        raise Failed("sparse looked at no file\n" + tail(out))


CHECKS = {}
for kernel in trees.CHOICES:
    CHECKS[f"build {kernel} gcc sparse"] = functools.partial(
        build_with_gcc, kernel)
    CHECKS[f"build {kernel} clang"] = functools.partial(
        build, kernel, BUILD_WITH_CLANG)
    CHECKS[f"build {kernel} rt"] = functools.partial(
        build, kernel, BUILD_WITH_GCC, "rt-amd64")
for kernel, flavour in trees.ARM64:
    CHECKS[f"build {kernel} {flavour}"] = functools.partial(
        build, kernel, BUILD_FOR_ARM64, flavour,
        plant=add_to("drivers/hv/memory.c", NEVER_CLAIMS))


BUILD_THERE = r"""
exec nice make -C "/lib/modules/$1/build" M="$2" W=1 CC="$3" modules
"""
MEASURING = ["tests/lab/cost", "tests/lab/guest/large"]


def modules_that_measure():
    """They follow the driver's insides, and only a benchmark loads them."""
    layer, version = trees.headers("6.12", "")
    with stage() as tree:
        shutil.copy(tree / "drivers/hv/compat.h", tree / MEASURING[1])
        for folder in MEASURING:
            succeed(box.run(["sh", "-c", BUILD_THERE, "sh", version,
                             f"{AT}/{folder}", trees.compiler("6.12")],
                            layers=[layer], binds=[(tree, AT)]))


CHECKS["modules that measure"] = modules_that_measure
