# SPDX-License-Identifier: GPL-2.0-only
"""A process that is bound to a node which is full, in a guest that isn't: it
swaps, and without swap it is killed. The kernel tells of both as if the guest
were short; more memory for the guest would not go where the process may use it.
"""

import time

import scenario
from scenarios import container

NODE = "1"
FITS = 640		# MiB, of a node of 1024
BEYOND = 1200
SECONDS = 15


class Run(container.Run):
    boot = scenario.Boot("numa", memory=2048, swap=1024, nodes=2)
    checks = {
        "nodes": "the guest has two nodes, with a process bound to one",
        "stalls": "PSI tells of full stalls while that swaps",
        "bound": "the demand is at most that of one that touches as much",
        "reports": "and the guest reports once a second",
        "oom": "a process that is killed for its node is no sign of want",
        "quiet": "dmesg says nothing of any of it",
    }
    timed = ("stalls", "reports")
    limit = 300

    def run(self):
        self.guest.run(
            "echo '+memory +cpuset' >/sys/fs/cgroup/cgroup.subtree_control")
        self.said = len(self.lines())
        load = self.container(FITS, cpuset_mems=NODE)
        load.wait_touched(60)
        bound = self.guest.read(f"/sys/devices/system/node/node{NODE}/meminfo")
        used = int(bound.split("MemUsed:")[1].split()[0]) / 1024
        demand, _ = self.demand()
        self.end(load)
        self.check("nodes", used >= FITS, f"{used:.0f} MiB used in node {NODE}")
        # Without swap, so that it comes to its end soon.
        self.oom(BEYOND, cpuset_mems=NODE)
        self.guest.use_swap()
        self.swaps(demand)
        said = self.lines()[self.said:]
        self.check("quiet", not said, " / ".join(said) or "nothing")

    def swaps(self, fits):
        before = self.stalled()
        load = self.container(BEYOND, cpuset_mems=NODE)
        time.sleep(10)
        demand, reports = self.demand(SECONDS)
        stalled_ms = (self.stalled() - before) / 1000
        self.end(load)
        self.check("stalls", stalled_ms > 500, f"{stalled_ms:.0f} ms")
        most = 1.05 * fits + BEYOND - FITS
        self.check("bound", demand <= most,
                   f"{demand:.0f} MiB, at most {most:.0f} would do")
        self.check("reports", reports <= SECONDS + 2,
                   f"{reports} in {SECONDS} s")
