# SPDX-License-Identifier: GPL-2.0-only
"""Owns the comparison of the mutants' table with the driver. `make mutants` takes
hours, so what it is to break is looked for more often than that.
"""

import sys

import box
from builds import Failed

KUNIT = box.TREE / "tests/kunit"


def check():
    sys.path.append(str(KUNIT))
    from mutations import MUTANTS

    wrong = []
    for suites, name, old, new in MUTANTS:
        path = box.TREE / "drivers/hv" / name
        count = path.read_text().count(old) if path.exists() else 0
        if count != 1 or new == old:
            wrong.append(f"{suites}, {name}: {old!r} is there {count} times")
    if wrong or not MUTANTS:
        raise Failed("\n".join(wrong) or "no mutants")


CHECKS = {"mutants of what there is": check}
