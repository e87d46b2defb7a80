# SPDX-License-Identifier: GPL-2.0-only
"""A container that is short in a guest that isn't: at its limit, above
memory.high, out of memory, reclaimed from. More memory for the guest would help
none of them, so the host isn't asked for it.
"""

import time

from inner.load import Load
import scenario

CGROUP = "/sys/fs/cgroup/container"
LIMIT = 100		# MiB
INSIDE = 80
BEYOND = 200
SECONDS = 15
KILLER = "invoked oom-killer"


class Run(scenario.Scenario):
    boot = scenario.Boot("container", memory=2048, swap=1024)
    checks = {
        "stalls": "PSI tells of full stalls while the container thrashes",
        "limit": "at its limit: the demand is that of a container that fits",
        "reports": "and the guest reports once a second",
        "high": "above memory.high: at most that of one that touches as much",
        "oom": "a container that is killed for its limit is no sign of want",
        "reclaim": "nor is one that is reclaimed from",
        "quiet": "dmesg says nothing of any of it",
        "balloon": "meanwhile the host gets what it asks for",
    }
    timed = ("stalls", "reports")
    limit = 240
    stock = False

    def run(self):
        self.guest.use_swap()
        self.guest.run("echo +memory >/sys/fs/cgroup/cgroup.subtree_control")
        self.said = len(self.lines())
        fits = self.fits()
        self.thrash(fits)
        self.high(fits)
        self.oom(BEYOND, memory_max=f"{LIMIT}M", memory_swap_max="0")
        self.reclaim(fits)
        said = self.lines()[self.said:]
        self.check("quiet", not said, " / ".join(said) or "nothing")

    def lines(self):
        return [line for line in self.guest.dmesg().splitlines()
                if "hv_balloon" in line]

    def container(self, mib, **settings):
        """A load in a container of its own."""
        self.guest.run(f"mkdir {CGROUP}")
        for name, value in settings.items():
            self.guest.write(f"{CGROUP}/{name.replace('_', '.')}", value)
        return Load(self.guest, "noreserve", mib, cgroup=CGROUP)

    def end(self, load):
        load.kill()
        self.guest.wait_for(
            lambda: not self.guest.attempt(f"rmdir {CGROUP}")[0], 20, 0.5)

    def demand(self, seconds=3):
        """The highest that was reported, and how many reports there were."""
        reports = self.host.poll_reports(seconds)
        return max(report[1] for report in reports), len(reports)

    def fits(self):
        load = self.container(INSIDE, memory_max=f"{LIMIT}M")
        if load.wait_touched(30) is None:
            raise TimeoutError(f"{INSIDE} MiB aren't touched")
        time.sleep(2)
        demand, _ = self.demand()
        self.end(load)
        self.note(f"demand with {INSIDE} MiB in a container: {demand:.0f} MiB")
        return demand

    def same(self, key, fits, demand, used=LIMIT):
        most = 1.05 * fits + 2 * (used - INSIDE)
        self.check(key, demand <= most,
                   f"{demand:.0f} MiB, at most {most:.0f} would do")

    def stalled(self):
        """Microseconds in which nothing ran for want of memory."""
        text = self.guest.read("/proc/pressure/memory")
        return int(text.rsplit("total=", 1)[1])

    def thrash(self, fits):
        self.host.wait_ready()
        before = self.stalled()
        load = self.container(BEYOND, memory_max=f"{LIMIT}M")
        time.sleep(3)
        held = self.host.actual()
        self.host.resize(held - 256)
        self.check("balloon", self.host.actual() <= held - 250,
                   f"{held - self.host.actual():.0f} of 256 MiB")
        demand, reports = self.demand(SECONDS)
        stalled_ms = (self.stalled() - before) / 1000
        self.end(load)
        self.check("stalls", stalled_ms > 1000, f"{stalled_ms:.0f} ms")
        self.same("limit", fits + 256, demand)
        self.check("reports", reports <= SECONDS + 2,
                   f"{reports} in {SECONDS} s")
        self.host.resize(held)

    def high(self, fits):
        load = self.container(BEYOND, memory_high=f"{LIMIT}M")
        time.sleep(3)
        demand, _ = self.demand(SECONDS)
        self.end(load)
        # It runs beyond that at first, so what it touched was in memory.
        self.same("high", fits, demand, BEYOND)

    def oom(self, mib, **settings):
        """A load that is killed for what its container may not have."""
        before = int(self.lab.driver_says()["signals_oom"])
        load = self.container(mib, **settings)
        ended = self.guest.wait_for(lambda: not load.alive(), 30)
        dmesg = self.guest.dmesg()
        self.guest.forgive(dmesg.rpartition(KILLER)[2])
        self.end(load)
        signals = int(self.lab.driver_says()["signals_oom"]) - before
        self.check("oom", ended and KILLER in dmesg and not signals,
                   f"{signals} signals")

    def reclaim(self, fits):
        load = self.container(INSIDE, memory_max=f"{LIMIT}M")
        load.wait_touched(30)
        for _ in range(5):
            self.guest.attempt(f"echo 40M >{CGROUP}/memory.reclaim")
            time.sleep(1)
        demand, _ = self.demand()
        self.end(load)
        self.same("reclaim", fits, demand)
