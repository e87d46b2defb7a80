# SPDX-License-Identifier: GPL-2.0-only
"""1.5 GiB go to the host from a guest with fragmented memory: page cache and
anonymous memory in turns, and half of it freed at random.
"""

from inner.load import Load
from measures import common

USED, MIB, SEED = 3072, 1536, 42


class Run(common.Measure):
    boot = common.FULL

    def measure(self):
        load = Load(self.guest, "fragments", USED, SEED, "/dev/vda")
        if load.wait_touched(300) is None:
            raise RuntimeError(load.output())
        self.take(MIB, "fragments")
        load.stop()
        size = self.boot.memory
        self.values["fragments_back_s"] = self.resize(size)[0]
        self.guest.run("echo 3 >/proc/sys/vm/drop_caches", 60)
