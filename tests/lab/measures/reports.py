# SPDX-License-Identifier: GPL-2.0-only
"""What the driver's thread costs while it reports and nothing else happens."""

import re
import time

from measures import common, tracing

SECONDS = 15
SEND = "vmbus_sendpacket"


class Run(common.Measure):
    boot = common.FULL
    contenders = ("stock",)

    def measure(self):
        pids = self.guest.run(
            "cd /proc; for p in [0-9]*; do [ \"$(cat $p/comm)\" = hv_balloon "
            "] && echo $p; done 2>/dev/null; true").split()
        first, began = self.look(pids), time.monotonic()
        time.sleep(SECONDS)
        last, passed = self.look(pids), time.monotonic() - began
        tracing.begin(self.guest, "function", pids=pids)
        time.sleep(SECONDS)
        tracing.end(self.guest)
        calls, sent = map(int, self.guest.run(
            f"cd {tracing.TRACING}; grep -c '<-' trace; "
            f"grep -c ' {SEND}.* <-' trace; true", 60).split())
        tracing.reset(self.guest)
        self.values |= {
            "report_us": (last[1] - first[1]) / 1e3 / passed,
            "report_calls": calls / sent,
            "report_wakeups": (last[0] - first[0]) / passed,
            "report_sent": sent / SECONDS,
        }

    def look(self, pids):
        """(wake-ups, nanoseconds of CPU) of these threads so far."""
        wakeups = ran = 0
        for pid in pids:
            status = self.guest.read(f"/proc/{pid}/status")
            wakeups += int(re.search(r"^voluntary_ctxt_switches:\s+(\d+)",
                                     status, re.MULTILINE)[1])
            ran += int(self.guest.read(f"/proc/{pid}/schedstat").split()[0])
        return wakeups, ran
