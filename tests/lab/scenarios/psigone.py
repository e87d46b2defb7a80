# SPDX-License-Identifier: GPL-2.0-only
"""PSI goes away while it is used, and comes back: the root's cgroup.pressure."""

from inner.lab import PARAMETERS
from inner.load import Load
import scenario

PRESSURE = "/sys/fs/cgroup/cgroup.pressure"
PSI = ("signals_psi_some", "signals_psi_full")
CHANGED = {"psi_trigger": "full 60000 500000",
           "psi_early_trigger": "some 30000 500000"}
BLINKS = 20


class Run(scenario.Scenario):
    boot = scenario.Boot("psigone", memory=512, swap=2048)
    checks = {
        "before": "PSI signals pressure",
        "gone": "0 in the root's cgroup.pressure: debugfs says that nothing is "
                "armed, and what to do",
        "said": "dmesg says it, too, in one line",
        "fallback": "pressure is noticed all the same",
        "back": "1: the triggers that were set last are armed again",
        "blinks": "0 and 1 many times: they are armed again in the end",
        "quiet": "dmesg has no more than a few lines of that",
        "after": "PSI signals pressure again",
        "unload": "the driver can be unloaded while it is 0",
    }
    limit = 180
    stock = False

    def run(self):
        self.guest.use_swap()
        for name, value in CHANGED.items():
            self.guest.write(f"{PARAMETERS}/{name}", value)
        self.pressure("before")
        self.guest.write(PRESSURE, "0")
        self.guest.wait_for(lambda: "cgroup.pressure" in self.missing(), 20)
        missing = self.missing()
        self.check("gone", self.armed() == ["none", "none"] and
                   "cgroup.pressure" in missing, f"{self.armed()}, {missing}")
        lines = self.lines()
        self.check("said", len(lines) == 1 and "cgroup.pressure" in lines[0],
                   " / ".join(lines))
        self.pressure("fallback")
        self.guest.write(PRESSURE, "1")
        self.wait_armed()
        self.check("back", self.armed() == [*CHANGED.values()] and
                   self.missing() == "nothing", self.armed())
        self.blink()
        self.pressure("after")
        self.unload()

    def pressure(self, key):
        """Some more than the guest has, until pressure is noticed."""
        before = self.signals()
        load = Load(self.guest, "noreserve", int(self.guest.total()) + 200)
        self.guest.wait_for(lambda: self.signals() > before + 2,
                            60)
        after = self.signals()
        load.kill()
        self.check(key, after > before + 2, f"{before} signals, then {after}")

    def blink(self):
        mark = len(self.lines())
        self.guest.run(f"i=0; while [ $((i += 1)) -le {BLINKS} ]; do "
                       f"echo 0 >{PRESSURE}; echo 1 >{PRESSURE}; done", 120)
        self.wait_armed()
        self.check("blinks", self.armed() == [*CHANGED.values()], self.armed())
        more = len(self.lines()) - mark
        self.check("quiet", more <= 20, f"{more} lines for {BLINKS} times")

    def unload(self):
        self.guest.write(PRESSURE, "0")
        status, text = self.lab.unload_driver()
        names = self.guest.run("cat /proc/[0-9]*/comm 2>/dev/null; true")
        self.guest.write(PRESSURE, "1")
        again, more = self.lab.load_driver()
        self.check("unload", not status and not again and
                   "psimon" not in names.split(), f"{text}{more}")

    def signals(self):
        return sum(self.lab.driver_count(name) for name in PSI)

    def armed(self):
        says = self.lab.driver_says()
        return [says.get(name) for name in CHANGED]

    def wait_armed(self):
        self.guest.wait_for(lambda: self.armed() == [*CHANGED.values()],
                            30)

    def missing(self):
        return self.lab.driver_says().get("psi_missing", "")

    def lines(self):
        return [line.split("] ", 1)[-1]
                for line in self.guest.dmesg().splitlines()
                if "no pressure from PSI" in line]
