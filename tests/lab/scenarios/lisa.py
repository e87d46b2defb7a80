# SPDX-License-Identifier: GPL-2.0-only
"""Microsoft's own cases for Dynamic Memory in Linux guests (LISA, and LISAv2
before it), re-enacted: what is done is theirs, and so is each number that is
the mark to pass. Sizes and waiting times are smaller; the documentation
(hv_balloon-tests.rst) has them side by side.

The host's competing guests are played by the balancer, which is told that
there is less for this one.
"""

from inner.balancer import Balancer
from inner.watch import Watch
import scenario

NEAR = 128			# MiB: LISA's margin at a limit
STARTUP = 1024
FAILED = "hot add failed"


class Case(scenario.Scenario):
    """What all have: workers in the guest, and a balancer for the host."""

    boot = scenario.Boot("lisa", memory=STARTUP, swap=4096)
    minimum, maximum = 640, 2048
    limit = 900

    def start(self):
        self.guest.use_swap()
        self.host.wait_ready()
        self.balancer = Balancer(self.minimum, self.maximum)
        self.watch = Watch(self.lab, self.balancer).start()
        self.wait(30, lambda: self.watch.samples)

    def run(self):
        try:
            self.start()
            self.play()
        finally:
            self.watch.close()

    def work(self, workers, mib, apart=0):
        """Processes that hold so much each, started so many seconds apart."""
        self.guest.run(
            f"(for i in $(seq {workers}); do load committed {mib} 0 hold & "
            f"sleep {apart}; done; wait) >/tmp/work 2>&1 & "
            "echo $! >/tmp/work.pid")

    def rest(self):
        self.guest.attempt("kill -9 $(cat /tmp/work.pid); killall -9 load",
                           60)

    def wait(self, seconds, done=lambda: False):
        return self.watch.wait(seconds, done)

    def demand(self):
        return self.watch.samples[-1]["demand"]

    def net(self):
        """What LISA reads in debugfs: MiB added less MiB taken."""
        return (self.lab.driver_count("pages_added") -
                self.lab.driver_count("pages_ballooned")) / 256

    def is_alive(self):
        return self.guest.attempt("true", 60)[0] == 0

    def within(self, since=0):
        """Whether the host's limits were kept, and what sizes there were."""
        sizes = [sample["size"] for sample in self.watch.samples[since:]]
        return (self.minimum <= min(sizes) and max(sizes) <= self.maximum,
                f"{min(sizes):.0f} to {max(sizes):.0f} MiB, of "
                f"{self.minimum} to {self.maximum}")


class Today(Case):
    """LISA's tests of 2024, which read the driver's file in debugfs."""

    title = "lisa"
    checks = {
        "hot_add": "64 workers of 1.75 x max for 30 s: net above 0",
        "upper_limit": "the same on: net = max - startup, within 128 MiB",
        "balloon_up": "the host is short of memory: net falls",
        "lower_limit": "still shorter: net = min - startup, within 128 MiB",
        "balloon_down": "workers for 45 s after that: net rises",
        "hot_add_huge": "with huge pages: net above 0, AnonHugePages rises",
        "total": "MemTotal within 512 MiB of what was assigned, after each",
    }

    def play(self):
        self.far = []
        self.pages("never")
        self.work(64, int(1.75 * self.maximum / 64))
        self.wait(30)
        self.passes("hot_add", self.net() > 0)
        wanted = self.maximum - STARTUP
        self.wait(60, lambda: abs(self.net() - wanted) <= NEAR)
        self.passes("upper_limit", abs(self.net() - wanted) <= NEAR)
        self.rest()

        before, patience = self.net(), self.balancer.patience
        self.balancer.patience = 0
        self.balancer.maximum = (self.minimum + self.maximum) / 2
        self.wait(45)
        self.passes("balloon_up", self.net() < before)
        wanted = self.minimum - STARTUP
        self.balancer.maximum = self.minimum
        self.wait(60, lambda: abs(self.net() - wanted) <= NEAR)
        self.passes("lower_limit", abs(self.net() - wanted) <= NEAR)

        before, huge = self.net(), self.guest.meminfo()["AnonHugePages"]
        self.balancer.patience = patience
        self.balancer.maximum = self.maximum
        self.pages("always")
        self.work(64, int(1.75 * self.maximum / 64))
        self.wait(45)
        self.passes("balloon_down", self.net() > before)
        now = self.guest.meminfo()["AnonHugePages"]
        self.passes("hot_add_huge", self.net() > 0 and now > huge,
                    f"; AnonHugePages {huge:.0f} to {now:.0f} MiB")
        self.rest()
        self.check("total", max(self.far) <= 512,
                   f"{max(self.far):.0f} MiB off at most")

    def pages(self, value):
        self.guest.write("/sys/kernel/mm/transparent_hugepage/enabled", value)

    def passes(self, key, passed, more=""):
        """A verdict, once what is under way has come to its end."""
        self.host.wait_idle(30)
        sample = self.watch.samples[-1]
        self.far.append(abs(sample["total"] - sample["size"]))
        self.check(key, passed, f"net {self.net():+.0f} MiB, MemTotal "
                   f"{sample['total']:.0f} of {sample['size']:.0f}{more}")


