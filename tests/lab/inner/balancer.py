# SPDX-License-Identifier: GPL-2.0-only
"""Owns the host's policy: which size a guest gets for the demand it reports.

Like Hyper-V's: a buffer on top of the demand, growth at once, shrinking one
step at a time and only after the demand has been lower for a while.

A guest counts what the host took from it as demand, since the host compares
demand with all it ever gave. The size here is without that, so the demand must
be, too.
"""


class Balancer:
    """All sizes in MiB."""

    BUFFER = 1.2
    STEP = 128
    PATIENCE = 10.0		# seconds of lower demand before the first step
    PACE = 2.0			# seconds between steps down

    def __init__(self, minimum, maximum):
        self.minimum = minimum
        self.maximum = maximum
        self.next_down = None

    def target(self, now, size, demand):
        """The size that the host wants now, from the last report."""
        wanted = demand * self.BUFFER
        wanted = min(max(wanted, self.minimum), self.maximum)
        if wanted > size:
            self.next_down = None
            steps = -(-(wanted - size) // self.STEP)
            return min(size + steps * self.STEP, self.maximum)
        if size - wanted < self.STEP:
            self.next_down = None
            return size
        if self.next_down is None:
            self.next_down = now + self.PATIENCE
        if now < self.next_down:
            return size
        self.next_down = now + self.PACE
        return max(size - self.STEP, self.minimum)
