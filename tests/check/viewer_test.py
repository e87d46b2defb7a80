# SPDX-License-Identifier: GPL-2.0-only
"""Owns the tests of scripts/hv-balloon-top and scripts/hv-balloon-report, on
the files of sample/, which a guest with hot-added and ballooned memory had.
"""

import csv
import json
import os
from pathlib import Path
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

HERE = Path(__file__).resolve().parent
SCRIPTS = HERE.parent.parent / "scripts"
SAMPLE = HERE / "sample"
MIB = 2**20


def top(*args, root=SAMPLE, **kwargs):
    return subprocess.run([sys.executable, SCRIPTS / "hv-balloon-top",
                           "--root", root, *args], text=True, timeout=30,
                          capture_output=True, **kwargs)


class Views(unittest.TestCase):
    def show(self, *args, root=SAMPLE):
        done = top(*args, root=root)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        return done.stdout

    def test_table_is_a_head_and_a_row_in_mib(self):
        head, row = self.show("--once").splitlines()
        self.assertEqual(head.split()[:9], [
            "time", "size", "avail", "demand", "balloon", "added", "online",
            "some", "full"])
        self.assertEqual(row.split()[1:9], [
            "1968", "640", "2000", "100", "1024", "896", "12.5", "2.2"])
        self.assertTrue(row.endswith("hot_add of 32768 pages: 32768"))

    def test_json_has_bytes_and_every_line_of_debugfs(self):
        now = json.loads(self.show("--json", "--once"))
        self.assertEqual(now["ballooned_bytes"], 100 * MIB)
        self.assertEqual(now["demand_bytes"], 2000 * MIB)
        self.assertEqual(now["debugfs"]["a_line_of_tomorrow"], "7")
        labels = (SAMPLE / "sys/kernel/debug/hv-balloon").read_text()
        self.assertEqual(len(now["debugfs"]), len(labels.splitlines()))

    def test_csv_has_a_head_and_bytes(self):
        head, row = csv.reader(self.show("--csv", "--once").splitlines())
        now = dict(zip(head, row))
        self.assertEqual(int(now["added_bytes"]), 1024 * MIB)
        self.assertEqual(float(now["full_avg10"]), 2.25)

    def test_prometheus_gives_each_metric_a_type_and_a_value(self):
        text = self.show("--prometheus")
        values = {}
        for help_line, type_line, line in zip(*[iter(text.splitlines())] * 3):
            name, labels, value = re.fullmatch(
                r'([a-z_]+[a-z])(?:\{(value="(?:[^"\\]|\\.)*")\})? (\S+)',
                line).groups()
            self.assertTrue(help_line.startswith(f"# HELP {name} "))
            self.assertRegex(type_line, rf"# TYPE {name} (gauge|counter)$")
            self.assertEqual(name.endswith("_total"), "counter" in type_line)
            self.assertNotIn(name, values)
            values[name] = labels or float(value)
        self.assertEqual(values["hv_balloon_up"], 1)
        self.assertEqual(values["hv_balloon_pages_ballooned_bytes"], 100 * MIB)
        self.assertEqual(values["hv_balloon_guest_size_bytes"], 1968 * MIB)
        self.assertEqual(values["hv_balloon_memory_stalled_seconds_total"],
                         1.25)
        self.assertEqual(values["hv_balloon_hot_adds_failed_total"], 1)
        self.assertEqual(values["hv_balloon_blocks_removed_total"], 2)
        self.assertEqual(values["hv_balloon_a_line_of_tomorrow"], 7)
        self.assertEqual(values["hv_balloon_state"], 5)
        self.assertEqual(values["hv_balloon_host_version_info"], 'value="2.0"')
        self.assertEqual(values["hv_balloon_some_words_of_tomorrow_info"],
                         r'value="say \"hi\""')

    def test_output_is_replaced_as_a_whole(self):
        with tempfile.TemporaryDirectory() as directory:
            file = Path(directory, "hv.prom")
            file.write_text("old")
            self.assertEqual(self.show("--prometheus", "--output", file), "")
            self.assertIn("hv_balloon_up 1\n", file.read_text())
            self.assertEqual(file.stat().st_mode & 0o777, 0o644)
            self.assertEqual(os.listdir(directory), ["hv.prom"])

    def test_runs_until_stopped(self):
        with subprocess.Popen(
                [sys.executable, SCRIPTS / "hv-balloon-top", "--root", SAMPLE,
                 "--interval", "0.01"], stdout=subprocess.PIPE,
                text=True) as process:
            rows = [process.stdout.readline() for _ in range(43)]
            process.stdout.close()
            process.terminate()
        heads = [at for at, row in enumerate(rows) if "balloon" in row]
        self.assertEqual(heads, [0, 21, 42])

    def test_guest_without_psi(self):
        with Guest() as guest:
            (guest / "proc/pressure/memory").unlink()
            row = self.show("--once", root=guest).splitlines()[1]
            self.assertEqual(row.split()[7:9], ["-", "-"])
            self.assertNotIn("stalled", self.show("--prometheus", root=guest))

    def test_stock_driver_with_its_few_lines(self):
        with Guest() as guest:
            file = guest / "sys/kernel/debug/hv-balloon"
            file.write_text("\n".join(file.read_text().splitlines()[:9]))
            row = self.show("--once", root=guest).splitlines()[1].split()
            self.assertEqual(row[3], "1171")
            self.assertEqual(row[-1], "-")


