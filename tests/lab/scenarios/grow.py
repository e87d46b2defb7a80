# SPDX-License-Identifier: GPL-2.0-only
"""The host adds 2 GiB to a guest whose kernel leaves new memory offline."""

from inner.load import Load, held_data
import scenario

MIB = 2048


class Run(scenario.Scenario):
    checks = {
        "actual": "the host counts 2048 MiB more",
        "agree": "MemTotal grew by the same within 64 MiB",
        "online": "no memory block is left offline",
        "touched": "a load larger than the boot memory fits in",
        "checked": "every page of that load held its data",
    }
    limit = 400

    def run(self):
        self.host.wait_ready()
        size, total = self.lab.sizes()
        seconds, grown = self.host.resize(size + MIB, 120)
        self.check("actual", grown - size == MIB,
                   f"{size:.0f} to {grown:.0f} MiB, "
                   f"answered after {seconds:.2f} s")
        self.guest.wait_for(
            lambda: abs(self.guest.total() - total - MIB) <= 64, 10)
        now = self.guest.total()
        self.check("agree", abs(now - total - MIB) <= 64,
                   f"MemTotal {total:.0f} to {now:.0f} MiB")
        states = [state for _, state, _ in self.lab.blocks()]
        self.check("online", states.count("offline") == 0,
                   f"{len(states)} blocks, {states.count('offline')} offline")
        load = Load(self.guest, "committed", int(total) + 768)
        seconds = load.wait_touched(120)
        self.check("touched", seconds is not None,
                   f"{total + 768:.0f} MiB touched in {seconds} s")
        result = load.stop()
        self.check("checked", held_data([result]),
                   f"pages, bad, status: {result}")
