# SPDX-License-Identifier: GPL-2.0-only
"""A real program in a guest with a small Debian, with a balancer as the host;
with this driver and with stock. programs.py has the programs.
"""

import re

from inner.balancer import Balancer
from inner.watch import Watch
import programs
import scenario

MINIMUM, MAXIMUM = 1024, 8192
OUT = "/run/program"
UNIT = "lab-program"
BAD = re.compile(r"\b[1-9]\d* of them bad")
KILLS = "journalctl -q --no-pager -o short-monotonic -b | grep 'sending SIG'"

SENTENCES = {
    "ends": "it comes to its end, and finds its data as it left it",
    "still": "the guest isn't grown for it",
    "alive": "earlyoom kills nothing",
    "unswapped": "nothing is written to swap",
}
COMPARED = {
    "swap": "at most 1/20 of stock's pages are written to swap",
    "stall": "at most 1/20 of stock's time is lost in PSI full",
    "faster": "in the end it takes at most 1/5 of stock's time",
}
# What a program's start can cost whatever the driver: pages, and microseconds.
FEW_PAGES, SHORT_US = 256, 100000


class Run(scenario.Scenario):
    def run(self):
        self.guest.attempt("swapoff /dev/vdb")
        if self.program.swap:
            self.guest.run("mkswap /dev/vdb >/dev/null && swapon /dev/vdb")
        self.host.wait_ready()
        if self.program.service:
            self.guest.run(f"systemctl start {self.program.service}", 60)
        rounds = self.program.rounds if self.lab.ours else 1
        found = [self.play() for _ in range(rounds)]
        if self.program.service:
            self.guest.run(f"systemctl stop {self.program.service}", 60)
        self.judge(found)

    def play(self):
        self.host.resize(MINIMUM)
        self.guest.run(f"rm -f {OUT}; echo 1 >/proc/sys/vm/drop_caches")
        watch = Watch(self.lab, Balancer(MINIMUM, MAXIMUM), None,
                      [OUT]).start()
        try:
            watch.wait(3)
            first = watch.samples[-1]
            self.start()
            watch.wait(self.program.seconds, lambda: watch.touched)
            last = watch.samples[-1]
        finally:
            watch.close()
        watch.check()
        return self.measure(watch, first, last)

    def start(self):
        words = " ".join(f"-p {word}" for word in self.program.properties)
        self.guest.run(
            f"systemd-run -q --collect --unit={UNIT} {words} "
            f"-p StandardOutput=file:{OUT} -p StandardError=file:{OUT} "
            f"-p OOMPolicy=continue sh -c '{self.program.command}; "
            "echo status $?'", 60)

    def measure(self, watch, first, last):
        text = self.guest.attempt(f"cat {OUT}")[1]
        self.guest.attempt(f"systemctl stop {UNIT}", 60)
        samples = [sample for sample in watch.samples
                   if sample["time"] >= first["time"]]
        took = re.search(r"([\d.]+) s for 1000 rows", text)
        return {
            "good": "status 0" in text and not BAD.search(text),
            "said": text.strip()[-200:],
            "swapped": last["pswpout"] - first["pswpout"],
            "full_us": last["psi_full"] - first["psi_full"],
            "seconds": last["time"] - first["time"],
            "paused": last["paused"] - first["paused"],
            "peak": max(sample["used"] for sample in samples),
            "start": first["size"],
            "size": max(watch.size, watch.target),
            "kills": self.kills(),
            "rows_s": float(took[1]) if took else 0,
        }

    def kills(self):
        """How many processes earlyoom has killed; says which."""
        lines = self.guest.attempt(KILLS, 60)[1].splitlines()
        for line in lines:
            self.note(line)
        return len(lines)

    def judge(self, found):
        total = dict(found[-1])
        for key in ("swapped", "full_us", "seconds", "paused"):
            total[key] = sum(one[key] for one in found) / len(found)
        total["size"] = max(one["size"] for one in found)
        bad = [one["said"] for one in found if not one["good"]]
        if bad:
            self.note(bad[0])
        del total["said"]
        self.lab.emit("measures", scenario=self.name(), values=total)
        verdicts = {
            "ends": (not bad, f"{len(found) - len(bad)} of {len(found)} times"),
            "still": (total["size"] <= total["start"] + 64,
                      f"{total['start']:.0f} to {total['size']:.0f} MiB"),
            "alive": (not total["kills"], f"{total['kills']} kills"),
            "unswapped": (total["swapped"] <= FEW_PAGES,
                          f"{total['swapped']:.0f} pages; "
                          f"{total['start']:.0f} to {total['size']:.0f} MiB"),
        }
        for key in self.checks:
            self.check(key, *verdicts[key])


def compare(program, found):
    """[(key, passed, measured)] from {contender: measures}."""
    ours, stock = found["ours"], found.get("stock")
    if not stock:
        return []
    verdicts = {
        "swap": (ours["swapped"] <= max(stock["swapped"] / 20, FEW_PAGES),
                 f"{ours['swapped']:.0f} of {stock['swapped']:.0f} pages"),
        "stall": (ours["full_us"] <= max(stock["full_us"] / 20, SHORT_US),
                  f"{ours['full_us'] / 1e6:.2f} of "
                  f"{stock['full_us'] / 1e6:.2f} s"),
        "faster": (0 < ours["rows_s"] <= stock["rows_s"] / 5,
                   f"{ours['rows_s']} of {stock['rows_s']} s for 1000 rows"),
    }
    return [(key, *verdicts[key]) for key in program.compared]


def of(name):
    """The scenario of a program."""
    program = next(one for one in (programs.EVERYDAY, *programs.PROGRAMS)
                   if one.name == name)
    disk = program.disk

    class Real(Run):
        timed = ("ends", "unswapped")	# a host that is late costs swap
        boot = scenario.Boot(f"real-{disk}", memory=MINIMUM, swap=4096,
                             alone=True, debian=disk, limit=180)
        checks = {key: SENTENCES[key] for key in ("ends", *program.checks)}
        compared = {key: COMPARED[key] for key in program.compared}
        contenders = () if program is programs.EVERYDAY else ("stock",)
        limit = 120 + (program.seconds + 60) * program.rounds

        @classmethod
        def name(cls):
            return f"real-{program.name}"

        @staticmethod
        def compare(found):
            return compare(program, found)

    Real.program = program
    return Real
