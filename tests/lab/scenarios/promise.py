# SPDX-License-Identifier: GPL-2.0-only
"""One allocation that is larger than the guest is now, though not than what the
host would give: the kernel refuses it by default. Three ways in which it isn't.
"""

import base64
from pathlib import Path

from inner.balancer import Balancer
from inner.lab import PARAMETERS
from inner.load import Load
from inner.watch import Watch
import scenario

SMALL, MAXIMUM = 700, 8192	# MiB
AT_ONCE, RATE = 2048, 100	# MiB; of it touched each second
SHOWN = 4096			# MiB
SAID = "although the host can give more"
REPORT = "/bin/hv-balloon-report"
OVERCOMMIT = "/proc/sys/vm/overcommit_memory"


class Run(scenario.Scenario):
    boot = scenario.Boot("promise", memory=1024, swap=4096)
    checks = {
        "refused": "ballooned down to 700 MiB, the guest is refused 2 GiB",
        "said": "dmesg says, once, that it is",
        "reported": "hv-balloon-report says it, too",
        "overcommit": "with vm.overcommit_memory=1 it gets them, nothing swapped",
        "memtotal": "with memtotal_mib it does",
        "shown": "MemTotal is what that says, and what there is without it",
        "swap": "with swap of that size it does, and the swap stays empty",
    }
    limit = 800
    stock = False

    def run(self):
        text = Path("carried/hv-balloon-report").read_bytes()
        self.guest.run(f"echo {base64.b64encode(text).decode()} | base64 -d "
                       f">{REPORT}; chmod 755 {REPORT}")
        self.host.wait_ready()
        self.host.resize(SMALL)
        load = Load(self.guest, "committed", AT_ONCE, RATE, "hold")
        self.check("refused", load.wait_touched(10) is None and
                   "Cannot allocate memory" in load.output(), load.output())
        self.guest.wait_for(lambda: SAID in self.guest.dmesg(), 20, 1)
        said = self.guest.dmesg().count(SAID)
        self.check("said", said == 1, f"{said} times")
        said = self.guest.run(REPORT, 60)
        self.check("reported", "though the host could give more" in said,
                   said[said.find("== promises"):][:300])
        self.guest.write(OVERCOMMIT, "1")
        self.play("overcommit")
        self.guest.write(OVERCOMMIT, "0")
        self.memtotal()
        self.guest.use_swap()
        self.play("swap")
        self.guest.run("swapoff /dev/vda")

    def memtotal(self):
        before = self.guest.total()
        self.guest.write(f"{PARAMETERS}/memtotal_mib", str(SHOWN))
        shown = self.guest.wait_for(
            lambda: abs(self.guest.total() - SHOWN) < 1, 5)
        self.play("memtotal")
        self.guest.write(f"{PARAMETERS}/memtotal_mib", "0")
        back = self.guest.wait_for(
            lambda: abs(self.guest.total() - before) < 1, 5)
        self.check("shown", shown and back,
                   f"{before:.0f} MiB, now {self.guest.total():.0f}")

    def play(self, key):
        """The allocation, with a host that acts; and as small as before."""
        out = f"/tmp/load-{Load.count + 1}"
        watch = Watch(self.lab, Balancer(SMALL, MAXIMUM), None, [out]).start()
        try:
            watch.wait(3)
            load = Load(self.guest, "committed", AT_ONCE, RATE, "hold")
            watch.wait(200, lambda: watch.touched == 1)
            said = load.output().strip()
            load.kill()
        finally:
            watch.close()
        first, last = watch.samples[0], watch.samples[-1]
        swapped = last["pswpout"] - first["pswpout"]
        self.check(key, "touched" in said and not swapped,
                   f"{said}; {swapped} pages swapped, {first['size']:.0f} to "
                   f"{last['size']:.0f} MiB")
        self.host.resize(SMALL)
