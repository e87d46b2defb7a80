#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Runs scenarios and judges them.

	run.py [--driver ours|stock|both] [--kernel CHOICE] [--jobs N] [--long]
	       [--quick] [NAME...]

Scenarios that want the same boot share one; boots run beside each other, but
for those that measure time, which run alone. What nothing but time failed, or
didn't come to its end, runs once more, alone. So does a boot whose guest, or the
machine around it, died or fell silent, when the guest's last words don't name
the driver: the emulator loses some, whichever driver they have. The stock
driver's results are shown for comparison and not judged, but measured once more
if they have to be compared; some checks are made of the results of several
runs. The verdict comes last: a check that was expected and not reported has
failed.
"""

import argparse
import concurrent.futures
import dataclasses
import itertools
import os
import re
import shutil
import sys
import threading
import time

import build
import catalogue
import kernels
import outer
import root
import scenario

# The stock driver waits five seconds for each block that stays offline, and
# what it cannot get online it does not have: give it the better default.
STOCK_CMDLINE = ("memhp_default_state=online",)

# All memory from the start, for whatever a scenario does.
ROOMY = 4096			# MiB

# With five-level paging KASAN reports wild accesses under emulated SVM.
DEBUG_CPU = ("la57=off",)
DEBUG_LIMIT = 300		# seconds
DEBUG_MEMORY = 1024		# MiB at least: some 300 are the checkers'

# In a trace of the guest's kernel: a function of the driver, or in it.
NAMES_DRIVER = re.compile(r"\bhvb_|\[hv_balloon(_dm)?\]")

STARTED = time.monotonic()
PRINTING = threading.Lock()


def tell(text):
    with PRINTING:
        print(f"[{time.monotonic() - STARTED:4.0f} s] {text}", flush=True)


class Run:
    """One boot with its scenarios, and what came of them.

    driver: "ours", "stock", or "roomy": stock, with all memory from the start;
    or what bench.py measures beside them.
    """

    def __init__(self, kernel, driver, boot, scenarios):
        self.module = "stock"
        if driver == "ours":
            self.module = build.driver(kernel, kernels.OTHER_NAME
                                       if boot.takes_over else None)
        if driver != "ours":
            boot = dataclasses.replace(boot, cmdline=(
                *STOCK_CMDLINE, *(word for word in boot.cmdline
                                  if word not in scenario.Boot.cmdline)))
        if driver == "roomy":
            boot = dataclasses.replace(boot, memory=ROOMY)
        if kernel.choice == "debug":
            boot = dataclasses.replace(
                boot, cpu=(*boot.cpu, *DEBUG_CPU), limit=DEBUG_LIMIT,
                memory=max(boot.memory, DEBUG_MEMORY))
        self.kernel = kernel
        self.driver = driver
        self.boot = boot
        self.scenarios = scenarios
        self.title = f"{driver}/{kernel.choice}/{boot.name}"
        self.results = {}		# (scenario, key): passed
        self.measures = {}		# scenario: {name: value}
        self.forget(scenarios)
        self.logs = root.cache_dir() / "logs" / self.title.replace("/", "-")
        self.logs.mkdir(parents=True, exist_ok=True)

    @property
    def judged(self):
        return self.driver == "ours"

    def execute(self, scenarios=None):
        scenarios = scenarios or self.scenarios
        self.attempt(scenarios)
        if (self.lost or not self.orderly) and not self.blamed:
            what = "guest" if self.lost else "machine around the guest"
            tell(f"{self.title}: the {what} was lost, and the guest's last "
                 f"words don't name the driver (see {self.logs}-lost): once "
                 "more, and that counts")
            shutil.copytree(self.logs, f"{self.logs}-lost",
                            dirs_exist_ok=True)
            self.forget(scenarios)
            self.attempt(scenarios)

    def repeat(self, scenarios):
        """These, alone and in a boot of their own, and that counts."""
        tell(f"{self.title}: what failed depends on time, and a busy machine "
             "can spoil that: once more, and that counts")
        self.forget(scenarios)
        self.execute(scenarios)

    def attempt(self, scenarios):
        machine = outer.Machine(self.kernel, self.driver, self.module,
                                self.boot, scenarios, self.on_event)
        tell(f"{self.title}: booting, for " +
             ", ".join(item.name() for item in scenarios))
        self.orderly = machine.run()
        tell(f"{self.title}: {'done' if self.orderly else 'ended early'}, "
             f"{machine.retries} boots retried")
        if not self.orderly:
            print("\n".join(machine.last_words), flush=True)

    def sentence(self, name, key):
        for item in self.scenarios:
            if item.name() == name:
                return dict(catalogue.expected(item))[key]
        raise KeyError(name)

    def on_event(self, event):
        kind = event["kind"]
        if kind == "log":
            self.blamed |= event["name"] == "console" and \
                bool(NAMES_DRIVER.search(event["text"]))
            (self.logs / event["name"]).write_text(event["text"])
        elif kind == "check":
            name, key = event["scenario"], event["key"]
            self.results[name, key] = event["passed"]
            self.show(name, key, event["passed"], event["measured"])
        elif kind == "measures":
            self.measures[event["scenario"]] = event["values"]
            tell(f"{self.title}: " + ", ".join(
                f"{name} {short(value)}" for name, value in
                event["values"].items()))
        elif kind == "note":
            tell(f"{self.title} {event['scenario']}: {event['text'].strip()}")
        elif kind == "late":
            self.late.add(event["scenario"])
        elif kind == "loaded" and event["status"]:
            tell(f"{self.title}: insmod failed: {event['text'].strip()}")
        elif kind == "lost":
            self.lost = True
            tell(f"{self.title}: the guest answers no more; its QEMU's "
                 f"status: {event['status']}")

    def show(self, name, key, passed, measured=""):
        words = ("ok", "FAILED") if self.judged else ("yes", "no")
        tell(f"{self.title} {name}: {words[not passed]:6} "
             f"{self.sentence(name, key)}" +
             (f" ({measured})" if measured else ""))

    def spoilt(self):
        """Scenarios that failed, if only what another's load can spoil did."""
        failed = [(item, key) for item in self.scenarios
                  for key, _ in catalogue.expected(item)
                  if not self.results.get((item.name(), key))]
        if not self.orderly or not all(self.is_timed(item, key)
                                       for item, key in failed):
            return []
        return list(dict.fromkeys(item for item, _ in failed))

    def is_timed(self, item, key):
        """Whether this check can have failed for want of time alone."""
        return key in item.timed or (item.name() in self.late and
                                     (item.name(), key) not in self.results)

    def is_measured(self):
        """Whether all that others are compared with has been measured."""
        return all(item.name() in self.measures for item in self.scenarios
                   if item.compared)

    def forget(self, scenarios):
        """What came of these: nothing yet."""
        names = {item.name() for item in scenarios}
        self.results = {key: passed for key, passed in self.results.items()
                        if key[0] not in names}
        self.measures = {name: values for name, values in
                         self.measures.items() if name not in names}
        self.late = set()		# scenarios whose time was up
        self.orderly = False
        self.lost = False
        self.blamed = False		# the driver, by the guest's console

    def verdict(self):
        """(passed, failed) counts; what is missing is shown as failed."""
        passed = failed = 0
        for item in self.scenarios:
            for key, _ in catalogue.expected(item):
                result = self.results.get((item.name(), key))
                if result is None:
                    self.show(item.name(), key, False, "not reported")
                passed += bool(result)
                failed += not result
        if not self.orderly:
            tell(f"{self.title}: FAILED the run did not come to its end")
            failed += 1
        if failed and self.judged:
            tell(f"{self.title}: logs in {self.logs}")
        return passed, failed


