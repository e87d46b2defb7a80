# SPDX-License-Identifier: GPL-2.0-only
"""2 GiB are added to a guest and come online."""

import statistics

from measures import common, tracing

MIB = 2048
CALLBACKS = ("hv_online_page", "online_page:mod:hv_balloon")
WHOLE = "online_pages"


class Run(common.Measure):
    boot = common.SMALL
    contenders = ("stock",)

    def measure(self):
        size, total = self.lab.sizes()
        tracing.time_functions(self.guest, (*CALLBACKS, WHOLE))
        seconds, _ = self.resize(size + MIB)
        grown = self.guest.total() - total
        times = tracing.collect(self.guest)
        callback = [seconds for name in CALLBACKS
                    for seconds in times.get(name.split(":")[0], ())]
        self.values |= {"online_s": seconds, "online_mib": grown,
                        "online_calls": len(callback),
                        "online_callback_ms": median_ms(callback),
                        "online_block_ms": median_ms(times[WHOLE])}


def median_ms(seconds):
    return 1000 * statistics.median(seconds)
