# SPDX-License-Identifier: GPL-2.0-only
"""3 GiB of free memory go to the host and come back."""

import time

from measures import common, tracing

MIB = 3072
SLACK = 64			# MiB that may be in use by then
PER_CPU = 1 / 8			# of memory can wait in the CPU's own lists

# What runs where nothing else can: the channel's callbacks.
CALLBACKS = ("balloon_onchannelcallback", "channel_callback:mod:hv_balloon")
FREED = ("generic_online_page",)	# the longest step in which ours frees


class Run(common.Measure):
    boot = common.FULL

    def measure(self):
        self.guest.use_swap()
        given = self.take(MIB, "free")
        self.values |= {f"free_{name}": count for name, count in
                        self.balloon.wire().items()}
        tracing.time_functions(self.guest, CALLBACKS + FREED)
        self.back(given)
        times = tracing.collect(self.guest)
        callbacks = [seconds for name in CALLBACKS
                     for seconds in times.get(name.split(":")[0], ())]
        if callbacks:
            self.values["back_softirq_ms"] = 1000 * max(callbacks)
        if FREED[0] in times:
            self.values["back_step_ms"] = 1000 * max(times[FREED[0]])

    def back(self, mib):
        """Time until the guest has it in MemFree, or as good as there."""
        wanted = self.guest.meminfo()["MemFree"] + mib - SLACK - \
            PER_CPU * self.boot.memory
        start = self.balloon.start(self.balloon.actual() + mib)
        while self.guest.meminfo()["MemFree"] < wanted:
            if time.time() > start + 300:
                raise TimeoutError("the memory does not come back")
            time.sleep(common.POLL)
        self.values["back_s"] = time.time() - start
        self.balloon.finish(60)
