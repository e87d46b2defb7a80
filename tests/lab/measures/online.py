# SPDX-License-Identifier: GPL-2.0-only
"""2 GiB are added to a guest and come online; then 512 MiB more, to see for how
long interrupts are off.
"""

import statistics

from measures import common, tracing

MIB, MORE = 2048, 512
CALLBACKS = ("hv_online_page", "online_page:mod:hv_balloon")
WHOLE = "online_pages"

# What has interrupts off: stock's whole callback, a step of ours.
LOCKED = {"stock": CALLBACKS[:1], "ours": ("__free_pages_ok",)}


class Run(common.Measure):
    boot = common.FULL
    contenders = ("stock",)

    def measure(self):
        size = self.boot.memory
        self.resize(size)
        total = self.guest.total()
        tracing.time_functions(self.guest, (*CALLBACKS, WHOLE))
        seconds, _ = self.resize(size + MIB)
        grown = self.guest.total() - total
        times = tracing.collect(self.guest)
        blocks = times[WHOLE]
        calls = [seconds for name in CALLBACKS
                 for seconds in times.get(name.split(":")[0], ())]
        callback = statistics.median(calls) * len(calls)
        self.values |= {"online_s": seconds, "online_mib": grown,
                        "online_blocks": len(blocks),
                        "online_callback_ms": 1000 * callback / len(blocks),
                        "online_block_ms": 1000 * statistics.median(blocks)}
        self.locked(size + MIB + MORE)

    def locked(self, size):
        tracing.time_functions(self.guest, LOCKED[self.lab.driver])
        self.resize(size)
        times = sum(tracing.collect(self.guest).values(), [])
        self.values |= {"online_locked_us": 1e6 * statistics.median(times),
                        "online_locked_max_us": 1e6 * max(times)}
