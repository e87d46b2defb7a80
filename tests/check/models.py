# SPDX-License-Identifier: GPL-2.0-only
"""Owns the test of hosts.py (tests/simulate): hosts of a known kind are
recorded while a guest's demand goes up and down, and the model that is made of
each record must be that host.
"""

import importlib
import sys

import box
from builds import Failed

STATUS, BALLOON, BALLOONED, ADD, ADDED = 5, 6, 7, 10, 11
TICK_S = 0.02
ROUND_S = 40			# between rounds of a host, short for a test


def line(when, way, kind, trans, *values):
    """A line of a record; values: (value, bytes)."""
    body = b"".join(value.to_bytes(size, "little") for value, size in values)
    head = kind.to_bytes(2, "little") + (8 + len(body)).to_bytes(2, "little")
    data = head + trans.to_bytes(4, "little") + body
    return f"{when:.6f} {way} {data.hex()}"


def demand(when):
    """MiB that the guest needs: it grows for a minute, then little is left."""
    return 250 + 18 * when if when < 60 else 250


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


def check():
    sys.path.append(str(box.TREE / "tests/simulate"))
    hosts = importlib.import_module("hosts")
    wrong = []
    for kind in ((1024, 0.5, 0.3, 0.2, 128), (512, 0.1, 1.0, 0.5, 64),
                 (900, 1.0, 2.0, 0.05, 2)):
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


CHECKS = {"hosts from their records": check}
