# SPDX-License-Identifier: GPL-2.0-only
"""Owns the checks that read files and build nothing: checkpatch, kernel-doc and
coccicheck of the kernel source, shellcheck, pyflakes, docutils for the pages, and
the tree's own rules for every file.
"""

import difflib
import fnmatch
import functools
from pathlib import Path
import re
import subprocess
import sys

import box
import trees
from builds import AT, Failed, stage, tail

ALLOWED = Path(__file__).with_name("checkpatch.allow")
C_FILES = re.compile(r"(drivers|include|tests/(kunit|fuzz|simulate))/.*\.[ch]")
MAX_LINES = 450
MAX_DRIVER_LINES = 400
MAX_FUNCTION_LINES = 60

# A file of this kind can't hold a comment, or its text is not ours.
NO_LICENSE = re.compile(r"tests/check/sample/.*|contrib/.*\.json|"
                        r"Documentation/ABI/.*|"
                        r"debian/(changelog|source/format|"
                        r"[\w-]+\.(docs|examples|install|dkms|manpages|"
                        r"lintian-overrides))")

# Made by a program; the rules are for what people write.
MADE = re.compile(r"LICENSE|.*\.(png|svg)|tests/fuzz/corpus/.*")


def text_of(name):
    return (box.TREE / name).read_text(errors="replace")


def in_source(script, *args, extra=None):
    """The result of a shell script in the kernel source, with a staged tree.

    extra: {name: text} of files to put into the tree.
    """
    with stage() as tree:
        for name, text in (extra or {}).items():
            (tree / name).write_text(text)
        return box.run(["sh", "-c", script, "sh", *args],
                       layers=[trees.source()], binds=[(tree, AT)],
                       cd=trees.SOURCE)


def patch():
    """All C files and build files as one patch that adds them."""
    lines = []
    for name in box.tree_files():
        if C_FILES.fullmatch(name) or name.startswith("drivers/"):
            lines += difflib.unified_diff(
                [], text_of(name).splitlines(keepends=True), "/dev/null",
                f"b/{name}", lineterm="\n")
    return "".join(lines)


# What is ignored is about a patch's text, not its code.
CHECKPATCH = """
exec perl scripts/checkpatch.pl --root=. --strict --terse --show-types \
	--showfile --no-signoff --ignore COMMIT_MESSAGE,FILE_PATH_CHANGES \
	/tmp/tree/all.patch
"""
FINDING = re.compile(r"^(?:\S*?#\d+: )?([\w./-]+):(\d+): "
                     r"(?:ERROR|WARNING|CHECK):(\w+): (.*)$", re.MULTILINE)


def allowed_findings():
    """(type, pattern of paths) of each line; the rest of it is the reason."""
    lines = [line.split(None, 2) for line in ALLOWED.read_text().splitlines()
             if line and not line.startswith("#")]
    if any(len(line) < 3 for line in lines):
        raise Failed(f"{ALLOWED.name}: a line without a reason")
    return [(kind, path) for kind, path, _ in lines]


def checkpatch():
    done = in_source(CHECKPATCH, extra={"all.patch": patch()})
    if not re.search(r"^total: \d+ errors", done.stdout, re.MULTILINE):
        raise Failed("checkpatch came to no end\n" + tail(done.stdout))
    allowed = allowed_findings()
    unused = set(allowed)
    wrong = []
    for path, line, kind, text in FINDING.findall(done.stdout):
        rule = next((rule for rule in allowed if rule[0] == kind
                     and fnmatch.fnmatch(path, rule[1])), None)
        unused.discard(rule)
        if not rule:
            wrong.append(f"{path}:{line}: {kind}: {text}")
    wrong += [f"{ALLOWED.name}: {kind} {path}: nothing to allow"
              for kind, path in sorted(unused)]
    if wrong:
        raise Failed("\n".join(wrong))


def kernel_doc():
    names = [name for name in box.tree_files() if C_FILES.fullmatch(name)]
    done = in_source('cd /tmp/tree; perl /usr/src/linux/scripts/kernel-doc'
                     ' -none -Wall -Werror "$@"', *names)
    if done.returncode or done.stdout:
        raise Failed(tail(done.stdout))


# Those in OCaml are about other drivers, and want its compiler.
COCCICHECK = """
grep -rl 'script:ocaml' scripts/coccinelle | xargs rm
exec nice make -s coccicheck MODE=report M=/tmp/tree/drivers/hv J=1 \
	DEBUG_FILE=/tmp/coccicheck.err
"""


def coccicheck():
    done = in_source(COCCICHECK)
    found = [line for line in done.stdout.splitlines()
             if re.match(r"/tmp/tree/\S+:\d+", line)]
    if found or done.returncode:
        raise Failed("\n".join([*found, "...", tail(done.stdout)]))


def is_script(name, shell):
    first = text_of(name).partition("\n")[0]
    return bool(re.match(rf"#!.*\b{shell}", first)) \
        or name.endswith(f".{shell}")


