# SPDX-License-Identifier: GPL-2.0-only
"""Owns what the driver is in a kernel tree: where each of our files lies there,
and what is different in it. Files of drivers/hv/in-tree take the place of those
with the same name, and what only a module needs stays away.
"""

import re
import shutil
from pathlib import Path

import pages
from edit import Source, die, editing

HERE = Path(__file__).resolve().parent.parent.parent
DRIVER = HERE / "drivers/hv"
SUITES = HERE / "tests/kunit"
FOLDER = "drivers/hv/balloon"

# How a module reaches what the kernel doesn't export, older kernels, and how it
# takes the device from a driver that is built in.
OUTSIDE = {"fs.c", "fs.h", "watch.c", "watch.h", "compat.h", "takeover.c",
           "survey.c"}
OUTSIDE_SUITES = {"cgroup.c", "cgroup.h", "cgroup2_test.c", "survey_test.c"}

COMPAT = '#include "compat.h"\n'


def main_c(source):
    source.replace("kzalloc(sizeof(*dm), GFP_KERNEL)", "kzalloc_obj(*dm)")
    source.remove("\treturn HVB_REMOVE_DONE;\n")
    source.replace("static HVB_REMOVE_RET balloon_remove",
                   "static void balloon_remove")
    source.replace("""\
	if (err)
		goto err_register;
	err = hvb_takeover_begin(&balloon_driver.driver);
	if (err)
		goto err_takeover;
	return 0;

err_takeover:
	vmbus_driver_unregister(&balloon_driver);
err_register:
	unregister_pm_notifier(&sleep_nb);
	return err;
""", """\
	if (err)
		unregister_pm_notifier(&sleep_nb);
	return err;
""")
    source.remove("\thvb_takeover_end(&balloon_driver.driver, "
                  "&id_table[0].guid);\n")


def debugfs_c(source):
    source.replace("kzalloc(sizeof(*shot), GFP_KERNEL)", "kzalloc_obj(*shot)")


def device_h(source):
    source.remove("""\
/* takeover.c */
int hvb_takeover_begin(struct device_driver *ours);
void hvb_takeover_end(struct device_driver *ours, const guid_t *type);

""")


def memory_h(source):
    source.remove("""\
int hvb_ledger_write(struct device *dev, struct hvb_ranges *given,
		     struct hvb_ranges *added);
""", """\

/* survey.c */
int hvb_survey_leave(struct device *dev);
bool hvb_survey_finds_offline(struct device *dev, unsigned long *block);
""")


def ledger_c(source):
    for head in ("static void write_set(", "int hvb_ledger_write("):
        source.drop(head)


def absent_c(source):
    source.replace("""\

		hvb_compat_count_balloon(memory_add_physaddr_to_nid(PFN_PHYS(start)),
					 sign * (long)(next - start));
""", """\
		int nid = memory_add_physaddr_to_nid(PFN_PHYS(start));

		mod_node_page_state(NODE_DATA(nid), NR_BALLOON_PAGES,
				    sign * (long)(next - start));
""")
    source.replace("""\
		if (page) {
			hvb_compat_clear_offline(page, order);
			generic_online_page(page, order);
		}
""", """\
		if (page)
			generic_online_page(page, order);
""")


def counters_c(source):
    source.remove("\t\treclaimed += hvb_compat_reclaimed_on(cpu, events_of);\n")
    source.replace("hvb_compat_reclaimed()",
                   "global_node_page_state(PGSTEAL_KSWAPD)")
    for way in ("in", "out"):
        source.replace(f"hvb_compat_zeroes_{way}(cpu, events_of)",
                       f"events_of(cpu, SWP{way.upper()}_ZERO)")


def hotplug_c(source):
    source.remove("\thvb_block_begins(&mem->blocks);\n", """\
		hvb_compat_keep_offline(pfn_to_page(part.start), part.count);
""", """\
		if (HVB_OFFLINE_PAGES_ARE_MANAGED)
			adjust_managed_page_count(page,
						  -refs * (long)part.count);
""")
    source.replace("""\
/*
 * Adds @refs to the references of absent pages, and corrects the managed pages
 * on kernels where offlining subtracts absent ones.
 */
""", """\
/* Adds @refs to the references of absent pages. */
""")


