# SPDX-License-Identifier: GPL-2.0-only
"""A working set in page cache that is larger than the guest: it grows until the
set is no longer read from disk. A stream through more than the guest's memory
asks for nothing.

	workingset	the set is mapped
	workingset-read	it is read with system calls, and page cache is in
			generations (lru_gen), where the kernel counts such
			pages in another way; in a smaller guest, so that the
			stream goes through its file several times
"""

import re
import time

from inner.balancer import Balancer
from inner.load import Load
from inner.watch import Watch
import scenario

MAXIMUM = 8192
GENERATIONS = "/sys/kernel/mm/lru_gen/enabled"
SHARE = 4			# a pass takes less than this part, once it fits


class Run(scenario.Scenario):
    boot = scenario.Boot("workingset", memory=1024, swap=2048)
    checks = {
        "stream": "a stream through twice the guest adds less than 128 MiB to "
                  "the demand",
        "grows": "a file in use that is larger than the guest: it grows",
        "fits": "then a pass over a twelfth of it takes a fraction of "
                "what it took",
        "ends": "and the demand has stopped to rise",
        "kept": "the host is given nothing of it",
        "quiet": "dmesg says nothing of pressure",
    }
    limit = 800
    stock = False
    minimum = 1024		# MiB, as are these
    mode, set_size = "map", 1100
    stream_size, stream_s, rounds = 1900, 15, 9
    set_s, may_wait = 80, False

    def run(self):
        self.host.wait_ready()
        self.host.resize(self.minimum)
        self.watch = Watch(self.lab, Balancer(self.minimum, MAXIMUM),
                           lambda _: 0, []).start()
        try:
            self.watch.wait(3)
            self.stream()
            self.workingset()
        finally:
            self.watch.close()
        said = [line for line in self.guest.dmesg().splitlines()
                if "pressure" in line]
        self.check("quiet", not said, " / ".join(said) or "nothing")

    def demands(self, since):
        return [sample["demand"] for sample in self.watch.samples[since:]]

    def counts(self):
        """What the kernel counts of page cache, in MiB."""
        found = dict(line.split() for line in
                     self.guest.read("/proc/vmstat").splitlines())
        return {"read": int(found["pgpgin"]) // 1024,
                "refault": int(found["workingset_refault_file"]) // 256,
                "restore": int(found["workingset_restore_file"]) // 256}

    def since(self, before):
        return ", ".join(f"{name} {count - before[name]} MiB"
                         for name, count in self.counts().items())

    def stream(self):
        before, mark = self.demands(-1)[0], len(self.watch.samples)
        counts = self.counts()
        end = counts["read"] + self.rounds * self.stream_size
        load = Load(self.guest, "cache", self.stream_size, 0, "/dev/vda")
        self.watch.wait(self.stream_s, lambda: self.counts()["read"] > end, 2)
        load.kill()
        most = max(self.demands(mark))
        self.check("stream", most - before < 128,
                   f"{before:.0f}, at most {most:.0f} MiB; {self.since(counts)}")

    def passes(self, load):
        return [float(text) for text in
                re.findall(r"pass (\S+) s", load.output())]

    def workingset(self):
        size, counts = self.guest.total(), self.counts()
        load = Load(self.guest, self.mode, self.set_size, 0, "/dev/vda")
        self.watch.wait(self.set_s, lambda: self.may_end(load), 5)
        self.watch.wait(10)
        passes = self.passes(load)
        self.note(f"passes: {passes[:3]} ... {passes[-3:]} s, "
                  f"{len(passes)} of them; {self.since(counts)}")
        grown = self.guest.total() - size
        self.check("grows", grown > 128, f"by {grown:.0f} MiB")
        self.below = max(passes[:2], default=0) / SHARE
        self.check("fits", passes and passes[-1] < self.below,
                   f"{passes[:1]}, {passes[-1:]} s")
        late = self.demands(-20)
        self.check("ends", max(late) - min(late) < 64,
                   f"{min(late):.0f} to {max(late):.0f} MiB")
        self.kept(load)

    def may_end(self, load):
        """The set fits, where how long that takes hangs on the machine."""
        passes = self.passes(load)
        return self.may_wait and passes and passes[-1] < passes[0] / 20

    def kept(self, load):
        """What the host wants now, it doesn't get of the working set."""
        self.watch.close()
        time.sleep(1)
        held = self.host.held_pages()
        self.host.set_target(self.minimum // 2)
        time.sleep(5)
        given = (self.host.held_pages() - held) / 256
        before = len(self.passes(load))
        time.sleep(3)
        passes = self.passes(load)[before:]
        load.kill()
        self.check("kept", passes and max(passes) < self.below,
                   f"{given:.0f} MiB given, then {max(passes, default=9):.2f} "
                   "s a pass")


class Read(Run):
    checks = {
        **Run.checks,
        "stream": "a stream through three times the guest, over and over, adds "
                  "less than 128 MiB to the demand",
    }
    minimum = 520
    mode, set_size = "read", 420
    stream_size, stream_s, rounds = 960, 240, 3
    set_s, may_wait = 400, True

    def run(self):
        before = self.guest.read(GENERATIONS).strip()
        self.guest.write(GENERATIONS, "y")
        time.sleep(12)		# until the driver has seen it
        try:
            super().run()
        finally:
            self.guest.write(GENERATIONS, before)

    @classmethod
    def name(cls):
        return "workingset-read"


def of(rest):
    return Read if rest else Run
