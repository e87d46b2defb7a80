# SPDX-License-Identifier: GPL-2.0-only
"""Owns the tests of scripts/hv-balloon-check and scripts/hv-balloon-record away
from Hyper-V: on the files of sample/, and on lines as tracefs has them.
"""

import contextlib
import importlib.machinery
import importlib.util
import io
import json
import os
from pathlib import Path
import pty
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import unittest
import xml.etree.ElementTree

HERE = Path(__file__).resolve().parent
SCRIPTS = HERE.parent.parent / "scripts"
CLASS = "{525074dc-8985-46e2-8057-a307dc18a502}"
STOCK_LINES = 9			# of debugfs


class Guest:
    """A copy of the sample with a Dynamic Memory device, and room for reports."""

    def __init__(self):
        self.work = Path(tempfile.mkdtemp())
        self.root, self.out = self.work / "guest", self.work / "out"
        shutil.copytree(HERE / "sample", self.root)
        vmbus = self.root / "sys/bus/vmbus"
        self.device = vmbus / "devices/1eccfd72-4b41-45ef-b73a-4a6e44c12924"
        self.device.mkdir(parents=True)
        (self.device / "class_id").write_text(CLASS + "\n")
        (vmbus / "drivers/hv_balloon").mkdir(parents=True)
        (self.device / "driver").symlink_to("../../drivers/hv_balloon")
        (self.root / "proc/uptime").write_text("1000.00 900.00\n")
        self.debugfs = self.root / "sys/kernel/debug/hv-balloon"

    def has_stock_driver(self):
        lines = self.debugfs.read_text().splitlines()
        self.debugfs.write_text("\n".join(lines[:STOCK_LINES]) + "\n")

    def check(self, *args, stdin=subprocess.DEVNULL):
        return subprocess.run(
            [sys.executable, SCRIPTS / "hv-balloon-check", "--root", self.root,
             "--out", self.out, *args], text=True, timeout=60,
            capture_output=True, stdin=stdin)

    def asked(self, typed):
        """How it ends when that is typed at a terminal."""
        ours, theirs = pty.openpty()
        try:
            os.write(ours, typed)
            return self.check("--mib", "20", "--after", "0.3", stdin=theirs)
        finally:
            os.close(ours)
            os.close(theirs)

    def burst(self):
        return self.check("--yes", "--mib", "20", "--after", "0.3")


class Looks(unittest.TestCase):
    def setUp(self):
        self.guest = Guest()
        self.addCleanup(shutil.rmtree, self.guest.work)

    def fails_with(self, status, text, *args):
        done = self.guest.check(*args)
        self.assertEqual(done.returncode, status, done.stderr)
        self.assertRegex(done.stderr, f"^hv-balloon-check: .*{text}.*\n$")
        self.assertFalse(self.guest.out.exists())

    def test_not_on_hyper_v(self):
        shutil.rmtree(self.guest.root / "sys/bus")
        self.fails_with(3, "this is no Hyper-V guest", "--yes")

    def test_no_dynamic_memory(self):
        (self.guest.device / "class_id").write_text("{of another device}\n")
        self.fails_with(3, "the host offers no Dynamic Memory", "--yes")

    def test_no_driver(self):
        (self.guest.device / "driver").unlink()
        self.fails_with(3, "modprobe hv_balloon", "--yes")

    def test_not_root_or_no_debugfs(self):
        self.guest.debugfs.unlink()
        self.fails_with(1, "be root, and mount -t debugfs", "--yes")

    def test_nothing_is_done_unasked(self):
        self.fails_with(1, "nothing was done")

    def test_only_a_y_goes_on(self):
        for typed in (b"\n", b"n\n", b"yes\n", b"\x04"):	# the last is an end
            done = self.guest.asked(typed)
            self.assertEqual(done.returncode, 1, typed)
            self.assertTrue(done.stdout.endswith("Go on? [y/N] "), typed)
            self.assertRegex(done.stderr, "^hv-balloon-check: .*nothing was "
                             "done.*\n$")
            self.assertFalse(self.guest.out.exists())
        for typed in (b"y\n", b"Y\n"):
            done = self.guest.asked(typed)
            self.assertEqual((done.returncode, done.stderr), (0, ""))
            self.assertIn("It takes 20 MiB at 100 MiB/s.", done.stdout)
            self.assertIn("the burst of 20 MiB at 100 MiB/s took 0.",
                          done.stdout)

    def test_look_tells_the_drivers_apart(self):
        found = json.loads(self.guest.check("--look").stdout)
        self.assertEqual(found["driver"], "this driver")
        self.assertEqual(found["host"]["last_host_action"],
                         "hot_add of 32768 pages: 32768")
        self.guest.has_stock_driver()
        found = json.loads(self.guest.check("--look").stdout)
        self.assertEqual(found["driver"], "the stock driver")
        self.assertEqual(found["host"]["max_dynamic_page_count"], "1048576")

    def test_record_says_what_it_needs(self):
        done = self.guest.check("--yes", "--record")
        self.assertEqual(done.returncode, 1)
        self.assertIn("hv-balloon-record: no tracefs", done.stderr)


