# SPDX-License-Identifier: GPL-2.0-only
"""Owns the tests of tests/simulate. Hosts of a known kind are recorded while a
guest's demand goes up and down: the model that hosts.py makes of each record must
be that host, and do the same when it is told the same. And the programs run.
"""

import dataclasses
import importlib
from pathlib import Path
import subprocess
import sys
import tempfile

import box
from builds import Failed

STATUS, BALLOON, BALLOONED, ADD, ADDED = 5, 6, 7, 10, 11
TICK_S = 0.02
ROUND_S = 40			# between rounds of a host, short for a test
KINDS = ((1024, 0.5, 0.3, 0.2, 128), (512, 0.1, 1.0, 0.5, 64),
         (900, 1.0, 2.0, 0.05, 2))	# size, look, answer, buffer, step
RATE = 18			# MiB/s
EVERY = 500			# case of the simulator's
BURSTS = 24			# on a host of a record


def line(when, way, kind, trans, *values):
    """A line of a record; values: (value, bytes)."""
    body = b"".join(value.to_bytes(size, "little") for value, size in values)
    head = kind.to_bytes(2, "little") + (8 + len(body)).to_bytes(2, "little")
    data = head + trans.to_bytes(4, "little") + body
    return f"{when:.6f} {way} {data.hex()}"


def demand(when):
    """MiB that the guest needs: it grows for a minute, then little is left."""
    return 250 + RATE * when if when < 60 else 250


def recorded(size, look, answer, buffer, step):
    """The record of a host of that kind, for some minutes."""
    lines, trans, coming, held = [], 0, [], 0
    now, told, next_look, next_round = 0, 0, look / 3, ROUND_S
    while now < 60 + 4 * ROUND_S:
        now += TICK_S
        if now >= told:
            told += 0.5
            reported = round((demand(now) + held) * 256)
            lines.append(line(now, ">", STATUS, 0, (0, 8), (reported, 8),
                              (0, 24)))
        while coming and now >= coming[0][0]:
            _, mib = coming.pop(0)
            trans += 1
            lines += [line(now, "<", ADD, trans, (mib * 256 << 40, 8), (0, 8)),
                      line(now + 0.01, ">", ADDED, trans, (mib * 256, 4),
                           (1, 4))]
        if now < next_look:
            continue
        next_look += look
        wanted = (reported / 256 - held) * (1 + buffer)
        steps = int(-(-(wanted - size) // step))
        if steps > 0:
            size += steps * step
            coming.append((now + answer, steps * step))
        elif now >= next_round:
            next_round += ROUND_S
            held, size, trans = held + step, size - step, trans + 1
            lines += [line(now, "<", BALLOON, trans, (step * 256, 4), (0, 4)),
                      line(now + 0.01, ">", BALLOONED, trans, (0, 4), (2, 4),
                           (step * 256 << 40, 8))]
    return "\n".join(lines)


def simulator():
    """The module hosts."""
    sys.path.append(str(box.TREE / "tests/simulate"))
    return importlib.import_module("hosts")


def check():
    hosts = simulator()
    wrong = []
    for kind in KINDS:
        size, look, answer, buffer, step = kind
        host, assumed = hosts.model(hosts.parse(recorded(*kind)), size)
        if "buffer" in assumed or host.step != step or \
                abs(host.buffer - buffer) > 0.05 or \
                abs(host.answer - answer) > 0.5 or \
                abs(host.round - ROUND_S) > 2:
            wrong.append(f"{kind}: {host}, assumed: {assumed}")
    for text in ("1.0 < 06", "x", "1.0 < 0z"):
        try:
            hosts.parse(text)
            wrong.append(f"took {text!r} for a record")
        except hosts.Bad:
            pass
    if wrong:
        raise Failed("\n".join(wrong))


def strays(hosts, work, kind):
    """What is wrong with what the model of such a host does when it is told the
    same. One with a larger buffer must be told from it.
    """
    record = hosts.parse(recorded(*kind))
    host, _ = hosts.model(record, kind[0])
    step = kind[-1]
    apart, theirs, ours = hosts.compare(work, record, host)
    if apart > (step + RATE) / 4 or abs(ours - theirs) > step:
        yield f"{kind}: {apart:.0f} MiB apart, then {ours} and not {theirs}"
    other = dataclasses.replace(host, buffer=host.buffer + 1)
    apart, _, _ = hosts.compare(work, record, other)
    if apart < step + RATE:
        yield f"{kind}: a buffer of 100 % more is only {apart:.0f} MiB apart"


def plays(hosts, work):
    """What is wrong with some cases of the simulator, and with bursts on the
    host of the record that is shipped.
    """
    simulate = hosts.simulate
    cases = list(simulate.cases_of(simulate.played(work, 1, "every", EVERY)))
    kinds = {case.name.split()[0] for case in cases}
    swapped = [case for case in cases
               if case.name.startswith("burst") and case.swapped]
    if swapped or not {"grid", "wide"} < kinds:
        yield f"of {len(cases)} cases {swapped} swapped"
    trace = box.TREE / "tests/kunit/lab.trace"
    done = subprocess.run([sys.executable, simulate.HERE / "hosts.py", trace,
                           "1024"], capture_output=True, text=True)
    said = [line.split() for line in done.stdout.splitlines()]
    for words in (["step", "128.00"], ["grid", str(BURSTS)],
                  ["no", "reports"]):
        if done.returncode or not any(line[:2] == words for line in said):
            yield f"no {words} in\n{done.stdout}{done.stderr}"


def simulated():
    hosts = simulator()
    with tempfile.TemporaryDirectory(prefix="hv_balloon.") as directory:
        work = Path(directory)
        hosts.simulate.compiled(work)
        wrong = [text for kind in KINDS for text in strays(hosts, work, kind)]
        wrong += plays(hosts, work)
    if wrong:
        raise Failed("\n".join(wrong))


CHECKS = {
    "hosts from their records": check,
    "simulator on hosts from records": simulated,
}
