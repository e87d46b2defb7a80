# SPDX-License-Identifier: GPL-2.0-only
"""Owns the comparison of the lines that the driver prints with the page on
troubleshooting: each line must be there, with N for a number.
"""

import re

import box
from builds import Failed

PAGE = "Documentation/admin-guide/hv_balloon-troubleshooting.rst"
PRINTS = re.compile(
    r"\b(?:dev|pr)_(?:err|warn|notice|info|refused)(?:_once|_ratelimited)?\("
    r'(?:[\w>-]+,\s*)?((?:"(?:[^"\\]|\\.)*"\s*)+)')


def printed():
    """{format string: file}"""
    found = {}
    for path in sorted((box.TREE / "drivers/hv").glob("*.c")):
        for strings in PRINTS.findall(path.read_text()):
            parts = re.findall(r'"((?:[^"\\]|\\.)*)"', strings)
            found["".join(parts)] = path.name
    if len(found) < 20:
        raise Failed(f"only {len(found)} lines found in the sources")
    return found


def telling(line):
    """The longest run of words in a format, which the page must have."""
    line = line.removesuffix(r"\n").replace(r"\"", '"')
    parts = re.split(r"%[-#\d.]*(?:ll|l|z|h)?\w", line)
    return max(parts, key=len).strip(" ():;,.\"")


def check():
    page = " ".join((box.TREE / PAGE).read_text().split())
    missing = [f"{name}: {line}" for line, name in printed().items()
               if telling(line) not in page]
    if missing:
        raise Failed(f"not in {PAGE}:\n" + "\n".join(missing))


CHECKS = {"dmesg lines in troubleshooting": check}
