# SPDX-License-Identifier: GPL-2.0-only
"""A parameter set to what it can't be keeps its value, and dmesg says why."""

from inner.lab import PARAMETERS
import scenario

WRONG = {"hot_add": "perhaps", "balloon_blocks": "2", "hot_remove": "",
         "pressure_report_delay": "-1", "online_policy": "sideways",
         "psi_trigger": "full 0 500000", "psi_early_trigger": "some",
         "burst_interval_ms": "19", "burst_decay_s": "3601",
         "memtotal_mib": "16777217", "protocol_extension": "all"}


class Run(scenario.Scenario):
    checks = {
        "refused": "a wrong value is refused, for every parameter",
        "kept": "the old value stays",
        "why": "dmesg names each, what it may be and what it stays",
        "right": "every right value of online_policy is taken",
    }
    stock = False

    def run(self):
        mark = len(self.guest.dmesg())
        before = {name: self.value(name) for name in WRONG}
        status = {name: self.guest.write(f"{PARAMETERS}/{name}", value)
                  for name, value in WRONG.items()}
        after = {name: self.value(name) for name in WRONG}
        self.check("refused", all(status.values()), status)
        self.check("kept", after == before, after)
        lines = [line.split("] ", 1)[-1] for line in
                 self.guest.dmesg()[mark:].splitlines() if " stays " in line]
        self.check("why", [line.split()[1] for line in lines] == list(WRONG),
                   " / ".join(lines))
        taken = []
        for value in ("kernel", "movable", "off", "auto",
                      before["online_policy"]):
            self.lab.policy(value)
            taken.append(self.lab.policy() == value)
        self.check("right", all(taken), taken)

    def value(self, name):
        return self.guest.attempt(f"cat {PARAMETERS}/{name}")[1].strip()
