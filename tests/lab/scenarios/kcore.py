# SPDX-License-Identifier: GPL-2.0-only
"""Reading the guest's memory as a crash dump tool would, while the host has a
part of it: that part must not be touched.

QEMU discards what it is given, so the pages behind it are there again as soon
as the guest touches them; the host's page map shows it.
"""

import re
import struct

from inner.given import Given, touch_single_pages
from inner.lab import PARAMETERS
import scenario

VSYSCALL = 0xffffffffff600000
LARGEST = 1 << 40		# bytes; what is larger is the area of vmalloc
STEP = 1 << 20			# bytes that are read at a time
BLOCKS, LESS = 1024, 200	# MiB that are taken by block, and by less


class Run(scenario.Scenario):
    boot = scenario.Boot("kcore", memory=3072)
    checks = {
        "given": "the host has memory by whole blocks and by less",
        "gone": "nothing is left in the host behind what it was given",
        "read": "all of the memory in /proc/kcore can be read",
        "seen": "memory that the guest has is touched by that",
        "absent": "of what the host has, no page is touched",
        "back": "all of it comes back",
    }
    limit = 600

    def run(self):
        touch_single_pages()
        self.host.wait_ready()
        self.host.resize(self.host.actual() + 512)
        size = self.host.actual()
        mark = self.host.mark()
        self.host.resize(size - BLOCKS)
        self.guest.write(f"{PARAMETERS}/balloon_blocks", "N")
        self.host.resize(size - BLOCKS - LESS)
        self.guest.write(f"{PARAMETERS}/balloon_blocks", "Y")
        given = Given(self.guest, self.host, mark)
        self.count(given, size)
        before, others = given.present(), given.resident()
        self.check("gone", before == 0, f"{before} pages")
        segments = self.segments()
        amounts = [self.read(*segment) for segment in segments]
        self.check("read", segments and
                   amounts == [length for _, length in segments],
                   "KiB of KiB: " + ", ".join(
                       f"{amount >> 10} of {length >> 10}" for amount,
                       (_, length) in zip(amounts, segments, strict=True)))
        after, now = given.present(), given.resident()
        self.check("seen", now - others > 100 * 256,
                   f"{others >> 8} to {now >> 8} MiB in the host")
        self.check("absent", before == after, f"{after} pages")
        _, actual = self.host.resize(size)
        self.check("back", actual == size, f"{actual:.0f} MiB")

    def count(self, given, size):
        by_block = self.lab.driver_count("taken_by_block")
        self.check("given", given.pages == (BLOCKS + LESS) * 256 and
                   (not self.lab.ours or 0 < by_block < given.pages),
                   f"{given.pages >> 8} MiB in {len(given.pieces)} pieces, of "
                   f"{size:.0f}; by block: {by_block >> 8} MiB")

    def segments(self):
        """[(offset, length)] of all in /proc/kcore but vmalloc's area, and
        the page of vsyscalls, which a kernel needn't have."""
        text = self.guest.run("dd if=/proc/kcore bs=4096 count=1 2>/dev/null "
                              "| od -An -v -tx1")
        data = bytes.fromhex(text)
        at, = struct.unpack_from("<Q", data, 32)
        each, count = struct.unpack_from("<HH", data, 54)
        headers = [struct.unpack_from("<LLQQQQ", data, at + each * index)
                   for index in range(count)]
        return [(offset, length)
                for kind, _, offset, address, _, length in headers
                if kind == 1 and length < LARGEST and address != VSYSCALL]

    def read(self, offset, length):
        """Reads a segment; returns how many bytes came."""
        _, text = self.guest.attempt(
            f"dd if=/proc/kcore of=/dev/null bs={STEP} skip={offset} count={length} "
            f"iflag=skip_bytes,count_bytes,fullblock", 400)
        found = re.search(r"^(\d+)\+([01]) records in", text, re.MULTILINE)
        if not found:
            return 0
        return int(found[1]) * STEP + int(found[2]) * (length % STEP)
