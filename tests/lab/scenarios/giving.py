# SPDX-License-Identifier: GPL-2.0-only
"""A burst starts while the guest is giving memory to the host, page by page."""

from inner.lab import PARAMETERS
from inner.load import Load
import scenario

TARGET = 1024			# MiB, of 4096
MIB, RATE = 1500, 300		# of the burst
LEFT = 1000			# MiB that must be available when it stops


class Run(scenario.Scenario):
    boot = scenario.Boot("giving", memory=4096, swap=1024)
    checks = {
        "begun": "the guest gives memory until the burst starts",
        "stops": "it stops there: it still has what the burst will want",
        "answered": "the host gets its answer and serves the next target",
        "swap": "nothing is swapped",
        "data": "every page of the load held its data",
    }
    limit = 200
    stock = False

    def run(self):
        self.guest.run("mkswap /dev/vda >/dev/null && swapon /dev/vda")
        self.guest.write(f"{PARAMETERS}/balloon_blocks", "N")
        self.host.wait_ready()
        size = self.host.actual()
        load = Load(self.guest, "noreserve", MIB, RATE, "hold", delay=1)
        seconds, actual = self.host.resize(TARGET, 60)
        available = self.guest.meminfo()["MemAvailable"]
        self.check("begun", actual < size - 100,
                   f"{size:.0f} to {actual:.0f} MiB in {seconds:.1f} s")
        load.wait_touched(30)
        left = self.guest.meminfo()["MemAvailable"]
        self.check("stops", actual > TARGET and left < available > LEFT,
                   f"{available:.0f} MiB available then, {left:.0f} when all "
                   "is touched")
        seconds, back = self.host.resize(size, 60)
        self.check("answered", back == size,
                   f"{back:.0f} MiB again in {seconds:.1f} s")
        info = self.guest.meminfo()
        swapped = info["SwapTotal"] - info["SwapFree"]
        self.check("swap", not swapped, f"{swapped:.0f} MiB")
        result = load.stop()
        self.check("data", result and result[1:] == (0, 0),
                   f"pages, bad, status: {result}")
