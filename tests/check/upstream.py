# SPDX-License-Identifier: GPL-2.0-only
"""Owns the checks of Documentation/upstream: what the letter has people run is
there, its figures are those of the README and of the page on tests, and its
lines fit a mail.
"""

import re
import shlex

import box		# its first lines make the lab's modules found
import catalogue
from inner import hostile
from builds import Failed

LETTER = "Documentation/upstream/letter.txt"
FIGURES_FROM = ("README.md",
                "Documentation/virt/hyperv/hv_balloon-tests.rst")
# Not measured: how old, how large and how many things are.
PLAIN = {"2.0", "64", "13,000", "8,000", "2,100"}
WIDTH = 72


def commands(text):
    """Argument lists of the lines that are indented by a tab."""
    joined = text.replace("\\\n", " ")
    return [shlex.split(line) for line in joined.splitlines()
            if line.startswith("\t")]


def is_known(argv):
    """Whether there is such a target, or such a program and such scenarios."""
    names = [word for word in argv[2:] if re.fullmatch(r"[a-z]+(-[a-z]+)*",
             word) and word not in ("stock", "both")]
    if argv[0] == "make":
        return f"\n{argv[1]}:" in (box.TREE / "Makefile").read_text()
    if argv[:2] == ["tests/lab/bootstrap.sh", "bench.py"]:
        return bool(names) and all((box.TREE / "tests/lab/measures" / (
            name.removeprefix("bench-") + ".py")).exists() for name in names)
    if argv[:2] != ["tests/lab/bootstrap.sh", "run.py"] or not names:
        return False
    for name in names:
        head, _, key = name.partition("-")
        if head == "hostile" and key:
            if key not in {*hostile.MALFORMED, *hostile.LIES}:
                return False
        elif name not in (*catalogue.NAMES, *catalogue.LONG):
            return False
    return True


def letter():
    text = (box.TREE / LETTER).read_text()
    wide = [line for line in text.splitlines() if len(line) > WIDTH]
    found = commands(text)
    unknown = [shlex.join(argv) for argv in found if not is_known(argv)]
    sources = " ".join((box.TREE / name).read_text() for name in FIGURES_FROM)
    prose = re.sub(r"\n\t.*", "", text.replace("\\\n", " "))
    figures = set(re.findall(r"\d+,\d+|\d+\.\d+|\b\d\d+\b", prose)) - PLAIN
    strange = sorted(figure for figure in figures
                     if not re.search(rf"(?<![\d.,]){re.escape(figure)}(?!\d)",
                                      sources))
    if wide or unknown or strange or len(found) < 5:
        raise Failed(f"too wide: {wide}; not there: {unknown}; not measured: "
                     f"{strange}")


CHECKS = {
    "letter to upstream": letter,
}
