# SPDX-License-Identifier: GPL-2.0-only
"""Owns what the checks build against: the headers of Debian's kernels and one
kernel source, unpacked as layers for the box and kept in the user's cache.
"""

import re
import subprocess
import sys
import tempfile
from pathlib import Path

from box import root

import kernels  # found by the path that box sets

CHOICES = list(kernels.SUITES)
# Pages of 4 KiB and of 16: Debian has none with 64.
ARM64 = [(choice, flavour) for choice in CHOICES
         for flavour in ("arm64", "arm64-16k")
         if (choice, flavour) != ("6.1", "arm64-16k")]
HEADERS = re.compile(r"linux-(headers|kbuild)-\d")
SOURCE = "/usr/src/linux"	# in the box, with source() as a layer

# What no check compiles is most of the source: its code, not its Kconfig files.
LEAVE_OUT = ("arch/*/boot/dts/*.dts*", "drivers/gpu/*.[ch]",
             "drivers/media/*.[ch]", "drivers/net/*.[ch]",
             "drivers/staging/*.[ch]", "fs/*.[ch]", "sound/*.[ch]",
             "tools/perf", "tools/testing/selftests")


def unpack_package(package, target):
    tar = subprocess.Popen(["dpkg-deb", "--fsys-tarfile", package],
                           stdout=subprocess.PIPE)
    subprocess.run(["tar", "-x", "--keep-directory-symlink", "-C", target],
                   stdin=tar.stdout, check=True)
    if tar.wait():
        sys.exit(f"trees.py: cannot unpack {package.name}")


def fetch(suite, choose, target):
    """Unpack the packages that choose(apt) names."""
    with tempfile.TemporaryDirectory(dir=root.cache_dir()) as directory:
        apt = kernels.Apt(Path(directory), suite)
        apt.get("download", *choose(apt))
        for package in sorted(Path(directory).glob("*.deb")):
            unpack_package(package, target)


def flavour_packages(apt, choice, flavour):
    """The tools among them are of this machine's kind."""
    architecture = "arm64" if flavour.startswith("arm64") else "amd64"
    for name in dict.fromkeys(("amd64", architecture)):
        apt.options += ["-o", f"APT::Architectures::={name}"]
    apt.get("update")
    release = apt.release(choice, flavour, architecture)
    plan = apt.get("-s", "--no-install-recommends", "install",
                   f"linux-headers-{release}:{architecture}")
    return re.findall(r"^Inst (\S+)", plan, re.MULTILINE)


def build_headers(path, choice, flavour):
    root.say(f"fetching the headers of kernel {choice} {flavour}".rstrip())
    (path / "usr/lib").mkdir(parents=True)
    (path / "lib").symlink_to("usr/lib")

    def choose(apt):
        names = flavour_packages(apt, choice, flavour) if flavour else \
            apt.kernel_packages(choice)
        return [name for name in names if HEADERS.match(name)]

    fetch(kernels.SUITES[choice], choose, path)


def headers(choice, flavour=""):
    """(layer, version) of a kernel's headers: the cloud flavour or another."""
    kind = f"{flavour}-headers-{choice}" if flavour else f"headers-{choice}"
    layer = root.cached(kind, root.key_of(choice),
                        lambda path: build_headers(path, choice, flavour))
    version = next((layer / "usr/lib/modules").iterdir()).name
    return layer, version


def compiler(choice):
    """The one nearest to what built that kernel."""
    return "gcc-12" if choice == "6.1" else "gcc"


def build_source(path, choice):
    target = path / SOURCE.lstrip("/")
    target.mkdir(parents=True)
    kernels.unpack_source(choice, target, LEAVE_OUT)


def source(choice="6.12"):
    return root.cached(f"source-{choice}", root.key_of(choice, *LEAVE_OUT),
                       lambda path: build_source(path, choice))
