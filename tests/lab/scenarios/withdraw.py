# SPDX-License-Identifier: GPL-2.0-only
"""The host withdraws the device for good, while it has memory of the guest, and
while parameters are written and debugfs is read. The guest plays that itself
(guest/withdraw/), as QEMU never does it, so this boot has no device afterwards.
"""

from inner.lab import DRIVER, MODULE
import scenario
from scenarios.churn import (READER, RUNNING, WAITING, WRITER, begin, often,
                             values)

GIVEN = 256			# MiB
LIMIT = 60			# seconds


class Run(scenario.Scenario):
    boot = scenario.Boot("withdraw", modules=("withdraw",))
    checks = {
        "goes": "the device goes while parameters are written and debugfs read",
        "beside": "both went on until then, and after it",
        "waits": "no task is left waiting in D state",
        "kept": "what the host has stays away, and dmesg says how much that is",
        "reload": "the driver unloads then, and loads without a device",
    }
    stock = False
    limit = 300

    def run(self):
        device = f"{DRIVER}/{self.lab.device()}"
        self.host.wait_ready()
        size, _ = self.lab.sizes()
        self.host.resize(size - GIVEN)
        total = self.guest.total()
        self.guest.run(f"dmesg -n 3; touch {RUNNING}; cat >/tmp/values <<END\n"
                       f"{values()}\nEND")
        begin(self.guest, "writer", WRITER, niceness=10)
        begin(self.guest, "reader", READER, niceness=10)
        self.guest.wait_for(lambda: min(often(self.guest)) > 2, LIMIT)
        before = often(self.guest)
        status = self.guest.attempt("insmod /withdraw.ko", LIMIT)[0]
        gone = self.guest.attempt(f"test -e {device}")[0] != 0
        self.check("goes", status == 0 and gone, f"status {status}")
        self.check("beside", self.guest.wait_for(
            lambda: min(map(int.__sub__, often(self.guest), before)) > 2,
            LIMIT), f"{before}, then {often(self.guest)}")
        self.guest.run(f"rm {RUNNING}; sleep 2", LIMIT)
        stuck = self.guest.attempt(WAITING, LIMIT)[1]
        self.check("waits", not stuck.strip(), stuck)
        said = [line for line in self.guest.dmesg().splitlines()
                if f"holds {GIVEN * 256} pages ({GIVEN} MiB)" in line]
        self.check("kept", said and abs(self.guest.total() - total) < 1,
                   f"{total:.0f}, then {self.guest.total():.0f} MiB; {said}")
        status = self.guest.attempt(
            f"rmmod hv_balloon && insmod {MODULE}", LIMIT)[0]
        self.check("reload", status == 0, f"status {status}")
