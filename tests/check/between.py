# SPDX-License-Identifier: GPL-2.0-only
"""Owns the builds for kernels that Debian doesn't ship: its headers are changed
to what others have, in a copy. Kernels between those that are shipped, kernels
with an option off, and the strict min(), max() and clamp() that kernels had
before they learnt which signs go together.
"""

import functools
import re

import builds
from builds import Failed, add_to

# Beside what the change is: the largest order of the buddy allocator, which has
# had three names, is right.
CHANGED = r"""
set -eu
cd "/lib/modules/$1/source/include/linux"
build=/lib/modules/$1/build
symbols=$build/Module.symvers
off() {
	sed -i -E "/^CONFIG_($1)=/d" "$build/include/config/auto.conf"
	sed -i -E "/^#define CONFIG_($1)(_MODULE)? /d" \
		"$build/include/generated/autoconf.h"
}
gone() {
	sed -i -E "/\t($1)\t/d" "$symbols"
}
come() {
	printf '0x00000000\t%s\tvmlinux\tEXPORT_SYMBOL\t\n' "$1" >>"$symbols"
}
eval "$3"
exec nice make -C "$build" M=/tmp/tree W=1 CC="$2" KCFLAGS="$4" modules
"""
ORDER = """
void hvb_order(void);
void hvb_order(void)
{
	BUILD_BUG_ON(MAX_PAGE_ORDER != 10);
}
"""

# In kernel.org's releases, as the changes below make it of Debian's.
BEFORE_6_2 = r"""
sed -i -e '/^static inline int del_timer_sync/,/^}/d' \
	-e s/timer_delete_sync/del_timer_sync/ timer.h
sed -i 's/\ttimer_delete_sync\t/\tdel_timer_sync\t/' "$symbols"
! grep -w timer_delete_sync *.h "$symbols"
"""
FROM_6_3 = r"""
sed -i 's/\tint (\*remove)(struct hv_device \*)/\tvoid (*remove)(struct hv_device *)/' \
	hyperv.h
grep -q 'void (\*remove)(struct hv_device' hyperv.h
"""
FROM_6_4 = FROM_6_3 + r"""
sed -i -e 's/MAX_ORDER 11/MAX_ORDER 10/' \
	-e 's/(1 << (MAX_ORDER - 1))/(1 << MAX_ORDER)/' mmzone.h
grep -q 'MAX_ORDER 10' mmzone.h
grep -q '(1 << MAX_ORDER)' mmzone.h
"""
BEFORE_6_10 = r"""
sed -i s/folio_large_mapcount/folio_total_mapcount/ *.h
grep -q 'int folio_total_mapcount' mm.h
"""
BEFORE_6_11 = r"""
sed -i 's/unsigned long __offline_isolated_pages/void __offline_isolated_pages/' \
	memory_hotplug.h
grep -q 'void __offline_isolated_pages' memory_hotplug.h
"""
BEFORE_6_15 = r"""
sed -i /NR_BALLOON_PAGES/d mmzone.h
"""
BEFORE_6_16 = r"""
sed -i s/timer_destroy_on_stack/destroy_timer_on_stack/ *.h
sed -i 's/\ttimer_destroy_on_stack\t/\tdestroy_timer_on_stack\t/' "$symbols"
"""
BACKPORT = r"""
sed -i 's/^\tNR_VM_NODE_STAT_ITEMS/\tNR_BALLOON_PAGES,\n&/' mmzone.h
"""
NEWEST = builds.FEATURES["newest"]

# as: (made of, how, what the Makefile has to find)
AS = {
    "6.1.83": ("6.1", BEFORE_6_2, set()),
    "6.3": ("6.1", FROM_6_3, {"TIMER_DELETE", "VOID_REMOVE"}),
    "6.4": ("6.1", FROM_6_4, {"TIMER_DELETE", "VOID_REMOVE"}),
    "6.8": ("6.12", BEFORE_6_10 + BEFORE_6_11,
            builds.FEATURES["6.12"] - {"LARGE_MAPCOUNT", "OFFLINE_MEMMAP"}),
    "6.10": ("6.12", BEFORE_6_11,
             builds.FEATURES["6.12"] - {"OFFLINE_MEMMAP"}),
    "6.14": ("7.2", BEFORE_6_15 + BEFORE_6_16,
             NEWEST - {"BALLOON_COUNTER", "TIMER_DESTROY"}),
    "6.15": ("7.2", BEFORE_6_16, NEWEST - {"TIMER_DESTROY"}),
    "a vendor's 6.12": ("6.12", BACKPORT,
                        builds.FEATURES["6.12"] | {"BALLOON_COUNTER"}),
}

