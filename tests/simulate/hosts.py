#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Makes a host for the simulator out of a record (hv-balloon-record), sees how
well it fits, and plays bursts on it.

	hosts.py TRACE SIZE

What a record says of its host: when it gave, took and returned memory, how much
at once, and what the guest had reported before. From that come the pace of its
looks, the time it takes, its step, its buffer and its rounds; what a record
can't tell is assumed, and said so. SIZE is what the guest had at its start, in
MiB; no message has it. Then the model hears the record's reports,
at their times, and what it does is compared with what the host did. At last
guests with the driver have bursts on it.
"""

import argparse
import dataclasses
from pathlib import Path
import statistics
import sys
import tempfile

import simulate

# Types of messages.
STATUS, BALLOON_RESPONSE, UNBALLOON = 5, 7, 8
ADD, ADD_RESPONSE, INFO = 10, 11, 12
ASKED, ADDED, RETURNED, TAKEN = "asked", "added", "returned", "taken"
PAGES_PER_MIB = 256
RANGE_BITS = 40			# of a range on the wire: its first page
HEADER = 8			# bytes
PAUSE_S = 5			# between rounds in which a host takes memory
NO_LIMIT = 1 << 20		# MiB
LOOK_MAX_S = 3			# more between two steps is the guest's pace
BUFFERS = [percent / 100 for percent in range(0, 201)]
ANSWERS = [tenths / 10 for tenths in range(1, 51)]


class Bad(Exception):
    pass


@dataclasses.dataclass
class Host:
    """What host.c is told. Sizes in MiB, times in seconds."""

    size: float
    look: float = 0.5
    answer: float = 0.5
    buffer: float = 0.2
    step: float = 128
    most: float = NO_LIMIT
    least: float = 512
    round: float = 300

    def words(self):
        return [f"{value:g}" for value in dataclasses.astuple(self)]


@dataclasses.dataclass
class Record:
    """reports: (s, MiB); changes: (s, MiB, what); most: MiB, 0 if unsaid.

    The host ASKED to add or to return memory; it was ADDED or RETURNED then, or
    TAKEN, which is less than nothing.
    """

    reports: list
    changes: list
    most: float


def number(data, at, size):
    return int.from_bytes(data[at:at + size], "little")


def pages_of(data, at):
    """Pages of all ranges from here on."""
    return sum(number(data, place, 8) >> RANGE_BITS
               for place in range(at, len(data), 8))


def parse(text):
    """The Record in a text."""
    reports, changes, most = [], [], 0
    asked = {}			# transaction: MiB of an unballoon, a hot-add
    for line in text.splitlines():
        if not line.strip() or line.startswith("#"):
            continue
        try:
            when, way, data = line.split()
            when, data = float(when), bytes.fromhex(data)
            if way not in "<>" or len(data) < HEADER:
                raise ValueError
        except ValueError:
            raise Bad(f"not a line of a record: {line[:60]!r}") from None
        kind, trans = number(data, 0, 2), number(data, 4, 4)
        if way == ">" and kind == STATUS:
            reports.append((when, number(data, 16, 8) / PAGES_PER_MIB))
        elif kind == BALLOON_RESPONSE:
            given = pages_of(data, 16) / PAGES_PER_MIB
            changes.append((when, -given, TAKEN))
        elif kind == UNBALLOON:
            back = pages_of(data, 16) / PAGES_PER_MIB
            changes += [(when, back, ASKED), (when, back, RETURNED)]
        elif kind == ADD:
            asked[trans] = (number(data, 8, 8) >> RANGE_BITS) / PAGES_PER_MIB
            changes.append((when, asked[trans], ASKED))
        elif kind == ADD_RESPONSE:
            added = number(data, 8, 4) / PAGES_PER_MIB
            changes.append((when, min(added, asked.get(trans, 0)),
                            ADDED))
        elif kind == INFO and number(data, 16, 4) == 0:
            most = number(data, 24, 8) / PAGES_PER_MIB
    return Record(reports, changes, most)


def before(reports, when):
    """The last report before a time."""
    return next((committed for at, committed in reversed(reports)
                 if at <= when), None)


def net_reports(record):
    """Reports as the host compares them: without what it holds."""
    held, found, changes = 0, [], list(record.changes)
    for when, committed in record.reports:
        while changes and changes[0][0] <= when:
            _, mib, what = changes.pop(0)
            if what in (RETURNED, TAKEN):
                held = max(0, held - mib)
        found.append((when, committed - held))
    return found


def grown(record):
    """[(s, MiB that the host had decided to give by then, of it this time)]"""
    total, found = 0, []
    for when, mib, what in record.changes:
        if what == ASKED:
            total += mib
            found.append((when, total, mib))
        elif what == TAKEN:
            total += mib
    return found


def greatest_common(sizes):
    """A step of which all these are multiples, at least 2 MiB."""
    step = 0
    for size in map(round, sizes):
        while size:
            step, size = size, step % size
    return max(step, 2)


def misses(decisions, host, answer, buffer):
    """How many MiB off a host is that wants its buffer and gives whole steps.

    decisions: (demand for each answering time, MiB given by then). After each,
    the guest has what the host wants, and less than a step more.
    """
    total = 0
    for demands, given in decisions:
        over = host.size + given - demands[answer] * (1 + buffer)
        total += max(0, -over, over - host.step)
    return total


def fit(decisions, host):
    """(answer, buffer) with which a host would have decided as it did.

    A steady growth tells little of the two apart: of what fits, the quickest.
    """
    found = {(answer, buffer): misses(decisions, host, answer, buffer)
             for answer in ANSWERS for buffer in BUFFERS}
    least = min(found.values())
    best = [key for key, value in found.items() if value <= least + 0.01]
    answer = min(value for value, _ in best)
    buffers = [value for other, value in best if other == answer]
    return answer, statistics.median_low(buffers)


def decisions_of(record):
    """What fit() takes: of the growth that came after a report."""
    reports, first = net_reports(record), record.reports[:1]
    return [({answer: before(reports, when - answer) or reports[0][1]
              for answer in ANSWERS}, total)
            for when, total, _ in grown(record)
            if first and when > first[0][0]]


def rounds(record):
    """When the host began to take memory, after a pause."""
    found, last = [], -PAUSE_S
    for when, mib, _ in record.changes:
        if mib < 0:
            if when > last + PAUSE_S:
                found.append(when)
            last = when
    return found


def model(record, size):
    """(Host, [what is assumed]); size: MiB that the guest had at its start"""
    host, given, decisions = Host(size), grown(record), decisions_of(record)
    known = {"size", "least"}
    if given:
        host.step = greatest_common(mib for _, _, mib in given)
        known.add("step")
    gaps = [second[0] - first[0] for first, second in zip(given, given[1:])]
    if gaps and min(gaps) < LOOK_MAX_S:
        host.look = max(0.1, min(gaps))
        known.add("look")
    if len(decisions) >= 2:
        host.answer, host.buffer = fit(decisions, host)
        known |= {"answer", "buffer"}
    begun = rounds(record)
    if len(begun) >= 2:
        host.round = statistics.median(
            second - first for first, second in zip(begun, begun[1:]))
        known.add("round")
    if record.most:
        host.most = record.most
        known.add("most")
    host.least = min(mib for _, mib in [(0, size), *sizes_of(record, host)])
    return host, [field.name for field in dataclasses.fields(host)
                  if field.name not in known]


def sizes_of(record, host):
    """[(s, MiB)] as the guest's size went in the record."""
    size, found = host.size, []
    for when, mib, what in record.changes:
        if what != ASKED:
            size += mib
            found.append((when, size))
    return found


