# SPDX-License-Identifier: GPL-2.0-only
"""What the driver costs while nothing happens."""

import re
import time

import scenario

SECONDS = 60


class Run(scenario.Scenario):
    checks = {
        "wakeups": "the driver's threads wake at most 4.4 times a second",
        "reports": "at most one report a second leaves, none out of band",
        "hungry": "an idle guest's demand leaves the host a third to take",
    }
    timed = ("wakeups", "reports")
    limit = 120
    stock = False

    def run(self):
        time.sleep(3)
        pids = self.guest.run(
            "cd /proc; for p in [0-9]*; do [ $(cat $p/comm) = hv_balloon ] "
            "&& echo $p; done 2>/dev/null; true").split()
        first = self.look(pids)
        time.sleep(SECONDS)
        last = self.look(pids)
        seconds, woken, ticks, reports, urgent = (
            now - then for now, then in zip(last, first))
        self.check("wakeups", pids and woken <= 4.4 * seconds,
                   f"{woken} in {seconds:.0f} s, {ticks * 10} ms of CPU, "
                   "emulated")
        self.check("reports", seconds - 6 <= reports <= seconds + 1
                   and not urgent,
                   f"{reports} in {seconds:.0f} s, {urgent} of them out of "
                   "band")
        demand, size = self.host.report()[0], self.host.actual()
        self.check("hungry", 1.2 * demand < size * 2 / 3,
                   f"demand {demand:.0f} of {size:.0f} MiB")

    def look(self, pids):
        """(the guest's seconds, wake-ups, ticks of CPU, reports, reports out of
        band) so far.
        """
        seconds = float(self.guest.read("/proc/uptime").split()[0])
        woken = ticks = 0
        for pid in pids:
            text = self.guest.read(f"/proc/{pid}/status")
            woken += int(re.search(r"^voluntary_ctxt_switches:\s+(\d+)", text,
                                   re.MULTILINE)[1])
            stat = self.guest.read(f"/proc/{pid}/stat")
            stat = stat.rsplit(")", 1)[1].split()
            ticks += int(stat[11]) + int(stat[12])
        return (seconds, woken, ticks,
                self.lab.driver_count("status_reports"),
                self.lab.driver_count("out_of_band_reports"))
