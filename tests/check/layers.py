# SPDX-License-Identifier: GPL-2.0-only
"""Owns the floors of drivers/hv: the Makefile says which file is on which, and
calls and includes go down only, never in a circle. Who calls whom is read from
the objects. Nobody looks into another's struct either. The picture of the
floors in hv_balloon-internals.rst is what this check draws.
"""

import collections
import re
import subprocess

import box
from builds import Failed
import build	# the lab's, found since box was imported
import kernels
from box import root

DRIVER = box.TREE / "drivers/hv"
SUITES = box.TREE / "tests/kunit"
PAGE = box.TREE / "Documentation/virt/hyperv/hv_balloon-internals.rst"
KERNEL = "6.12"

# From the top, as the Makefile names them.
FLOORS = ["driver", "reporter", "conversation", "requests", "memory", "signs",
          "channel", "kernel", "pure"]

# Headers that aren't named after a file, or not only that file's.
HEADERS = {"arith": "pure", "compat": "kernel", "counts": "kernel", "params": "kernel",
           "device": "driver", "request": "requests", "memory": "memory"}

# Structs, and the files that may look into them.
OWNERS = {
    "hvb_reporter": ["reporter", "report"],
    "hvb_pressure": ["pressure"],
    "hvb_conversation": ["conversation", "handshake"],
    "hvb_requests": "requests",
    "hvb_round": ["give_blocks"],
    "hvb_memory": "memory",
    "hvb_waiting": ["waiting", "memory"],
    "hvb_shortage": ["shortage"],
    "hvb_signs": ["signs"],
    "hvb_channel": ["channel", "vmbus"],
    "hvb_block_ctl": ["block"],
    "hvb_counting": ["counters"],
    "hvb_psi": ["psi"],
    "hvb_reserve": ["reserve"],
    "hvb_page_reporting": ["page_reporting"],
    "hvb_watch": ["watch"],
}

SYMBOL = re.compile(r"^[0-9a-f]* +([A-Za-z]) (\w+)$")


def floors():
    """File: its floor, from the Makefile."""
    text = (DRIVER / "Makefile").read_text().replace("\\\n", " ")
    found = {}
    for floor, names in re.findall(
            r"^hvb-(\w+)(?:-\S+)? [:+]= (.+)$", text, re.MULTILINE):
        for name in names.split():
            found[name.removesuffix(".o")] = floor
    return found


def floor_of(path, files):
    name, kind = path.split(".")
    return kind == "h" and HEADERS.get(name) or files.get(name)


def symbols(objects):
    """(file: defined symbols, file: needed symbols)"""
    defined, needed = {}, {}
    for name, path in objects.items():
        defined[name], needed[name] = set(), set()
        text = subprocess.run(["nm", path], stdout=subprocess.PIPE, text=True,
                              check=True).stdout
        for line in text.splitlines():
            found = SYMBOL.match(line)
            if not found:
                continue
            (needed if found[1] == "U" else defined)[name].add(found[2])
    return defined, needed


def calls(objects):
    """(caller, callee): a symbol of it."""
    defined, needed = symbols(objects)
    owner = {symbol: name for name, all_of in defined.items()
             for symbol in all_of if symbol.startswith(("hvb_", "__tracepoint",
                                                        "__SCT__tp_func_hvb"))}
    return {(name, owner[symbol]): symbol
            for name, all_of in needed.items() for symbol in all_of
            if owner.get(symbol, name) != name}


def includes(sources):
    """(file, header) of each include in quotation marks."""
    return [(path, header)
            for path, text in sources.items()
            for header in re.findall(r'^#include "(\w+)\.h"', text,
                                     re.MULTILINE)]


def climbs(edges, rank):
    """Arrows that climb; rank: number of a file's floor, the top is 0."""
    return [f"{a} -> {b}: {why}" for (a, b), why in sorted(edges.items())
            if rank[a] > rank[b]]


def circle(edges):
    """The files of a circle, if there is one."""
    below = collections.defaultdict(set)
    for a, b in edges:
        below[a].add(b)
    done, path = set(), []

    def walk(name):
        if name in path:
            return path[path.index(name):] + [name]
        if name in done:
            return None
        path.append(name)
        for other in sorted(below[name]):
            found = walk(other)
            if found:
                return found
        path.pop()
        done.add(name)
        return None

    for name in sorted(below):
        found = walk(name)
        if found:
            return " -> ".join(found)
    return None


