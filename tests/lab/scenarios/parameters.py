# SPDX-License-Identifier: GPL-2.0-only
"""A parameter set to what it cannot be keeps its value, and dmesg says why."""

from inner.lab import PARAMETERS
import scenario

WRONG = {"online_policy": "sideways", "hot_add": "perhaps",
         "pressure_report_delay": "-1"}


class Run(scenario.Scenario):
    checks = {
        "refused": "a wrong value is refused, for every parameter",
        "kept": "the old value stays",
        "why": "dmesg names the parameter and what it may be",
        "right": "every right value of online_policy is taken",
    }
    stock = False

    def run(self):
        before = {name: self.value(name) for name in WRONG}
        status = {name: self.guest.write(f"{PARAMETERS}/{name}", value)
                  for name, value in WRONG.items()}
        after = {name: self.value(name) for name in WRONG}
        self.check("refused", all(status.values()), status)
        self.check("kept", after == before, after)
        lines = [line for line in self.guest.dmesg().splitlines()
                 if "online_policy" in line and "movable" in line]
        self.check("why", lines, lines[-1] if lines else "nothing")
        taken = []
        for value in ("kernel", "movable", "off", "auto",
                      before["online_policy"]):
            self.lab.policy(value)
            taken.append(self.lab.policy() == value)
        self.check("right", all(taken), taken)

    def value(self, name):
        return self.guest.attempt(f"cat {PARAMETERS}/{name}")[1].strip()