def at(sizes, when, first):
    return next((mib for time, mib in reversed(sizes) if time <= when), first)


def compare(work, record, host):
    """(mean difference of the sizes, most of the record, most of the model)

    Until the host first takes memory: how a host does that differs too much.
    """
    begin = record.reports[0][0]
    (work / "reports").write_text("".join(
        f"{when - begin:.6f} {mib:.3f}\n"
        for when, mib in record.reports))
    out = simulate.played(work, 1, "heard", f"{simulate.AT}/reports",
                          *host.words())
    ours = [tuple(map(float, line.split())) for line in out.splitlines()]
    theirs = [(when - begin, mib) for when, mib in sizes_of(record, host)]
    end = min([record.reports[-1][0], *(when for when, _, what in
                                        record.changes if what == TAKEN)])
    end -= begin
    seconds = [second / 4 for second in range(int(4 * end) + 1)]
    apart = [abs(at(ours, second, host.size) - at(theirs, second, host.size))
             for second in seconds]
    return (statistics.mean(apart), at(theirs, end, host.size),
            at(ours, end, host.size))


def main():
    parser = argparse.ArgumentParser(description="a host from a record")
    parser.add_argument("trace", type=Path)
    parser.add_argument("size", type=float, metavar="SIZE")
    args = parser.parse_args()
    try:
        record = parse(args.trace.read_text())
        if not record.changes:
            raise Bad("the host asks for nothing in it")
    except (Bad, OSError, UnicodeDecodeError) as error:
        sys.exit(f"hosts.py: {args.trace}: {error}")
    host, assumed = model(record, args.size)
    print("\n".join(f"{name:8}{value:9.2f}{'  (assumed)' * (name in assumed)}"
                    for name, value in dataclasses.asdict(host).items()))
    with tempfile.TemporaryDirectory(prefix="hv_balloon.") as directory:
        work = Path(directory)
        simulate.compiled(work)
        if len(record.reports) > 1:
            apart, most, ours = compare(work, record, host)
            print(f"the model, told the same: {apart:.0f} MiB apart on "
                  f"average while it grows, then {ours:.0f} MiB where the "
                  f"host gave {most:.0f}")
        else:
            print("no reports in it: how well the model fits can't be told")
        cases = simulate.cases_of(
            simulate.played(work, 1, "host", *host.words()))
        simulate.table(list(cases))


if __name__ == "__main__":
    main()
