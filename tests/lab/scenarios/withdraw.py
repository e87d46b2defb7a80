# SPDX-License-Identifier: GPL-2.0-only
"""The host withdraws the device for good, while it has memory of the guest, and
while parameters are written and debugfs is read. The guest plays that itself
(guest/withdraw/), as QEMU never does it, so this boot has no device afterwards.
"""

from inner.lab import DRIVER, MODULE
import scenario
from scenarios.churn import READER, RUNNING, WAITING, WRITER, Run as Churn

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
                       f"{Churn.values()}\nEND")
        self.begin("writer", WRITER)
        self.begin("reader", READER)
        self.guest.wait_for(lambda: min(self.often()) > 2, LIMIT)
        before = self.often()
        status = self.guest.attempt("insmod /withdraw.ko", LIMIT)[0]
        gone = self.guest.attempt(f"test -e {device}")[0] != 0
        self.check("goes", status == 0 and gone, f"status {status}")
        self.check("beside", self.guest.wait_for(
            lambda: min(map(int.__sub__, self.often(), before)) > 2, LIMIT),
            f"{before}, then {self.often()}")
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

    def begin(self, name, script):
        self.guest.run(f"cat >/tmp/{name} <<'END'\nrenice -n 10 -p $$\n"
                       f"{script}\nEND\n"
                       f"sh /tmp/{name} </dev/null >/dev/null 2>&1 &")

    def often(self):
        """How often parameters were written, and debugfs read."""
        return [len(self.guest.read_all([f"/tmp/{name}"]).split())
                for name in ("passes", "readings")]
