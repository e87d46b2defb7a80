# SPDX-License-Identifier: GPL-2.0-only
"""Owns the tests of `make in-tree`: the driver put into a kernel source builds
there as =y and =m, with gcc and clang, for x86 and for arm64 with 4K and 64K
pages, and with its KUnit suites; in the newest source too; and the kernel's
Sphinx takes the docs.

Only drivers/hv is compiled, on top of the smallest configuration that has it.
"""

import functools
import re

import box
import trees
from builds import AT, Failed, stage, succeed, tail

# What the driver can't do without, and what it has a use for.
NEEDED = """MODULES=y SMP=y ACPI=y PCI=y SYSFS=y HYPERV=y MEMORY_HOTPLUG=y
""".split()
USED = """SPARSEMEM_VMEMMAP=y MIGRATION=y COMPACTION=y MEMORY_HOTREMOVE=y
DEBUG_FS=y PSI=y CGROUPS=y SWAP=y VM_EVENT_COUNTERS=y FTRACE=y
ENABLE_DEFAULT_TRACERS=y""".split()
BARE_X86 = ["64BIT=y", "HYPERVISOR_GUEST=y", "PARAVIRT=y", *NEEDED]
X86 = [*BARE_X86, *USED]
ARM64 = ["EFI=y", *NEEDED, *USED]
MODULE = "HYPERV_BALLOON=m"
VMBUS = "HYPERV_VMBUS=y"	# has been an option since 6.18
KUNIT = ["DEBUG_KERNEL=y", "FAULT_INJECTION=y", "FAILSLAB=y",
         "FAIL_PAGE_ALLOC=y"]
KUNIT_IN = ["HYPERV_BALLOON=y", "KUNIT=y", "HYPERV_BALLOON_KUNIT_TEST=y",
            *KUNIT]
KUNIT_MODULE = [MODULE, "KUNIT=m", "HYPERV_BALLOON_KUNIT_TEST=m", *KUNIT]

# what: (kernel source, settings of make, variants that are built one after the
# other: the object that must come out and the configuration)
KINDS = {
    "x86": ("6.12", "", [
        ["hv_balloon.o", MODULE, *X86],
        ["built-in.a", "HYPERV_BALLOON=y", *X86],
        ["tests/ranges_test.o", *KUNIT_IN, *X86],
        ["tests/hv_balloon_kunit.o", *KUNIT_MODULE, *X86],
        ["hv_balloon.o", MODULE, *BARE_X86],
    ]),
    "x86 clang": ("6.12", "LLVM=1", [["hv_balloon.o", MODULE, *X86]]),
    "x86 newest": ("newest", "", [
        ["hv_balloon.o", MODULE, VMBUS, *X86],
        ["built-in.a", "HYPERV_BALLOON=y", VMBUS, *X86],
        ["tests/ranges_test.o", *KUNIT_IN, VMBUS, *X86],
        ["tests/hv_balloon_kunit.o", *KUNIT_MODULE, VMBUS, *X86],
    ]),
    "arm64 4K and 64K pages": (
        "6.12", "ARCH=arm64 CROSS_COMPILE=aarch64-linux-gnu-", [
            ["hv_balloon.o", MODULE, "ARM64_4K_PAGES=y", *ARM64],
            ["hv_balloon.o", MODULE, "ARM64_64K_PAGES=y", *ARM64],
        ]),
}

# make in-tree twice: the second time must change nothing.
BUILD = r"""
set -eu
kernel=/usr/src/linux
make="nice make -C $kernel O=/tmp/out $1"
shift
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
make -s -C /tmp/tree in-tree KDIR=$kernel
sums >/tmp/once
make -s -C /tmp/tree in-tree KDIR=$kernel
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
	$make W=1 drivers/hv/balloon/
	test -s "$object"
done
# the last variant as one says it, with what the kernel has beside the driver
$make drivers/hv/
test -e /tmp/out/drivers/hv/built-in.a
"""


def build(choice, settings, variants):
    with stage() as tree:
        done = box.run(["sh", "-c", BUILD, "sh", settings,
                        *map(" ".join, variants)],
                       layers=[trees.source(choice)], binds=[(tree, AT)])
    out = succeed(done)
    compiled = re.findall(r"CC .*drivers/hv/balloon/(?:tests/\.\./)?conversation\.o", out)
    if len(compiled) < len(variants):
        raise Failed("the driver was not compiled each time\n" + tail(out))


# Two folders: the kernel's own for Hyper-V with the pages wired into it, and
# one with only our pages of admin-guide, which has hundreds of others.
DOCS = r"""
set -eu
make -s -C /tmp/tree in-tree KDIR=/usr/src/linux >/dev/null
cd /usr/src/linux
mkdir Documentation/ours
cp Documentation/admin-guide/hv_balloon*.rst Documentation/ours
cp /tmp/tree/Documentation/*.rst Documentation/ours
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
        done = box.run(["sh", "-c", DOCS], layers=[trees.source()],
                       binds=[(tree, AT)])
    bad = [line for line in done.stdout.splitlines()
           if re.search(r"WARNING|ERROR|CRITICAL|rror:", line)
           and not NOT_OURS.search(line)]
    if bad or done.returncode:
        raise Failed("\n".join([*bad, "...", tail(done.stdout)]))


CHECKS = {"in-tree " + name: functools.partial(build, *kind)
          for name, kind in KINDS.items()}
CHECKS["docs by the kernel's sphinx"] = docs
