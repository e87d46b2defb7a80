# SPDX-License-Identifier: GPL-2.0-only
"""The guest crashes while the host has memory of its, whole blocks and less, and
its crash kernel makes a dump: with none of these pages, and without a touch.

Distributions use makedumpfile's level 31; that is what is timed. A page of the
host's could be missing there only because it reads as zeros, so the dump that is
looked through is of level 30: caches, data of user space and free pages are left
out, none of which these pages are taken for, and pages of zeros aren't.
"""

import re
import time

from inner.dump import Dump
from inner.given import Given, touch_single_pages
from inner.lab import MODULE, PARAMETERS
import scenario

BLOCKS, LESS = 1024, 200	# MiB that are taken by block, and by less
CRASH_LINE = ("console=ttyS0 loglevel=6 panic=-1 log_buf_len=1M irqpoll "
              "nr_cpus=1 reset_devices")
DUMP = "/usr/local/bin/makedumpfile --message-level 20 -F -d"	# with a report
USUAL, LOOKED_AT = 31, 30	# dump levels
FIRMWARE = 2			# MiB that nobody sees
SLACK, LEAST = 1.25, 1.0	# of the time of a guest that never gave; seconds


class Run(scenario.Scenario):
    boot = scenario.Boot("kdump", memory=4096, swap=2048, kexec=True,
                         cmdline=(*scenario.Boot.cmdline, "crashkernel=256M"))
    checks = {
        "assigned": "the crash kernel's memory is assigned, and counts",
        "given": "the host has memory by whole blocks and by less",
        "boots": "the guest crashes, and its crash kernel boots",
        "inactive": "the driver, loaded there, says one line and no more",
        "dumped": "makedumpfile makes a dump",
        "counted": "what the host has is memory of the guest to the dump",
        "offline": "makedumpfile finds as many pages offline",
        "left out": "of what the host has, no page is in the dump",
        "absent": "of what the host has, no page is touched",
    }
    contenders = ("roomy",)
    compared = {"time": "it takes no longer than in a guest that gave nothing"}
    limit = 500

    def run(self):
        touch_single_pages()
        if self.lab.ours:
            size, kept, text = self.lab.assigned()
            self.check("assigned", kept > 256 and
                       0 <= self.host.actual() - size <= FIRMWARE, text)
        self.guest.run("kexec crash /next/vmlinuz /next/initrd "
                       f"'{CRASH_LINE}'", 60)
        mark = self.host.mark()
        if self.lab.driver != "roomy":
            self.give()
        given = Given(self.guest, self.host, mark)
        by_block = self.lab.driver_count("taken_by_block")
        self.check("given", given.pages == (BLOCKS + LESS) * 256 and
                   (not self.lab.ours or 0 < by_block < given.pages),
                   f"{given.pages >> 8} MiB in {len(given.ranges)} ranges; "
                   f"by block: {by_block >> 8} MiB")
        before = given.present()
        up = self.guest.leave("echo c >/proc/sysrq-trigger", 120)
        self.forgive_crash()
        self.check("boots", up and "vmcore" in self.guest.run("ls /proc"))
        self.look_at_driver()
        try:
            self.time_dump()
            self.look_into_dump(given)
        finally:
            after = given.present()
            self.check("absent", before == after == 0,
                       f"there: {before}, then {after} of {given.pages}")

    def give(self):
        self.host.wait_ready()
        size = self.host.actual()
        self.host.resize(size - BLOCKS)
        self.guest.write(f"{PARAMETERS}/balloon_blocks", "N")
        self.host.resize(size - BLOCKS - LESS)

    def forgive_crash(self):
        """A crash has a trace. What the next kernel says is its own."""
        text = self.guest.console.read_text(errors="replace")
        self.guest.forgive(text[:text.rfind("Linux version")])

    def look_at_driver(self):
        mark = self.host.mark()
        status, text = self.guest.attempt(f"insmod {MODULE}; sleep 3")
        lines = [line for line in self.guest.dmesg().splitlines()
                 if re.search("hv_balloon(?!.*taint)", line)]
        opened = self.host.events("open", mark)
        self.check("inactive", not opened and len(lines) == 1 and
                   re.search("crash|kdump", lines[0]),
                   f"{text.strip()} {len(opened)} channels opened; " +
                   " / ".join(lines))

    def time_dump(self):
        """As distributions make them, but for the place that it goes to."""
        seconds, _ = self.timed(f"{DUMP} {USUAL} /proc/vmcore >/dev/null", 300)
        if seconds:
            self.lab.emit("measures", scenario=self.name(),
                          values={"seconds": seconds})

    def look_into_dump(self, given):
        seconds, said = self.timed(
            f"{DUMP} {LOOKED_AT} /proc/vmcore | dd of=/dev/vda bs=64K", 300)
        if not seconds:
            self.check("dumped", False)
            return
        offline = int(re.search(r"Offline pages +: (0x\w+)", said)[1], 16)
        self.check("offline", offline == given.pages,
                   f"{offline} of {given.pages}")
        dump = Dump(self.guest.path("swap"), self.guest.path("dump"))
        there, inside = (dump.count(bitmap)
                         for bitmap in (dump.there, dump.dumped))
        self.check("dumped", inside > 20 * 256, f"{inside >> 8} of "
                   f"{there >> 8} MiB in {seconds:.1f} s")
        there, inside = (sum(dump.count(bitmap, *part)
                             for part in given.ranges)
                         for bitmap in (dump.there, dump.dumped))
        self.check("counted", there == given.pages, f"{there} pages")
        self.check("left out", inside == 0, f"{inside} pages")

    def timed(self, command, limit):
        """(seconds until the end, what was said); 0 when it didn't come."""
        start = time.monotonic()
        status, text = self.guest.attempt(
            f"set -o pipefail; {command} 2>/tmp/said; status=$?; "
            "tail -c 1500 /tmp/said; exit $status", limit)
        if status:
            self.note(text.split("\r")[-1])
        return (0 if status else time.monotonic() - start), text

    @staticmethod
    def compare(found):
        ours = found["ours"]["seconds"]
        roomy = found.get("roomy", {}).get("seconds", 0)
        return [("time", ours < max(SLACK * roomy, roomy + LEAST),
                 f"{ours:.1f} s, against {roomy:.1f} s")]
