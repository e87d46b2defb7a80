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
STATUS = 5			# the type of a status report
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

static const struct said said[] = {
"""


class Bad(Exception):
    pass


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
        if int.from_bytes(data[:2], "little") != STATUS:
            found.append((way, data))
    if not any(way == "<" for way, _ in found):
        raise Bad("the host says nothing in it")
    return found


def header(found):
    """The C file of these messages."""
    rows, at, everything = [], 0, b"".join(data for _, data in found)
    for way, data in found:
        rows.append(f"\t{{ '{way}', {at}, {len(data)} }},\n")
        at += len(data)
    lines = [", ".join(f"0x{byte:02x}" for byte in
                       everything[start:start + PER_LINE])
             for start in range(0, len(everything), PER_LINE)]
    return (HEAD + "".join(rows) +
            "};\n\nstatic const u8 replay_bytes[] = {\n\t" +
            ",\n\t".join(lines) + ",\n};\n")


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
        text = header(messages(args.trace.read_text()))
    except (Bad, OSError, UnicodeDecodeError) as error:
        sys.exit(f"replay.py: {args.trace}: {error}")
    if args.header:
        print(text, end="")
    else:
        sys.exit(bool(play(text)))


if __name__ == "__main__":
    main()