def shortage_c(source):
    source.replace("hvb_compat_shrinker_data(shrinker)",
                   "shrinker->private_data")
    source.remove("\tint err;\n\n")
    source.replace("""\
	err = hvb_compat_shrinker_register(&shortage->shrinker, signs,
					   count_nothing, scan_nothing);
	if (err)
		return err;
""", """\
	shortage->shrinker = shrinker_alloc(0, "hv_balloon");
	if (!shortage->shrinker)
		return -ENOMEM;
	shortage->shrinker->count_objects = count_nothing;
	shortage->shrinker->scan_objects = scan_nothing;
	shortage->shrinker->private_data = signs;
	shrinker_register(shortage->shrinker);
""")
    source.replace("hvb_compat_shrinker_unregister(&shortage->shrinker)",
                   "shrinker_free(shortage->shrinker)")


def shortage_h(source):
    source.replace("#include <linux/notifier.h>\n",
                   "#include <linux/notifier.h>\n#include <linux/shrinker.h>\n")
    source.replace("struct hvb_compat_shrinker shrinker;",
                   "struct shrinker *shrinker;")


def pressure_h(source):
    source.remove("""\
	/** @since_us: since when something isn't armed */
	u64 since_us;
""")


def memory_c(source):
    source.remove("\thvb_block_exit(&mem->blocks);\n")


def pressure_c(source):
    source.replace("""\
 * fast cadence. A trigger that is wanted but can't be armed is retried from
 * time to time, since cgroup2 may be mounted later, and PSI may be turned off
 * and on.
""", """\
 * fast cadence. A trigger that is wanted but can't be armed is retried from
 * time to time, since PSI may be turned off and on.
""")
    source.replace("""\
/*
 * How long to wait before a retry. Not less: in 6.1 and 6.12, arming a trigger
 * just when PSI is turned off again makes the kernel write to freed memory.
 */
""", "/* How long to wait before a retry. */\n")
    for text in ("text", "wanted"):
        source.replace(f"""\
hvb_psi_arm(pressure->base->dev, {text},
				  pressure->sleepers);
""", f"hvb_psi_arm({text}, pressure->sleepers);\n")
    source.remove("""\
/* The driver may be loaded long before cgroup2 is mounted. */
#define PATIENCE_US	(30 * USEC_PER_SEC)

""", """\
	if (!pressure->missing)
		pressure->since_us = now_us;
""")
    source.replace("""\
	if (pressure->is_said ||
	    (err == -ENXIO && now_us - pressure->since_us < PATIENCE_US))
		return;
""", """\
	if (pressure->is_said)
		return;
""")
    source.replace("static void say_missing(struct hvb_pressure *pressure, "
                   "int err, u64 now_us)",
                   "static void say_missing(struct hvb_pressure *pressure, "
                   "int err)")
    source.replace("say_missing(pressure, err, now_us);",
                   "say_missing(pressure, err);")


def makefile(source):
    """Without what it reads in the headers of the kernel at hand."""
    source.text, found, _ = source.text.partition("\n# What compat.h must know")
    if not found:
        die("drivers/hv/Makefile has no part on compat.h")
    source.remove(" fs.o", " psi.o", " watch.o", " takeover.o", " survey.o")
    source.after("hvb-kernel-$(CONFIG_PAGE_REPORTING)",
                 "hvb-kernel-$(CONFIG_PSI) += psi.o\n")
    source.replace("on one calls nothing above it. A test reads\n"
                   "# them here, see hv_balloon-internals.rst.",
                   "on one calls nothing above it. See\n"
                   "# Documentation/virt/hyperv/hv_balloon-internals.rst.")


def kconfig(source):
    source.replace("HYPERV_VMBUS && MEMORY_HOTPLUG && SYSFS",
                   "HYPERV_VMBUS && MEMORY_HOTPLUG")


def kunitconfig(source):
    source.replace("CONFIG_BALLOON_COMPACTION", "CONFIG_BALLOON_MIGRATION")
    source.replace("""\
# Here, tests/kunit/run builds it and runs the suites. In a kernel tree that
# holds the driver and these files:
#
""", "")
    source.remove("""\
#
# Here, the driver itself is not in this kernel: the suites bring its files along.
""")
    source.replace("the KUnit suites run in, and a guest of the lab. Small,\n"
                   "# with every checker", "the KUnit suites run in. Small, with\n"
                   "# every checker")


