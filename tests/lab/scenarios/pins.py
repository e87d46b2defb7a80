# SPDX-License-Identifier: GPL-2.0-only
"""Single pages are pinned for long all over a guest that is free otherwise, as
io_uring's registered buffers are: one in each 64 MiB, but for some blocks. The
host takes as fast as without them.

Once the blocks without a pin are gone, pages are taken one by one, and Debian's
kernel zeroes them. Emulated, that takes longer than anything that pins could do, so
this guest's doesn't.
"""

import collections
import re

from inner.given import Given
import scenario

TIMES, AMOUNT = 6, 256		# requests, MiB each
STEP, BLOCK, SPARED = 64, 128, 4	# MiB; of so many blocks, one has no pin
LEAST = 4			# blocks
LEFT = 400			# MiB that aren't touched to choose the pins
SLACK = 0.5			# seconds
OUT = "/tmp/pins"
TRACING = "/sys/kernel/tracing"
NOISE = re.compile("migrating pfn|page dumped|failed to isolate|offlin.* fail")


class Run(scenario.Scenario):
    boot = scenario.Boot("pins", memory=4096, alone=True,
                         cmdline=(*scenario.Boot.cmdline, "init_on_alloc=0"))
    checks = {
        "pinned": "there is a pinned page in most blocks",
        "full": "each request is answered in full, with and without pins",
        "fast": "each answer takes at most 0.5 s longer with pins",
        "whole": "blocks without a pin are taken whole",
        "once": "no block that failed to go offline is tried again",
        "quiet": "the kernel says nothing of pages that can't be moved",
        "back": "all of it comes back",
    }
    timed = ("fast",)
    limit = 300

    def run(self):
        self.host.wait_ready()
        self.size = self.host.actual()
        without = self.take()
        self.host.resize(self.size, 120)
        blocks = self.pin()
        self.check("pinned", len(blocks) >= self.size / BLOCK / 2,
                   f"{len(blocks)} blocks of {self.size / BLOCK:.0f}")
        said = len(self.guest.dmesg().splitlines())
        self.watch()
        mark = self.host.mark()
        pinned = self.take()
        self.judge(without, pinned)
        self.look_at_blocks(Given(self.guest, self.host, mark), blocks)
        noise = [line for line in self.guest.dmesg().splitlines()[said:]
                 if NOISE.search(line)]
        self.check("quiet", not noise, f"{len(noise)} lines: {noise[:2]}")
        self.guest.run(f"kill $(cat {OUT}.pid)")
        _, actual = self.host.resize(self.size, 120)
        self.check("back", actual == self.size, f"{actual:.0f} MiB")

    def take(self):
        """[(MiB, seconds)] of one request after the other."""
        found, size = [], self.size
        for _ in range(TIMES):
            mark = self.host.mark()
            _, now = self.host.resize(size - AMOUNT, 60)
            asked = self.host.events("balloon", mark)[0].time
            answered = self.host.events("ballooned", mark)[-1].time
            found.append((size - now, answered - asked))
            size = now
        return found

    def pin(self):
        """The numbers of the blocks with a pin."""
        mib = int(self.guest.meminfo()["MemFree"]) - LEFT
        self.guest.run(f"pins {mib} {STEP} {BLOCK} {SPARED} >{OUT} 2>&1 & "
                       f"echo $! >{OUT}.pid")
        self.guest.wait_for(lambda: self.guest.read(OUT), 120)
        text = self.guest.read(OUT)
        self.note(text)
        return {int(word) for word in text.partition(":")[2].split()}

    def watch(self):
        """From now on, the kernel's trace has each attempt and its end."""
        self.guest.run(f"cd {TRACING}; echo >trace; "
                       "echo 'p:lab/start offline_pages start=$arg1' "
                       ">kprobe_events; "
                       "echo 'r:lab/end offline_pages result=$retval:s32' "
                       ">>kprobe_events; echo 1 >events/lab/enable")

    def attempts(self):
        """[(block, result)] of what was to be set offline."""
        text = self.guest.run(f"cd {TRACING}; grep -E ': (start|end):' trace; "
                              "echo 0 >events/lab/enable; echo >kprobe_events")
        pairs = re.findall(r"start=(0x[0-9a-f]+).*\n.*result=(-?\d+)", text)
        return [(int(page, 16) // (BLOCK * 256), int(result))
                for page, result in pairs]

    def judge(self, without, pinned):
        self.check("full", all(abs(mib - AMOUNT) < 1 for mib, _ in
                               without + pinned),
                   [round(mib) for mib, _ in without + pinned])
        more = [b - a for (_, a), (_, b) in zip(without, pinned)]
        self.check("fast", max(more) <= SLACK, ", ".join(
            f"{a:.2f} to {b:.2f}" for (_, a), (_, b) in zip(without, pinned)))

    def look_at_blocks(self, given, blocks):
        pages = collections.Counter()
        for start, count in given.ranges:
            for page, part in given.split(start, start + count):
                pages[page // (BLOCK * 256)] += part
        whole = {block for block, count in pages.items()
                 if count == BLOCK * 256}
        tried = self.attempts()
        by_block = {block for block, result in tried if not result}
        self.check("whole", len(whole & by_block) >= LEAST and
                   not whole & blocks,
                   f"{sorted(whole)}, by block {sorted(by_block)}")
        failed = collections.Counter(block for block, result in tried
                                     if result)
        self.check("once", failed.total() == len(failed),
                   f"{len(tried)} attempts, failed: {dict(failed)}")
