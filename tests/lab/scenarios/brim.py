# SPDX-License-Identifier: GPL-2.0-only
"""A guest that is filled to the brim, without swap, is grown by the host."""

from inner.load import Load, held_data
import scenario

MIB = 512


class Run(scenario.Scenario):
    boot = scenario.Boot("brim", memory=512)
    checks = {
        "full": "the guest has nothing left",
        "grown": "the host adds 512 MiB all the same, at the first attempt",
        "online": "all of it comes online",
        "usable": "a load of 400 MiB fits in",
        "data": "every page of all loads held its data",
    }
    limit = 200
    stock = True

    def run(self):
        self.host.wait_ready()
        loads = self.fill()
        info = self.guest.meminfo()
        self.check("full", info["MemAvailable"] < 4,
                   f"MemAvailable {info['MemAvailable']:.1f}, MemFree "
                   f"{info['MemFree']:.1f} of {info['MemTotal']:.0f} MiB")
        size, total = self.lab.sizes()
        mark = self.host.mark()
        try:
            seconds, actual = self.host.resize(size + MIB, 60)
        except TimeoutError as error:
            self.note(str(error))
            seconds, actual = 60, self.host.actual()
        asked = len(self.host.events("hot-add", mark))
        self.check("grown", actual - size == MIB and asked == 1,
                   f"{actual - size:.0f} MiB in {seconds:.2f} s, "
                   f"{asked} requests")
        self.guest.wait_for(
            lambda: abs(self.guest.total() - total - MIB) <= 16, 10)
        now = self.guest.total()
        self.check("online", abs(now - total - MIB) <= 16,
                   f"MemTotal {total:.0f} to {now:.0f} MiB")
        more = Load(self.guest, "noreserve", 400)
        seconds = more.wait_touched(60)
        self.check("usable", seconds is not None, f"{seconds} s")
        results = [load.stop() for load in (*loads, more)]
        self.check("data", held_data(results),
                   f"{len(results)} loads")

    def fill(self):
        """Loads that leave nothing, the last ones small."""
        loads = []
        for step, spare in ((64, 128), (8, 24), (1, 3)):
            while len(loads) < 60:
                info = self.guest.meminfo()
                if info["MemAvailable"] < spare:
                    break
                load = Load(self.guest, "noreserve", step, 0, "hold")
                if load.wait_touched(20) is None:
                    break
                loads.append(load)
        return loads