class Guest:
    """A copy of the sample that a test may change."""

    def __enter__(self):
        self.directory = tempfile.mkdtemp()
        path = Path(self.directory, "guest")
        shutil.copytree(SAMPLE, path)
        return path

    def __exit__(self, *args):
        shutil.rmtree(self.directory)


class Missing(unittest.TestCase):
    def fails_with(self, guest, text):
        for form in ([], ["--json"], ["--prometheus"]):
            done = top(*form, "--once", root=guest)
            self.assertEqual(done.returncode, 1)
            self.assertRegex(done.stderr, rf"^hv-balloon-top: .*{text}.*\n$")
            self.assertEqual(done.stdout != "", form == ["--prometheus"])

    def test_module_not_loaded(self):
        with Guest() as guest:
            shutil.rmtree(guest / "sys/module")
            (guest / "sys/kernel/debug/hv-balloon").unlink()
            self.fails_with(guest, "isn't loaded: modprobe hv_balloon")

    def test_debugfs_not_mounted(self):
        with Guest() as guest:
            (guest / "sys/kernel/debug/hv-balloon").unlink()
            (guest / "proc/mounts").write_text("sysfs /sys sysfs rw 0 0\n")
            self.fails_with(guest, "mount -t debugfs")

    def test_no_device(self):
        with Guest() as guest:
            (guest / "sys/kernel/debug/hv-balloon").unlink()
            self.fails_with(guest, "drives no device")

    def test_not_root(self):
        if os.geteuid():
            self.skipTest("needs root to become someone else")
        with Guest() as guest:
            guest.parent.chmod(0o755)
            (guest / "sys/kernel/debug").chmod(0o700)
            done = top("--once", root=guest, user=65534)
            self.assertEqual(done.returncode, 1)
            self.assertIn("only be read by root", done.stderr)

    def test_prometheus_file_says_that_the_driver_is_gone(self):
        with Guest() as guest:
            (guest / "sys/kernel/debug/hv-balloon").unlink()
            file = guest / "hv.prom"
            done = top("--prometheus", "--output", file, root=guest)
            self.assertEqual(done.returncode, 1)
            self.assertIn("hv_balloon_up 0\n", file.read_text())
            self.assertNotIn("pages", file.read_text())


class Report(unittest.TestCase):
    def test_has_what_helps_and_nothing_else(self):
        done = subprocess.run([SCRIPTS / "hv-balloon-report"], text=True,
                              env=dict(os.environ, HV_BALLOON_ROOT=SAMPLE),
                              capture_output=True, timeout=30)
        self.assertEqual(done.returncode, 0)
        for text in ("taint: 4096", "psi=1", "memhp_default_state=online",
                     "hot_add: Y", "pages_ballooned       : 25600",
                     "auto_online_blocks: offline", "1 online Normal",
                     "MemTotal:        2015232 kB", "full avg10=2.25",
                     "pswpout 2", "partition 1048572 2048",
                     "Dynamic Memory protocol 2.0", "== end"):
            self.assertIn(text, done.stdout)
        for text in ("hunter2", "UUID", "serial", "secret-name", "/dev/sda2"):
            self.assertNotIn(text, done.stdout)

    def report(self, root):
        return subprocess.run([SCRIPTS / "hv-balloon-report"], text=True,
                              env=dict(os.environ, HV_BALLOON_ROOT=root),
                              capture_output=True, timeout=30).stdout

    def test_says_when_the_kernel_refuses_what_the_host_could_give(self):
        refused = "one allocation of more than 1968 MiB is refused"
        with Guest() as guest:
            setting = guest / "proc/sys/vm/overcommit_memory"
            setting.parent.mkdir()
            setting.write_text("0\n")
            said = self.report(guest)
            self.assertIn("overcommit_memory: 0", said)
            self.assertIn("memory and swap: 2991 MiB; "
                          "with all that the host gives: 4096 MiB", said)
            self.assertNotIn("is refused", said)
            (guest / "proc/swaps").write_text("Filename\n")
            self.assertIn(refused, self.report(guest))
            setting.write_text("1\n")
            self.assertNotIn(refused, self.report(guest))

    def test_guest_without_the_driver(self):
        with Guest() as guest:
            shutil.rmtree(guest / "sys/module")
            (guest / "sys/kernel/debug/hv-balloon").unlink()
            done = subprocess.run(
                [SCRIPTS / "hv-balloon-report"], capture_output=True,
                env=dict(os.environ, HV_BALLOON_ROOT=guest), text=True)
            self.assertEqual(done.returncode, 0)
            self.assertIn("hv_balloon is not loaded", done.stdout)
            self.assertIn("== end", done.stdout)


if __name__ == "__main__":
    unittest.main()