def shmem(source):
    """Flags of files have a type of their own in newer kernels."""
    source.replace("NR_PAGES * PAGE_SIZE, 0);",
                   "NR_PAGES * PAGE_SIZE,\n"
                   "\t\t\t\t       EMPTY_VMA_FLAGS);")


def ranges_test_c(source):
    """Newer kernels get the nodes of a maple tree where faults don't reach."""
    source.remove("\tKUNIT_EXPECT_GT(test, nomem, 0);\n")


def exports_c(source):
    source.remove('#include "fs.h"\n', '#include "watch.h"\n')
    source.text = re.sub(r".*\bhvb_(?:fs|watch|survey)_.*\n", "", source.text)


CHANGES = {name: globals()[name.replace(".", "_").lower()] for name in (
    "main.c", "counters.c", "debugfs.c", "device.h", "absent.c", "hotplug.c",
    "ledger.c", "shortage.c", "shortage.h", "memory.c", "memory.h",
    "pressure.c", "pressure.h", "Makefile", "Kconfig")}


def names(folder, *patterns):
    return {path.name for pattern in patterns for path in folder.glob(pattern)}


FILES = names(DRIVER, "*.[ch]", "Makefile", "Kconfig")


def changed(path, change):
    source = Source(path, path.read_text())
    if change:
        change(source)
    return source.text


def without_compat(text):
    """Nothing includes it; nor is an empty line left where it stood alone."""
    return text.replace(f"\n\n{COMPAT}\n", "\n\n").replace(COMPAT, "")


def copy(folder, names, outside, changes, target):
    """Files of a folder; those of its in-tree/ instead where there are."""
    target.mkdir(parents=True, exist_ok=True)
    for name in sorted(names - outside):
        path = folder / "in-tree" / name
        text = path.read_text() if path.exists() else \
            without_compat(changed(folder / name, changes.get(name)))
        left = [other for other in outside if f'#include "{other}"' in text]
        if left:
            die(f"{name} includes {left}, which the kernel's tree lacks")
        (target / name).write_text(text)
    unknown = {path.name for path in (folder / "in-tree").iterdir()} - names
    if unknown:
        die(f"{folder}/in-tree has {unknown}, in nobody's place")


def replace_driver(kernel):
    """hv_balloon: Report what is in use, and give whole memory blocks

    The driver tells the host the commit charge, once a second. Heaps that
    are reserved without commit never show in it: such a guest swaps and
    stalls, and the host doesn't know. What the host sends is used without
    a check of lengths and ranges, pages are allocated and zeroed one by one
    to be given away, and a driver that holds memory can't be unloaded.

    Replace it with one that reports what is in use, at once when PSI or
    reclaim say that memory runs short; sets whole blocks offline where they
    are free, and gives the host their pages; brings the blocks online that
    it adds; checks all that the host sends; keeps account of the host's
    pages over unloading; and says why pressure was not answered.

    hv_balloon-internals.rst says how it works.
    """
    for path in (kernel / FOLDER).glob("*.[ch]"):
        path.unlink()
    copy(DRIVER, FILES, OUTSIDE, CHANGES, kernel / FOLDER)
    if (kernel / FOLDER / "tests").exists():	# of an earlier time
        link_suites(kernel)
    wire(kernel)
    with editing(kernel / "MAINTAINERS") as maintainers:
        maintainers.before("include/hyperv/hvgdk.h",
                           "F:\tinclude/hyperv/dynmem.h\n")


def wire(kernel):
    """Our driver where the stock driver was."""
    hv = kernel / "drivers/hv"
    (kernel / "include/hyperv").mkdir(exist_ok=True)
    for path in (HERE / "include/hyperv").glob("*.h"):
        shutil.copy(path, kernel / "include/hyperv")
    for name in ("hv_balloon.c", "hv_trace_balloon.h"):
        (hv / name).unlink(missing_ok=True)
    with editing(hv / "Makefile") as build:
        build.text = re.sub(r"^CFLAGS_hv_balloon\.o.*\n", "", build.text,
                            flags=re.MULTILINE)
        build.text = re.sub(r"^obj-\$\(CONFIG_HYPERV_BALLOON\).*",
                            "obj-y += balloon/", build.text,
                            flags=re.MULTILINE)
        build.line("obj-y += balloon/")
    with editing(hv / "Kconfig") as options:
        options.text = re.sub(
            r"^config HYPERV_BALLOON\n(?:[\t ].*\n|\n)*",
            'source "drivers/hv/balloon/Kconfig"\n\n', options.text,
            flags=re.MULTILINE)
        options.line("balloon/Kconfig")


