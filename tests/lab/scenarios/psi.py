# SPDX-License-Identifier: GPL-2.0-only
"""The PSI triggers: what is armed, what can be set live, what is left."""

import re

from inner.lab import PARAMETERS
import scenario

REFUSED = re.compile(r'this kernel\'s PSI refuses "(.+?)"; armed is "(.+?)"')
RIGHT = {"psi_trigger": "full 100000 1000000",
         "psi_early_trigger": "some 50000 1000000"}
WRONG = ("full 600000 500000", "full 0 500000", "full 50000 99000000",
         "half 1 2", "full", "x" * 200)


class Run(scenario.Scenario):
    checks = {
        "armed": "debugfs shows both triggers armed, as the parameters have "
                 "them, or what dmesg says instead",
        "taken": "another trigger is armed at once",
        "refused": "a wrong one is refused, and the old one stays armed",
        "why": "dmesg says why",
        "off": "the early trigger can be turned off, and on again",
        "gone": "unloading leaves no thread and no mount",
        "freed": "unloading leaves nobody who waits for pressure",
        "again": "it can be loaded again, and reports",
    }
    limit = 120
    stock = False

    def run(self):
        before = {name: self.value(name) for name in RIGHT}
        instead = dict(REFUSED.findall(self.guest.dmesg()))
        nearest = {name: instead.get(value, value)
                   for name, value in before.items()}
        armed = self.armed()
        self.check("armed", armed == nearest and all(before.values()), armed)
        for name, value in RIGHT.items():
            self.guest.write(f"{PARAMETERS}/{name}", value)
        self.check("taken", self.armed() == RIGHT, self.armed())
        self.refuse()
        self.guest.write(f"{PARAMETERS}/psi_early_trigger", "")
        off = self.armed()["psi_early_trigger"]
        for name, value in before.items():
            self.guest.write(f"{PARAMETERS}/{name}", value)
        self.check("off", off == "none" and self.armed() == nearest,
                   f"{off}, then {self.armed()}")
        self.unload()

    def refuse(self):
        mark = len(self.guest.dmesg())
        status = {value[:20]: self.guest.write(f"{PARAMETERS}/psi_trigger",
                                               value) for value in WRONG}
        kept = self.armed() == RIGHT and self.value("psi_trigger") == \
            RIGHT["psi_trigger"]
        self.check("refused", all(status.values()) and kept, status)
        lines = [line.split("] ", 1)[-1] for line in
                 self.guest.dmesg()[mark:].splitlines()
                 if "psi_trigger stays" in line]
        self.check("why", len(lines) == len(WRONG),
                   " / ".join(dict.fromkeys(lines)))

    def unload(self):
        mounts = self.guest.read("/proc/mounts")
        before = self.threads()
        self.lab.unload_driver()
        after = self.threads()
        self.check("gone", "hv_balloon" in before
                   and "hv_balloon" not in after
                   and self.guest.read("/proc/mounts") == mounts,
                   f"{before} then {after}")
        self.check("freed", "psimon" not in after, after)
        status, text = self.lab.load_driver()
        came, before, after = self.lab.reports()
        self.check("again", status == 0 and came,
                   f"{text.strip()} status {status}, report {before} then "
                   f"{after}, "
                   f"{self.lab.driver_says().get('status_reports')} sent")

    def threads(self):
        """The threads that the driver may have, by name."""
        names = self.guest.run("cat /proc/[0-9]*/comm 2>/dev/null; true")
        return sorted(name for name in names.split()
                      if name in ("hv_balloon", "psimon"))

    def armed(self):
        says = self.lab.driver_says()
        return {name: says.get(name) for name in RIGHT}

    def value(self, name):
        return self.guest.attempt(f"cat {PARAMETERS}/{name}")[1].strip()
