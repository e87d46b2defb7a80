# SPDX-License-Identifier: GPL-2.0-only
"""Owns what goes on beside a load: one thread plays the host, another samples
the guest. Each has a connection of its own, so neither waits for the other.
"""

import re
import threading
import time
import traceback

FILES = ["/proc/meminfo", "/proc/vmstat", "/proc/pressure/memory"]
MIB = 1 << 20
TICK = 1.1			# a report came by then, changed or not
POLL = 0.015			# seconds between looks at the last report
SAMPLE = 0.15			# seconds between samples


def parse(text):
    """The counters in FILES: MiB from meminfo, pages, microseconds."""
    found = {key: int(value) / 1024 for key, value in
             re.findall(r"^(\w+):\s+(\d+) kB$", text, re.MULTILINE)}
    found |= {key: int(value) for key, value in
              re.findall(r"^(\w+) (\d+)$", text, re.MULTILINE)}
    found |= {f"psi_{key}": int(value) for key, value in
              re.findall(r"^(some|full) .*total=(\d+)$", text, re.MULTILINE)}
    return found


class Watch:
    """Runs between start() and close()."""

    def __init__(self, lab, balancer=None, on_sample=None, more_files=()):
        self.lab = lab
        self.host = lab.host
        self.balancer = balancer
        self.on_sample = on_sample
        self.files = [*FILES, *more_files]
        self.samples = []
        report = self.host.report()
        self.reports = [(time.time(), report[0], self.net(report[0]))
                        ] if report else []	# (time, committed, demand)
        self.targets = []		# (time, target)
        self.paused = 0.0		# seconds that the guest stood still
        self.touched = 0		# loads that have touched all, or ended
        self.size = self.target = self.host.actual()
        self.failure = None
        self.ending = threading.Event()
        self.threads = [threading.Thread(target=self.guarded, args=(work,))
                        for work in (self.play_host, self.sample)]

    def start(self):
        self.begin = time.time()
        for thread in self.threads:
            thread.start()
        return self

    def close(self):
        self.ending.set()
        for thread in self.threads:
            thread.join()

    def check(self):
        if self.failure:
            raise RuntimeError(self.failure)

    def guarded(self, work):
        try:
            work()
        except Exception:
            self.failure = traceback.format_exc()
            self.ending.set()

    def wait(self, seconds, done=lambda: False, interval=0.02):
        """Waits until done() or the time is up; whether it was done.

        A done() that asks the guest takes CPU time from it, each interval.
        """
        end = time.monotonic() + seconds
        while not done():
            if time.monotonic() > end or self.ending.is_set():
                self.check()
                return False
            time.sleep(interval)
        return True

    def play_host(self):
        """Acts on each report that came while nothing was under way.

        What came before may count pages that were changing hands. A report
        like the one before can't be seen, but its time can be known.
        """
        last, fresh, busy_at = None, False, 0
        while not self.ending.wait(POLL):
            now = time.monotonic()
            report = self.host.report()
            if self.host.state() != "S_IDLE":
                busy_at, fresh = now, False
            if report != last or now - busy_at > TICK:
                fresh = report and now > busy_at
            if report and report != last:
                self.reports.append((time.time(), report[0],
                                     self.net(report[0])))
            last = report
            if fresh:
                busy_at, fresh = now, False
                self.act(self.net(report[0]))

    def net(self, committed):
        """Demand without what the host took, which the guest counts in."""
        return committed - self.host.held_pages() * 4096 / MIB

    def act(self, demand):
        """One target at most for one report."""
        self.size = self.host.actual()
        if not self.balancer:
            return
        target = self.balancer.target(time.monotonic(), self.size, demand)
        if target != self.size:
            self.targets.append((time.time(), target))
            self.target = target
            self.paused += self.host.set_target(target)

    def sample(self):
        while True:
            self.take()
            if self.ending.wait(SAMPLE):
                return

    def take(self):
        text = self.lab.guest.read_all(self.files, 60)
        values = parse(text)
        self.touched = max(text.count("touched "), text.count("status "))
        sample = {
            "time": time.time() - self.begin,
            "guest_time": time.time() - self.lab.guest.offset,
            "paused": self.paused,
            "total": values["MemTotal"],
            "used": values["MemTotal"] - values["MemAvailable"],
            "anon": values["AnonPages"],
            "commit": values["Committed_AS"],
            "swapped": values["SwapTotal"] - values["SwapFree"],
            "pswpout": values["pswpout"], "pswpin": values["pswpin"],
            "psi_some": values.get("psi_some", 0),
            "psi_full": values.get("psi_full", 0),
            "size": self.size, "target": self.target,
            "committed": self.reports[-1][1] if self.reports else 0,
            "demand": self.reports[-1][2] if self.reports else 0,
            "targets": len(self.targets), "touched": self.touched,
        }
        self.samples.append(sample)
        if self.on_sample:
            self.on_sample(sample)
