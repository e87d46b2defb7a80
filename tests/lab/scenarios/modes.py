# SPDX-License-Identifier: GPL-2.0-only
"""Who may read and write what the driver has in sysfs, debugfs and tracefs: all
of it is root's, and others can at most read the parameters.
"""

from inner.lab import DEBUGFS, DRIVER, PARAMETERS
import scenario

EVENTS = "/sys/kernel/tracing/events/hv_balloon"
ALL = f"/sys/module/hv_balloon {DRIVER} {DEBUGFS} {EVENTS}"
NOBODY = "nobody:x:65534:65534::/tmp:/bin/sh"
LEAST = 40			# files


class Run(scenario.Scenario):
    checks = {
        "owner": "all files of the driver's are root's",
        "writable": "none can be written by others",
        "hidden": "nothing in debugfs and tracefs can be read by others",
        "readable": "others can read the parameters",
        "denied": "a user who tries gets no word in and none out",
        "allowed": "root does, by the same commands",
    }
    stock = False

    def run(self):
        count = len(self.find(ALL, "-type f"))
        others = self.find(ALL, "! -user 0 -o ! -group 0")
        self.check("owner", count >= LEAST and not others,
                   f"{count} files; {others[:3]}")
        found = self.find(ALL, "! -type l -perm /022")
        self.check("writable", not found, found[:3])
        found = self.find(f"{DEBUGFS} {EVENTS}", "-type f -perm /007") + \
            self.find(DEBUGFS, "-perm /077")
        self.check("hidden", not found, found[:3])
        self.guest.run(f"grep -q ^nobody: /etc/passwd 2>/dev/null || "
                       f"{{ mkdir -p /etc; echo '{NOBODY}' >>/etc/passwd; }}")
        value = self.guest.attempt(f"su nobody -c 'cat {PARAMETERS}/hot_add'")
        self.check("readable", value == (0, "Y\n"), value)
        # The mounts of debugfs and tracefs hide them besides.
        self.guest.run("chmod 755 /sys/kernel/debug /sys/kernel/tracing")
        denied = self.succeeds("su nobody -c")
        allowed = self.succeeds("sh -c")
        self.guest.run("chmod 700 /sys/kernel/debug /sys/kernel/tracing")
        self.check("denied", not denied, denied)
        self.check("allowed", len(allowed) == len(self.tries()), allowed)

    def find(self, where, what):
        return self.guest.run(f"find {where} {what}").split()

    @staticmethod
    def tries():
        """{what: a command that does it}"""
        return {
            "debugfs": f"cat {DEBUGFS}",
            "events": f"cat {EVENTS}/enable",
            "enabling": f"echo 0 >{EVENTS}/enable",
            "parameters": f"cd {PARAMETERS}; for p in *; do read -r value <$p; "
                          "echo $value >$p && exit; done; false",
            "unbinding": f"[ -w {DRIVER}/unbind ]",
        }

    def succeeds(self, shell):
        return [what for what, command in self.tries().items()
                if not self.guest.attempt(f"{shell} '{command}' "
                                          ">/dev/null 2>&1")[0]]
