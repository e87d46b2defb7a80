# SPDX-License-Identifier: GPL-2.0-only
"""A host that can't be trusted: what no real host says, in the real ring.

hostile-KEY is one message of those in inner/hostile.py, or "random", in a guest
of its own: the stock driver doesn't survive them all.
"""

from inner import hostile
import scenario

MIB = 128
IDLE = "1"			# of the driver's states


class Run(scenario.Scenario):
    boot = scenario.Boot("hostile", modules=("inject",))
    checks = {
        "refused": "each malformed message is refused, and changes nothing",
        "lies": "each that is a lie is answered, and changes nothing",
        "random": "after random messages each page is accounted for",
        "host": "the real host takes memory then and gives it back",
        "reports": "and hears how much the guest needs",
        "endless": "a ring that can't be read to its end leaves the CPU to "
                   "others",
        "unloaded": "the driver unloads then",
    }
    limit = 300
    stock = False			# see hostile-KEY

    def run(self):
        self.guest.run(f"insmod {hostile.MODULE}")
        self.host.wait_ready()
        self.one_by_one("refused", hostile.MALFORMED, self.refused)
        self.one_by_one("lies", hostile.LIES, self.answered)
        self.at_random()
        self.with_the_host()
        self.endless()

    def state(self):
        """What no such message may change."""
        return (self.guest.total(), self.lab.driver_count("pages_ballooned"),
                self.lab.driver_count("pages_added"))

    def refused(self):
        return self.lab.driver_count("messages_refused")

    def answered(self):
        counts = self.lab.driver_says()
        return int(counts["messages_sent"]) - int(counts["status_reports"])

    def one_by_one(self, key, packets, counted):
        """counted: what rises by 1 with each."""
        wrong = []
        for name, packet in packets.items():
            state, before = self.state(), counted()
            hostile.inject(self.guest, [packet])
            self.guest.wait_for(lambda: counted() > before, 5)
            more = counted() - before
            if self.state() != state or more != 1:
                wrong.append(f"{name}: {more}, {state} to {self.state()}")
        self.check(key, not wrong, "; ".join(wrong) or f"{len(packets)}")

    def at_random(self):
        total, held, added = self.state()
        packets = hostile.ALL["random"]
        hostile.inject(self.guest, packets)
        self.guest.wait_for(lambda: self.lab.driver_says()["state"].split()[0]
                            == IDLE, 10)
        now, held_now, added_now = self.state()
        off = (total - now) * 256 - (held_now - held)
        self.check("random", not off and added_now == added,
                   f"{len(packets)} messages, {held_now - held} pages given, "
                   f"{off:.0f} of them not accounted for")

    def with_the_host(self):
        size, total = self.lab.sizes()
        _, low = self.host.resize(size - MIB)
        less = self.guest.total()
        _, high = self.host.resize(size)
        self.guest.wait_for(lambda: abs(self.guest.total() - total) < 1, 10)
        self.check("host", low == size - MIB and high == size and
                   abs(total - less - MIB) < 1 and
                   abs(self.guest.total() - total) < 1,
                   f"host {size:.0f}, {low:.0f}, {high:.0f}; MemTotal "
                   f"{total:.0f}, {less:.0f}, {self.guest.total():.0f} MiB")
        came, before, after = self.lab.reports()
        self.check("reports", came, f"{before}, then {after}")

    def endless(self):
        received = self.lab.driver_count("messages_received")
        hostile.inject_endless(self.guest)
        before = self.idle()
        self.guest.run("sleep 5")
        idle, passed = (now - then for now, then in zip(self.idle(), before))
        received = self.lab.driver_count("messages_received") - received
        self.check("endless", received > hostile.RANDOM and 10 * idle > passed,
                   f"{received} messages, {100 * idle / passed:.0f} % idle")
        status, text = self.guest.attempt("sleep 10; rmmod hv_balloon", 30)
        self.check("unloaded", not status, text.strip())

    def idle(self):
        """(idle, all) of the CPU's time so far."""
        times = list(map(int, self.guest.read("/proc/stat").split()[1:9]))
        return times[3] + times[4], sum(times)


class One(scenario.Scenario):
    checks = {
        "alive": "the guest survives it, and a process that uses memory, too",
        "same": "no page comes or goes",
    }
    key = ""

    @classmethod
    def name(cls):
        return f"hostile-{cls.key}"

    def run(self):
        self.guest.run(f"insmod {hostile.MODULE}")
        before = self.guest.total()
        hostile.inject(self.guest, hostile.ALL[self.key])
        # What was freed wrongly shows when it is used.
        status, _ = self.guest.attempt(
            "dd if=/dev/zero of=/tmp/some bs=1M count=400 && rm /tmp/some", 60)
        now = self.guest.total()
        self.check("alive", not status, f"exit status {status}")
        self.check("same", now == before, f"MemTotal {before} to {now} MiB")


def of(rest):
    """The scenario of a name, from what comes after the first dash."""
    if rest not in hostile.ALL:
        raise SystemExit(f"no hostile message {rest}; there are "
                         f"{', '.join(hostile.ALL)}")

    class Single(One):
        boot = scenario.Boot(f"hostile-{rest}", modules=("inject",))
        key = rest

    return Single
