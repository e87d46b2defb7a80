# SPDX-License-Identifier: GPL-2.0-only
"""Owns the machine that the suites run in: the debug kernel under emulation,
with the test module and a first process of the caller's.
"""

import contextlib
from pathlib import Path
import subprocess
import tempfile

import kernel  # its first lines make the lab's modules found
import images
import root

MODULE = "hv_balloon_kunit.ko"
MACHINE = ["qemu-system-x86_64", "-cpu", "max", "-machine", "q35", "-m", "2G",
           "-nodefaults", "-display", "none", "-no-reboot", "-serial", "stdio",
           "-kernel", "/tmp/boot/bzImage", "-initrd", "/tmp/boot/initrd"]
ARGUMENTS = f"console=ttyS0 {kernel.ARGUMENTS} panic=-1 psi=1"
CPU = ["-accel", "tcg,thread=multi"]	# where nothing is timed
END = "\nEND OF RUN\n"			# the last that a first process says


@contextlib.contextmanager
def module(change=None):
    """Builds the test module; a path, for as long as it is wanted.

    change: a function that changes the copy of the tree that it is built from.
    """
    with kernel.stage() as work:
        if change:
            change(work)
        root.say("building the test module")
        kernel.make_modules(work, "tests/kunit",
                            "CONFIG_HYPERV_BALLOON_KUNIT_TEST=m")
        yield work / "tests/kunit" / MODULE


def boot(built, init, cpu, suites, seconds, parameters="", image=None):
    """The text of the machine's serial line.

    built, init: files: the test module, and the machine's first process.
    cpu: how to emulate it, in QEMU's options. suites: a glob. seconds: when
    to give up. parameters: the module's. image: another kernel than the debug
    kernel.
    """
    with tempfile.TemporaryDirectory(prefix="hv_balloon.") as directory:
        work = Path(directory)
        image = image or kernel.kernel() / "bzImage"
        work.joinpath("bzImage").write_bytes(image.read_bytes())
        work.joinpath("initrd").write_bytes(images.cpio([
            images.directory("bin"), images.busybox(),
            ("bin/sh", 0o120777, b"busybox"),
            images.program("init", init),
            images.program(MODULE, built),
            ("parameters", 0o100644, parameters.encode() + b"\n"),
        ]))
        arguments = f"{ARGUMENTS} kunit.filter_glob={suites}"
        try:
            done = root.run([*MACHINE, *cpu, "-append", arguments],
                            binds=[(work, "/tmp/boot")],
                            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                            stderr=subprocess.STDOUT, timeout=seconds)
            out = done.stdout
        except subprocess.TimeoutExpired as late:
            out = (late.stdout or b"") + b"\nFAILED: time limit\n"
        return out.decode(errors="replace").replace("\r", "")
