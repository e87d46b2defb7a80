# SPDX-License-Identifier: GPL-2.0-only
"""cgroup v1 alone, and cgroup2 mounted only later: that it isn't mounted is for
the admin to change, and its options are the admin's.
"""

import re

import scenario

OPTIONS = "nsdelegate,memory_localevents,memory_recursiveprot"	# as printed
WHERE = "/sys/fs/cgroup/unified"
MOUNTS = "cat /proc/mounts; cat /proc/self/mountinfo"


class Run(scenario.Scenario):
    boot = scenario.Boot("cgroup1", cgroup2=False, loaded=False)
    checks = {
        "alone": "with cgroup v1 alone, /proc/PID/cgroup has no line of cgroup2",
        "said": "dmesg says that cgroup2 isn't mounted, and what to do",
        "armed": "mounted later, PSI's triggers are armed",
        "options": "its options stay as they are",
        "others": "mounted once more with others, these stay",
        "unmount": "it can be unmounted, and mounted again",
        "still": "its triggers are armed again, and the options stay",
    }
    limit = 150
    stock = False

    def run(self):
        self.guest.run("mount -t tmpfs tmpfs /sys/fs/cgroup; "
                       f"mkdir /sys/fs/cgroup/freezer {WHERE}; mount -t cgroup "
                       "-o freezer cgroup /sys/fs/cgroup/freezer")
        before = self.guest.read("/proc/1/cgroup")
        self.lab.load_driver()
        self.guest.wait_for(self.line, 60)
        after = self.guest.read("/proc/1/cgroup")
        self.check("alone", before == after and not
                   re.search("^0::", after, re.MULTILINE), after.strip())
        says = self.lab.driver_says()
        self.check("said", "mount cgroup2" in self.line() and
                   "mount cgroup2" in says.get("psi_missing", "") and
                   says.get("psi_trigger") == "none", self.line())
        mounts = self.mount(OPTIONS)
        armed = self.wait_armed()
        self.check("armed", armed, self.lab.driver_says().get("psi_trigger"))
        self.check_same("options", mounts)
        self.guest.run("mkdir /tmp/more; mount -t cgroup2 -o "
                       "memory_recursiveprot cgroup2 /tmp/more")
        mounts = self.guest.run(MOUNTS)
        self.guest.write("/sys/module/hv_balloon/parameters/psi_trigger",
                         "full 100000 1000000")
        self.check_same("others", mounts)
        self.guest.run("umount /tmp/more")
        self.unmount()

    def unmount(self):
        status, text = self.guest.attempt(f"umount {WHERE}")
        gone = "cgroup2" not in self.guest.read("/proc/mounts")
        mounts = self.mount(OPTIONS)
        self.check("unmount", not status and gone and OPTIONS in mounts, text)
        self.lab.unload_driver()
        self.lab.load_driver()
        armed = self.wait_armed()
        now = self.guest.run(MOUNTS)
        self.check("still", armed and now == mounts, self.of_cgroup2(now))

    def mount(self, options):
        self.guest.run(f"mount -t cgroup2 -o {options} cgroup2 {WHERE}")
        return self.guest.run(MOUNTS)

    def check_same(self, key, mounts):
        now = self.guest.run(MOUNTS)
        self.check(key, now == mounts, self.of_cgroup2(now))

    def wait_armed(self):
        return self.guest.wait_for(
            lambda: self.lab.driver_says().get("psi_trigger", "none") != "none",
            30)

    def line(self):
        return next((line.split("] ", 1)[-1] for line in
                     self.guest.dmesg().splitlines()
                     if "no pressure from PSI" in line), "")

    @staticmethod
    def of_cgroup2(mounts):
        return next((line for line in mounts.splitlines()
                     if " cgroup2 " in line), "no cgroup2")
