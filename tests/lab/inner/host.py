# SPDX-License-Identifier: GPL-2.0-only
"""Owns the Dynamic Memory host's side: targets, what the host thinks the guest
has, the guest's reports, and every message as QEMU's trace file shows it.
"""

import dataclasses
import re
import threading
import time

from inner.qmp import QmpError

MIB = 1 << 20

# The trace lines that say something about the guest; the rest is QEMU's own.
EVENTS = {
    "state": r"hv_balloon_state_change -> (?P<state>\S+)",
    "version": r"hv_balloon_incoming_version .* (?P<major>\d+)\."
               r"(?P<minor>\d+)",
    "caps": r"hv_balloon_incoming_caps .* 0x(?P<caps>[0-9a-f]+)",
    "balloon": r"hv_balloon_outgoing_balloon posting balloon (?P<id>\d+) for "
               r"(?P<count>\d+), remaining (?P<rest>\d+)",
    "ballooned": r"hv_balloon_incoming_balloon .* response (?P<id>\d+), "
                 r"ranges (?P<ranges>\d+), more (?P<more>\d+)",
    "removed": r"hv_balloon_remove_response processing .* range "
               r"(?P<count>\d+) @ 0x(?P<start>[0-9a-f]+)",
    "unballoon": r"hv_balloon_outgoing_unballoon posting unballoon "
                 r"(?P<id>\d+) for (?P<count>\d+) @ 0x(?P<start>[0-9a-f]+)",
    "unballooned": r"hv_balloon_incoming_unballoon .* (?P<id>\d+)$",
    "hot-add": r"hv_balloon_outgoing_hot_add posting hot add (?P<id>\d+) for "
               r"(?P<count>\d+) @ 0x(?P<start>[0-9a-f]+)",
    "hot-added": r"hv_balloon_incoming_hot_add .* response (?P<id>\d+), "
                 r"result (?P<result>\d+), count (?P<count>\d+)",
    "open": r"vmbus_open_channel channel",
    "close": r"vmbus_close_channel channel",
}
EVENTS = {kind: re.compile(text) for kind, text in EVENTS.items()}
HEXADECIMAL = {"caps", "start"}


@dataclasses.dataclass
class Event:
    time: float			# seconds, the outer machine's wall clock
    kind: str
    fields: dict

    def __getattr__(self, name):
        try:
            return self.fields[name]
        except KeyError:
            raise AttributeError(name) from None


def parse(line):
    """The Event in a line of the trace, or None."""
    stamp = re.match(r"\d+@(\d+\.\d+):", line)
    if not stamp:
        return None
    for kind, pattern in EVENTS.items():
        found = pattern.match(line, stamp.end())
        if found:
            fields = {name: value if name == "state" else
                      int(value, 16 if name in HEXADECIMAL else 10)
                      for name, value in found.groupdict().items()}
            return Event(float(stamp[1]), kind, fields)
    return None


class Host:
    """What a Dynamic Memory host does to a guest, and what it hears."""

    def __init__(self, guest):
        self.guest = guest
        self.qmp = guest.qmp
        self.file = open(guest.trace, encoding="utf-8", errors="replace")
        self.partial = ""
        self.lock = threading.Lock()	# for the file and what was read of it
        self.all = []
        self.held = self.counted = 0	# see held_pages()
        self.resumed = 0.0		# when the guest knew of the last target

    def events(self, kind=None, since=0):
        """Events so far, of one kind or of all, from index since on."""
        with self.lock:
            text = self.partial + self.file.read()
            *lines, self.partial = text.split("\n")
            self.all += [event for event in map(parse, lines) if event]
        return [event for event in self.all[since:]
                if kind in (None, event.kind)]

    def mark(self):
        """An index for events(since=...): what is yet to come."""
        return len(self.events())

    def state(self):
        states = self.events("state")
        return states[-1].state if states else "none"

    def wait_idle(self, limit):
        """Waits until the host has nothing under way; False if it has."""
        return self.guest.wait_for(lambda: self.state() == "S_IDLE", limit,
                                   0.05)

    def wait_ready(self):
        """The host acts on targets 50 s of guest time after the handshake."""
        if not self.wait_idle(120):
            raise TimeoutError(f"the host is in state {self.state()}")

    def set_target(self, mib):
        """Sets the size that the host wants the guest to have.

        QEMU dies if a message of the guest lies in the ring when it acts on
        a target. With the guest stopped, query-status empties the ring.
        Returns for how many seconds the guest stood still.
        """
        start = time.monotonic()
        self.qmp.command("stop")
        self.qmp.command("query-status")
        self.qmp.command("balloon", value=int(mib * MIB))
        self.resumed = time.time()
        self.qmp.command("cont")
        return time.monotonic() - start

    def resize(self, mib, limit=90):
        """Sets a target, waits for the end of it: (seconds, actual MiB)."""
        start = time.monotonic()
        self.set_target(mib)
        if not self.wait_idle(limit):
            raise TimeoutError(f"target {mib} MiB: the host is still in "
                               f"{self.state()} after {limit} s")
        return time.monotonic() - start, self.actual()

    def actual(self):
        """The guest's size in MiB, as the host has it."""
        return self.qmp.command("query-balloon")["actual"] / MIB

    def report(self):
        """(committed, available) in MiB of the last report, or None."""
        try:
            last = self.qmp.command("query-hv-balloon-status-report")
        except QmpError:
            return None
        return last["committed"] / MIB, last["available"] / MIB

    def poll_reports(self, seconds, interval=0.01):
        """[(time, committed, available)] of reports that differ from the one
        before; time is the outer machine's wall clock.
        """
        seen, last = [], None
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            now = self.report()
            if now and now != last:
                seen.append((time.time(), *now))
                last = now
            time.sleep(interval)
        return seen

    def removed_pages(self, since=0):
        """Pages that the guest gave in balloon responses."""
        return sum(event.count for event in self.events("removed", since))

    def held_pages(self):
        """Pages that the guest gave and did not get back."""
        events = self.events()[self.counted:]
        self.counted += len(events)
        self.held += sum(event.count for event in events
                         if event.kind == "removed")
        self.held -= sum(event.count for event in events
                         if event.kind == "unballoon")
        return self.held
