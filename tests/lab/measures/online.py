# SPDX-License-Identifier: GPL-2.0-only
"""2 GiB are added to a guest and come online; then 512 MiB more, to see when the
guest has the first of it, and again, to see for how long interrupts are off.
"""

import statistics
import time

from measures import common, tracing

MIB, MORE = 2048, 512
CALLBACKS = ("hv_online_page", "online_page:mod:hv_balloon")
WHOLE = "online_pages"

# What has interrupts off: stock's whole callback, a step of ours.
LOCKED = {"stock": CALLBACKS[:1], "ours": ("__free_pages_ok",)}


class Run(common.Measure):
    boot = common.FULL
    contenders = ("stock", "mem-2", "mem-128")

    def measure(self):
        size = self.boot.memory
        self.resize(size)
        total = self.guest.total()
        tracing.time_functions(self.guest, (*CALLBACKS, WHOLE))
        seconds, _ = self.resize(size + MIB)
        grown = self.guest.total() - total
        times = tracing.collect(self.guest)
        blocks = times.get(WHOLE, [0.0])
        calls = [seconds for name in CALLBACKS
                 for seconds in times.get(name.split(":")[0], ())]
        self.values |= {"online_s": seconds, "online_mib": grown,
                        "online_blocks": len(blocks),
                        "online_block_ms": 1000 * statistics.median(blocks)}
        self.first(size + MIB + MORE)
        if self.lab.driver not in LOCKED:
            return
        callback = statistics.median(calls) * len(calls)
        self.values["online_callback_ms"] = 1000 * callback / len(blocks)
        self.locked(size + MIB + 2 * MORE)

    def first(self, size):
        """Time until the guest has any more memory than before."""
        total = self.guest.total()
        start = self.balloon.start(size)
        while self.guest.total() <= total:
            if time.time() > start + 60:
                raise TimeoutError("no memory comes")
        self.values["online_first_s"] = time.time() - start
        self.balloon.finish(60)

    def locked(self, size):
        tracing.time_functions(self.guest, LOCKED[self.lab.driver])
        self.resize(size)
        times = sum(tracing.collect(self.guest).values(), [])
        self.values |= {"online_locked_us": 1e6 * statistics.median(times),
                        "online_locked_max_us": 1e6 * max(times)}
