# SPDX-License-Identifier: GPL-2.0-only
"""An admin who leaves the driver no peace: the device is unbound and bound, the
driver reloaded and the guest suspended, round after round, while every
parameter is written, debugfs read, and the trace events go on and off.

A name says how many rounds: churn-1000. lockdep knows nothing of most of what
can wait here for ever, so the tasks themselves are looked at.
"""

import re
import time

from inner.lab import DEBUGFS, DRIVER, MODULE, PARAMETERS
import scenario
from scenarios.soak import AWAKE, STALLS

EVENTS = "/sys/kernel/tracing/events/hv_balloon/enable"
RUNNING = "/tmp/churn"
ROUNDS = "/tmp/rounds"
MOMENT = 60			# seconds that a task may wait: insmod waits for a probe,
				# which has to get its turn
RELOADS = 10			# after so many rounds the driver is reloaded
SUSPENDS = 20			# and after so many the guest suspended
GROWTH = 256			# MiB, in the end
CHANGED = {"psi_trigger": "full 60000 700000",
           "psi_early_trigger": "some 30000 300000"}

# What each is set to; the last is taken, and is what it is by default.
VALUES = {
    "hot_add": ("perhaps", "N", "Y"),
    "balloon_blocks": ("2", "N", "Y"),
    "hot_remove": ("", "Y", "N"),
    "pressure_report_delay": ("-1", "1", "0"),
    "online_policy": ("sideways", "movable", "off", "kernel"),
    "psi_trigger": ("full 0 500000", "full 40000 500000", "", "sometimes",
                    "full 50000 500000"),
    "psi_early_trigger": ("some", "some 30000 300000", "",
                          "some 20000 200000"),
    "burst_interval_ms": ("19", "50", "100"),
    "burst_decay_s": ("3601", "60", "30"),
    "memtotal_mib": ("-1", "2048", "0"),
    "protocol_extension": ("all", "flag", "none"),
}

WRITER = f"""
while [ -e {RUNNING} ]; do
	while read -r name value; do
		echo "$value" >{PARAMETERS}/$name
	done </tmp/values
	echo x >>/tmp/passes
done
"""
READER = f"""
while [ -e {RUNNING} ]; do
	for on in 1 0; do
		echo $on >{EVENTS}
		cat {DEBUGFS} {PARAMETERS}/* >/dev/null
	done
	echo x >>/tmp/readings
done
"""
ROUND = f"""
device=$(cat /tmp/device)
round=0
while [ $round -lt $1 ]; do
	echo $device >{DRIVER}/unbind && echo $device >{DRIVER}/bind || echo bad
	round=$((round + 1))
	if [ $((round % {RELOADS})) = 0 ]; then
		# Whoever reads debugfs has the module for a moment.
		until rmmod hv_balloon 2>/dev/null; do usleep 100000; done
		insmod {MODULE} && echo reloaded
	fi
	echo $round >{ROUNDS}
done >/tmp/done 2>&1
"""

# Said while all devices sleep, by 6.12 and by 7.3; the log soon loses it.
LAST_IMAGE = ("dmesg | grep -E 'hibernation: (Image created|Normal pages)' | "
              "tail -n 1")

# One line for each task that can't be disturbed: "PID (NAME) SWITCHES WHERE".
WAITING = r"""
awk '/\) D /{print $1, $2}' /proc/[0-9]*/stat | while read -r pid name; do
	echo $pid $name $(awk '/ctxt/{n += $2} END {print n}' \
		/proc/$pid/status) $(cat /proc/$pid/stack)
done 2>/dev/null
"""


def values():
    """One line for each value, every parameter in turn."""
    most = max(map(len, VALUES.values()))
    return "\n".join(f"{name} {values[max(0, i - most + len(values))]}"
                     for i in range(most) for name, values in VALUES.items())


def begin(guest, name, script, argument="", niceness=0):
    """Runs a script in the background."""
    guest.run(f"cat >/tmp/{name} <<'END'\nrenice -n {niceness} -p $$\n{script}\n"
              f"END\nsh /tmp/{name} {argument} </dev/null >/dev/null 2>&1 &")


def often(guest):
    """How often parameters were written, and debugfs read."""
    return [len(guest.read_all([f"/tmp/{name}"]).split())
            for name in ("passes", "readings")]


