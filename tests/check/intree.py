# SPDX-License-Identifier: GPL-2.0-only
"""Owns the tests of `make in-tree`: the driver put into a kernel source builds
there as =y and =m, with gcc and clang, for x86 and for arm64 with 4K and 64K
pages, and with its KUnit suites; the kernel's Sphinx takes the docs; and the
series that it makes can be sent. All of it with the newest source.

Only drivers/hv and what the series changes is compiled, on top of the smallest
configuration that has it.
"""

import fnmatch
import functools
import os
import re
import shutil
import subprocess
import tempfile
from pathlib import Path

import box
import static
import trees
from builds import AT, Failed, stage, succeed, tail

CHOICE = "newest"

# What the driver can't do without, and what it has a use for.
NEEDED = """MODULES=y SMP=y ACPI=y PCI=y SYSFS=y HYPERV=y HYPERV_VMBUS=y
MEMORY_HOTPLUG=y""".split()
USED = """SPARSEMEM_VMEMMAP=y MIGRATION=y COMPACTION=y MEMORY_HOTREMOVE=y
DEBUG_FS=y PSI=y CGROUPS=y MEMCG=y SWAP=y VM_EVENT_COUNTERS=y FTRACE=y
ENABLE_DEFAULT_TRACERS=y""".split()
BARE_X86 = ["64BIT=y", "HYPERVISOR_GUEST=y", "PARAVIRT=y", *NEEDED]
X86 = [*BARE_X86, *USED]
ARM64 = ["EFI=y", *NEEDED, *USED]
MODULE = "HYPERV_BALLOON=m"
KUNIT = ["DEBUG_KERNEL=y", "FAULT_INJECTION=y", "FAILSLAB=y",
         "FAIL_PAGE_ALLOC=y"]
KUNIT_IN = ["HYPERV_BALLOON=y", "KUNIT=y", "HYPERV_BALLOON_KUNIT_TEST=y",
            *KUNIT]
KUNIT_MODULE = [MODULE, "KUNIT=m", "HYPERV_BALLOON_KUNIT_TEST=m", *KUNIT]

# what: (settings of make, variants that are built one after the other: the object
# that must come out and the configuration)
KINDS = {
    "x86": ("", [
        ["hv_balloon.o", MODULE, *X86],
        ["built-in.a", "HYPERV_BALLOON=y", *X86],
        ["tests/ranges_test.o", *KUNIT_IN, *X86],
        ["tests/hv_balloon_kunit.o", *KUNIT_MODULE, *X86],
        ["hv_balloon.o", MODULE, *BARE_X86],
    ]),
    "x86 clang": ("LLVM=1", [["hv_balloon.o", MODULE, *X86]]),
    "arm64 4K and 64K pages": (
        "ARCH=arm64 CROSS_COMPILE=aarch64-linux-gnu-", [
            ["hv_balloon.o", MODULE, "ARM64_4K_PAGES=y", *ARM64],
            ["hv_balloon.o", MODULE, "ARM64_64K_PAGES=y", *ARM64],
        ]),
}

# make in-tree (or built-in) twice: the second time must change nothing.
BUILD = r"""
set -eu
kernel=/usr/src/linux
target=$1
changed=
[ $target != in-tree ] ||
	changed='drivers/base/core.o drivers/base/memory.o mm/memory_hotplug.o
		mm/util.o mm/vmscan.o kernel/sched/build_utility.o'
make="nice make -C $kernel O=/tmp/out $2"
shift 2
sums() {
	find $kernel/drivers/hv $kernel/Documentation/admin-guide -type f \
		-exec cksum {} + | sort
}
configured() {
	for setting in "$@"; do
		case $setting in
		*=n) ! grep -q "^CONFIG_${setting%=n}=" /tmp/out/.config ;;
		*) grep -qx "CONFIG_$setting" /tmp/out/.config ;;
		esac || { echo "error: $setting can't be had"; exit 1; }
	done
}
make -s -C /tmp/tree $target KDIR=$kernel
sums >/tmp/once
make -s -C /tmp/tree $target KDIR=$kernel
sums | diff /tmp/once -
for variant in "$@"; do
	echo "== $variant"
	set -- $variant
	object=/tmp/out/drivers/hv/balloon/$1
	shift
	rm -rf /tmp/out/drivers/hv
	printf 'CONFIG_%s\n' "$@" >/tmp/config
	$make -s KCONFIG_ALLCONFIG=/tmp/config allnoconfig
	configured "$@"
	$make -s prepare
	$make W=1 drivers/hv/balloon/ $changed
	test -s "$object"
done
# the last variant as one says it, with what the kernel has beside the driver
$make drivers/hv/
test -e /tmp/out/drivers/hv/built-in.a
"""


