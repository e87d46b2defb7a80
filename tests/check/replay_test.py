# SPDX-License-Identifier: GPL-2.0-only
"""Owns the tests of what replay.py does around KUnit, which has stand-ins here:
the record goes into the tree that the suites are built from, the suite that plays
it is the one that runs, and how that ends is how the program ends. It also counts
what the suite must come to.
"""

import contextlib
import io
from pathlib import Path
import sys
import tempfile
import unittest
from unittest import mock

KUNIT = Path(__file__).resolve().parent.parent / "kunit"
sys.path.insert(0, str(KUNIT))

import replay  # noqa: E402 (found only after the line above)

RECORD = "1.0 < 06001000070000000080000000000000\n"
PLAYED = "0x06, 0x00, 0x10, 0x00, 0x07,"


def message(kind, trans_id, *words):
    return b"".join([kind.to_bytes(2, "little"),
                     (8 + 8 * len(words)).to_bytes(2, "little"),
                     trans_id.to_bytes(4, "little"),
                     *(word.to_bytes(8, "little") for word in words)])


def pages(start, count):
    return count << replay.RANGE_BITS | start


class Plays(unittest.TestCase):
    def setUp(self):
        self.played, self.suites = "", ""

    @contextlib.contextmanager
    def module(self, change):
        with tempfile.TemporaryDirectory() as directory:
            path = Path(directory, replay.TARGET)
            path.parent.mkdir(parents=True)
            change(Path(directory))
            yield path

    def boot(self, built, init, cpu, suites, seconds):
        self.assertTrue(init.exists())
        self.played, self.suites = built.read_text(), suites
        return "a log"

    def ends_with(self, passed, failed):
        """The program's status when the suites end so."""
        out = io.StringIO()
        with tempfile.NamedTemporaryFile("w", suffix=".trace") as trace, \
                mock.patch.object(replay.machine, "module", self.module), \
                mock.patch.object(replay.machine, "boot", self.boot), \
                mock.patch.object(replay.results, "judge",
                                  return_value=("", passed, failed)), \
                mock.patch.object(sys, "argv", ["replay.py", trace.name]), \
                contextlib.redirect_stdout(out), \
                contextlib.redirect_stderr(io.StringIO()), \
                self.assertRaises(SystemExit) as left:
            trace.write(RECORD)
            trace.flush()
            replay.main()
        self.assertTrue(out.getvalue().endswith(
            f"{passed} passed, {len(failed)} failed\n"))
        return left.exception.code

    def test_the_record_is_what_is_built(self):
        self.ends_with(2, [])
        self.assertIn(PLAYED, self.played)
        source = (KUNIT / "replay_test.c").read_text()
        self.assertIn(f'#include "{Path(replay.TARGET).name}"', source)
        self.assertIn(f'.name = "{self.suites.removesuffix("*")}"', source)

    def test_a_failed_test_is_a_failure(self):
        self.assertEqual(self.ends_with(2, []), 0)
        self.assertEqual(self.ends_with(1, ["a test"]), 1)

    def test_no_test_is_a_failure(self):
        self.assertEqual(self.ends_with(0, []), 1)

    def test_a_record_that_is_given_may_come_to_less(self):
        self.ends_with(2, [])
        self.assertIn(".is_ours = false,", self.played)


class Counts(unittest.TestCase):
    def total(self, *found):
        return {name: value for name, value in replay.total(found).items()
                if value}

    def test_hot_adds_without_room_are_left_out(self):
        first = 1 << 20
        found = []
        for trans_id, start, count in [(1, first, 8), (2, first - 1, 1),
                                       (3, first + 8, replay.ROOM - 8),
                                       (4, first + 9, replay.ROOM - 8)]:
            found += [("<", message(replay.ADD, trans_id, pages(start, count),
                                    pages(start, count))),
                      (">", message(replay.ADDED, trans_id, 1 << 32 | count))]
        self.assertEqual(self.total(*found), {"read": 4, "played": 2,
                                              "left_out": 2, "answers": 2})

    def test_an_answer_that_is_not_there_is_not_compared(self):
        asked = ("<", message(replay.UNBALLOON, 5, 1 << 32, pages(9, 7)))
        done = (">", message(replay.UNBALLOONED, 5))
        counts = {"read": 1, "played": 1, "returned": 7}
        self.assertEqual(self.total(asked), counts)
        self.assertEqual(self.total(done, asked), counts)
        self.assertEqual(self.total(asked, done), {**counts, "answers": 1})
        more = ("<", message(replay.UNBALLOON, 5, 1 << 32 | replay.MORE,
                             pages(16, 3)))
        self.assertEqual(self.total(more, asked, done), {
            "read": 2, "played": 2, "returned": 10, "answers": 1})

    def test_what_the_driver_knows_nothing_of_is_not_written_again(self):
        self.assertEqual(
            self.total(("<", message(replay.INFO, 6, 16 << 32, 8 << 32, 1)),
                       ("<", message(replay.INFO, 7, 16 << 32, 8 << 32 | 9, 1)),
                       ("<", message(13, 8, 1, 1))),
            {"read": 1, "played": 2})

    def test_pages_given_are_those_of_all_responses(self):
        self.assertEqual(
            self.total(("<", message(replay.BALLOON, 9, 12)),
                       (">", message(replay.GIVEN, 9, (2 << 1 | 1) << 32,
                                     pages(1, 4), pages(9, 1))),
                       (">", message(replay.GIVEN, 9, 1 << 33, pages(20, 7)))),
            {"read": 1, "played": 1, "given": 12})


if __name__ == "__main__":
    unittest.main()