def peeks(name, floor, text):
    """Uses of fields of structs that aren't the file's."""
    text = re.sub(r"/\*.*?\*/|^#include.*?$", "", text,
                  flags=re.DOTALL | re.MULTILINE)
    for struct, owners in OWNERS.items():
        if floor == owners or name in owners:
            continue
        for variable in sorted(set(re.findall(
                rf"struct {struct} (?:\*(?:const )?)?(\w+)\b", text))):
            found = re.search(rf"(?<![>.\w]){variable}(?:->|\.)\w+(?!\w*\()",
                              text)
            if found:
                yield f"{name}: {found[0]} looks into struct {struct}"


def picture(files, edges):
    lines = []
    for floor in FLOORS:
        names = [name for name in files if files[name] == floor]
        below = {files[b] for a, b in edges if files[a] == floor} - {floor}
        lines += [f"{floor:12} {' '.join(names)}",
                  f"{'':12} -> {', '.join(f for f in FLOORS if f in below)}"
                  if below else ""]
    return "\n".join(f"  {line}".rstrip() for line in lines).rstrip()


def judge(files, edges, sources):
    """All that is wrong with a tree."""
    rank = {name: FLOORS.index(floor) for name, floor in files.items()}
    wrong = climbs(edges, rank)
    found = circle(edges)
    if found:
        wrong.append(f"a circle: {found}")
    for path, header in includes(sources):
        of, to = (floor_of(x, files) for x in (path, f"{header}.h"))
        if not of or not to:
            wrong.append(f"{path} includes {header}.h: on which floor?")
        elif FLOORS.index(of) > FLOORS.index(to):
            wrong.append(f"{path} includes {header}.h, which is above it")
    found = circle({(path[:-2], header) for path, header in includes(sources)
                    if path.endswith(".h")})
    if found:
        wrong.append(f"headers in a circle: {found}")
    for path, text in sources.items():
        if path.endswith(".c"):
            name = path[:-2]
            wrong += peeks(name, files.get(name), text)
    return wrong


def check_itself():
    """Each kind of fault is seen in a small sample."""
    files = {"main": "driver", "plan": "pure", "msg": "pure"}
    sources = {"plan.c": '#include "device.h"\nstruct hvb_signs *s;\ns->wake;'}
    edges = {("plan", "main"): "x", ("main", "plan"): "y"}
    wrong = "\n".join(judge(files, edges, sources))
    for what in ("plan -> main: x", "a circle: main -> plan -> main",
                 "plan.c includes device.h, which is above it",
                 "plan: s->wake looks into struct hvb_signs"):
        if what not in wrong:
            raise Failed(f"the check doesn't see: {what}")
    if judge(files, {("main", "plan"): "y"}, {}):
        raise Failed("the check sees what isn't there")


def check():
    check_itself()
    files = floors()
    sources = {path.name: path.read_text()
               for path in sorted(DRIVER.glob("*.[ch]"))}
    missing = {path[:-2] for path in sources if path.endswith(".c")} ^ {*files}
    if missing:
        raise Failed(f"on no floor, or not there: {sorted(missing)}")
    tree = build.driver_tree(kernels.kernel(KERNEL))
    objects = {name: tree / "drivers/hv" / f"{name}.o" for name in files}
    edges = calls(objects)
    drawn = picture(files, edges)
    root.say("the floors:\n" + drawn)
    wrong = judge(files, edges, sources)
    if drawn not in PAGE.read_text():
        wrong.append(f"{PAGE.name} has another picture of the floors")
    if wrong:
        raise Failed("\n".join(wrong))


def check_exports():
    """In a kernel tree the suites are a module, and need these symbols."""
    exports = re.findall(r"^EXPORT_SYMBOL_IF_KUNIT\((\w+)\);",
                         (SUITES / "exports.c").read_text(), re.MULTILINE)
    ours = {name for path in DRIVER.glob("*.c")
            for name in re.findall(r"^(?:[a-z_].*[ *])?(hvb_\w+)\(",
                                   path.read_text(), re.MULTILINE)}
    called = {name for path in SUITES.glob("*.c") if path.stem != "exports"
              for name in re.findall(r"\bhvb_\w+", path.read_text())} & ours
    wrong = [*(f"{name} is called and not exported"
               for name in sorted(called - {*exports})),
             *(f"{name} is exported and not called"
               for name in sorted({*exports} - called))]
    if exports != sorted({*exports}):
        wrong.append("the exports are not in order")
    if wrong or not exports:
        raise Failed("\n".join(wrong) or "no exports")


CHECKS = {"floors": check, "what the suites call is exported": check_exports}
