# SPDX-License-Identifier: GPL-2.0-only
"""Owns the run around the guest, in the outer machine or, where it needs none,
in the root on this one: starts the guest, runs the scenarios of one boot in
turn, reports through events. run.py decides what they are worth.
"""

import json
from pathlib import Path
import signal
import time
import traceback

import catalogue
from inner.lab import Lab, emit

# A guest can be larger than the outer machine, as long as it doesn't use it all.
OVERCOMMIT = Path("/proc/sys/vm/overcommit_memory")


def out_of_time(_signal, _frame):
    raise TimeoutError("the scenario's time is up")


def run_scenario(lab, scenario, patience):
    """Runs one; a failure in it is a missing check, not the end of the run."""
    name = scenario.name()
    start = time.monotonic()
    emit("begin", scenario=name)
    signal.alarm(scenario.limit * patience)
    try:
        scenario(lab).run()
    except Exception as error:
        if isinstance(error, TimeoutError):
            emit("late", scenario=name)
        emit("note", scenario=name, text=traceback.format_exc())
    finally:
        signal.alarm(0)
    bad = lab.guest.new_bad_lines()
    if bad:
        emit("log", name="complaint", text=lab.guest.complaint)
    emit("check", scenario=name, key=catalogue.CLEAN[0], passed=not bad,
         measured="; ".join(bad[:5]))
    emit("end", scenario=name, seconds=round(time.monotonic() - start, 1))


def send_logs(lab):
    """The guest's own words, for the log that run.py keeps."""
    logs = {"console": lab.guest.console, "trace": lab.guest.trace,
            "qemu": lab.guest.errors}
    for name, path in logs.items():
        text = path.read_text(errors="replace") if path.exists() else ""
        emit("log", name=name, text=text[-400000:])
    try:
        emit("log", name="dmesg", text=lab.guest.dmesg()[-65536:])
    except Exception as error:
        emit("log", name="dmesg", text=f"none: {error}")


def main():
    signal.signal(signal.SIGALRM, out_of_time)
    plan = json.loads(Path("plan.json").read_text())
    directory = Path(plan["directory"])
    directory.mkdir()
    if not plan["direct"]:
        OVERCOMMIT.write_text("1")
    patience = plan["patience"]
    lab = Lab(plan["boot"], plan["driver"], directory, patience,
              plan["is_built_in"])
    emit("ready")
    try:
        if lab.is_built_in and not plan["boot"]["loaded"]:
            lab.unload_driver()
        if plan["boot"]["loaded"]:
            status, text = lab.load_driver()
            emit("loaded", status=status, text=text)
        for scenario in map(catalogue.load, plan["scenarios"]):
            run_scenario(lab, scenario, patience)
            status = lab.guest.ended()
            if status is not None or lab.guest.silent:
                emit("lost", status=status)
                emit("log", name="registers", text=lab.guest.confess())
                break
    finally:
        send_logs(lab)
        lab.guest.stop()
    emit("done")


if __name__ == "__main__":
    main()
