# SPDX-License-Identifier: GPL-2.0-only
"""Owns the rule that neither the host nor a user can fill dmesg: each line that
the driver prints is printed once or at a limited rate. Those of the probe and
the handshake, too: a host can take its device away and offer it again.
"""

import re

import box
from builds import Failed

PRINTS = re.compile(
    r"\b((?:dev|pr|printk)_(?:emerg|alert|crit|err|warn|notice|info|cont)\w*|"
    r"(?:dev_)?printk|(?:WARN|BUG)\w*)\s*\(")
LIMITED = re.compile(r"\w+(_once|_ratelimited)", re.IGNORECASE)
SAMPLE = """
	dev_warn_once(dev, "one");
	pr_info_ratelimited("two");
	dev_warn(dev, "three");
	WARN_ON(four);
"""


def unlimited(text):
    """(line, call) of each print that has no limit."""
    return [(text.count("\n", 0, found.start()) + 1, found[1])
            for found in PRINTS.finditer(text)
            if not LIMITED.fullmatch(found[1])]


def check():
    if unlimited(SAMPLE) != [(4, "dev_warn"), (5, "WARN_ON")]:
        raise Failed("the check doesn't see what it should in its sample")
    sources = [name for name in box.tree_files()
               if re.fullmatch(r"drivers/hv/\w+\.[ch]", name)]
    wrong = [f"{name}:{line}: {call}() is neither once nor rate-limited"
             for name in sources
             for line, call in unlimited((box.TREE / name).read_text())]
    if wrong or not sources:
        raise Failed("\n".join(wrong) or "no sources")


CHECKS = {"dmesg lines are limited": check}
