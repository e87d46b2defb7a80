# SPDX-License-Identifier: GPL-2.0-only
"""hv-balloon-check, hv-balloon-record and the metrics' service, as a stranger
would run them, in a guest with systemd and Python whose host is a balancer.
"""

import base64
import json
from pathlib import Path
import re

from inner.balancer import Balancer
from inner.watch import Watch
import scenario

MINIMUM, MAXIMUM = 1024, 1792
AFTER = 60			# seconds that it looks on
SHRINKING = 30			# of these, in which the host may act
BACK = 256			# MiB that it gives back at the end of them
OUT = "/var/tmp/report"
PROM = "/var/lib/prometheus/node-exporter/hv_balloon.prom"
TRACING = "/sys/kernel/tracing"
KINDS = {6: "balloon", 8: "unballoon", 10: "hot-add"}
ANSWERS = ("ballooned", "unballooned", "hot-added")
START_BITS = 40			# of a range on the wire, the pages above


def asked(line):
    """(kind, transaction, pages) of a recorded message of the host's."""
    data = bytes.fromhex(line.split()[2])
    kind = KINDS.get(int.from_bytes(data[:2], "little"))
    if line.split()[1] != "<" or not kind:
        return None
    at, size = {"balloon": (8, 4), "unballoon": (16, 8),
                "hot-add": (8, 8)}[kind]
    pages = int.from_bytes(data[at:at + size], "little")
    return (kind, int.from_bytes(data[4:8], "little"),
            pages if size == 4 else pages >> START_BITS)


def answered(line):
    """(kind, fields) of a recorded answer, as QEMU's event has them, or None."""
    _, way, digits = line.split()
    data = bytes.fromhex(digits)
    kind, trans_id, first, second = (
        int.from_bytes(data[at:at + size], "little")
        for at, size in ((0, 2), (4, 4), (8, 4), (12, 4)))
    if way != ">":
        return None
    return {7: ("ballooned", {"id": trans_id, "ranges": second >> 1,
                              "more": second & 1}),
            9: ("unballooned", {"id": trans_id}),
            11: ("hot-added", {"id": trans_id, "result": second,
                               "count": first})}.get(kind)


class Run(scenario.Scenario):
    boot = scenario.Boot("check", memory=MINIMUM, swap=4096, debian="plain",
                         limit=180, alone=True)
    checks = {
        "ends": "hv-balloon-check comes to its end",
        "grows": "its report says that the guest grew, and didn't swap",
        "page": "its page has the plot of all that it sampled",
        "recorded": "the record has what the host asked for, in order",
        "answered": "and what the guest answered, as the host heard it",
        "bytes": "each recorded message is as long as it says",
        "tracefs": "nothing of it is left in tracefs",
        "metrics": "the service writes the metrics, locked up as it is",
        "timer": "the timer's condition holds",
    }
    timed = tuple(checks)	# a slow guest comes to no end in time
    limit = 1500

    def run(self):
        self.install()
        self.host.wait_ready()
        mark = self.host.mark()
        record = "--record" if self.lab.ours else ""
        self.guest.run(f"(hv-balloon-check --yes {record} --after {AFTER} "
                       f"--out {OUT}; echo status $?) >/tmp/check 2>&1 &")
        self.play_host()
        said = self.guest.read("/tmp/check")
        self.note(said[-1500:])
        self.check("ends", "status 0" in said)
        self.look_at_report()
        if self.lab.ours:
            self.look_at_record(mark)
        self.look_at_service()

    def install(self):
        for source in sorted(Path("carried").iterdir()):
            place = "/usr/bin" if source.suffix in ("", ".sh") else \
                "/etc/systemd/system"
            text = base64.b64encode(source.read_bytes()).decode()
            self.guest.run(f"echo {text} | base64 -d >{place}/{source.name}; "
                           f"chmod 755 {place}/{source.name}")
        self.guest.run("mkswap /dev/vdb >/dev/null && swapon /dev/vdb")

    def says(self, command):
        return not self.guest.attempt(command)[0]

    def has_ended(self):
        return self.says("grep -q status /tmp/check")

    def play_host(self):
        """Acts on reports until some time after the burst."""
        watch = Watch(self.lab, Balancer(MINIMUM, MAXIMUM)).start()
        try:
            taking = "cat /proc/[0-9]*/cmdline | grep -aq '[-]-take'"
            watch.wait(240, lambda: self.says(taking) or self.has_ended(), 2)
            watch.wait(600, lambda: not self.says(taking), 2)
            watch.wait(SHRINKING, self.has_ended, 2)
            watch.balancer = Balancer(watch.size + BACK, MAXIMUM)
            watch.wait(AFTER + 120, self.has_ended, 2)
        finally:
            watch.close()
        watch.check()

    def look_at_report(self):
        name = "ours" if self.lab.ours else "stock"
        text = self.guest.run(f"cat {OUT}/{name}.json")
        page = self.guest.run(f"cat {OUT}/report.html")
        self.lab.emit("log", name=f"{name}.json", text=text)
        self.lab.emit("log", name="report.html", text=page)
        report = json.loads(text)
        found = report["results"]
        self.check("grows", found["grown_mib"] > 400 and not
                   found["swapped_pages"] and not found["killed"], found)
        points = re.findall(r'points="([^"]*)"', page)
        counts = {len(line.split()) for line in points}
        self.check("page", len(points) == 4 and
                   counts == {len(report["samples"])}, counts)

    def look_at_record(self, mark):
        record = self.guest.run(f"cat {OUT}/ours.trace", 60)
        self.lab.emit("log", name="ours.trace", text=record)
        lines = record.splitlines()
        got = [message for message in map(asked, lines) if message]
        sent = [(event.kind, event.id, event.count)
                for event in self.host.events(since=mark)
                if event.kind in KINDS.values()]
        self.check("recorded", sent and got == sent,
                   f"{len(got)} of {len(sent)}, of {len(lines)} messages")
        got = [message for message in map(answered, lines) if message]
        heard = [(event.kind, event.fields)
                 for event in self.host.events(since=mark)
                 if event.kind in ANSWERS]
        self.check("answered", heard and got == heard,
                   f"{len(got)} of {len(heard)}")
        wrong = [line for line in lines if int.from_bytes(bytes.fromhex(
            line.split()[2])[2:4], "little") != len(line.split()[2]) // 2]
        self.check("bytes", lines and not wrong, wrong[:2])
        left = self.guest.run(f"ls {TRACING}/instances; "
                              f"cat {TRACING}/kprobe_events")
        self.check("tracefs", not left.strip(), left)

    def look_at_service(self):
        status, text = self.guest.attempt(
            f"mkdir -p $(dirname {PROM}); systemctl daemon-reload; "
            "systemctl start hv-balloon-metrics.service; "
            "journalctl --no-pager -u hv-balloon-metrics | tail -n 5", 60)
        up = self.says(f"grep -qx 'hv_balloon_up 1' {PROM}")
        self.check("metrics", up, text[-300:])
        self.guest.attempt("systemctl start hv-balloon-metrics.timer")
        state = self.guest.attempt(
            "systemctl is-active hv-balloon-metrics.timer; "
            "systemd-detect-virt")[1]
        self.check("timer", "microsoft" in state and
                   state.startswith("active"), state.replace("\n", " "))
