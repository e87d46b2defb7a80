# SPDX-License-Identifier: GPL-2.0-only
"""What the guest makes of its size is what the host has assigned, whatever the
kernel kept for itself at boot and whatever has changed hands since.
"""

import scenario

FIRMWARE = 2			# MiB that firmware keeps, which nobody sees


class Run(scenario.Scenario):
    checks = {
        "start": "as it stands: MemTotal, what is kept and what is held",
        "shrunk": "512 MiB smaller",
        "grown": "512 MiB larger than it was",
        "back": "as large as before",
        "whole": "512 MiB larger again, so that nothing is held any more",
        "same": "what the kernel keeps is the same all the time",
    }
    limit = 300
    stock = False

    def run(self):
        self.host.wait_ready()
        size = self.host.actual()
        self.kept = []
        self.look("start")
        for key, target in (("shrunk", size - 512), ("grown", size + 512),
                            ("back", size), ("whole", size + 512)):
            self.host.resize(target)
            self.look(key)
        self.check("same", max(self.kept) - min(self.kept) < 1 and
                   self.kept[0] > 16, self.kept)

    def look(self, key):
        size, kept, text = self.lab.assigned()
        actual = self.host.actual()
        self.kept.append(round(kept, 1))
        self.check(key, 0 <= actual - size <= FIRMWARE,
                   f"{text} MiB; assigned {actual:.0f}")
