# SPDX-License-Identifier: GPL-2.0-only
"""Owns the checks of Documentation/upstream: what the letter has people run is
there, its figures are those of the README and of the page on tests, it knows how
large the driver and its series are, and its lines fit a mail; and the page on
the kernel's own tree explains each patch.
"""

import inspect
import re
import shlex
import sys

import box		# its first lines make the lab's modules found
import catalogue
from inner import hostile
from builds import Failed

sys.path.append(str(box.TREE / "scripts/in-tree"))

import series  # noqa: E402 (found only after the line above)

LETTER = "Documentation/upstream/letter.txt"
FIGURES_FROM = ("README.md",
                "Documentation/virt/hyperv/hv_balloon-tests.rst")
PAGE = "Documentation/upstream/kernel.rst"
# Not measured: a license, and the size of the stock driver in 7.3.
PLAIN = {"2.0", "2,100"}
WIDTH = 72
NUMBERS = "no one two three four five six seven eight nine ten".split()
DRIVER = re.compile(r"(drivers/hv|include/hyperv)/\w+\.[ch]")


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


def sizes():
    """What the letter has to say of the series and of the driver."""
    text = "".join((box.TREE / name).read_text() for name in box.tree_files()
                   if DRIVER.fullmatch(name))
    bare = re.sub(r"/\*.*?\*/|//[^\n]*", "", text, flags=re.DOTALL)
    code = sum(1 for line in bare.splitlines() if line.strip())
    return [f"after {NUMBERS[len(series.PATCHES)]} small patches",
            f"larger: {round(text.count(chr(10)), -3):,} lines, "
            f"{round(code, -3):,} of them code,"]


def letter():
    text = (box.TREE / LETTER).read_text()
    flat = " ".join(text.split())
    unsaid = [size for size in sizes() if size not in flat]
    wide = [line for line in text.splitlines() if len(line) > WIDTH]
    found = commands(text)
    unknown = [shlex.join(argv) for argv in found if not is_known(argv)]
    sources = " ".join((box.TREE / name).read_text() for name in FIGURES_FROM)
    prose = re.sub(r"\n\t.*", "", text.replace("\\\n", " "))
    prose = re.sub(r"\S+ lines, \S+ of them", "", prose)
    figures = set(re.findall(r"\d+,\d+|\d+\.\d+|\b\d\d+\b", prose)) - PLAIN
    strange = sorted(figure for figure in figures
                     if not re.search(rf"(?<![\d.,]){re.escape(figure)}(?!\d)",
                                      sources))
    if wide or unknown or strange or unsaid or len(found) < 5:
        raise Failed(f"too wide: {wide}; not there: {unknown}; not measured: "
                     f"{strange}; not said: {unsaid}")


def explained():
    """The headings of the page's first section are the subjects, in order."""
    page = (box.TREE / PAGE).read_text()
    found = re.findall(r'^"(.*)"$', page, re.MULTILINE)
    wanted = [inspect.getdoc(patch).splitlines()[0] for patch in series.PATCHES]
    if found != wanted:
        raise Failed(f"{PAGE} explains {found}, not {wanted}")


CHECKS = {
    "letter to upstream": letter,
    "patches to the kernel are explained": explained,
}