def add_module(kernel):
    """The driver as a module has it, for any kernel that it can be built for."""
    target = kernel / FOLDER
    shutil.rmtree(target, ignore_errors=True)
    target.mkdir()
    for name in FILES:
        shutil.copy(DRIVER / name, target)
    wire(kernel)
    with editing(target / "Kconfig") as options:
        # The suites stay here.
        options.text = re.sub(r"\nconfig HYPERV_BALLOON_KUNIT_TEST\n(?:.*\n)*",
                              "", options.text)
        # Until 6.18, VMBus has no option of its own.
        if "\nconfig HYPERV_VMBUS\n" not in (kernel / "drivers/hv/Kconfig"
                                             ).read_text():
            options.replace("HYPERV_VMBUS", "HYPERV")


SUITES_MAKEFILE = """\
# SPDX-License-Identifier: GPL-2.0-only
obj-$(CONFIG_HYPERV_BALLOON_KUNIT_TEST) := hv_balloon_kunit.o
{suites}hv_balloon_kunit-y := $(suites)
ccflags-y += -I$(src)/..
"""

SUITES_BUILD = """\

# The suites: see tests/exports.c.
obj-$(CONFIG_HYPERV_BALLOON_KUNIT_TEST) += tests/
ifdef CONFIG_HYPERV_BALLOON_KUNIT_TEST
hv_balloon-y += tests/exports.o
CFLAGS_tests/exports.o := -I$(src)
endif
"""


def link_suites(kernel):
    with editing(kernel / FOLDER / "Makefile") as build:
        build.text = build.text.removesuffix(SUITES_BUILD) + SUITES_BUILD


def add_suites(kernel):
    """hv_balloon: Add KUnit tests

    Tests of the files that only compute, and of the whole driver on a host
    that is scripted: what it may ask for, in any state of the conversation,
    malformed messages, allocations that fail, and memory that really goes
    offline and online.

    They are a module beside the driver's, or built in with it.
    """
    target = kernel / FOLDER / "tests"
    shutil.rmtree(target, ignore_errors=True)
    copy(SUITES, names(SUITES, "*.[ch]", ".kunitconfig"), OUTSIDE_SUITES,
         {"exports.c": exports_c, ".kunitconfig": kunitconfig,
          "ranges_test.c": ranges_test_c, "attempts_test.c": shmem,
          "movable_test.c": shmem, "scan_test.c": shmem}, target)
    text = (SUITES / "Makefile").read_text()
    found = re.search(r"^suites := (?:.*\\\n)*.*\n", text, re.MULTILINE)
    if not found:
        die("tests/kunit/Makefile has no list of suites")
    suites = found[0]
    for name in OUTSIDE_SUITES:
        if name.endswith(".c"):
            suites = re.sub(rf"\b{name[:-2]}\.o ?", "", suites)
    (target / "Makefile").write_text(SUITES_MAKEFILE.format(suites=suites))
    link_suites(kernel)


def add_pages(kernel):
    """hv_balloon: Document the driver

    What an admin can set and see, what programs find in sysfs, what the
    protocol is, what the driver does in which state, and how it works.
    """
    for folder, (after, names_of) in pages.PAGES.items():
        ours, theirs = (tree / "Documentation" / folder
                        for tree in (HERE, kernel))
        lines = ""
        for name in names_of:
            text = changed(ours / f"{name}.rst", pages.CHANGES.get(name))
            (theirs / f"{name}.rst").write_text(text)
            lines += f"   {name}\n"
        with editing(theirs / "index.rst") as index:
            index.replace(f"   {after}\n", f"   {after}\n{lines}")
    (kernel / pages.ABI).write_text(changed(HERE / pages.ABI, pages.abi))


PATCHES = [replace_driver, add_suites, add_pages]
