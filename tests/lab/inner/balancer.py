# SPDX-License-Identifier: GPL-2.0-only
"""Owns the host's policy: which size a guest gets for the demand it reports.

Like Hyper-V's: a buffer on top of the demand, growth at once, and shrinking
later and slowly. A guest counts what the host took from it as demand, since the
host compares demand with all it ever gave. The size here is without that, so
the demand must be, too.
"""

STEP = 128			# MiB

# How hosts differ from the usual one, which hardly lets anybody wait.
KINDS = {
    "usual": {},
    "small": {"buffer": 1.05},
    "lazy": {"look": 3, "answer": 2},
    # As in traces of Hyper-V: it takes memory each 300 s, all that is too much.
    "traced": {"look": 1, "round": 300},
}


class Balancer:
    """Sizes in MiB, times in seconds."""

    def __init__(self, minimum, maximum, kind="usual"):
        kind = KINDS[kind]
        self.minimum = minimum
        self.maximum = maximum
        self.buffer = kind.get("buffer", 1.2)
        self.look = kind.get("look", 0)		# between two looks at reports
        self.answer = kind.get("answer", 0)	# from decision to target
        self.round = kind.get("round", 0)	# between times of shrinking
        self.patience = 10.0	# of lower demand before the first step down
        self.pace = 2.0		# between steps down
        self.next_look = self.next_down = None
        self.decided = []	# [(when it is to be the target, size)]

    def target(self, now, size, demand):
        """The size that the host wants now, from the last report."""
        if not self.next_look or now >= self.next_look:
            self.next_look = now + self.look
            wanted = self.decide(now, size, demand * self.buffer)
            if wanted != size and not self.decided:
                self.decided.append((now + self.answer, wanted))
        if self.decided and now >= self.decided[0][0]:
            return self.decided.pop()[1]
        return size

    def decide(self, now, size, wanted):
        wanted = min(max(wanted, self.minimum), self.maximum)
        if wanted > size:
            if not self.round:
                self.next_down = None
            steps = -(-(wanted - size) // STEP)
            return min(size + steps * STEP, self.maximum)
        if self.round:
            return self.shrink_in_rounds(now, size, wanted)
        return self.shrink_slowly(now, size, wanted)

    def shrink_slowly(self, now, size, wanted):
        if size - wanted < STEP:
            self.next_down = None
            return size
        if self.next_down is None:
            self.next_down = now + self.patience
        if now < self.next_down:
            return size
        self.next_down = now + self.pace
        return max(size - STEP, self.minimum)

    def shrink_in_rounds(self, now, size, wanted):
        if self.next_down is None:
            self.next_down = now + self.round
        if now < self.next_down:
            return size
        self.next_down = now + self.round
        return size - (size - wanted) // STEP * STEP
