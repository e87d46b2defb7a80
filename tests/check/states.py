# SPDX-License-Identifier: GPL-2.0-only
"""Owns the comparison of the conversation's table as it is documented with the
one that the KUnit suite is made from.
"""

import csv
import re

import box
from builds import Failed

TABLE = "tests/kunit/states.c"
PAGE = "Documentation/virt/hyperv/dynmem-states.rst"


def tested():
    """The rows, the first of them the messages."""
    text = (box.TREE / TABLE).read_text()
    messages = re.findall(r'\[MESSAGE_\w+\] = "([^"]+)"', text)
    states = re.findall(r'\[STATE_\w+\] = \{ "([^"]+)", \{([\sA-Z,]+)\} \}',
                        text)
    return [["", *messages],
            *([name, *re.findall(r"[a-z]+", actions.lower())]
              for name, actions in states)]


def documented():
    text = (box.TREE / PAGE).read_text()
    found = re.search(r"^\.\. csv-table::\n   :header: (.*)\n\n((?:   .+\n)+)",
                      text, re.MULTILINE)
    if not found:
        raise Failed(f"{PAGE} has no table")
    lines = [found[1], *found[2].splitlines()]
    return [[cell.strip() for cell in row] for row in
            csv.reader((line.strip() for line in lines),
                       skipinitialspace=True)]


def check():
    ours, theirs = tested(), documented()
    if len(ours) < 2 or any(len(row) != len(ours[0]) for row in ours):
        raise Failed(f"{TABLE} has no whole table")
    wrong = [f"{ours_row} in the tests, {theirs_row} in the page"
             for ours_row, theirs_row in zip(ours, theirs)
             if ours_row != theirs_row]
    if wrong or len(ours) != len(theirs):
        raise Failed("\n".join([*wrong, f"{len(ours)} rows in the tests, "
                                f"{len(theirs)} in the page"]))


CHECKS = {"states as tested": check}