class Demand(Case):
    """LISAv2's cases that look at demand and at what is assigned."""

    title = "lisa-demand"
    maximum = 4096
    checks = {
        "idle": "idle: demand and assigned fall, not below the minimum",
        "hot_add": "32 workers, together MemFree: up in 57 s, down after",
        "steps_5": "8 workers of 256 MiB, 5 s apart: the same",
        "steps_1": "8 workers of 256 MiB, 1 s apart: the same",
        "large": "4 workers of 768 MiB at once: the same",
        "app": "28 workers of 64 MiB, 3 s apart: up in 30 s, down 20 s after",
        "eat": "all memory in a loop: up in 3 of 11 samples, alive",
        "pressure": "a worker of 128 MiB each 3 s up to the maximum: up",
        "limits": "never above the maximum or below the minimum",
        "failed": "no hot-add failed",
    }

    def play(self):
        low = self.wait(120, lambda: self.watch.samples[-1]["size"] < STARTUP)
        self.base = self.demand()
        self.check("idle", low and self.within()[0], self.words())
        free = self.guest.meminfo()["MemFree"]
        self.up_and_down("hot_add", (32, int(free / 32)))
        self.up_and_down("steps_5", (8, 256, 5))
        self.up_and_down("steps_1", (8, 256, 1))
        self.up_and_down("large", (4, 768))
        self.app()
        self.eat()
        self.work(self.maximum // 128, 128, 3)
        self.wait(36)
        self.check("pressure", self.demand() > self.base and self.is_alive(),
                   self.words())
        self.rest()
        self.check("limits", *self.within())
        self.check("failed", FAILED not in self.guest.dmesg().lower() and
                   self.lab.driver_count("hot_adds_failed") <= 0)

    def words(self):
        return f"demand {self.base:.0f}, then {self.demand():.0f} MiB"

    def up_and_down(self, key, workers):
        """Demand over the baseline in 57 s, and down in 380 s of the end."""
        self.base = self.demand()
        self.work(*workers)
        rise = workers[0] * workers[1] / 2
        up = self.wait(57, lambda: self.demand() > self.base + rise)
        measured = f"{self.words()} with the load"
        self.wait(15)
        alive, top = self.is_alive(), self.demand()
        self.rest()
        down = self.wait(380, lambda: self.demand() < top - rise)
        self.check(key, up and down and alive,
                   f"{measured}, {self.demand():.0f} after it")

    def app(self):
        self.base = self.demand()
        self.work(28, 64, 3)
        self.wait(30)
        up = self.demand()
        self.wait(60)
        top = self.demand()
        self.rest()
        self.wait(20)
        self.check("app", self.base < up and self.demand() < top,
                   f"{self.base:.0f}, {up:.0f} after 30 s, {top:.0f} at the "
                   f"end, {self.demand():.0f} MiB 20 s later")

    def eat(self):
        self.base = self.demand()
        over = 0
        for _ in range(11):
            info = self.guest.meminfo()
            self.work(1, int(info["MemFree"]))
            self.wait(5.5)
            over += self.demand() > self.base
            self.rest()
        self.check("eat", over >= 3 and self.is_alive(), f"{over} of 11")


class Resize(scenario.Scenario):
    """LISAv2's cases with a fixed size that is changed at runtime."""

    title = "lisa-resize"
    boot = scenario.Boot("lisa-resize", memory=2048)
    checks = {
        "average": "idle for 120 s: all three load averages below 1",
        "double": "2 to 4 to 2 GiB: assigned and MemFree follow within 15 s",
        "steps_128": "steps of 128 MiB up and down: the same",
        "steps_100": "steps of 100 MiB down and up: the same",
        "load": "2 to 4 to 2 GiB under a load: the same",
        "shutdown": "a clean shutdown while the host has 512 MiB",
    }
    limit = 400

    def run(self):
        self.host.wait_ready()
        self.guest.wait_for(lambda: False, 70)
        average = self.guest.read("/proc/loadavg").split()[:3]
        self.check("average", all(float(value) < 1 for value in average),
                   " ".join(average))
        self.steps("double", 2048, -2048)
        self.steps("steps_128", *(4 * [128] + 4 * [-128]))
        self.steps("steps_100", *(4 * [-100] + 4 * [100]))
        self.guest.run("load committed 512 0 >/tmp/work 2>&1 &")
        self.guest.wait_for(lambda: "touched" in
                            self.guest.read_all(["/tmp/work"]), 60)
        self.steps("load", 2048, -2048)
        self.shutdown()

    def steps(self, key, *changes):
        """Each within 15 s (QEMU: at once), and MemFree moves by as much."""
        wrong, slowest = [], 0
        for change in changes:
            size, free = self.host.actual(), self.free()
            seconds, actual = self.host.resize(size + change)
            self.guest.wait_for(
                lambda: abs(self.free() - free - change) <= 64, 15 - seconds)
            moved = self.free() - free
            slowest = max(slowest, seconds)
            if seconds > 15 or actual != size + change or \
                    abs(moved - change) > 64:
                wrong.append(f"{change:+}: {actual - size:+.0f}, MemFree "
                             f"{moved:+.0f} MiB, {seconds:.1f} s")
        self.check(key, not wrong, "; ".join(wrong) or
                   f"{len(changes)} changes, {slowest:.1f} s at most")

    def free(self):
        return self.guest.meminfo()["MemFree"]

    def shutdown(self):
        self.host.resize(self.host.actual() - 512)
        self.guest.attempt("(sleep 1; poweroff -f) &")
        self.guest.wait_for(lambda: self.guest.ended() is not None, 30, 1)
        bad = [line for line in self.guest.new_bad_lines()
               if "does not answer" not in line]
        self.check("shutdown", self.guest.ended() == 0 and not bad,
                   "; ".join(bad) or f"status {self.guest.ended()}")


CASES = {case.title: case for case in (Today, Demand, Resize)}


def of(name):
    """The scenario of a name."""
    case = CASES[name]
    return type(case.__name__, (case,), {
        "name": classmethod(lambda cls: name)})
