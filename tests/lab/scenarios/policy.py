# SPDX-License-Identifier: GPL-2.0-only
"""online_policy: where hot-added memory goes under each of its values."""

import time

import scenario

STEP = 512
BLOCKS = "/sys/devices/system/memory"


class Run(scenario.Scenario):
    boot = scenario.Boot("policy", cpu=())	# with Hyper-V's timer
    checks = {
        "kernel": "kernel: every new block is online in a kernel zone",
        "movable": "movable: every new block is online in ZONE_MOVABLE",
        "auto": "auto: every new block is online",
        "off": "off: every new block stays offline",
        "counted": "the blocks left offline count as demand",
        "admin": "the admin brings those online, and both sides agree",
    }
    limit = 300
    stock = False

    def run(self):
        self.host.wait_ready()
        size, total = self.lab.sizes()
        for value in ("kernel", "movable", "auto", "off"):
            before = self.host.report()
            new = self.grow_under(value)
            states = {state for _, state, _ in new}
            zones = {zone for _, _, zones in new for zone in zones[:1]}
            passed = len(new) == STEP // 128 and {
                "kernel": states == {"online"} and zones == {"Normal"},
                "movable": states == {"online"} and zones == {"Movable"},
                "auto": states == {"online"},
                "off": states == {"offline"},
            }[value]
            self.check(value, passed, f"{len(new)} blocks, "
                       f"{'/'.join(states)}, {'/'.join(zones)}")
        self.host.poll_reports(2)
        after = self.host.report()
        self.check("counted", after[0] - before[0] > STEP - 64,
                   f"demand {before[0]:.0f} to {after[0]:.0f} MiB")
        for number, _, _ in new:
            self.guest.write(f"{BLOCKS}/memory{number}/state", "online")
        now_size, now_total = self.lab.sizes()
        self.check("admin", abs((now_total - total) - (now_size - size)) <= 64,
                   f"host {size:.0f} to {now_size:.0f} MiB, MemTotal "
                   f"{total:.0f} to {now_total:.0f} MiB")

    def grow_under(self, value):
        """Blocks added under a policy, once they have had time to settle."""
        old = {number for number, _, _ in self.lab.blocks()}
        self.lab.policy(value)
        self.host.resize(self.host.actual() + STEP)

        def new():
            return [block for block in self.lab.blocks()
                    if block[0] not in old]
        if value == "off":
            time.sleep(5)
        else:
            self.guest.wait_for(lambda: all(
                state == "online" for _, state, _ in new()), 5)
        return new()
