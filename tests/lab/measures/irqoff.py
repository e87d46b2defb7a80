# SPDX-License-Identifier: GPL-2.0-only
"""For how long interrupts are off while a block comes online. Needs a kernel
with the events of preemptirq, as the debug kernel is; that makes all slow, so
the times are an upper bound.
"""

from measures import common
from measures.tracing import TRACING

EVENTS = f"{TRACING}/events/preemptirq"
MIB = 256
BUFFER = 96 << 10		# KiB
SHOWN = 8

# The longest section of each place that turns interrupts off, in the tasks that
# do the driver's work; an interrupt in between ends one and begins another.
LONGEST = r"""
$0 !~ /kworker/ { since = 0; next }
{
	match($0, /[0-9]+\.[0-9]+: irq_/)
	now = 1e6 * substr($0, RSTART, RLENGTH - 6)
}
/irq_disable/ { since = now; place = $(NF - 1) }
/irq_enable/ && since {
	if (now - since > most[place])
		most[place] = now - since
	since = 0
}
END {
	for (place in most)
		printf "%d %s\n", most[place], place
}
"""


class Run(common.Measure):
    boot = common.SMALL
    contenders = ()

    def measure(self):
        size = self.host.actual()
        self.guest.run(f"cd {TRACING}; echo {BUFFER} >buffer_size_kb; "
                       f": >trace; echo 1 >{EVENTS}/enable", 120)
        self.resize(size + MIB)
        self.guest.run(f"echo 0 >{EVENTS}/enable")
        text = self.guest.run(f"awk '{LONGEST}' {TRACING}/trace | sort -rn | "
                              f"head -n {SHOWN}", 300)
        self.note(text)
        self.values["irqoff_us"] = int(text.split()[0])
