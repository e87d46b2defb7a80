# SPDX-License-Identifier: GPL-2.0-only
"""Pressure that the host doesn't answer: dmesg names the likely cause."""

import re

from inner.lab import PARAMETERS
from inner.load import Load
import scenario

SAID = re.compile(r"\[ *(\S+)\] .*memory pressure unanswered for (\d+) s: "
                  r"([^:.]+)")
OVER = "memory pressure is answered or over"

CAUSES = {
    "delay": "pressure_report_delay is still running",
    "hot_add": "hot-add is off",
    "host": "the host gave nothing",
    "offline": "memory was added but is offline",
}


class Run(scenario.Scenario):
    boot = scenario.Boot("pressure", memory=512, swap=2048)
    checks = {
        "delay": "it names a pressure_report_delay that is running",
        "hot_add": "it names hot_add=0",
        "host": "it names the host that gives nothing",
        "offline": "it names the blocks that are offline",
        "soon": "the line comes after 10 to 15 s of pressure",
        "once": "it comes once, however long the pressure lasts",
        "clear": "each is followed by one line that says that it is over",
        "counted": "debugfs counts them, and the longest",
    }
    timed = ("soon",)
    limit = 400
    stock = False

    def run(self):
        self.guest.use_swap()
        self.cleared, self.after = {}, {}
        self.set("pressure_report_delay", "3600")
        self.expect("delay")
        self.set("pressure_report_delay", "0")
        self.set("hot_add", "0")
        self.expect("hot_add")
        self.set("hot_add", "1")
        lines = self.expect("host", 12)
        self.check("once", len(lines) == 1, f"{len(lines)} lines")
        self.host.wait_ready()
        self.lab.policy("off")
        self.host.resize(self.host.actual() + 256)
        self.expect("offline")
        self.lab.policy("kernel")
        for number, state, _ in self.lab.blocks():
            if state == "offline":
                self.guest.write(f"/sys/devices/system/memory/memory{number}"
                                 "/state", "online")
        self.check("soon", all(10 <= seconds <= 15 for seconds in
                               self.after.values()) and self.after,
                   self.after)
        self.check("clear", self.cleared and
                   set(self.cleared.values()) == {1}, self.cleared)
        says = self.lab.driver_says()
        self.check("counted", says.get("pressure_unanswered") == "4" and
                   int(says.get("unanswered_max_ms", 0)) >= 10000,
                   {key: says.get(key) for key in
                    ("pressure_unanswered", "unanswered_max_ms")})

    def set(self, name, value):
        self.guest.write(f"{PARAMETERS}/{name}", value)

    def expect(self, key, longer=0):
        """Pressure until the line comes, and for some seconds longer."""
        mark = len(self.said())
        over = self.guest.dmesg().count(OVER)
        load = Load(self.guest, "noreserve", self.room() + 150)
        self.guest.wait_for(lambda: len(self.said()) > mark, 45, 0.5)
        if longer:
            self.guest.wait_for(lambda: False, longer)
        load.kill()
        self.guest.wait_for(
            lambda: self.guest.dmesg().count(OVER) > over, 15, 0.5)
        lines = self.said()[mark:]
        self.cleared[key] = self.guest.dmesg().count(OVER) - over
        if lines:
            self.after[key] = int(lines[0][1])
        self.check(key, lines and CAUSES[key] in lines[0][2],
                   "; ".join(line[2] for line in lines) or "nothing was said")
        return lines

    def room(self):
        return int(self.guest.meminfo()["MemAvailable"])

    def said(self):
        return [found.groups() for found in
                map(SAID.search, self.guest.dmesg().splitlines()) if found]