def build(settings, variants, choice=CHOICE, target="in-tree"):
    with stage() as tree:
        done = box.run(["sh", "-c", BUILD, "sh", target, settings,
                        *map(" ".join, variants)],
                       layers=[trees.source(choice)], binds=[(tree, AT)])
    out = succeed(done)
    compiled = re.findall(r"CC .*drivers/hv/balloon/(?:tests/\.\./)?conversation\.o", out)
    if len(compiled) < len(variants):
        raise Failed("the driver was not compiled each time\n" + tail(out))


# Two folders: the kernel's own for Hyper-V with the pages that it gets, and one
# with all of ours. admin-guide would have hundreds of others.
DOCS = r"""
set -eu
make -s -C /tmp/tree in-tree KDIR=/usr/src/linux >/dev/null
cd /usr/src/linux
mkdir Documentation/ours
cp /tmp/tree/Documentation/*.rst /tmp/tree/Documentation/admin-guide/*.rst \
	/tmp/tree/Documentation/virt/hyperv/*.rst Documentation/ours
{
	printf 'Ours\n====\n\n.. toctree::\n\n'
	(cd Documentation/ours && ls | sed 's/^/   /; s/\.rst$//')
} >/tmp/index.rst
mv /tmp/index.rst Documentation/ours
nice make SPHINXDIRS='ours virt/hyperv' htmldocs
test -s Documentation/output/ours/hv_balloon.html
test -s Documentation/output/virt/hyperv/hv_balloon-internals.html
"""


# What the source and the box lack, not our pages.
NOT_OURS = re.compile(
    r"^Warning: |It is recommended|To upgrade|sphinx-pre-install"
    r"|dot\(1\) not found|convert\(1\)|rsvg|xelatex|SVG")


def docs():
    with stage() as tree:
        done = box.run(["sh", "-c", DOCS], layers=[trees.source(CHOICE)],
                       binds=[(tree, AT)])
    bad = [line for line in done.stdout.splitlines()
           if re.search(r"WARNING|ERROR|CRITICAL|rror:", line)
           and not NOT_OURS.search(line)]
    if bad or done.returncode:
        raise Failed("\n".join([*bad, "...", tail(done.stdout)]))


# All that the series changes, and what git does with it.
FILES = """MAINTAINERS drivers/hv/Makefile drivers/hv/Kconfig
drivers/hv/hv_balloon.c drivers/hv/hv_trace_balloon.h drivers/base/core.c
drivers/base/memory.c include/linux/device.h include/linux/memory.h
include/linux/memory_hotplug.h include/linux/mman.h include/linux/psi.h
include/linux/psi_types.h include/linux/swap.h
Documentation/ABI/testing/sysfs-bus-vmbus include/hyperv/hvgdk.h kernel/sched/psi.c mm/memory_hotplug.c mm/util.c
mm/hugetlb.c mm/swapfile.c mm/vmscan.c Documentation/admin-guide/index.rst
Documentation/virt/hyperv/index.rst""".split()
PATCHES = 9
KERNEL_PATCHES = 6	# of these; the others are the driver
WHO = {"GIT_AUTHOR_NAME": "A U Thor", "GIT_AUTHOR_EMAIL": "author@example.org",
       "GIT_COMMITTER_NAME": "A U Thor", "HOME": "/nonexistent",
       "GIT_COMMITTER_EMAIL": "author@example.org"}

# What a driver in the kernel's tree has no use for.
FOREIGN = re.compile(r"kern_mount|file_open_root|kernel_write|vfs_\w+|get_fs_type|"
                     r"\bcompat|HVB_HAS_|LINUX_VERSION_CODE|hvb_fs_|hvb_watch_|"
                     r"flush_signals|memory\.reclaim")


def git(kernel, *args):
    done = subprocess.run(["git", "-C", kernel, *args], text=True,
                          env={**os.environ, **WHO}, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT)
    if done.returncode:
        raise Failed(f"git {args[0]}: {done.stdout}")
    return done.stdout


def in_tree(kernel):
    return subprocess.run(
        ["make", "-s", "-C", box.TREE, "in-tree", f"KDIR={kernel}"],
        env={**os.environ, **WHO}, text=True, stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT)


