# SPDX-License-Identifier: GPL-2.0-only
"""Owns the tests of the lab's choice between this machine and an emulated one,
with machines that can and can't run a guest themselves.
"""

import os
from pathlib import Path
import sys
import unittest
from unittest import mock

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "lab"))

import kvm  # noqa: E402 (found only after the line above)

WHY = "/dev/kvm: No such file or directory"


class Choice(unittest.TestCase):
    def choose(self, choice, why):
        """(whether guests run here, the lines that were said)"""
        said = []
        environment = {} if choice is None else {"LAB_KVM": choice}
        with mock.patch.dict(os.environ, environment), \
                mock.patch.object(kvm, "missing", lambda: why), \
                mock.patch.object(kvm.root, "say", said.append):
            if choice is None:
                os.environ.pop("LAB_KVM", None)
            return kvm.is_used(), said

    def test_unset_takes_what_there_is(self):
        for choice in (None, ""):
            used, said = self.choose(choice, None)
            self.assertTrue(used)
            self.assertEqual(len(said), 1)
            self.assertIn("on this machine, by /dev/kvm (LAB_KVM=no", said[0])
            used, said = self.choose(choice, WHY)
            self.assertFalse(used)
            self.assertEqual(said, [
                f"guests run in an emulated machine: {WHY}"])

    def test_no_emulates_all_the_same(self):
        for why in (None, WHY):
            used, said = self.choose("no", why)
            self.assertFalse(used)
            self.assertEqual(said, [
                "guests run in an emulated machine: LAB_KVM=no"])

    def test_yes_wants_no_emulated_machine(self):
        used, said = self.choose("yes", None)
        self.assertTrue(used)
        self.assertEqual(len(said), 1)
        with self.assertRaisesRegex(SystemExit, f"LAB_KVM=yes, but {WHY}"):
            self.choose("yes", WHY)

    def test_what_is_missing_is_named(self):
        with mock.patch.object(kvm, "DEVICE", "/nonexistent"):
            self.assertEqual(kvm.missing(),
                             "/nonexistent: No such file or directory")
        for number, name in kvm.WANTED.items():
            def ioctl(_, request, wanted=0, lacking=number):
                if request == kvm.GET_API_VERSION:
                    return kvm.API_VERSION
                return wanted != lacking
            with mock.patch.object(kvm, "DEVICE", "/dev/null"), \
                    mock.patch.object(kvm.fcntl, "ioctl", ioctl):
                self.assertEqual(kvm.missing(), f"KVM hasn't got {name}")


if __name__ == "__main__":
    unittest.main()
