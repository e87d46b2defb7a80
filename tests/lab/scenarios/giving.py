# SPDX-License-Identifier: GPL-2.0-only
"""The host wants memory back while a burst grows, when it is over, and just
before it starts.
"""

from inner.lab import PARAMETERS
from inner.load import Load, held_data
import scenario

MIB, RATE = 2000, 300		# of a burst
AVAILABLE = 1400		# MiB, when the host asks: more than the floor
WANTED = 1024			# MiB
KEPT = WANTED // 3		# of that; the floor alone would keep 60
MOST = 1700			# MiB, wanted page by page: that takes some seconds
START = 1			# seconds after that: of the second burst


class Run(scenario.Scenario):
    boot = scenario.Boot("giving", memory=3072, swap=1024)
    checks = {
        "keeps": "while a burst grows it keeps what that will want",
        "first": "nothing is swapped then",
        "gives": "it gives again when the burst is over, at once",
        "stops": "it stops giving when a burst starts meanwhile",
        "second": "nothing is swapped then either",
        "returned": "all that it gave comes back",
        "data": "every page of the loads held its data",
    }
    limit = 300
    stock = False

    def run(self):
        self.guest.use_swap()
        self.host.wait_ready()
        self.size = self.host.actual()
        results = [self.while_it_grows(), self.while_it_starts()]
        self.check("data", held_data(results),
                   f"pages, bad, status: {results}")

    def check_swap(self, key):
        swapped = self.guest.swapped()
        self.check(key, not swapped, f"{swapped:.0f} MiB")

    def while_it_grows(self):
        """What the load says at its end; so does the next one."""
        load = Load(self.guest, "noreserve", MIB, RATE, "hold")
        self.guest.wait_for(self.is_under_way, 60)
        before = self.guest.meminfo()["MemAvailable"]
        seconds, actual = self.host.resize(self.size - WANTED, 60)
        after = self.guest.meminfo()["MemAvailable"]
        self.check("keeps", self.size - actual <= WANTED - KEPT,
                   f"{self.size - actual:.0f} of {WANTED} MiB in "
                   f"{seconds:.1f} s; {before:.0f} MiB available before, "
                   f"{after:.0f} after")
        load.wait_touched(30)
        self.check_swap("first")
        self.host.resize(self.size, 60)
        seconds, actual = self.host.resize(self.size - WANTED, 60)
        self.check("gives", self.size - actual > 128,
                   f"{self.size - actual:.0f} of {WANTED} MiB in "
                   f"{seconds:.1f} s")
        self.host.resize(self.size, 60)
        return load.stop()

    def while_it_starts(self):
        self.guest.write(f"{PARAMETERS}/balloon_blocks", "N")
        load = Load(self.guest, "noreserve", MIB, RATE, "hold", delay=START)
        seconds, actual = self.host.resize(self.size - MOST, 60)
        left = self.guest.meminfo()["MemAvailable"]
        self.check("stops", 64 <= self.size - actual < MOST and
                   seconds > START,
                   f"{self.size - actual:.0f} of {MOST} MiB in "
                   f"{seconds:.1f} s; {left:.0f} MiB available then")
        # The host returns what the guest asks for; this one when it is told.
        _, back = self.host.resize(self.size, 60)
        load.wait_touched(30)
        self.check_swap("second")
        self.check("returned", back == self.size, f"{back:.0f} MiB again")
        return load.stop()

    def is_under_way(self):
        return self.guest.meminfo()["MemAvailable"] < AVAILABLE
