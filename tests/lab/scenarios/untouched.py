# SPDX-License-Identifier: GPL-2.0-only
"""What the driver leaves as it was: all that it can, while it is loaded and when
it is gone. What it may change is listed here and, for admins, in
Documentation/admin-guide/hv_balloon-touches.rst.
"""

import re

from inner.lab import PARAMETERS
from scenarios import soak
import scenario

OPTIONS = "nsdelegate,memory_localevents,memory_recursiveprot"	# as printed
CGROUPS = "/sys/fs/cgroup"
MEMORY = "/sys/devices/system/memory"
PIECE = 256			# MiB that go to the host, come back, and are added
TRIGGER = "full 60000 500000"

# What a snapshot consists of, each a command that prints a line a thing.
PARTS = {
    "mounts": "cat /proc/mounts /proc/self/mountinfo /proc/1/mountinfo",
    "cgroups": "cat /proc/1/cgroup /proc/self/cgroup /proc/cgroups; "
               f"cd {CGROUPS}; find . | sort; grep -rH '' . 2>/dev/null",
    "sysctls": "grep -rH '' /proc/sys 2>/dev/null",
    "memory": f"grep -rH '' {MEMORY} /sys/kernel/mm 2>/dev/null",
    "modules": "cut -d' ' -f1-4 /proc/modules; find /sys/module -maxdepth 1; "
               "find /sys/bus/vmbus",
    "threads": "for p in /proc/[0-9]*; do [ -s $p/cmdline ] || "
               "[ \"$(wc -c <$p/cmdline)\" != 0 ] || cat $p/comm; done "
               "2>/dev/null | sort",
    "others": "cat /proc/filesystems /proc/swaps /proc/misc /proc/devices; "
              "find /sys/kernel/debug -maxdepth 1; "
              "find /sys/kernel/tracing/events -maxdepth 1",
}

# What moves by itself, with the driver or without.
MOVES = re.compile(
    r"^\./(.*/)?[a-z0-9_.]*\.(stat|current|peak|events|pressure|procs|"
    r"threads|numa_stat|stat\.local|events\.local)\b(?<!cgroup\.pressure):|"
    r"^/proc/sys/(fs/(dentry|file|inode)-|kernel/(random/|ns_last_pid|"
    r"pty/nr|perf_))|"
    r"^kworker/|/khugepaged/(full_scans|pages_collapsed):|/stats/")

# What is left when the driver is gone, and why.
LEFT = {
    "sysctls": {
        # a module from outside of the kernel's tree, and without signature
        r"^/proc/sys/kernel/tainted:",
        # the kernel computes these from how much memory it has
        r"^/proc/sys/vm/(min_free|user_reserve|admin_reserve)_kbytes:",
    },
}

# What is there only while the driver is loaded: its own.
OWN = {
    **LEFT,
    "modules": {
        r"^hv_balloon ", r"^/sys/module/hv_balloon$",
        # the module that it needs counts its users
        r"^hv_vmbus ",
        r"^/sys/bus/vmbus/drivers/hv_balloon(/|$)",
        # the device's group of attributes, and the link to its driver
        r"^/sys/bus/vmbus/devices/[^/]+/(driver|balloon)",
    },
    "threads": {r"^hv_balloon", r"^psimon$"},
    "others": {r"^/sys/kernel/debug/hv-balloon$",
               r"^/sys/kernel/tracing/events/hv_balloon$"},
}


def same(before, after, allowed=()):
    """The lines that only one of two texts has, but for what is allowed."""
    one, two = set(before.splitlines()), set(after.splitlines())
    return [f"{sign}{line}" for sign, lines in
            (("-", one - two), ("+", two - one)) for line in sorted(lines)
            if not MOVES.search(line) and
            not any(re.search(pattern, line) for pattern in allowed)]


class Run(scenario.Scenario):
    boot = scenario.Boot("untouched", memory=1024, loaded=False)
    checks = {
        "load": "loading leaves all mounts as they are, byte for byte",
        "own": "all else that is new are the driver's own module, threads and "
               "files",
        "trigger": "so does another PSI trigger",
        "suspend": "so does a suspend",
        "kept": "after it, the trigger that was set last is armed",
        "balloon": "so do memory given, taken back and added",
        "unload": "so does unloading",
        "mounts": "nothing of the mounts differs from before",
        "cgroups": "nor of the cgroups, their files and their settings",
        "sysctls": "nor of the sysctls, but for what is documented",
        "memory": "nor of the memory blocks, but for those that the host added",
        "modules": "nor of the modules and VMBus' drivers",
        "threads": "nor of the kernel's threads",
        "others": "nor of filesystems, devices, debugfs and tracefs",
    }
    limit = 300
    stock = False

    def run(self):
        self.guest.run(f"mount -o remount,{OPTIONS} {CGROUPS}; mkdir "
                       f"{CGROUPS}/some; cd {CGROUPS}; "
                       "echo +memory >cgroup.subtree_control")
        before = self.snapshot()
        self.load(before)
        self.use(before["mounts"])
        self.lab.unload_driver()
        self.same_mounts("unload", before["mounts"])
        self.compare(before, self.snapshot())

    def load(self, before):
        self.lab.load_driver()
        self.guest.wait_for(lambda: self.armed() not in ("none", None), 20)
        self.same_mounts("load", before["mounts"], self.armed())
        now = self.snapshot()
        new = [line for part in PARTS for line in
               same(before[part], now[part], OWN.get(part, ()))]
        self.check("own", not new, " / ".join(new[:8]))

    def use(self, mounts):
        self.guest.write(f"{PARAMETERS}/psi_trigger", TRIGGER)
        self.same_mounts("trigger", mounts, self.armed())
        resumed = soak.Run.suspend(self)
        self.guest.wait_for(lambda: self.armed() == TRIGGER, 20)
        self.check("kept", resumed and self.armed() == TRIGGER, self.armed())
        self.same_mounts("suspend", mounts)
        self.host.wait_ready()
        size = int(self.host.actual())
        for target in (size - PIECE, size, size + PIECE):
            self.host.resize(target)
        self.added = PIECE // self.block_mib()
        self.guest.wait_for(lambda: self.lab.driver_count("pages_onlined")
                            >= PIECE * 256, 20)
        self.same_mounts("balloon", mounts)

    def compare(self, before, after):
        for part in PARTS:
            allowed = set(LEFT.get(part, ()))
            if part == "memory":
                new = self.blocks(after) - self.blocks(before)
                allowed |= {rf"/memory{number}/" for number in new}
                self.note(f"blocks added: {sorted(new)}")
            differs = same(before[part], after[part], allowed)
            good = not differs and (part != "memory" or
                                    len(new) == self.added)
            self.check(part, good, " / ".join(differs[:8]) or
                       f"{len(before[part].splitlines())} lines")

    def snapshot(self):
        return {part: self.guest.attempt(command, 120)[1]
                for part, command in PARTS.items()}

    def same_mounts(self, key, mounts, measured=""):
        now = self.guest.attempt(PARTS["mounts"])[1]
        self.check(key, now == mounts and OPTIONS in now, measured or " / ".join(
            line for line in now.splitlines() if " cgroup2 " in line))

    def block_mib(self):
        return int(self.guest.read(f"{MEMORY}/block_size_bytes"), 16) >> 20

    def armed(self):
        return self.lab.driver_says().get("psi_trigger")

    @staticmethod
    def blocks(snapshot):
        return set(re.findall(r"/memory(\d+)/state:", snapshot["memory"]))
