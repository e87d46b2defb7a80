# SPDX-License-Identifier: GPL-2.0-only
"""Owns the list of scenarios, in the order in which those of one boot run."""

import importlib
import re

import programs
import shapes

REAL = f"real-{programs.EVERYDAY.name}"

NAMES = [
    "handshake", "defaults", "reports", "psi", "idle", "sizes", "grow", "load",
    "floor", "assigned", "tiny", "parameters", "modes", "reload", "policy",
    "hibernation", "nopsi",
    "kcore", "hugetlb", "container", "uevents", "hostile", "soak", "burst",
    "untouched", "cgroup1", "psigone", REAL,
]

# Too long for every day: run by name, or all of them with --long.
LONG = [
    "nocgroup", "offline", "unanswered", "extension", "brim", "demand",
    "giving", "numa", "workingset", "workingset-read", "promise", "strict",
    "shrinker", "churn", "sleep", "doze", "withdraw", "pins", "kdump", "kexec", "udev", "check",
    "direct", "takeover",
    *(f"burst-{shape.name}" for shape in shapes.SHAPES if shape.name),
    *(f"real-{program.name}" for program in programs.PROGRAMS),
    "lisa", "lisa-demand", "lisa-resize",
]

# For kernels with CMA alone: the debug kernel, and Debian's from 7.2 on.
CMA = ["cma"]

# For a kernel that has the driver built in: without those that load another
# module, need cgroup2 to be missing, or need what systemd does.
IN_TREE = [name for name in NAMES if name not in ("hostile", "cgroup1", REAL)]

# Too many to be listed: see scenarios/soak.py, churn.py, sleep.py, hostile.py.
# takeover-boot is for --kernel builtin alone.
UNLISTED = re.compile(
    r"soak(-[1-9]\d*){3}|(churn|sleep)-[1-9]\d*|hostile(-[a-z]+)+|"
    r"takeover-boot")

# Every scenario has this check besides its own.
CLEAN = ("clean", "the guest's kernel has nothing to complain of")


def load(name):
    """The Scenario class of a name."""
    head, _, rest = name.partition("-")
    if head == "bench":
        return importlib.import_module(f"measures.{rest}").Run
    if head == "lisa":
        return importlib.import_module("scenarios.lisa").of(name)
    if head == "real":
        return importlib.import_module("scenarios.real").of(rest)
    if UNLISTED.fullmatch(name) or head in ("takeover", "workingset"):
        return importlib.import_module(f"scenarios.{head}").of(rest)
    if head != "burst":
        return importlib.import_module(f"scenarios.{name}").Run
    bursts = importlib.import_module("scenarios.burst")
    return bursts.of(next(shape for shape in shapes.SHAPES
                          if shape.name == rest))


def scenarios(names=None, long=False):
    """The Scenario classes of these names, or all that are for every day."""
    unlisted = list(filter(UNLISTED.fullmatch, names or ()))
    unknown = set(names or ()) - {*NAMES, *LONG, *CMA, *unlisted}
    if unknown:
        raise SystemExit(f"no such scenario: {', '.join(sorted(unknown))}; "
                         f"there are {', '.join([*NAMES, *LONG, *CMA])}")
    wanted = names or (LONG if long else NAMES)
    return [load(name) for name in [*NAMES, *LONG, *CMA, *unlisted]
            if name in wanted]


def expected(scenario):
    """(key, sentence) of every check that a run of it must report."""
    return [*scenario.checks.items(), CLEAN]
