# SPDX-License-Identifier: GPL-2.0-only
"""Owns what the driver's tracepoints tell (drivers/hv/trace.h): the time from a
sign of want to the report that follows it, and the counters that it looked at.
"""

import re

TRACING = "/sys/kernel/tracing"
EVENTS = ("hvb_signal", "hvb_sent", "hvb_status", "hvb_received", "hvb_look")
LINE = re.compile(r"\s(\d+\.\d+): (hvb_\w+): (.*)")

# Signals that must be followed by a report at once.
URGENT = ("forecast", "psi some", "psi full", "oom")


def start(guest):
    guest.run(f"cd {TRACING} && echo mono >trace_clock && "
              "echo 4096 >buffer_size_kb && echo >trace && " +
              " && ".join(f"echo 1 >events/hv_balloon/{event}/enable"
                          for event in EVENTS))


def read(guest):
    """[(guest's monotonic time, event, text)]"""
    return [(float(clock), event, text) for clock, event, text in
            LINE.findall(guest.read(f"{TRACING}/trace", 60))]


def delays(lines, since):
    """[(time of the signal, which, seconds until a report left)]"""
    found = []
    for index, (clock, event, text) in enumerate(lines):
        if event != "hvb_signal" or text not in URGENT or clock < since:
            continue
        sent = [later for later, kind, what in lines[index:]
                if kind == "hvb_sent" and what.startswith("status")]
        found.append((clock, text,
                      sent[0] - clock if sent else float("inf")))
    return found


def looks(lines, since=0):
    """A text with a line per look at the counters: time and counters."""
    return "".join(f"{clock:.3f} {text}\n" for clock, event, text in lines
                   if event == "hvb_look" and clock >= since)
