# SPDX-License-Identifier: GPL-2.0-only
"""A kernel without PSI: the driver says so, and watches stalls instead."""

import re

from inner.load import Load
import scenario


def boot(name, option):
    return scenario.Boot(name, memory=512, swap=2048,
                         cmdline=(*scenario.Boot.cmdline, option))


class Run(scenario.Scenario):
    boot = boot("nopsi", "psi=0")
    ADVICE = "psi=1"
    checks = {
        "said": "dmesg says it in one line, with what to do",
        "none": "debugfs shows that no trigger is armed, and what to do",
        "fallback": "pressure is noticed all the same",
        "fast": "reports leave at the fast cadence",
        "kept": "a trigger that can't be armed is refused",
    }
    timed = ("fast",)
    limit = 90
    stock = False

    def run(self):
        self.guest.use_swap()
        lines = [line.split("] ", 1)[-1]
                 for line in self.guest.dmesg().splitlines()
                 if re.search("hv_balloon.*no pressure from PSI", line)]
        self.check("said", len(lines) == 1 and self.ADVICE in lines[0],
                   " / ".join(lines))
        says = self.lab.driver_says()
        self.check("none", says.get("psi_trigger") == "none" and
                   says.get("psi_early_trigger") == "none" and
                   self.ADVICE in says.get("psi_missing", ""),
                   ", ".join(says.get(name, "") for name in (
                       "psi_trigger", "psi_early_trigger", "psi_missing")))
        before = self.lab.driver_count("status_reports")
        load = Load(self.guest, "noreserve", 700)
        self.guest.wait_for(
            lambda: self.lab.driver_count("signals_psi_full") > 2, 30)
        counts = {name: self.lab.driver_count(name) for name in
                  ("signals_reclaim", "signals_psi_some", "signals_psi_full",
                   "out_of_band_reports")}
        self.check("fallback", counts["signals_psi_full"] > 2, counts)
        reports = self.lab.driver_count("status_reports") - before
        self.check("fast", reports > 10, f"{reports} reports")
        load.kill()
        path = "/sys/module/hv_balloon/parameters/psi_trigger"
        status = self.guest.write(path, "full 100000 1000000")
        self.check("kept", status, self.guest.dmesg().splitlines()[-1])
