# SPDX-License-Identifier: GPL-2.0-only
"""Owns the load generator's runs in the guest (guest/load.c has the modes)."""

import re


def held_data(results):
    """Whether loads that were stopped found each page as they left it."""
    return all(result and result[1:] == (0, 0) for result in results)


class Load:
    """One load running in the background of the guest."""

    count = 0

    def __init__(self, guest, mode, mib, rate=0, extra="", delay=0, cgroup=""):
        Load.count += 1
        self.guest = guest
        self.out = f"/tmp/load-{Load.count}"
        wait = f"sleep {delay}; " if delay else ""
        if cgroup:
            wait += f"echo 0 >{cgroup}/cgroup.procs; "
        guest.run(f"({wait}load {mode} {mib} {rate} {extra} & "
                  f"echo $! >{self.out}.pid; wait $!; echo status $?) "
                  f">{self.out} 2>&1 &")

    def output(self):
        return self.guest.read_all([self.out])	# empty before it starts

    def wait_touched(self, limit):
        """Seconds that touching all of it took; None if not done in time."""
        def found():
            return re.search(r"touched \d+ in (\S+) s", self.output())
        self.guest.wait_for(lambda: found() or "status" in self.output(),
                            limit)
        return float(found()[1]) if found() else None

    def span(self):
        """(start, end) of the touching on the guest's clock, or None."""
        found = re.search(r"in (\S+) s until (\S+)", self.output())
        return (float(found[2]) - float(found[1]), float(found[2])) \
            if found else None

    def alive(self):
        return "status" not in self.output()

    def kill(self):
        """Ends it without a last look at its pages."""
        self.guest.attempt(f"kill -9 $(cat {self.out}.pid)")
        self.guest.wait_for(lambda: not self.alive(), 30)

    def stop(self, limit=60):
        """Ends the load: (pages checked, bad pages, exit status), or None if
        it ended without a verdict (killed, or out of time).
        """
        self.guest.attempt(f"kill $(cat {self.out}.pid)")
        self.guest.wait_for(lambda: not self.alive(), limit)
        found = re.search(r"checked (\d+) bad (\d+)\nstatus (\d+)",
                          self.output())
        return tuple(map(int, found.groups())) if found else None