def small_tree(kernel):
    """A git tree of what the series changes."""
    source = trees.source(CHOICE) / trees.SOURCE.lstrip("/")
    for name in FILES:
        (kernel / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(source / name, kernel / name)
    git(kernel, "init", "--quiet")
    git(kernel, "add", "--all")
    git(kernel, "commit", "--quiet", "--message=base")
    git(kernel, "tag", "base")


def refuses(kernel, name, line):
    """An anchor that is gone is missed, by name."""
    text = (kernel / name).read_text()
    (kernel / name).write_text(text.replace(line, ""))
    git(kernel, "commit", "--quiet", "--all", "--message=without an anchor")
    done = in_tree(kernel)
    if not done.returncode or name not in done.stdout:
        raise Failed(f"without {line!r} in {name}: {done.stdout}")
    git(kernel, "reset", "--quiet", "--hard", "base")


CHECKPATCH = r"""
for patch in "$@"; do
	perl scripts/checkpatch.pl --strict --show-types "$patch"
done
"""


def checked(directory, names):
    """What checkpatch finds in the kernel's part of the series."""
    done = box.run(["sh", "-c", CHECKPATCH, "sh",
                    *(f"/tmp/patches/{name}" for name in names)],
                   layers=[trees.source(CHOICE)],
                   binds=[(directory, "/tmp/patches")], cd=trees.SOURCE)
    if done.stdout.count("total: 0 errors, 0 warnings, 0 checks") != len(names):
        raise Failed(tail(done.stdout))


def foreign(kernel):
    for path in sorted((kernel / "drivers/hv/balloon").rglob("*.[ch]")):
        for number, line in enumerate(path.read_text().splitlines(), 1):
            if FOREIGN.search(line):
                yield f"{path.relative_to(kernel)}:{number}: {line.strip()}"


def patches(kernel, out):
    """Makes the series in a small tree, and its patches: their names."""
    for _ in range(2):	# the second time it makes nothing
        done = in_tree(kernel)
        if done.returncode:
            raise Failed(done.stdout)
    names = [Path(line).name for line in git(
        kernel, "format-patch", "--output-directory", out,
        "base").splitlines()]
    if len(names) != PATCHES:
        raise Failed(f"not {PATCHES} patches: {' '.join(names)}")
    return names


def series():
    with tempfile.TemporaryDirectory(prefix="hv_balloon.") as directory:
        kernel, out = Path(directory) / "kernel", Path(directory) / "patches"
        small_tree(kernel)
        refuses(kernel, "kernel/sched/psi.c", "privileged = cap_raised(")
        checked(out, patches(kernel, out)[:KERNEL_PATCHES])
        wrong = list(foreign(kernel))
        if wrong:
            raise Failed("\n".join(wrong))


# MAINTAINERS has the folders; in the picture of the floors a word is that of the
# floor and that of its first file; and the kernel's page flag functions, which
# macros make, have capitals.
OWN_CHECKPATCH = r"""
for patch in "$@"; do
	perl scripts/checkpatch.pl --strict --terse --show-types --showfile \
		--ignore CAMELCASE,FILE_PATH_CHANGES,REPEATED_WORD "$patch"
done
echo done
"""


def ours(path):
    """Where a file of the driver in a kernel tree is in this one."""
    return path.replace("drivers/hv/balloon/tests/", "tests/kunit/") \
        .replace("drivers/hv/balloon/", "drivers/hv/")


def driver_patches():
    """checkpatch may say of the driver there what it may say of it here."""
    with tempfile.TemporaryDirectory(prefix="hv_balloon.") as directory:
        kernel, out = Path(directory) / "kernel", Path(directory) / "patches"
        small_tree(kernel)
        names = patches(kernel, out)[KERNEL_PATCHES:]
        done = box.run(["sh", "-c", OWN_CHECKPATCH, "sh",
                        *(f"/tmp/patches/{name}" for name in names)],
                       layers=[trees.source(CHOICE)],
                       binds=[(out, "/tmp/patches")], cd=trees.SOURCE)
    if not done.stdout.endswith("done\n"):
        raise Failed("checkpatch came to no end\n" + tail(done.stdout))
    allowed = static.allowed_findings()
    wrong = [f"{path}:{line}: {kind}: {text}" for path, line, kind, text in
             static.FINDING.findall(done.stdout)
             if not any(rule[0] == kind and fnmatch.fnmatch(ours(path), rule[1])
                        for rule in allowed)]
    if wrong:
        raise Failed("\n".join(wrong))


CHECKS = {"in-tree " + name: functools.partial(build, *kind)
          for name, kind in KINDS.items()}
CHECKS["built-in 6.12"] = functools.partial(
    build, "", [["built-in.a", "HYPERV_BALLOON=y", *(
        setting for setting in X86 if setting != "HYPERV_VMBUS=y")]],
    "6.12", "built-in")
CHECKS["in-tree series"] = series
CHECKS["in-tree driver by checkpatch"] = driver_patches
CHECKS["docs by the kernel's sphinx"] = docs