class Run(scenario.Scenario):
    boot = scenario.Boot("churn", cmdline=AWAKE)
    checks = {
        "rounds": "the device is unbound and bound as often as wanted",
        "waits": f"no task waits in D state for {MOMENT} s",
        "reloads": "the driver is reloaded as often as wanted",
        "suspends": "the guest is suspended all the while",
        "beside": "all along, parameters were written and debugfs was read",
        "unbound": "a trigger set while nothing is bound is armed after that",
        "resumed": "a trigger that was changed is the same after a resume",
        "works": "after that, memory comes and is in use",
    }
    timed = ("reloads",)	# a probe doesn't wait for ever for the host
    stock = False			# the stock driver cannot be unloaded
    rounds = 50
    limit = 800

    def run(self):
        self.device = self.lab.device()
        # What is refused is said each time; the serial line is too slow for it.
        self.guest.run("dmesg -n 3")
        self.guest.run(f"echo {self.device} >/tmp/device; echo 1 >{STALLS}; "
                       f"touch {RUNNING}; cat >/tmp/values <<END\n"
                       f"{values()}\nEND")
        # Tasks that fork without end leave kernel threads next to no time.
        begin(self.guest, "writer", WRITER, niceness=10)
        begin(self.guest, "reader", READER, niceness=10)
        begin(self.guest, "round", ROUND, self.rounds)
        ended, stuck = self.watch()
        self.check("waits", not stuck, "; ".join(stuck))
        self.check("rounds", ended == self.rounds, f"{ended}")
        if stuck or ended != self.rounds:
            return
        self.count()
        self.guest.run(f"rm {RUNNING}; sleep 2", 60)
        self.triggers()
        self.host.wait_ready()
        size, total = self.lab.sizes()
        _, actual = self.host.resize(size + GROWTH)
        self.check("works", actual == size + GROWTH and self.guest.wait_for(
            lambda: abs(self.guest.total() - total - GROWTH) <= 16, 10),
            f"{size:.0f} to {actual:.0f} MiB")

    def watch(self):
        """(rounds that ended, tasks that waited too long)."""
        since, suspends = {}, 0
        self.slept = 0
        while True:
            time.sleep(1)
            now = time.monotonic()
            lines = self.guest.attempt(WAITING, 60)[1].splitlines()
            since = {line: since.get(line, now) for line in lines}
            stuck = [line for line, start in since.items()
                     if now - start > MOMENT * self.guest.patience]
            ended = int(self.guest.read_all([ROUNDS]).strip() or 0)
            if stuck or ended == self.rounds:
                return ended, stuck
            if ended // SUSPENDS > suspends:
                suspends += 1
                self.slept += self.suspend()

    def suspend(self):
        """Whether all devices slept; that is refused while the driver works."""
        before = self.last_image()
        woke = self.guest.suspend(60)
        return woke and self.last_image() != before

    def last_image(self):
        return self.guest.run(LAST_IMAGE, 120)

    def count(self):
        done = self.guest.read("/tmp/done").split("\n")
        reloads = done.count("reloaded")
        self.check("reloads", reloads == self.rounds // RELOADS and
                   set(done) == {"reloaded", ""}, f"{reloads}, {set(done)}")
        self.check("suspends", self.slept >= self.rounds // SUSPENDS // 2,
                   self.slept)
        passes, readings = often(self.guest)
        self.check("beside", min(passes, readings) >= self.rounds // 10,
                   f"{passes} passes, {readings} readings")

    def triggers(self):
        self.guest.run(f"echo {self.device} >{DRIVER}/unbind")
        for name, value in CHANGED.items():
            self.guest.write(f"{PARAMETERS}/{name}", value)
        self.guest.run(f"echo {self.device} >{DRIVER}/bind")
        self.check("unbound", *self.armed())
        slept = self.suspend()
        armed, measured = self.armed()
        self.check("resumed", armed and slept, measured)

    def armed(self):
        """(whether it is what was set, in the end; what it is)"""
        def now():
            says = self.lab.driver_says()
            return {name: says.get(name) for name in CHANGED}
        same = self.guest.wait_for(lambda: now() == CHANGED, 10)
        return same, now()


def of(rest):
    """The scenario of a name, from what comes after the first dash."""
    class Long(Run):
        rounds = int(re.fullmatch(r"[1-9]\d*", rest)[0])
        limit = 500 + 10 * rounds

        @classmethod
        def name(cls):
            return f"churn-{rest}"

    return Long
