# SPDX-License-Identifier: GPL-2.0-only
"""systemd and udev run in the guest, with a rule that brings memory online and
one that reloads a crash kernel; the driver is removed while the host has memory
of the guest's, by block, and then everything is tried to have that used again.
"""

from inner.given import Given, touch_single_pages
from inner.load import Load, held_data
import scenario

HELD = 768			# MiB
RUNS = "/run/kdump-runs"	# of debian.py
MEMORY = "/sys/devices/system/memory"


class Run(scenario.Scenario):
    boot = scenario.Boot("udev", memory=2048, debian="plain", limit=180)
    checks = {
        "runs": "systemd and udev run, and a rule of udev's is followed",
        "taken": "the host takes 768 MiB by whole blocks",
        "unloaded": "modprobe -r hv_balloon succeeds",
        "safe": "MemTotal is the same then, also after udev's coldplug",
        "online": "and after someone has set each block online",
        "absent": "of what the host has, no page is touched by a full guest",
        "loaded": "modprobe hv_balloon succeeds",
        "known": "the driver loaded next counts the same pages as held",
        "rules": "none of it had the crash kernel reloaded",
        "adds up": "host and guest grow and shrink by the same after it",
    }
    stock = False			# the stock driver cannot be unloaded
    limit = 400

    def run(self):
        touch_single_pages()
        self.look_at_udev()
        self.host.wait_ready()
        size = self.host.actual()
        mark = self.host.mark()
        self.host.resize(size - HELD)
        given = Given(self.guest, self.host, mark)
        held = self.lab.driver_count("pages_ballooned")
        by_block = self.lab.driver_count("taken_by_block")
        self.check("taken", held == given.pages == by_block == HELD * 256,
                   f"{held} pages, by block {by_block}")
        self.remove(given)
        status, text = self.guest.attempt("modprobe hv_balloon", 60)
        self.check("loaded", not status, text.strip())
        known = self.lab.driver_count("pages_ballooned")
        self.check("known", known == held, f"{known} of {held}")
        runs = self.runs()
        self.check("rules", not runs, f"{len(runs)} runs: {runs[:4]}")
        self.add_up()
        self.note(f"then {len(self.runs())} runs: QEMU has forgotten what it "
                  "has, and adds blocks")

    def settle(self):
        self.guest.run("udevadm settle", 60)

    def runs(self):
        """What the rule that stands for kdump's was run for, so far."""
        self.settle()
        return self.guest.attempt(f"cat {RUNS}")[1].splitlines() \
            if not self.guest.attempt(f"[ -e {RUNS} ]")[0] else []

    def look_at_udev(self):
        self.guest.run(f"cd {MEMORY}; for b in memory*; do "
                       "echo offline >$b/state && echo online >$b/state && "
                       "break; done 2>/dev/null", 60)
        # The kernel dumps a page where a block can't go offline.
        self.guest.forgive(self.guest.dmesg())
        state = self.guest.attempt("systemctl is-system-running --wait", 60)[1]
        runs = self.runs()
        self.guest.run(f"rm -f {RUNS}")
        self.check("runs", len(runs) == 2, f"{state.strip()}; {runs}")

    def remove(self, given):
        total = self.guest.total()
        status, text = self.guest.attempt("modprobe -r hv_balloon", 60)
        self.check("unloaded", not status, text.strip())
        self.settle()
        self.guest.run("udevadm trigger --subsystem-match=memory --action=add")
        self.settle()
        now = self.guest.total()
        self.check("safe", abs(now - total) < 1, f"{total:.1f} to {now:.1f}")
        self.guest.attempt(f"cd {MEMORY}; for b in memory*; do "
                           "grep -q offline $b/state && "
                           "echo online >$b/state; done", 60)
        now = self.guest.total()
        self.check("online", abs(now - total) < 1, f"{total:.1f} to {now:.1f}")
        load = Load(self.guest, "committed",
                    int(self.guest.meminfo()["MemAvailable"]) - 100)
        load.wait_touched(60)
        result = load.stop()
        present = given.present()
        self.check("absent", not present and held_data([result]),
                   f"{present} of {given.pages} pages; {result}")

    def add_up(self):
        self.host.wait_ready()
        found = []
        for change in (HELD, -HELD / 2, HELD / 2):
            size, total = self.lab.sizes()
            _, actual = self.host.resize(size + change)
            self.guest.wait_for(lambda: abs(
                self.guest.total() - total - change) <= 16, 10)
            found.append((change, actual - size, self.guest.total() - total))
        self.check("adds up", all(change == host and abs(guest - change) <= 16
                                  for change, host, guest in found),
                   ", ".join(f"{change:+.0f}: host {host:+.0f}, MemTotal "
                             f"{guest:+.0f}" for change, host, guest in found))
