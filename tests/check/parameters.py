# SPDX-License-Identifier: GPL-2.0-only
"""Owns the comparison of what the sources say of the parameters with what modinfo
of a build, the documents and the example for modprobe.d say: name, type and
default. What a running guest says is the lab's scenario "defaults".

A parameter is written in the admin guide as

	``name`` (type, default X)	or	``name`` (a, b or c; default X)

in the README as a row "| `name` | X | ...", and in a description of the module
with "(default X)" at its end.
"""

import re

import box
import builds
from builds import Failed

TREE = box.TREE
DOCUMENT = "Documentation/admin-guide/hv_balloon.rst"
EXAMPLE = "contrib/modprobe.d/hv_balloon.conf"
README = "README.md"

STRING = r'((?:"(?:[^"\\]|\\.)*"|\w+|\s)+)'
OPERATIONS = {"psi_ops": "string", "toggle_ops": "bool"}


def sources():
    return "\n".join(path.read_text()
                     for path in sorted((TREE / "drivers/hv").glob("*.[ch]")))


def joined(text, macros):
    """The value of adjacent C strings, some of them named by macros."""
    parts = re.findall(r'"((?:[^"\\]|\\.)*)"|(\w+)', text)
    return "".join(re.sub(r"\\(.)", r"\1", string) if not name
                   else macros.get(name, name) for string, name in parts)


def kinds(text, macros):
    """{name: type} of each parameter that the module registers."""
    found = dict(re.findall(
        r"^module_param_named\((\w+),\s*[^,]+,\s*(\w+),", text, re.MULTILINE))
    found.update(re.findall(r"^module_param\((\w+),\s*(\w+),", text,
                            re.MULTILINE))
    lists = {name: joined(value, macros) for name, value in re.findall(
        rf'struct choice \w+ = \{{\s*"(\w+)",\s*{STRING},', text)}
    lists.update((name, f"{least} to {most}") for name, least, most in
                 re.findall(r'struct number \w+ = \{\s*"(\w+)",\s*(\w+),'
                            r"\s*(\w+)", text))
    for name, operations in re.findall(r"^module_param_cb\((\w+),\s*&(\w+),",
                                       text, re.MULTILINE):
        found[name] = lists.get(name) or OPERATIONS.get(operations, operations)
    return found


def of_module():
    """{name: (type, default)}"""
    text = sources()
    macros = dict(re.findall(r'^#define (\w+)\s+"(.*)"$', text, re.MULTILINE))
    described = {
        name: joined(value, macros) for name, value in
        re.findall(rf"^MODULE_PARM_DESC\((\w+),\s*{STRING}\);", text,
                   re.MULTILINE)}
    registered = kinds(text, macros)
    if not registered or set(registered) != set(described):
        raise Failed(f"registered: {sorted(registered)};"
                     f" described: {sorted(described)}")
    result = {}
    for name, kind in registered.items():
        default = re.search(r'\(default "?(.+?)"?\)$', described[name])
        if not default:
            raise Failed(f"{name}: MODULE_PARM_DESC ends without (default X)")
        result[name] = (kind, default[1])
    return result


# A build without the other checks, and what modinfo says of it.
BUILD = r"""
set -eu
nice make -s -C "/lib/modules/$1/build" M=/tmp/tree CC="$2" modules
modinfo /tmp/tree/hv_balloon.ko
"""


def of_modinfo():
    """{name: (type, default)}"""
    return {name: (kind, default) for name, default, kind in re.findall(
        r'^parm:\s+(\w+):.*\(default "?(.+?)"?\) \((.+)\)$',
        builds.build("6.12", BUILD), re.MULTILINE)}


def of_document():
    """{name: (type, default)} of the first line of each parameter's entry."""
    text = (TREE / DOCUMENT).read_text()
    return {found[1]: (found[2], found[3]) for found in re.finditer(
        r"`+(\w+)`+\s+\(([^()]+?)[,;]\s+default\s+[\"`]*([^)\"`]+)[\"`]*\)",
        text)}


def of_readme():
    """{name: default} of the rows of the section on parameters."""
    _, _, section = (TREE / README).read_text().partition("\n## Parameters\n")
    return dict(re.findall(r"^\| `(\w+)` \| (.*?) \|",
                           section.partition("\n## ")[0], re.MULTILINE))


def of_example():
    """{name: default} of lines like "# options hv_balloon name=value"."""
    return {name: quoted or plain for name, quoted, plain in re.findall(
        r'^# ?options hv_balloon (\w+)=(?:"(.*)"|(\S+))$',
        (TREE / EXAMPLE).read_text(), re.MULTILINE)}


def differences(where, module, document):
    return [f"{where}: {name}: the module has {module.get(name)},"
            f" the document {document.get(name)}"
            for name in sorted(set(module) | set(document))
            if module.get(name) != document.get(name)]


def check():
    module = of_module()
    wrong = differences(DOCUMENT, module, of_document())
    defaults = {name: default for name, (_, default) in module.items()}
    if (TREE / README).exists():
        wrong += differences(README, defaults, of_readme())
    wrong += differences(EXAMPLE, defaults, of_example())
    if wrong:
        raise Failed("\n".join(wrong))


def check_modinfo():
    wrong = differences("modinfo", of_module(), of_modinfo())
    if wrong:
        raise Failed("\n".join(wrong))


CHECKS = {
    "parameters as documented": check,
    "parameters as modinfo says": check_modinfo,
}
