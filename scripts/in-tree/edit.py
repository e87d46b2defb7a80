# SPDX-License-Identifier: GPL-2.0-only
"""Owns how a source is changed: at anchors, short pieces of text that must be
there once. One that is missing, or there too often, ends the program. A change
that was made before isn't made again.
"""

import contextlib
import re
import sys


def die(text):
    sys.exit(f"in-tree: {text}")


class Source:
    """The text of a file."""

    def __init__(self, name, text):
        self.name = name
        self.text = text

    def function(self, head):
        """(start, end) of the function whose first line begins like this."""
        found = list(re.finditer(rf"^{re.escape(head)}.*?^}}\n", self.text,
                                 re.MULTILINE | re.DOTALL))
        if len(found) != 1:
            die(f"{self.name}: {head!r} begins {len(found)} functions, not 1")
        return found[0].span()

    def replace(self, old, new, of="", times=1):
        """Text for text, in a function or anywhere."""
        start, end = self.function(of) if of else (0, len(self.text))
        text = self.text[start:end]
        if new and new in text and (old in new or old not in text):
            return
        if text.count(old) != times:
            die(f"{self.name}: {old!r} is there {text.count(old)} times, not "
                f"{times}")
        self.text = self.text[:start] + text.replace(old, new) + \
            self.text[end:]

    def drop(self, head):
        """A function goes, with the comment above it and an empty line."""
        start, end = self.function(head)
        above = re.search(r"^/\*(?:(?!\*/).)*\*/\n\Z", self.text[:start],
                          re.MULTILINE | re.DOTALL)
        if above:
            start = above.start()
        self.text = self.text[:start] + self.text[end:].removeprefix("\n")

    def drop_section(self, title):
        """A section of a page goes, up to the next title."""
        rest = re.compile(rf"^{re.escape(title)}\n=+\n.*?(?=^[^\n]+\n=+\n)",
                          re.MULTILINE | re.DOTALL)
        self.text, found = rest.subn("", self.text)
        if found != 1:
            die(f"{self.name}: {found} sections are {title!r}, not 1")

    def remove(self, *parts):
        for part in parts:
            self.replace(part, "")

    def line(self, anchor, of=""):
        """The one line that has the anchor."""
        start, end = self.function(of) if of else (0, len(self.text))
        found = re.findall(f"^.*{re.escape(anchor)}.*\n", self.text[start:end],
                           re.MULTILINE)
        if len(found) != 1:
            die(f"{self.name}: {len(found)} lines have {anchor!r}, not 1")
        return found[0]

    def after(self, anchor, lines, of=""):
        line = self.line(anchor, of)
        self.replace(line, line + lines, of)

    def before(self, anchor, lines, of=""):
        line = self.line(anchor, of)
        self.replace(line, lines + line, of)

    def below(self, head, lines):
        """Lines below a function."""
        if lines not in self.text:
            _, end = self.function(head)
            self.text = self.text[:end] + lines + self.text[end:]


@contextlib.contextmanager
def editing(path):
    """The Source of a file, which is written back when all went well."""
    if not path.is_file():
        die(f"there is no {path}")
    source = Source(path, path.read_text())
    before = source.text
    yield source
    if source.text != before:
        path.write_text(source.text)