class Reports(unittest.TestCase):
    """One burst with each driver, which takes some seconds."""

    @classmethod
    def setUpClass(cls):
        cls.guest = Guest()
        cls.addClassCleanup(shutil.rmtree, cls.guest.work)
        cls.first = cls.guest.burst()
        cls.alone = (cls.guest.out / "report.html").read_text()
        cls.guest.has_stock_driver()
        cls.second = cls.guest.burst()
        cls.page = (cls.guest.out / "report.html").read_text()

    def run_of(self, name):
        return json.loads((self.guest.out / f"{name}.json").read_text())

    def test_both_come_to_an_end(self):
        for done in (self.first, self.second):
            self.assertEqual((done.returncode, done.stderr), (0, ""))
            self.assertIn("the burst of 20 MiB at 100 MiB/s took 0.",
                          done.stdout)

    def test_samples_are_a_tenth_of_a_second_apart(self):
        samples = self.run_of("ours")["samples"]
        spans = sorted(now["s"] - before["s"] for before, now in
                       zip(samples, samples[1:]))
        self.assertAlmostEqual(spans[len(spans) // 2], 0.1, delta=0.02)
        self.assertGreater(samples[-1]["s"], 6)

    def test_figures_are_those_of_the_guest(self):
        run = self.run_of("ours")
        self.assertEqual(run["samples"][0]["total"], 1968)
        self.assertEqual(run["samples"][0]["used"], 1328)
        self.assertEqual(run["samples"][0]["demand"], 2000)
        self.assertEqual(run["samples"][0]["in_swap"], 0)
        self.assertEqual(run["results"]["swapped_pages"], 0)
        self.assertEqual(run["results"]["grown_mib"], 0)
        self.assertIsNone(run["results"]["first_growth_s"])
        stock = self.run_of("stock")["samples"][0]
        self.assertEqual(int(stock["demand"]), 1171)

    def test_page_compares_the_drivers(self):
        self.assertEqual(self.alone.count("<svg"), 1)
        self.assertEqual(self.page.count("<svg"), 2)
        self.assertLess(self.page.index("With the stock driver"),
                        self.page.index("With this driver"))
        self.assertIn("<td>pages swapped</td><td>0</td><td>0</td>", self.page)
        self.assertNotIn("http", self.page)

    def test_plots_are_whole(self):
        for text in re.findall("<svg.*?</svg>", self.page):
            lines = xml.etree.ElementTree.fromstring(text).findall("polyline")
            self.assertEqual(len(lines), 4)
            points = lines[0].get("points").split()
            self.assertGreater(len(points), 50)
            for x, y in (point.split(",") for point in points):
                self.assertTrue(0 <= float(x) <= 860 and 0 <= float(y) <= 300)


def program(name):
    loader = importlib.machinery.SourceFileLoader(
        name.replace("-", "_"), str(SCRIPTS / name))
    spec = importlib.util.spec_from_loader(loader.name, loader)
    module = importlib.util.module_from_spec(spec)
    loader.exec_module(module)
    return module


class Results(unittest.TestCase):
    """What is made of samples that no box has: a guest that grows and swaps."""

    def test_growth_swap_and_stall(self):
        check = program("hv-balloon-check")
        burst = check.Burst(Path("/"), 1400, 100)
        burst.taken_s = b"14.01\n"
        burst.samples = [
            dict(s=s, total=total, pswpout=out, stalled_s=stall, demand=demand)
            for s, total, out, stall, demand in [
                (2.9, 1000, 5, 1.0, 300), (6.0, 1000, 5, 1.0, 900),
                (6.4, 1128, 905, 1.5, 1500), (9.0, 2000, 905, 1.75, 1400)]]
        found = burst.results(burst.samples[0], burst.samples[-1], False)
        self.assertEqual(found, {
            "grown_mib": 1000, "first_growth_s": 3.5, "swapped_pages": 900,
            "stalled_s": 0.75, "burst_s": 14.01, "demand_mib": 1500,
            "killed": False})
        text = check.in_words({
            "facts": {"driver": check.STOCK}, "results": found,
            "burst": {"mib": 1400, "rate": 100}})
        self.assertIn("grew by 1000 MiB, the first of it after 3.5 s", text)
        self.assertIn("took 14.01 s", text)


class Limits(unittest.TestCase):
    def test_a_large_burst_has_the_time_that_it_takes(self):
        check = program("hv-balloon-check")
        for mib, rate in ((65536, 100), (1400, 1), (4_000_000, 2000)):
            self.assertGreater(check.Burst(Path("/"), mib, rate).limit_s(),
                               600 + 2 * mib / rate)

    def test_size_and_rate_are_above_zero(self):
        guest = Guest()
        self.addCleanup(shutil.rmtree, guest.work)
        for option in ("--mib", "--rate"):
            for value in ("0", "-5", "many"):
                done = guest.check("--yes", f"{option}={value}")
                self.assertEqual(done.returncode, 2)
                self.assertIn(f"invalid positive value: '{value}'", done.stderr)


class Records(unittest.TestCase):
    def test_parts_become_messages(self):
        record = program("hv-balloon-record")
        output = io.StringIO()
        messages = record.Messages(output)
        words = [f"0x{number:x}" for number in range(64)]

        def line(when, name, size, first):
            return (f" kworker/0:1-9 [000] ..... {when}: {name}: "
                    "(__traceiter_hvb_sent+0x0/0x60 [hv_balloon]) "
                    f"len={size} bytes={{{','.join([first, *words[1:]])}}}\n")
        text = (line("1.000001", "hvb_received_0", 16, "0x1122334400100006") +
                line("1.000002", "hvb_sent_0", 520, "0x7") +
                line("1.000003", "hvb_received_0", 8, "0x9") +
                line("1.000004", "hvb_sent_1", 520, "0xff"))
        for part in (text[:300], text[300:]):	# as a pipe gives it
            messages.feed(part)
        rows = output.getvalue().splitlines()
        self.assertEqual(rows[0], "1.000001 < 0600100044332211"
                         "0100000000000000")
        self.assertEqual(rows[1], "1.000003 < 0900000000000000")
        self.assertTrue(rows[2].startswith("1.000002 > 0700000000000000"))
        self.assertTrue(rows[2].endswith("ff00000000000000"))
        self.assertEqual(len(rows[2]), len("1.000002 > ") + 2 * 520)
        self.assertEqual(len(rows), 3)

    def functions(self, place):
        return program("hv-balloon-record").functions(
            ["ffffffff81000000 T _text\n",
             f"ffffffffc0a01000 t __traceiter_hvb_received{place}\n",
             f"ffffffffc0a02000 T __traceiter_hvb_sent{place}\n",
             f"ffffffffc0a03000 t __probestub_hvb_sent{place}\n"])

    def test_probes_are_in_the_module_that_is_there(self):
        for module in ("hv_balloon", "hv_balloon_dm"):
            self.assertEqual(self.functions(f"\t[{module}]"), {
                "hvb_received": f"{module}:__traceiter_hvb_received",
                "hvb_sent": f"{module}:__traceiter_hvb_sent"})

    def test_probes_are_in_the_kernel_that_has_the_driver(self):
        self.assertEqual(self.functions("")["hvb_sent"], "__traceiter_hvb_sent")

    def test_no_tracepoint_is_an_error(self):
        record = program("hv-balloon-record")
        with self.assertRaisesRegex(record.Failed, "hvb_sent: nothing can be"):
            record.functions(["f0 t __traceiter_hvb_received\t[hv_balloon]\n"])

    def recorded(self, text):
        """What record() writes of a pipe's text until it is told to stop."""
        record = program("hv-balloon-record")
        reader, writer = os.pipe()
        os.set_blocking(reader, False)
        os.write(writer, text.encode())
        self.addCleanup(os.close, writer)

        class Probes:
            def begin(self):
                os.kill(os.getpid(), signal.SIGTERM)
                return reader

            def end(self):
                pass
        output = io.StringIO()
        for number in (signal.SIGINT, signal.SIGTERM):
            self.addCleanup(signal.signal, number, signal.getsignal(number))
        with contextlib.redirect_stdout(io.StringIO()):
            record.record(Probes(), output)
        return output.getvalue()

    def test_an_empty_record_is_an_error(self):
        words = ",".join(["0x9"] * 64)
        said = f" 1.5: hvb_sent_0: (x) len=8 bytes={{{words}}}\n"
        self.assertEqual(self.recorded(said), "1.5 > 0900000000000000\n")
        with self.assertRaisesRegex(Exception, "nothing was recorded"):
            self.recorded("")


if __name__ == "__main__":
    unittest.main()
