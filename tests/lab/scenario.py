# SPDX-License-Identifier: GPL-2.0-only
"""Owns what a scenario is. Used on both sides: run.py reads which boot a
scenario wants and which checks must come; inner/main.py runs it.
"""

import dataclasses


# The emulator can interrupt a guest that has its interrupts off. Where the timer
# is Hyper-V's, a busy guest hangs in it, once in some hours; and Debian's timers
# are dead after some suspends. Whichever driver it has. So few boots have it.
NO_STIMER = ("hv-stimer=off",)


@dataclasses.dataclass(frozen=True)
class Boot:
    """How to start a guest. Scenarios with the same one share a boot."""

    name: str
    memory: int = 1024			# MiB
    cmdline: tuple = ("memhp_default_state=offline",)
    cpu: tuple = NO_STIMER		# more CPU flags
    hibernation: bool = False		# offer ACPI S4
    swap: int = 0			# MiB of an empty disk
    limit: int = 90			# seconds until the agent answers
    nodes: int = 1			# of NUMA, of equal size
    alone: bool = False		# measures time: no other boot beside it
    balloon: str = "hv"		# the device: inner/guest.py has others
    debian: str = ""		# systemd and udev run in it: a kind of debian.py
    kexec: bool = False		# has another kernel to boot: /next/
    modules: tuple = ()		# of guest/ that it has
    cgroup2: bool = True	# is mounted, as systemd does
    loaded: bool = True		# has the driver before the first scenario
    takes_over: bool = False	# from the stock driver, which has the device


# Most of what can be seen can be seen in one boot, one after the other.
PLAIN = Boot("plain")

# Where it takes much memory, and a huge page that only a boot is sure to find.
ROOMY = Boot("roomy", memory=4096,
             cmdline=(*Boot.cmdline, "hugepagesz=1G", "hugepages=1"))


class Scenario:
    """One thing to show, with the checks that show it.

    checks maps a key to the sentence that is true if the check passes. A
    check that a run does not report has failed.
    """

    boot = PLAIN
    checks = {}
    limit = 120				# seconds
    stock = True			# also says something of the stock driver
    contenders = ()			# whom else it is run with, to compare
    compared = {}			# checks that compare() makes of all of them
    timed = ()				# checks that a busy machine can fail

    def __init__(self, lab):
        self.lab = lab
        self.guest = lab.guest
        self.host = lab.host

    @classmethod
    def name(cls):
        return cls.__module__.rsplit(".", 1)[-1]

    @staticmethod
    def compare(found):
        """[(key, passed, measured)] from {"ours" or contender: measures}."""
        raise NotImplementedError

    def run(self):
        raise NotImplementedError

    def check(self, key, passed, measured=""):
        if key not in self.checks:
            raise KeyError(f"unknown check {key}")
        self.lab.emit("check", scenario=self.name(), key=key,
                      passed=bool(passed), measured=str(measured))

    def note(self, text):
        self.lab.emit("note", scenario=self.name(), text=text)
