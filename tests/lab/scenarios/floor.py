# SPDX-License-Identifier: GPL-2.0-only
"""The host asks for far more than the guest can give, then gives it back."""

import scenario

UNCOUNTED = 125			# pages that a CPU keeps to itself, at most


class Run(scenario.Scenario):
    TARGET = 64				# MiB
    checks = {
        "partial": "the guest gives a part and stops at its floor",
        "agree": "what MemTotal lost is what the host gained, within 64 MiB",
        "exact": "host, driver and (from 6.16) kernel count the same pages",
        "alive": "the guest still starts processes and allocates memory",
        "back": "all of it comes back: host and MemTotal as before",
        "held": "the driver holds as many pages as before",
    }
    limit = 300

    def run(self):
        self.host.wait_ready()
        size, total = self.lab.sizes()
        before = self.lab.driver_count("pages_ballooned")
        mark = self.host.mark()
        seconds, low = self.host.resize(self.TARGET, 150)
        info = self.guest.meminfo()
        self.check("partial", self.TARGET < low < size,
                   f"{size:.0f} to {low:.0f} MiB in {seconds:.1f} s, "
                   f"MemAvailable {info['MemAvailable']:.0f} MiB")
        self.check("agree", abs((total - info["MemTotal"]) - (size - low))
                   <= 64, f"MemTotal {total:.0f} to {info['MemTotal']:.0f}")
        given = self.lab.driver_count("pages_ballooned") - before
        received = self.host.removed_pages(mark)
        counted = given
        if "Balloon" in info:
            counted = 256 * info["Balloon"] - before
        self.check("exact", given == received == (size - low) * 256 and
                   abs(counted - given) <= UNCOUNTED,
                   f"given {given}, received {received}, Balloon in meminfo: "
                   f"{info.get('Balloon', 'none')} MiB")
        status, text = self.guest.attempt(
            "dd if=/dev/zero of=/tmp/some bs=1M count=16 2>/dev/null && "
            "cmp -n 16777216 /tmp/some /dev/zero; s=$?; rm -f /tmp/some; "
            "exit $s", 60)
        self.check("alive", status == 0, text.strip() or "16 MiB written")
        seconds, back = self.host.resize(size, 120)
        self.guest.wait_for(lambda: abs(self.guest.total() - total) <= 1, 10)
        now = self.guest.total()
        self.check("back", back == size and abs(now - total) <= 1,
                   f"{back:.0f} MiB, MemTotal {now:.0f} MiB, {seconds:.1f} s")
        held = self.lab.driver_count("pages_ballooned")
        self.check("held", held == before >= 0, f"pages_ballooned: {held}")
