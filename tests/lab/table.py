# SPDX-License-Identifier: GPL-2.0-only
"""Owns what is shown of the benchmark: the rows of its table, and the picture.
"""

import dataclasses
import os
from pathlib import Path
import re
import shutil
import statistics
import tempfile
import textwrap

from contenders import CONTENDERS
import plot
import root

BEGIN, END = "<!-- from make bench -->", "<!-- end of make bench -->"


@dataclasses.dataclass(frozen=True)
class Row:
    """A value of the measures, and how it is shown. Less is better."""

    key: str
    title: str
    unit: str = "s"
    drawn: bool = False
    compared: bool = True


ROWS = [
    Row("free_s", "3 GiB of free memory taken", drawn=True),
    Row("free_ranges", "... in so many ranges", ""),
    Row("free_messages", "... in so many messages", ""),
    Row("free_by_block", "... of it by whole blocks", "%", compared=False),
    Row("back_s", "3 GiB returned, until MemFree has them", drawn=True),
    Row("back_softirq_ms", "... longest softirq of it", "ms"),
    Row("back_step_ms", "... longest step in which pages are freed", "ms",
        compared=False),
    Row("pieces_s", "3 GiB taken, 128 MiB at a time"),
    Row("pieces_ratio", "... as a multiple of all at once", "",
        compared=False),
    Row("pieces_longest_ms", "... longest answer", "ms"),
    Row("pieces_ranges", "... in so many ranges", ""),
    Row("floor_ms", "128 MiB wanted of a guest at its floor", "ms"),
    Row("floor_ranges", "... ranges that 20 such requests got", "",
        compared=False),
    Row("fragments_s", "1.5 GiB taken from fragmented memory", drawn=True),
    Row("fragments_by_block", "... of it by whole blocks", "%",
        compared=False),
    Row("cache_s", "2.5 GiB taken from a guest full of page cache",
        drawn=True),
    Row("cache_swapped", "... pages swapped", "", compared=False),
    Row("cache_by_block", "... of it by whole blocks", "%", compared=False),
    Row("online_s", "2 GiB added, until they are in use", drawn=True),
    Row("online_first_s", "... until the first of 512 MiB is"),
    Row("online_block_ms", "... a block of 128 MiB brought online", "ms"),
    Row("online_callback_ms", "... of that in the driver's callback", "ms"),
    Row("online_locked_us", "... interrupts off at a time", "µs"),
    Row("online_locked_max_us", "... and at most", "µs"),
    Row("report_us", "CPU for reports, each second", "µs"),
    Row("report_calls", "... functions called for each", ""),
    Row("report_wakeups", "... wake-ups each second", "", compared=False),
    Row("large_s_per_gib", "60 of 64 GiB taken, each GiB", compared=False),
    Row("large_by_block", "... of it by whole blocks", "%", compared=False),
    Row("large_back_s_per_gib", "60 GiB returned, each GiB", compared=False),
]

HEAD = """\
set output '/tmp/plot/{output}'
set terminal {terminal}
set style data histograms
set style histogram clustered gap 1
set style fill solid noborder
set boxwidth 0.9
set logscale y
set yrange [0.01:]
set ylabel 'seconds, less is better'
set grid ytics lc rgb '#dddddd'
set xtics scale 0
set bmargin 5
set key top right
"""


def values(found, contender, key):
    return [one["values"][key] for one in found
            if one["contender"] == contender and key in one["values"]]


def short(value):
    return f"{value:,.0f}" if value >= 100 or value == int(value) else \
        f"{value:.2g}"


def cell(numbers, unit):
    """The median, and between what it lies."""
    if not numbers:
        return ""
    text = f"{short(statistics.median(numbers))} {unit}".strip()
    if short(min(numbers)) != short(max(numbers)):
        text += f" ({short(min(numbers))} to {short(max(numbers))})"
    return text


def ratio(row, found):
    stock, ours = (values(found, name, row.key) for name in ("stock", "ours"))
    if not (row.compared and stock and ours and statistics.median(ours)):
        return ""
    times = statistics.median(stock) / statistics.median(ours)
    return f"{times:.0f}" if times >= 10 else f"{times:.1f}"


def machine():
    text = Path("/proc/cpuinfo").read_text()
    model = re.search(r"^model name\s*: (.*)", text, re.MULTILINE)
    return f"{os.cpu_count()} cores of {model[1] if model else 'a machine'}"


def markdown(found):
    """The table, with what it was measured on."""
    shown = {name: one for name, one in CONTENDERS.items()
             if any(item["contender"] == name for item in found)}
    lines = ["| | " + " | ".join(one.title for one in shown.values()) +
             " | times better than stock |",
             "|---|" + "--:|" * (len(shown) + 1)]
    for row in ROWS:
        cells = [cell(values(found, name, row.key), row.unit)
                 for name in shown]
        if any(cells):
            lines.append(f"| {row.title} | " + " | ".join(cells) +
                         f" | {ratio(row, found)} |")
    rounds = {len({one["round"] for one in found
                   if one["contender"] == name}) for name in CONTENDERS}
    rounds -= {0}
    rounds = " to ".join(map(str, sorted({min(rounds), max(rounds)})))
    what = "One round" if rounds == "1" else \
        f"Medians of {rounds} rounds (least to most)"
    kernel = ", ".join(sorted({one["kernel"] for one in found}))
    lines += ["", f"{what}, on {machine()}, all of it emulated: ratios count. "
                  f"The guest has one CPU, 4 GiB and Debian's kernel {kernel}, "
                  "where `init_on_alloc` is on."]
    return "\n".join(lines)


def replace(path, text, begin=BEGIN, end=END):
    """Puts the text between its marks in a file."""
    before, rest = path.read_text().split(begin + "\n")
    after = rest.split(end + "\n")[1]
    path.write_text(f"{before}{begin}\n{text}\n{end}\n{after}")


def rows(found, names):
    """Lines of: title, and the median of each contender."""
    for row in ROWS:
        numbers = [values(found, name, row.key) for name in names]
        if row.drawn and any(numbers):
            title = "\\n".join(textwrap.wrap(row.title, 15))
            yield f'"{title}" ' + " ".join(
                f"{statistics.median(times):.4f}" if times else "?"
                for times in numbers)


def script(suffix, names):
    bars = ", ".join(
        f"'/tmp/plot/data' using {number + 2}:xtic(1) "
        f"lc rgb '{CONTENDERS[name].colour}' title '{CONTENDERS[name].title}'"
        for number, name in enumerate(names))
    return HEAD.format(output="picture" + suffix,
                       terminal=plot.TERMINALS[suffix]) + \
        f"plot {bars}\nset output\nreset\n"


def picture(found, path):
    """Draws the times to path, once as .svg and once as .png."""
    path = Path(path).with_suffix("")
    names = [name for name in CONTENDERS if any(
        values(found, name, row.key) for row in ROWS if row.drawn)]
    if not names:
        return []
    with tempfile.TemporaryDirectory() as work:
        work = Path(work)
        (work / "data").write_text("\n".join(rows(found, names)) + "\n")
        (work / "script").write_text("".join(
            script(suffix, names) for suffix in plot.TERMINALS))
        root.run(["gnuplot", "/tmp/plot/script"],
                 binds=[(work, "/tmp/plot")], check=True)
        made = [path.with_suffix(suffix) for suffix in plot.TERMINALS]
        for target in made:
            shutil.copyfile(work / f"picture{target.suffix}", target)
    return made