def short(value):
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def compare(scenario, runs):
    """(passed, failed) counts of a scenario's checks across its runs.

    What a busy machine doesn't let tell counts as neither.
    """
    found = {run.driver: run.measures[scenario.name()] for run in runs
             if scenario.name() in run.measures}
    verdicts = {}
    if "ours" in found:
        verdicts = {key: rest for key, *rest in scenario.compare(found)}
    counts = {"ok": 0, "FAILED": 0, "can't tell:": 0}
    for key, sentence in scenario.compared.items():
        good, measured = verdicts.get(key, (False, "not measured"))
        word = "can't tell:" if good is None else "ok" if good else "FAILED"
        counts[word] += 1
        tell(f"{scenario.name()}: {word:6} {sentence} ({measured})")
    return counts["ok"], counts["FAILED"]


def boots(kernel, driver, scenarios):
    """The Runs that these scenarios need under one driver."""
    if driver != "ours":
        scenarios = [item for item in scenarios if item.stock]
    order = sorted(scenarios, key=lambda item: item.boot.name)
    runs = []
    for _, group in itertools.groupby(order, lambda item: item.boot.name):
        group = sorted(group, key=scenarios.index)
        runs.append(Run(kernel, driver, group[0].boot, group))
    return runs


def parse():
    parser = argparse.ArgumentParser(description="run the lab's scenarios")
    parser.add_argument("--driver", choices=("ours", "stock", "both"),
                        default="ours")
    parser.add_argument("--kernel", choices=kernels.CHOICES,
                        default=os.environ.get("KERNEL") or kernels.OUTER)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--long", action="store_true",
                        help="those too long for every day")
    parser.add_argument("--quick", action="store_true",
                        help="without the runs that are only compared with")
    parser.add_argument("names", nargs="*", metavar="NAME")
    return parser.parse_args()


