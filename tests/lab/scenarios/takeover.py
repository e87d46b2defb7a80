# SPDX-License-Identifier: GPL-2.0-only
"""A kernel that has the stock driver built in: run.py --kernel builtin.

	takeover	the driver takes the device over while the host holds
			memory, and gives it back; with other kernels, from the
			stock driver's module
	takeover-boot	systemd and udev load it at boot; what `make install`
			and `make uninstall` call does the rest
"""

import base64
from pathlib import Path

from inner.balancer import Balancer
from inner.lab import MODULE
from inner.load import Load, held_data
from inner.watch import Watch
import scenario

OURS, STOCK = "hv_balloon_dm", "hv_balloon"
MEMORY = "/sys/devices/system/memory"
MODULE_OF_STOCK = "/stock.ko"
HELD = 128			# MiB that the host holds through the stock driver
PIECE = 256			# MiB that it adds, takes and returns
BURST, RATE = 1400, 100		# MiB, MiB/s
MAXIMUM = 4096
CMDLINE = ("memhp_default_state=online", "hv_balloon.pressure_report_delay=0")


class Base(scenario.Scenario):
    stock = False

    def bound(self):
        """The driver that has the Dynamic Memory device."""
        return self.guest.attempt(
            "cd /sys/bus/vmbus/drivers; for d in hv_balloon*; do "
            "ls -d $d/*-*-*-* >/dev/null 2>&1 && echo $d; done")[1].strip()

    def moves(self, change):
        """(whether host and guest agree on a change of size, what was seen)"""
        size, total = self.lab.sizes()
        _, actual = self.host.resize(size + change)
        self.guest.wait_for(
            lambda: abs(self.guest.total() - total - change) <= 16, 10)
        now = self.guest.total()
        return (actual == size + change and
                abs(now - total - change) <= 16,
                f"host {size:.0f} to {actual:.0f}, MemTotal {total:.0f} to "
                f"{now:.0f} MiB")

    def wait_anew(self, mark):
        """The host has seen the channel closed, and another handshake."""
        seen = self.guest.wait_for(
            lambda: self.host.events("caps", mark), 30)
        versions = [(event.major, event.minor)
                    for event in self.host.events("version", mark)]
        self.host.wait_ready()
        return seen and versions == [(2, 0)]


