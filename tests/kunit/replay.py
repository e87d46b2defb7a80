#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Plays a recorded host in KUnit: what hv-balloon-record wrote in a guest.

	replay.py TRACE			play it
	replay.py --header TRACE	print replay.h of it: what the suite
					plays when nothing else is given

The host says what it said, in the same order, each message once the guest has
answered the one before; not at the same times, and status reports are not
compared.
"""

import argparse
from pathlib import Path
import sys

import machine  # its first lines make the lab's modules found
import results
import root

HERE = Path(__file__).resolve().parent
TARGET = "tests/kunit/replay.h"
SUITE = "hv_balloon_replay"
# Types of messages; and what answers what.
VERSION, CAPABILITIES, STATUS, BALLOON, GIVEN = 2, 4, 5, 6, 7
UNBALLOON, UNBALLOONED, ADD, ADDED, INFO = 8, 9, 10, 11, 12
ANSWERS = {UNBALLOON: UNBALLOONED, ADD: ADDED}
# The driver reads all of these, and of information that of type 0.
READ = (VERSION, CAPABILITIES, BALLOON, UNBALLOON, ADD)
PLAYED = (BALLOON, UNBALLOON, ADD, INFO)
MORE = 1			# in flags: the transaction goes on
RANGE_BITS = 40			# of a range on the wire: its first page
ROOM = 1 << 18			# pages that can be added: see replay_test.c
SIZE_MAX = 4096
PER_LINE = 12
SECONDS = 1200
HEAD = """\
/* SPDX-License-Identifier: GPL-2.0-only */
/* A recorded conversation. Made by replay.py; don't edit. */

/**
 * struct said - a message of the record
 * @way: '<' from the host, '>' to it
 * @at: where its bytes begin
 * @size: how many
 */
struct said {
	char way;
	unsigned int at;
	unsigned int size;
};

/**
 * struct replay_total - what a replay must come to
 * @is_ours: the guest must give as much again
 * @read: messages of the host's that can be written again
 * @played: messages of the host's that are played
 * @left_out: hot-adds that there is no room for
 * @answers: answers that must be the same
 * @given: pages that the guest gave
 * @returned: pages that the host returned
 */
struct replay_total {
	bool is_ours;
	unsigned int read;
	unsigned int played;
	unsigned int left_out;
	unsigned int answers;
	unsigned long given;
	unsigned long returned;
};

static const struct said said[] = {
"""


class Bad(Exception):
    pass


def number(data, at, size=4):
    return int.from_bytes(data[at:at + size], "little")


def kind_of(data):
    return number(data, 0, 2)


def ranges(data, at, count):
    """[(first page, pages)]"""
    packed = [number(data, at + 8 * n, 8) for n in range(count)]
    return [(word % (1 << RANGE_BITS), word >> RANGE_BITS) for word in packed]


def messages(text):
    """[(way, bytes)] of a record, without status reports."""
    found = []
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip() or line.startswith("#"):
            continue
        try:
            _, way, digits = line.split()
            data = bytes.fromhex(digits)
            if way not in "<>" or not 8 <= len(data) <= SIZE_MAX:
                raise ValueError
        except ValueError:
            raise Bad(f"line {number} is not one of a record") from None
        if kind_of(data) != STATUS:
            found.append((way, data))
    if not any(way == "<" for way, _ in found):
        raise Bad("the host says nothing in it")
    return found


def is_answered(found, request):
    """Whether one of the messages that came then is the answer to a request."""
    wanted = (ANSWERS[kind_of(request)], number(request, 4))
    return any(way == ">" and (kind_of(data), number(data, 4)) == wanted
               for way, data in found)


def total(found):
    """{member of struct replay_total: value}"""
    first, sums = None, dict.fromkeys(
        ("read", "played", "left_out", "answers", "given", "returned"), 0)
    for index, (way, data) in enumerate(found):
        kind, ends = kind_of(data), True
        if way == ">" and kind == GIVEN:
            count = number(data, 12) >> 1
            sums["given"] += sum(pages for _, pages in ranges(data, 16, count))
        if way == ">":
            continue
        sums["read"] += kind in READ or kind == INFO and not number(data, 16)
        if kind == ADD:
            (start, pages), = ranges(data, 8, 1)
            first = start if first is None else first
            if not 0 <= start - first <= ROOM - pages:
                sums["left_out"] += 1
                continue
        if kind == UNBALLOON:
            sums["returned"] += sum(
                pages for _, pages in ranges(data, 16, number(data, 12)))
            ends = not number(data, 8) & MORE
        sums["played"] += kind in PLAYED
        sums["answers"] += (kind in ANSWERS and ends and
                            is_answered(found[index:], data))
    return sums


def header(found, is_ours):
    """The C file of these messages; is_ours: it is the one that is shipped."""
    rows, at, everything = [], 0, b"".join(data for _, data in found)
    for way, data in found:
        rows.append(f"\t{{ '{way}', {at}, {len(data)} }},\n")
        at += len(data)
    lines = [", ".join(f"0x{byte:02x}" for byte in
                       everything[start:start + PER_LINE])
             for start in range(0, len(everything), PER_LINE)]
    return (HEAD + "".join(rows) +
            "};\n\nstatic const u8 replay_bytes[] = {\n\t" +
            ",\n\t".join(lines) + ",\n};\n\n"
            "static const struct replay_total replay_total = {\n" +
            f"\t.is_ours = {str(is_ours).lower()},\n" +
            "".join(f"\t.{name} = {value},\n"
                    for name, value in total(found).items()) + "};\n")


def play(text):
    """What failed, after a run with these messages in place of the others."""
    def change(work):
        (work / TARGET).write_text(text)
    with machine.module(change) as module:
        root.say("playing")
        log = machine.boot(module, HERE / "init.sh",
                           [*machine.CPU, "-smp", "2"], f"{SUITE}*", SECONDS)
    report, passed, failed = results.judge(log, True)
    print(report)
    for line in failed:
        print(f"failed: {line}")
    print(f"{passed} passed, {len(failed)} failed")
    return failed or not passed


def main():
    parser = argparse.ArgumentParser(description="plays a recorded host")
    parser.add_argument("--header", action="store_true",
                        help="print replay.h of it, and play nothing")
    parser.add_argument("trace", type=Path)
    args = parser.parse_args()
    try:
        text = header(messages(args.trace.read_text()), args.header)
    except (Bad, OSError, UnicodeDecodeError) as error:
        sys.exit(f"replay.py: {args.trace}: {error}")
    if args.header:
        print(text, end="")
    else:
        sys.exit(bool(play(text)))


if __name__ == "__main__":
    main()