def plan(kernel, drivers, contenders, scenarios):
    """All the Runs: drivers run all scenarios, contenders what names them."""
    runs = []
    for driver in dict.fromkeys((*drivers, *contenders)):
        runs += boots(kernel, driver, [
            item for item in scenarios
            if driver in drivers or driver in item.contenders])
    # The longest first, so that the last one to end is not alone for long.
    return sorted(runs,
                  key=lambda run: -sum(item.limit for item in run.scenarios))


def execute(runs, jobs):
    with concurrent.futures.ThreadPoolExecutor(jobs) as pool:
        for future in [pool.submit(run.execute) for run in runs
                       if not run.boot.alone]:
            future.result()
    for run in sorted(runs, key=lambda run: (run.boot.alone, run.boot.name)):
        if run.boot.alone:
            run.execute()
        if not run.judged and not run.is_measured():
            run.execute()
        if run.judged and run.spoilt():
            run.repeat(run.spoilt())


def main():
    args = parse()
    is_in_tree = args.kernel == "in-tree"
    if is_in_tree and args.driver != "ours":
        sys.exit("run.py: the kernel in-tree has only this driver")
    names = args.names or (catalogue.IN_TREE if is_in_tree else None)
    scenarios = catalogue.scenarios(names, args.long)
    kernel = kernels.kernel(args.kernel)
    drivers = ("ours", "stock") if args.driver == "both" else (args.driver,)
    compares = "ours" in drivers and not args.quick and not is_in_tree
    runs = plan(kernel, drivers, ("stock", "roomy") if compares else (),
                scenarios)
    outer.prepare()
    execute(runs, args.jobs)
    counts = [run.verdict() for run in runs if run.judged]
    if compares:
        counts += [compare(item, runs) for item in scenarios if item.compared]
    if any(not run.judged for run in runs):
        tell("the stock driver's results are shown, not judged")
    passed = sum(count[0] for count in counts)
    failed = sum(count[1] for count in counts)
    print(f"{passed} passed, {failed} failed", flush=True)
    sys.exit(failed > 0)


if __name__ == "__main__":
    main()
