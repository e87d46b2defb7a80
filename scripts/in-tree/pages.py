# SPDX-License-Identifier: GPL-2.0-only
"""Owns the pages that a kernel tree gets: those on the driver, without what they
say of modules and of our tree.
"""

# The files in sysfs, which no index names.
ABI = "Documentation/ABI/testing/sysfs-bus-vmbus-hv_balloon"

# folder: (the page before ours in the kernel's index, our pages)
PAGES = {
    "admin-guide": ("hw_random", ("hv_balloon", "hv_balloon-host")),
    "virt/hyperv": ("vmbus", ("dynmem-protocol", "dynmem-states",
                              "hv_balloon-internals", "hv_balloon-walk")),
}


def hv_balloon(page):
    page.replace("""\
All can be passed to ``modprobe``, set in ``/etc/modprobe.d``, and changed in
``/sys/module/hv_balloon/parameters`` while the driver runs.
""", """\
All can be set on the kernel's command line (``hv_balloon.hot_add=N``) or, for a module,
by ``modprobe``, and changed in ``/sys/module/hv_balloon/parameters`` while the driver
runs.
""")
    page.replace("; dynmem-simulator.rst says\n", "; its simulator says\n")
    page.replace("""\
The driver needs PSI with its cgroup part, and cgroup2 mounted anywhere, as systemd
does. dmesg and ``psi_missing`` in debugfs say what is missing. ``psi=1`` on the
kernel's command line turns PSI on where a distribution turned it off,
``cgroup_disable=pressure`` must not be there, and ``cgroup.pressure`` of the root
cgroup must be 1. Until then the driver watches allocation stalls and swapping, while
less than an eighth of memory is available. Every five seconds it checks whether the
triggers can be armed: cgroup2 may be mounted later, and PSI may be turned off and on.
""", """\
The driver needs PSI. dmesg and ``psi_missing`` in debugfs say what is missing.
``psi=1`` on the kernel's command line turns PSI on where a distribution turned it off,
and ``cgroup.pressure`` of the root cgroup must be 1. Until then the driver watches
allocation stalls and swapping, while less than an eighth of memory is available. Every
five seconds it checks whether the triggers can be armed, since ``cgroup.pressure`` may
change.
""")
    page.replace("in the lab's guest of 1 GiB", "in a guest of 1 GiB")
    page.replace("""\
such caches), the driver asks: by ``memory.reclaim`` of the root cgroup, without swap,
32 MiB at a time and for as long as that brings memory. What the caches let go of isn't
in the demand any more. It needs 6.11, the memory controller on cgroup2, and
``balloon_blocks``.
""", """\
such caches), the driver asks: by reclaim without swap, 32 MiB at a time and for as long
as that brings memory. What the caches let go of isn't in the demand any more. It needs
memory cgroups and ``balloon_blocks``.
""")
    page.remove("; ``hv-balloon-report`` says it, too", """\
 A change of these settings, and of a pool, is
noticed within ten seconds.
""".rstrip("\n"))
    page.replace("What a module can do: the kernel", "The kernel")
    page.remove("   hv_balloon-guests\n", """\
   hv_balloon-monitoring
   hv_balloon-signing
   hv_balloon-touches
   hv_balloon-troubleshooting
   hv_balloon-wsl
""")


def dynmem_protocol(page):
    page.remove(" (modules can't read its size)")


def dynmem_states(page):
    page.replace("""\
``tests/kunit/states.c``, from which the KUnit suite ``hv_balloon_states`` makes a test
for each pair; ``make check`` compares the two.
""", """\
``tests/states.c``, from which the KUnit suite ``hv_balloon_states`` makes a test for
each pair.
""")
    page.replace("tests/kunit/requests_test.c", "tests/requests_test.c")
    page.remove("""\
 ``tests/fuzz`` puts the
pure files under libFuzzer, and breaks them on purpose to see that it is noticed.
""".rstrip("\n"))


def hv_balloon_internals(page):
    page.replace("main takeover params", "main params")
    page.replace("memory survey ledger", "memory ledger")
    page.replace("counters fs online psi reclaim reserve scan sizes trace vm "
                 "watch zones page_reporting",
                 "counters online reclaim reserve scan sizes trace vm zones "
                 "page_reporting psi")
    page.replace("""\
  debugfs and sysfs; taking the device from a driver that is built in (takeover.c).
""", "  debugfs and sysfs.\n")
    page.replace("""\
  (hotplug.c), the ledger, and what is found where nobody left one (survey.c).
""", "  (hotplug.c), and the ledger.\n")
    page.drop_section("Taking over")
    page.replace("""\
``drivers/hv/Makefile`` says which file is on
which floor; ``tests/check/layers.py`` reads the calls from the objects and draws this::
""", """\
``drivers/hv/balloon/Makefile`` says which
file is on which floor::
""")
    page.replace("""\
  (base.c). A module reaches some of this only through files (fs.c, watch.c), which
  hv_balloon-files.rst explains.
""", "  (base.c).\n")
    page.replace("""\
takes them again if the block stays. Kernels before 6.11 differ in what they count as
managed; ``compat.h`` hides the difference.
""", "takes them again if the block stays.\n")
    page.remove("""\
``kept_lock`` of fs.c
  guards the mounts of sysfs and proc that are kept, which all devices share.
""", " (``tests/lab/cost.py``)")
    page.replace("""\
an emulated machine (``bench.py --rounds 1 bench-free``, with an older module by
``LAB_HV_BALLOON_KO``):
""", "an emulated machine:\n")
    page.replace(" (the\nlab's ``uevents``).", ".")
    page.remove(" (6.1 to 7.3)")


def abi(page):
    page.text = page.text.replace("KernelVersion:\t6.1\n",
                                  "KernelVersion:\t7.4\n")


CHANGES = {"hv_balloon": hv_balloon, "dynmem-protocol": dynmem_protocol,
           "dynmem-states": dynmem_states,
           "hv_balloon-internals": hv_balloon_internals}
