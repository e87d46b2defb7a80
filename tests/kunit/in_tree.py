# SPDX-License-Identifier: GPL-2.0-only
"""Owns the kernel that has the driver in its tree, built in: the newest source
that Debian ships, as `make in-tree` changes it, with .kunitconfig but without
the checkers that take long to build and to run. Kept in the user's cache for
what it is made from. The lab boots it, and tests/kunit/run --in-tree runs the
suites in it, which are a module there.
"""

import os
import re
import shutil

import kernel  # its first lines make the lab's modules found
import build
import kernels
import machine
import root

# All else is off: what other kernels have without being asked, too.
MORE = """\
CONFIG_HYPERV_VMBUS=y
CONFIG_HYPERV_BALLOON=y
CONFIG_HYPERV_BALLOON_KUNIT_TEST=m
CONFIG_ACPI_NUMA=y
CONFIG_BINFMT_ELF=y
CONFIG_BLOCK=y
CONFIG_ENABLE_DEFAULT_TRACERS=y
CONFIG_HIGH_RES_TIMERS=y
CONFIG_HUGETLBFS=y
CONFIG_KALLSYMS=y
CONFIG_KALLSYMS_ALL=y
CONFIG_KUNIT_AUTORUN_ENABLED=y
CONFIG_KUNIT_DEFAULT_ENABLED=y
CONFIG_NET=y
CONFIG_NO_HZ_IDLE=y
CONFIG_PCI_MSI=y
CONFIG_PROC_FS=y
CONFIG_PROC_KCORE=y
CONFIG_PROC_PAGE_MONITOR=y
CONFIG_SHMEM=y
CONFIG_SYSFS=y
CONFIG_TTY=y
CONFIG_X86_64_ACPI_NUMA=y
"""
CHECKERS = re.compile(
    r"KASAN|UBSAN|PROVE_LOCKING|ATOMIC_SLEEP|KMEMLEAK|DEBUG_(LIST|VM|OBJECTS|"
    r"MAPLE_TREE)|IRQSOFF|PREEMPT_TRACER|HIST_TRIGGERS|EXT4_FS")
# What this kernel has not, and is the largest part of the source: all but what
# kconfig reads there.
LEAVE_OUT = ("arch/[!x]*.[chS]", "arch/[!x]*.dts*", "drivers/gpu/*.[ch]",
             "drivers/media/*.[ch]", "drivers/net/[ew]*/*.[ch]",
             "drivers/staging/*.[ch]", "sound/*.[ch]", "tools/perf",
             "tools/testing/selftests")
FOLDERS = ("drivers/hv", "include/hyperv", "scripts/in-tree", "tests/kunit")
MODULE = "drivers/hv/balloon/tests/" + machine.MODULE
IMAGE = "arch/x86/boot/bzImage"
INFO = "modules.builtin.modinfo"
SUITES = "suites"

BUILD = f"""
set -eu
cd {kernel.SOURCE}
make="make -s O={kernel.BUILD}"
$make KCONFIG_ALLCONFIG={kernel.BUILD}/wanted allnoconfig
if grep -vxFf {kernel.BUILD}/.config {kernel.BUILD}/wanted; then
	echo "can't be had"
	exit 1
fi
$make -j"$1" bzImage modules
"""


def config():
    text = (kernel.HERE / kernel.CONFIG).read_text()
    lines = text.replace("BALLOON_COMPACTION", "BALLOON_MIGRATION").splitlines()
    return "".join(f"{line}\n" for line in lines if line.startswith("CONFIG_")
                   and not CHECKERS.search(line)) + MORE


def inputs():
    """(path below the tree, contents) of all that the kernel is made from."""
    for folder in FOLDERS:
        for path in sorted((build.TREE / folder).rglob("*")):
            name = path.relative_to(build.TREE)
            if build.SOURCE_NAMES.fullmatch(path.name) or \
                    folder == "scripts/in-tree" and path.suffix == ".py":
                yield name, path.read_bytes()


def make_kernel(path):
    work = path / "work"
    for name in ("source", "build"):
        (work / name).mkdir(parents=True)
    (work / "build/wanted").write_text(config())
    kernels.unpack_source("newest", work / "source", LEAVE_OUT)
    binds = [(work / "source", kernel.SOURCE), (work / "build", kernel.BUILD),
             (build.TREE, kernel.STAGE)]
    kernel.in_root(["make", "-s", "-C", kernel.STAGE, "in-tree",
                    f"KDIR={kernel.SOURCE}"], binds)
    root.say("building the kernel with the driver in it (5 to 10 minutes on "
             "two cores, for each change of the driver)")
    kernel.in_root(["sh", "-c", BUILD, "sh", str(os.cpu_count())], binds)
    for name in (IMAGE, MODULE, INFO):
        shutil.copy(work / "build" / name, path)
    shutil.copytree((work / "source" / MODULE).parent, path / SUITES)
    shutil.rmtree(work)


def entry():
    """The cache entry: bzImage, the suites and their module, and what those say
    of themselves that are built in.
    """
    key = root.key_of(config(), LEAVE_OUT, BUILD, *inputs())
    return root.cached("in-tree", key, make_kernel)


def info():
    """What a module of the driver would say of itself, as it would."""
    own = b"hv_balloon."
    return b"".join(line[len(own):] + b"\0" for line in
                    (entry() / INFO).read_bytes().split(b"\0")
                    if line.startswith(own))
