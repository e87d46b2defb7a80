# SPDX-License-Identifier: GPL-2.0-only
"""Owns the comparison of tables as they are documented with those that the KUnit
suites are made from: the states of the conversation, and the steps of a memory
block.
"""

import csv
import re

import box
from builds import Failed

TABLE = "tests/kunit/states.c"
PAGE = "Documentation/virt/hyperv/dynmem-states.rst"
STEPS = "tests/kunit/step_test.c"
STEPS_PAGE = "Documentation/virt/hyperv/hv_balloon-internals.rst"


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


def steps_tested():
    """(from, to) of each step that the suite allows."""
    rows = re.findall(r'\{ HVB_PHASE_\w+, "(\w+)", "([\w ]+)" \}',
                      (box.TREE / STEPS).read_text())
    return {(name, to) for name, all_of in rows for to in all_of.split()}


def steps_documented():
    text = (box.TREE / STEPS_PAGE).read_text()
    found = re.search(r"^   :header: from, to, .*\n\n((?:   .+\n)+)", text,
                      re.MULTILINE)
    if not found:
        raise Failed(f"{STEPS_PAGE} has no table of steps")
    rows = csv.reader((line.strip() for line in found[1].splitlines()),
                      skipinitialspace=True)
    return {(row[0], row[1]) for row in rows}


def check_steps():
    ours, theirs = steps_tested(), steps_documented()
    if len(ours) < 2 or ours != theirs:
        raise Failed(f"only tested: {sorted(ours - theirs)}\n"
                     f"only documented: {sorted(theirs - ours)}")


CHECKS = {"states as tested": check, "steps as tested": check_steps}