class Run(Base):
    boot = scenario.Boot("takeover", swap=4096, loaded=False, cmdline=CMDLINE,
                         takes_over=True)
    checks = {
        "stock": "the stock driver gives the host memory",
        "taken": "the driver takes the device over",
        "anew": "the host sees one new handshake, version 2.0",
        "known": "what the stock driver gave is known as held, to the page",
        "adds": "the guest grows, and both sides agree",
        "takes": "it shrinks, and both sides agree",
        "returns": "it gets that back, and both sides agree",
        "burst": "a burst grows the guest, swaps nothing and holds its data",
        "back": "unloading gives the device back to the stock driver",
        "works": "which goes on: shrinks and grows, and both sides agree",
        "refused": "while a block that it added is offline, it keeps the device",
        "said": "dmesg says which block, and what to do",
        "again": "once the block is online, the device is taken over again",
        "added": "with all that was ever added, and all that is held",
    }
    limit = 900

    def run(self):
        self.guest.use_swap()
        self.load_stock()
        self.host.wait_ready()
        size, _ = self.lab.sizes()
        self.host.resize(size - HELD)
        self.held = self.lab.driver_count("pages_ballooned")
        self.check("stock", self.bound() == STOCK and
                   self.held == HELD * 256, f"{self.bound()}: {self.held}")
        self.take()
        for key, change in (("adds", PIECE), ("takes", -PIECE),
                            ("returns", PIECE)):
            self.check(key, *self.moves(change))
        self.burst()
        self.give_back()
        self.refuse()

    def load_stock(self):
        """Where it isn't built in, its module does the same."""
        if self.bound() != STOCK:
            self.guest.run(f"insmod {MODULE_OF_STOCK} "
                           "pressure_report_delay=0", 60)

    def take(self):
        total, mark = self.guest.total(), self.host.mark()
        status, text = self.lab.load_driver()
        self.check("taken", not status and self.bound() == OURS,
                   f"{self.bound()} {text.strip()}")
        self.check("anew", self.wait_anew(mark))
        known = self.lab.driver_count("pages_ballooned")
        now = self.guest.total()
        self.check("known", known == self.held and abs(now - total) < 16,
                   f"{known} of {self.held} pages, MemTotal {total:.1f} to "
                   f"{now:.1f} MiB")

    def burst(self):
        size = self.host.actual()
        watch = Watch(self.lab, Balancer(size, MAXIMUM)).start()
        try:
            watch.wait(3)
            first = watch.samples[-1]
            load = Load(self.guest, "noreserve", BURST, RATE)
            watch.wait(200, lambda: "touched" in load.output(), 0.5)
            last = watch.samples[-1]
        finally:
            watch.close()
        watch.check()
        swapped = last["pswpout"] - first["pswpout"]
        grown = self.host.actual() - size
        self.check("burst", held_data([load.stop()]) and grown > 0 and
                   not swapped, f"{grown:.0f} MiB more, {swapped} swapped")
        self.host.wait_idle(60)

    def give_back(self):
        mark = self.host.mark()
        status, text = self.guest.attempt(f"rmmod {OURS}", 60)
        self.check("back", not status and self.bound() == STOCK and
                   self.wait_anew(mark), f"{self.bound()} {text.strip()}")
        takes, returns = self.moves(-PIECE), self.moves(PIECE)
        self.check("works", takes[0] and returns[0],
                   f"{takes[1]}; {returns[1]}")

    def offline(self):
        return [number for number, state, _ in self.lab.blocks()
                if state == "offline"]

    def refuse(self):
        """The stock driver leaves a block offline; another gets the device."""
        self.guest.write(f"{MEMORY}/auto_online_blocks", "offline")
        self.host.resize(self.host.actual() + 128)
        blocks = self.offline()
        status, text = self.lab.load_driver()
        self.check("refused", len(blocks) == 1 and status and
                   self.bound() == STOCK, f"{blocks} {text.strip()}")
        lines = [line for line in self.guest.dmesg().splitlines()
                 if blocks and f"memory block {blocks[0]} was added" in line]
        self.check("said", lines, lines[-1:])
        for block in blocks:
            self.guest.write(f"{MEMORY}/memory{block}/state", "online")
        self.host.resize(self.host.actual() - HELD)
        status, text = self.lab.load_driver()
        self.check("again", not status and self.bound() == OURS, text.strip())
        self.look_at_added()

    def look_at_added(self):
        block_pages = self.lab.driver_count("memory_block_pages")
        high = [number for number, *_ in self.lab.blocks()
                if number * block_pages >= 4 << 18]
        added = self.lab.driver_count("pages_added")
        known = self.lab.driver_count("pages_ballooned")
        self.check("added", high and added == len(high) * block_pages and
                   known == 2 * self.held,
                   f"{len(high)} blocks, {added} pages; {known} held")


class Boot(Base):
    boot = scenario.Boot("takeover-boot", debian="plain", loaded=False,
                         cmdline=CMDLINE, limit=180)
    checks = {
        "taken": "after boot the device is this driver's, and nobody loaded it",
        "before": "the host had asked for nothing until then",
        "removed": "make uninstall gives it back to the stock driver",
        "stays": "which also has it after udev's coldplug",
        "installed": "after make install, udev's coldplug loads it again",
    }
    limit = 300

    @classmethod
    def name(cls):
        return "takeover-boot"

    def run(self):
        self.guest.wait_for(lambda: self.bound() == OURS, 60)
        asked = [event.kind for event in self.host.events()
                 if event.kind in ("balloon", "unballoon", "hot-add")]
        uptime = self.guest.read("/proc/uptime").split()[0]
        self.check("taken", self.bound() == OURS,
                   f"{self.bound()}, up for {uptime} s")
        self.check("before", not asked, asked)
        self.carry()
        text = self.install("uninstall")
        self.check("removed", self.bound() == STOCK, text)
        self.coldplug()
        self.check("stays", self.bound() == STOCK)
        text = self.install("install")
        self.coldplug()
        self.guest.wait_for(lambda: self.bound() == OURS, 30)
        self.check("installed", self.bound() == OURS, text)

    def carry(self):
        """A tree in which someone built the module."""
        text = base64.b64encode(Path("carried/install.sh").read_bytes())
        self.guest.run(f"mkdir -p /tmp/tree; cd /tmp/tree; cp {MODULE} "
                       f"{OURS}.ko; echo {text.decode()} | base64 -d >install")

    def install(self, action):
        return self.guest.attempt(
            f"cd /tmp/tree; sh install {action} $(uname -r)", 90)[1].strip()

    def coldplug(self):
        self.guest.run("udevadm trigger --subsystem-match=vmbus "
                       "--action=add; udevadm settle", 90)


def of(rest):
    return Boot if rest else Run