def shellcheck():
    names = [name for name in box.tree_files() if is_script(name, "sh")
             or re.search(r"(^dkms\.conf|/(PKG|APK|AKM)BUILD|\.install)$", name)]
    with stage() as tree:
        done = box.run(["shellcheck", *names], binds=[(tree, AT)], cd=AT)
    if done.returncode:
        raise Failed(done.stdout)


def pyflakes():
    names = [name for name in box.tree_files()
             if name.endswith(".py") or is_script(name, "python3")]
    with stage() as tree:
        done = box.run(["pyflakes3", *names], binds=[(tree, AT)], cd=AT)
    if done.returncode:
        raise Failed(done.stdout)


def long_functions(name):
    """(name, lines) of the C functions whose body has too many lines."""
    head = start = None
    for number, line in enumerate(text_of(name).splitlines()):
        if line == "{":
            start = number
        elif line == "}" and start is not None:
            if number - start - 1 >= MAX_FUNCTION_LINES:
                yield head, number - start - 1
            start = None
        elif line[:1].isalpha() and "(" in line and start is None:
            head = re.search(r"(\w+)\(", line)[1]


def rules():
    wrong = []
    for name in box.tree_files():
        if MADE.fullmatch(name):
            continue
        text = text_of(name)
        top = "\n".join(text.splitlines()[:4])
        if not NO_LICENSE.fullmatch(name) and \
                "SPDX-License-Identifier: GPL-2.0-only" not in top:
            wrong.append(f"{name}: no SPDX-License-Identifier: GPL-2.0-only")
        most = MAX_DRIVER_LINES if name.startswith("drivers/") else MAX_LINES
        if text.count("\n") > most:
            wrong.append(f"{name}: {text.count(chr(10))} lines")
        if re.search(r"\b(TO" r"DO|FIX" r"ME|XX" r"X)\b", text):
            wrong.append(f"{name}: unfinished")
        if re.search(r"[ \t]$", text, re.MULTILINE) and \
                not name.startswith("tests/check/sample/"):
            wrong.append(f"{name}: white space at the end of a line")
        if name.endswith((".c", ".h")):
            wrong += [f"{name}: {function}() has {lines} lines"
                      for function, lines in long_functions(name)]
    if wrong:
        raise Failed("\n".join(wrong))


def pages():
    """Each page as docutils reads it, and no link to a file that isn't there."""
    names = [name for name in box.tree_files() if name.endswith(".rst")]
    with stage() as tree:
        done = box.run(["python3", "-B", "tests/check/rst.py", *names],
                       binds=[(tree, AT)], cd=AT)
    dead = [link for link in re.findall(r"\]\((\w[^)#:]*)",
                                        text_of("README.md"))
            if not (box.TREE / link).is_file()]
    if done.returncode or done.stdout or dead:
        raise Failed(f"{tail(done.stdout)}\nREADME.md has dead links: {dead}")


def unit_tests(module):
    with stage() as tree:
        tree.chmod(0o755)
        for path in tree.rglob("*"):
            if path.is_dir():
                path.chmod(0o755)
        done = box.run(["python3", "-B", "-m", "unittest", "-v", module],
                       binds=[(tree, AT)], cd=f"{AT}/tests/check")
    if done.returncode or "skipped" in done.stdout:
        raise Failed(tail(done.stdout))


def replayed():
    """replay.h is what replay.py makes of the record beside it, and a line
    that isn't one of a record is refused.
    """
    program = [sys.executable, box.TREE / "tests/kunit/replay.py", "--header"]
    made = subprocess.run([*program, box.TREE / "tests/kunit/lab.trace"],
                          capture_output=True, text=True)
    if made.returncode or made.stdout != text_of("tests/kunit/replay.h"):
        raise Failed(made.stderr or "replay.h is not made of lab.trace")
    for line in ("1.0 < 0600", "1.0 ! 0600100000000000", "x", ""):
        done = subprocess.run([*program, "/dev/stdin"], input=line,
                              capture_output=True, text=True)
        if not done.returncode or done.stdout:
            raise Failed(f"took {line!r} for a record")


def in_box(script):
    """Runs a test of scripts, where what they change is thrown away."""
    with stage() as tree:
        done = box.run([script, AT], binds=[(tree, AT)], cd=AT)
    if done.returncode or "all of it passed" not in done.stdout:
        raise Failed(tail(done.stdout))


CHECKS = {
    "checkpatch --strict": checkpatch,
    "kernel-doc": kernel_doc,
    "coccicheck": coccicheck,
    "shellcheck": shellcheck,
    "pyflakes": pyflakes,
    "rules for files": rules,
    "pages by docutils": pages,
    "viewer and report": functools.partial(unit_tests, "viewer_test"),
    "hv-balloon-check away from Hyper-V": functools.partial(
        unit_tests, "check_test"),
    "whether the lab takes KVM": functools.partial(unit_tests, "kvm_test"),
    "replay.h is of its record": replayed,
    "replay up to the kernel": functools.partial(unit_tests, "replay_test"),
    "alpine's files on busybox": functools.partial(
        in_box, "tests/check/alpine.sh"),
    "install and unload, or not": functools.partial(
        in_box, "tests/check/install.sh"),
}
