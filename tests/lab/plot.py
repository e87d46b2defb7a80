# SPDX-License-Identifier: GPL-2.0-only
"""Owns the picture of a burst: a panel for each driver, with the same axes."""

from pathlib import Path
import shutil
import tempfile

import root

TERMINALS = {
    ".svg": "svg size 960,760 dynamic background 'white' font 'sans,13'",
    ".png": "pngcairo size 1440,1140 background 'white' font 'sans,18'",
}

LONGEST = 60			# seconds; after that it is calm

# gnuplot's words for the columns of a panel's data.
LINES = """\
  '{data}' using 1:6 axes x1y2 with fillsteps fs solid lc rgb '#e8b4b0' \\
    title 'stalled (PSI full)', \\
  '' using 1:2 with steps lw 3 lc rgb '#404040' title 'MemTotal', \\
  '' using 1:3 with lines lw 2 lc rgb '#1f77b4' title 'in use', \\
  '' using 1:4 with steps lw 2 lc rgb '#2ca02c' title 'demand reported', \\
  '' using 1:5 with lines lw 3 lc rgb '#d62728' title 'in swap'
"""

HEAD = """\
set output '/tmp/plot/{output}'
set terminal {terminal}
set multiplot layout {panels},1
set xrange [0:{seconds}]
set yrange [0:{mib}]
set y2range [0:100]
set y2tics 25
set ytics nomirror
set grid xtics ytics lc rgb '#dddddd'
set ylabel 'MiB'
set y2label 'stalled, % of the time'
set format x '%g s'
set key outside bottom center horizontal maxrows 1
"""


def rows(samples):
    """Lines of: second, MemTotal, in use, demand, in swap, stalled percent."""
    previous, stalled = samples[0], 0
    for sample in samples:
        passed = sample["time"] - previous["time"]
        if passed >= 1:
            stalled = (sample["psi_full"] - previous["psi_full"]) / 1e4 / \
                passed
            previous = sample
        yield " ".join(f"{value:.2f}" for value in (
            sample["time"], sample["total"], sample["used"], sample["demand"],
            sample["swapped"], min(stalled, 100)))


def script(panels, suffix, seconds, mib):
    parts = [HEAD.format(output="picture" + suffix, panels=len(panels),
                         terminal=TERMINALS[suffix], seconds=seconds,
                         mib=mib)]
    for number, (title, _) in enumerate(panels):
        parts.append(f"set title \"{title}\"\nplot " +
                     LINES.format(data=f"/tmp/plot/{number}.data"))
    return "".join(parts) + "unset multiplot\nset output\n"


def picture(panels, path):
    """Draws [(title, samples)] to path, once as .svg and once as .png."""
    path = Path(path).with_suffix("")
    seconds = min(LONGEST, max(samples[-1]["time"] for _, samples in panels))
    mib = 1.1 * max(max(sample["total"], sample["used"], sample["demand"])
                    for _, samples in panels for sample in samples)
    with tempfile.TemporaryDirectory() as work:
        work = Path(work)
        for number, (_, samples) in enumerate(panels):
            (work / f"{number}.data").write_text("\n".join(rows(samples)))
        (work / "script").write_text("".join(
            script(panels, suffix, seconds, mib) for suffix in TERMINALS))
        root.run(["gnuplot", "/tmp/plot/script"],
                 binds=[(work, "/tmp/plot")], check=True)
        made = [path.with_suffix(suffix) for suffix in TERMINALS]
        for target in made:
            shutil.copyfile(work / f"picture{target.suffix}", target)
    return made
