# SPDX-License-Identifier: GPL-2.0-only
"""There is an area for contiguous allocations, and the host takes all that it
can: the area keeps its pages, and whole blocks are taken only where there is none.

The debug kernel can have such areas, and so can Debian's from 7.2 on.
"""

from inner.given import Given
import scenario

AREA_START, AREA = 4096, 256		# MiB
PAGES = 256				# in a MiB
LOWEST = 512				# MiB; the guest stops before it


class Run(scenario.Scenario):
    boot = scenario.Boot(
        "cma", memory=4096, alone=True,
        cmdline=(*scenario.Boot.cmdline, f"cma={AREA}M@{AREA_START}M"))
    checks = {
        "area": "there is an area of the size asked for, in the highest zone",
        "taken": "the host takes most of what is free outside of it",
        "kept": "it has none of the area's pages",
        "blocks": "blocks are taken whole, no more than lie below its zone",
        "back": "all of it comes back",
    }
    stock = False
    limit = 200

    def run(self):
        self.host.wait_ready()
        size = self.host.actual()
        before = self.guest.meminfo()
        self.check("area", before.get("CmaTotal") == AREA,
                   before.get("CmaTotal", "this kernel has no CMA"))
        mark = self.host.mark()
        by_block = self.lab.driver_count("taken_by_block")
        _, low = self.host.resize(LOWEST, 150)
        outside = before["MemFree"] - before.get("CmaFree", 0)
        self.check("taken", size - low > outside / 2,
                   f"{size - low:.0f} MiB, of {outside:.0f} free")
        given = Given(self.guest, self.host, mark)
        area = range(AREA_START * PAGES, (AREA_START + AREA) * PAGES)
        inside = [piece for piece in given.ranges
                  if piece[0] < area.stop and sum(piece) > area.start]
        self.check("kept", given.ranges and not inside, inside[:4])
        by_block = self.lab.driver_count("taken_by_block") - by_block
        below = sum(count for start, count in given.ranges
                    if start + count <= area.start)
        self.check("blocks", 0 < by_block <= below,
                   f"{by_block // PAGES} MiB of {below // PAGES} below it")
        _, actual = self.host.resize(size, 120)
        self.check("back", actual == size, f"{actual:.0f} MiB")
