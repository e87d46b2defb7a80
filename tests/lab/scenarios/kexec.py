# SPDX-License-Identifier: GPL-2.0-only
"""Another kernel is booted in place of the first by kexec, without a crash,
while the host has memory of the guest's, and the guest has some that was added.
"""

import scenario

ADDED, HELD = 256, 512		# MiB


class Run(scenario.Scenario):
    boot = scenario.Boot("kexec", memory=2048, kexec=True)
    checks = {
        "boots": "the second kernel boots",
        "reset": "the host resets the device before it",
        "negotiates": "the driver in it comes to terms with the host",
        "total": "it has all the memory that the guest was started with",
        "reports": "its reports reach the host",
        "shrinks": "it shrinks by what the host asks for",
        "grows": "it grows by that again",
    }
    limit = 300

    def run(self):
        self.host.wait_ready()
        first = self.lab.sizes()
        self.host.resize(first[0] + ADDED)
        self.host.resize(first[0] + ADDED - HELD)
        self.note(f"first kernel: host {first[0]:.0f}, MemTotal "
                  f"{first[1]:.0f} MiB; then {ADDED} added and {HELD} taken: "
                  f"{self.lab.sizes()}")
        mark = self.host.mark()
        line = self.guest.read("/proc/cmdline").strip()
        self.check("boots", self.guest.leave(
            f"kexec boot /next/vmlinuz /next/initrd '{line}'", 120))
        states = [event.state for event in self.host.events("state", mark)]
        self.check("reset", "S_POST_RESET_CLOSED" in states, states)
        self.lab.load_driver()
        self.guest.wait_for(lambda: self.host.events("caps", mark), 10)
        self.check("negotiates", len(self.host.events("caps", mark)) == 1)
        self.host.wait_ready()
        size, total = self.lab.sizes()
        self.note(f"second kernel: host {size:.0f}, MemTotal {total:.0f} MiB; "
                  f"held: {self.lab.driver_count('pages_ballooned')} pages")
        self.check("total", abs(total - first[1]) < 64,
                   f"{first[1]:.0f} to {total:.0f} MiB")
        came, before, after = self.lab.reports()
        self.check("reports", came, f"{before} to {after}")
        for key, change in (("shrinks", -HELD), ("grows", HELD)):
            size, total = self.lab.sizes()
            _, actual = self.host.resize(size + change)
            self.guest.wait_for(
                lambda: abs(self.guest.total() - total - change) <= 16, 10)
            now = self.guest.total()
            self.check(key, actual == size + change and
                       abs(now - total - change) <= 16,
                       f"host {size:.0f} to {actual:.0f}, MemTotal "
                       f"{total:.0f} to {now:.0f} MiB")
