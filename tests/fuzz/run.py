#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Fuzzes the driver's pure files in user space: libFuzzer, with the sanitizers
for addresses, leaks and undefined behaviour.

A target is TARGET_fuzz.c with the files that it tests, unchanged; shim.h has
what these take from the kernel. It starts from corpus/TARGET, a line in hex for
each input. A target that finds something, ends early or runs nothing has
failed; the input is printed as such a line.

	run.py [--seconds N] [--seed N] [--jobs N] [--mutants] [--keep]
	       [TARGET...]

--mutants breaks the pure files on purpose, one place at a time, and expects
each to be found. --keep adds to the corpus what reached something new.
"""

import argparse
import concurrent.futures
import os
from pathlib import Path
import random
import re
import sys
import tempfile

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "check"))

import box  # noqa: E402 (the checks' modules are found by the line above)

from mutants import MUTANTS  # noqa: E402 (beside this file)

TARGETS = {
    "msg": ["msg.c"],
    "pack": ["msg.c"],
    "ranges": ["ranges.c"],
    "plan": ["plan.c"],
    "trigger": ["trigger.c"],
    "demand": ["demand.c", "promise.c", "burst.c", "forecast.c"],
}
AT = "/tmp/fuzz"	# the work directory, in the box
COMPILE = ["clang", "-std=gnu2x", "-g", "-O1", "-Wall", "-Werror",
           "-Wno-address-of-packed-member", "-fno-omit-frame-pointer",
           "-fsanitize=fuzzer,address,undefined", "-fno-sanitize-recover=all",
           "-include", "shim.h", "-I.", "-idirafter", "absent"]
MUTANT_SECONDS = 30
UNITS = re.compile(r"^stat::number_of_executed_units: (\d+)$", re.MULTILINE)


def stage(work):
    """All C files in one directory.

    A header of the kernel's that user space hasn't got is there, and empty:
    shim.h comes before it.
    """
    (work / "hyperv").mkdir()
    (work / "absent/linux").mkdir(parents=True)
    for path in [*HERE.glob("*.[ch]"), *box.TREE.glob("drivers/hv/*.[ch]")]:
        (work / path.name).write_text(path.read_text())
    wire = "hyperv/dynmem.h"
    (work / wire).write_text((box.TREE / "include" / wire).read_text())
    for path in work.rglob("*.[ch]"):
        for name in re.findall(r"^#include <linux/(\w+\.h)>", path.read_text(),
                               re.MULTILINE):
            (work / "absent/linux" / name).touch()


def compile_target(work, target):
    """The program of a target, as a path in the work directory."""
    done = box.run([*COMPILE, "-o", target, f"{target}_fuzz.c",
                    *TARGETS[target]], binds=[(work, AT)], cd=AT)
    if done.returncode:
        sys.exit(f"{done.stdout}\nrun.py: {target} does not compile")
    return f"./{target}"


def corpus(target):
    """The inputs of a target's corpus; lines that begin with # are comments."""
    lines = (HERE / "corpus" / target).read_text().splitlines()
    return [bytes.fromhex(line.partition("#")[0]) for line in lines
            if not line.startswith("#")]


def write_corpus(directory, target):
    directory.mkdir()
    for number, data in enumerate(corpus(target)):
        (directory / f"{number:04}").write_bytes(data)


def fuzz(work, target, seconds, seed):
    """(problem or None, text for the log)"""
    program = compile_target(work, target)
    write_corpus(work / f"{target}.corpus", target)
    (work / f"{target}.found").mkdir()
    (work / f"{target}.bad").mkdir()
    done = box.run([program, f"-seed={seed}", f"-max_total_time={seconds}",
                    "-max_len=8192", "-len_control=20", "-timeout=10",
                    "-print_final_stats=1", "-verbosity=0",
                    f"-artifact_prefix={target}.bad/",
                    f"{target}.found", f"{target}.corpus"],
                   binds=[(work, AT)], cd=AT)
    units = int((UNITS.search(done.stdout) or [0, "0"])[1])
    bad = [f"input: {path.read_bytes().hex()}"
           for path in (work / f"{target}.bad").iterdir()]
    if done.returncode or bad or not units:
        return "\n".join([done.stdout[-4000:], *bad]), f"{units} inputs"
    return None, f"{units} inputs"


def keep(work, target):
    """Add to the corpus the inputs that reach what no other one does."""
    (work / f"{target}.merged").mkdir()
    box.run([f"./{target}", "-merge=1", f"{target}.merged",
             f"{target}.corpus", f"{target}.found"],
            binds=[(work, AT)], cd=AT)
    known = set(corpus(target))
    new = sorted(data.hex() for path in (work / f"{target}.merged").iterdir()
                 if (data := path.read_bytes()) not in known)
    with open(HERE / "corpus" / target, "a") as file:
        file.writelines(line + "\n" for line in new)
    print(f"kept {target}: {len(new)} inputs")


def run_target(target, args, seconds):
    with tempfile.TemporaryDirectory(prefix="hv_balloon.") as directory:
        work = Path(directory)
        stage(work)
        problem, text = fuzz(work, target, seconds, args.seed)
        if args.keep and not problem:
            keep(work, target)
    return target, problem, text


def run_mutant(mutant, args):
    target, name, old, new = mutant
    title = f"mutant of {name}: {old!r} becomes {new!r}"
    with tempfile.TemporaryDirectory(prefix="hv_balloon.") as directory:
        work = Path(directory)
        stage(work)
        text = (work / name).read_text()
        if text.count(old) != 1:
            return title, f"{old!r} is there {text.count(old)} times", ""
        (work / name).write_text(text.replace(old, new))
        problem, text = fuzz(work, target, MUTANT_SECONDS, args.seed)
    return title, None if problem else "it was not found", f"found, {text}"


def jobs_of(args):
    targets = args.targets or list(TARGETS)
    seconds = max(1, args.seconds // len(targets))
    jobs = [(run_target, target, args, seconds) for target in targets]
    if args.mutants:
        jobs += [(run_mutant, mutant, args) for mutant in MUTANTS
                 if mutant[0] in targets]
    return jobs


def main():
    parser = argparse.ArgumentParser(description="fuzzing of the pure files")
    parser.add_argument("--seconds", type=int, default=60, help="in all")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--jobs", type=int, default=os.cpu_count())
    parser.add_argument("--mutants", action="store_true")
    parser.add_argument("--keep", action="store_true")
    parser.add_argument("targets", nargs="*", metavar="TARGET",
                        choices=[[], *TARGETS])
    args = parser.parse_args()
    args.seed = args.seed or random.randrange(1, 2**31)
    print(f"seed={args.seed}", flush=True)
    box.box()
    passed = failed = 0
    with concurrent.futures.ThreadPoolExecutor(args.jobs) as pool:
        for done in concurrent.futures.as_completed(
                [pool.submit(*job) for job in jobs_of(args)]):
            name, problem, text = done.result()
            print(f"{'FAIL' if problem else 'ok  '} {name}: {text}",
                  flush=True)
            if problem:
                print(problem, flush=True)
            failed += bool(problem)
            passed += not problem
    print(f"{passed} passed, {failed} failed")
    sys.exit(1 if failed or not passed else 0)


if __name__ == "__main__":
    main()
