# SPDX-License-Identifier: GPL-2.0-only
"""A working set in page cache that is larger than the guest: it grows until the
set is no longer read from disk. A stream through more than the guest's memory
asks for nothing.
"""

import re
import time

from inner.balancer import Balancer
from inner.load import Load
from inner.watch import Watch
import scenario

MINIMUM, MAXIMUM = 1024, 8192
SET = 1100			# MiB
STREAM = 1900
SECONDS = 90
SHARE = 4			# a pass takes less than this part, once it fits


class Run(scenario.Scenario):
    boot = scenario.Boot("workingset", memory=1024, swap=2048)
    checks = {
        "stream": "a stream through twice the guest adds less than 128 MiB to "
                  "the demand",
        "grows": "a mapped file larger than the guest: it grows",
        "fits": "90 s later a pass over a twelfth of it takes a fraction of "
                "what it took",
        "ends": "and the demand has stopped to rise",
        "kept": "the host is given nothing of it",
        "quiet": "dmesg says nothing of pressure",
    }
    limit = 300
    stock = False

    def run(self):
        self.host.wait_ready()
        self.watch = Watch(self.lab, Balancer(MINIMUM, MAXIMUM), lambda _: 0,
                           []).start()
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

    def stream(self):
        before, mark = self.demands(-1)[0], len(self.watch.samples)
        load = Load(self.guest, "cache", STREAM, 0, "/dev/vda")
        self.watch.wait(15)
        load.kill()
        most = max(self.demands(mark))
        self.check("stream", most - before < 128,
                   f"{before:.0f}, at most {most:.0f} MiB")

    def passes(self, load):
        return [float(text) for text in
                re.findall(r"pass (\S+) s", load.output())]

    def workingset(self):
        size = self.guest.total()
        load = Load(self.guest, "map", SET, 0, "/dev/vda")
        self.watch.wait(SECONDS)
        passes = self.passes(load)
        self.note(f"passes: {passes[:3]} ... {passes[-3:]} s, "
                  f"{len(passes)} of them")
        grown = self.guest.total() - size
        self.check("grows", grown > 128, f"by {grown:.0f} MiB")
        self.below = max(passes[:2], default=0) / SHARE
        self.check("fits", passes and passes[-1] < self.below,
                   f"{passes[:1]}, {passes[-1:]} s")
        late = self.demands(-20)
        self.check("ends", max(late) - min(late) < 64,
                   f"{min(late):.0f} to {max(late):.0f} MiB")
        self.kept(load)

    def kept(self, load):
        """What the host wants now, it doesn't get of the working set."""
        self.watch.close()
        time.sleep(1)
        held = self.host.held_pages()
        self.host.set_target(MINIMUM // 2)
        time.sleep(5)
        given = (self.host.held_pages() - held) / 256
        before = len(self.passes(load))
        time.sleep(3)
        passes = self.passes(load)[before:]
        load.kill()
        self.check("kept", passes and max(passes) < self.below,
                   f"{given:.0f} MiB given, then {max(passes, default=9):.2f} "
                   "s a pass")