# option: what else goes with it, and the symbols that modules lose. Without NUMA
# there is one that modules gain.
OFF = {
    "PAGE_REPORTING": ("", "page_reporting_(un)?register"),
    "SWAP": ("ZSWAP|MEMCG_SWAP|FRONTSWAP", "nr_swap_pages"),
    "ZSWAP": ("ZSWAP_.*", ""),
    "PSI": ("PSI_.*", ""),
    "CGROUPS": ("MEMCG.*|CGROUP_.*|BLK_CGROUP.*|CPUSETS.*|.*_GROUP_SCHED|"
                "CFS_BANDWIDTH|SOCK_CGROUP_DATA|NETPRIO_CGROUP|LRU_GEN.*",
                "cgrp_dfl_root|init_cgroup_ns|memory_cgrp_.*"),
    "MEMORY_HOTREMOVE": ("", "(offline_and_)?remove_memory"),
    "NUMA": ("NUMA_.*|.*_NUMA|NODES_SHIFT|USE_PERCPU_NUMA_NODE_ID",
             "memory_add_physaddr_to_nid|phys_to_target_node|node_data"),
    "TRANSPARENT_HUGEPAGE": ("TRANSPARENT_HUGEPAGE_.*|THP_SWAP|"
                             "READ_ONLY_THP_FOR_FS|PGTABLE_HAS_HUGE_LEAVES",
                             ""),
}

IS_OFF = """
#if IS_ENABLED(CONFIG_{})
#error the option is still on
#endif
"""

# Without macros in a warning's place: it stands where our line is.
STRICT_FLAGS = "-include /tmp/tree/strict.h -ftrack-macro-expansion=0 -Wno-error"
STRICT = """\
#include <linux/minmax.h>
#undef __types_ok
#define __types_ok(x, y)	__typecheck(x, y)
#undef __types_ok3
#define __types_ok3(x, y, z)	(__typecheck(x, y) && __typecheck(x, z))
"""
PLANTED = """
u64 hvb_planted(u64 a, size_t b);
u64 hvb_planted(u64 a, size_t b)
{
	a = min(a, 1);
	a = max(a, b);
	return clamp(a, 1ULL, b);
}
"""
STRICT_WARNING = re.compile(r"^(?:.*/)?(drivers/hv/\w+\.[ch]):(\d+):.*"
                            r"comparison of distinct pointer types",
                            re.MULTILINE)


def as_if(like):
    choice, change, features = AS[like]
    builds.build(choice, CHANGED, args=(change, ""), features=features,
                 plant=add_to("drivers/hv/hotplug.c", ORDER))


def without(choice, option):
    others, symbols = OFF[option]
    change = f"off '{option}|{others or option}'"
    if symbols:
        change += f"\ngone '{symbols}'"
    if option == "NUMA":
        change += "\ncome contig_page_data"

    def plant(tree):
        add_to("drivers/hv/hotplug.c", IS_OFF.format(option))(tree)
        if option == "MEMORY_HOTREMOVE":
            add_to("drivers/hv/memory.c", builds.NEVER_CLAIMS)(tree)

    builds.build(choice, CHANGED, args=(change, ""), plant=plant)


def strict(choice):
    """Our lines that the strict macros refuse; those planted must be found."""
    def plant(tree):
        (tree / "strict.h").write_text(STRICT)
        add_to("drivers/hv/plan.c", PLANTED)(tree)

    with builds.built(choice, CHANGED, args=("", STRICT_FLAGS),
                      plant=plant) as (_, done):
        found = set(STRICT_WARNING.findall(done.stdout))
    lines = (builds.box.TREE / "drivers/hv/plan.c").read_text().count("\n")
    planted = {("drivers/hv/plan.c", str(lines + n)) for n in (5, 6, 7)}
    wrong = [f"{name}:{line}: types differ"
             for name, line in sorted(found - planted)]
    wrong += [f"planted line {line} was not found"
              for _, line in sorted(planted - found)]
    if wrong:
        raise Failed("\n".join(wrong))


CHECKS = {f"build as {like}": functools.partial(as_if, like) for like in AS}
for kernel in ("6.1", "newest"):
    for setting in OFF:
        CHECKS[f"build {kernel} without {setting}"] = functools.partial(
            without, kernel, setting)
CHECKS["build 6.12 strict types"] = functools.partial(strict, "6.12")
CHECKS["build newest strict types"] = functools.partial(strict, "newest")
