# SPDX-License-Identifier: GPL-2.0-only
"""Has docutils read pages, a warning being an error; runs in the box.

usage: rst.py PAGE...

What Sphinx adds to docutils and our pages use, :doc: and toctree, is made here
as far as to see that the page which they name is there.
"""

from pathlib import Path
import re
import sys

from docutils import nodes
from docutils.core import publish_doctree
from docutils.parsers.rst import Directive, directives, roles
from docutils.utils import SystemMessage

STRICT = {"halt_level": 1, "report_level": 1}


def is_there(source, name):
    return Path(source).with_name(f"{name}.rst").is_file()


def doc(role, raw, text, lineno, inliner, options=None, content=()):
    name = re.sub(r".*<(.*)>$", r"\1", text)
    source = inliner.document["source"]
    if not is_there(source, name):
        message = inliner.reporter.error(f"there is no page {name}",
                                         line=lineno)
        return [inliner.problematic(raw, raw, message)], [message]
    return [nodes.literal(raw, text)], []


class Toctree(Directive):
    has_content = True
    option_spec = {"maxdepth": directives.nonnegative_int}

    def run(self):
        missing = [name for name in self.content if name and not
                   is_there(self.state.document["source"], name)]
        if missing:
            raise self.error(f"there is no page {', '.join(missing)}")
        return []


def main():
    roles.register_local_role("doc", doc)
    directives.register_directive("toctree", Toctree)
    wrong = 0
    for page in sys.argv[1:]:
        try:
            publish_doctree(Path(page).read_text(), source_path=page,
                            settings_overrides=STRICT)
        except SystemMessage:	# which was printed
            wrong += 1
    return wrong != 0


if __name__ == "__main__":
    sys.exit(main())
