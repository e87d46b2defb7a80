# SPDX-License-Identifier: GPL-2.0-only
"""The host adds 512 MiB to a guest that leaves new memory offline, as Debian
12 does: the driver brings it online, and the stock driver doesn't.
"""

import scenario

MIB = 512
AUTO_ONLINE = "/sys/devices/system/memory/auto_online_blocks"


class Run(scenario.Scenario):
    boot = scenario.Boot("offline")
    checks = {"online": "every added block is online, and MemTotal has it"}
    contenders = ("stock",)
    compared = {"stock": "the stock driver leaves every added block offline"}
    limit = 300

    def run(self):
        self.guest.write(AUTO_ONLINE, "offline")
        self.host.wait_ready()
        total = self.guest.total()
        seconds, size = self.host.resize(self.host.actual() + MIB, 150)
        self.guest.wait_for(lambda: self.guest.total() - total >= MIB - 64, 10)
        states = [state for _, state, _ in self.lab.blocks()]
        values = {"grown": self.guest.total() - total,
                  "offline": states.count("offline")}
        self.lab.emit("measures", scenario=self.name(), values=values)
        self.check("online", not values["offline"] and
                   abs(values["grown"] - MIB) <= 64,
                   f"{size:.0f} MiB after {seconds:.1f} s, MemTotal grew by "
                   f"{values['grown']:.0f}, {values['offline']} blocks offline")

    @staticmethod
    def compare(found):
        stock = found.get("stock", {})
        left = stock.get("offline", 0)
        return [("stock", left > 0 and stock["grown"] < 64,
                 f"{left} blocks offline, MemTotal grew by "
                 f"{stock.get('grown', 0):.0f} MiB")]
