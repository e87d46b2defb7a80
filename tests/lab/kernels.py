# SPDX-License-Identifier: GPL-2.0-only
"""Owns the kernels: which Debian packages each choice means, and where their
files lie once they are unpacked in the root.

	6.12	Debian 13's cloud kernel (the default; the outer machine's too)
	newest	the highest version in Debian 13's backports
	7.2	the one before it
	6.1	Debian 12's cloud kernel
	debug	the KUnit suites' kernel (tests/kunit/kernel.py), or what
		LAB_KERNEL_IMAGE and LAB_MODULES_DIR name
	builtin	one that has the stock driver built in (builtin.py)
	in-tree	one with the driver in its tree, built in (tests/kunit/in_tree.py)

The packages carry their version in every path, so any number of them can
share the root; a marker file there says that one is complete.
"""

import dataclasses
import importlib
import os
from pathlib import Path
import re
import subprocess
import sys
import tempfile

import root

KUNIT = Path(__file__).resolve().parent.parent / "kunit"
OUTER = "6.12"
NO_MODULES = Path("/nonexistent")
SUITES = {"6.12": "trixie", "newest": "trixie-backports",
          "7.2": "trixie-backports", "6.1": "bookworm"}
CHOICES = [*SUITES, "debug", "builtin", "in-tree"]
WANTED = re.compile(
    r"linux-(image|binary-unsigned|base|modules|headers|kbuild)-\d")
OTHER_NAME = "hv_balloon_dm"	# of the driver, beside the stock one
KEYRING = "/usr/share/keyrings/debian-archive-keyring.gpg"


@dataclasses.dataclass
class Kernel:
    choice: str
    version: str
    image: Path
    modules: Path		# /lib/modules/VERSION; may be absent (debug)

    @property
    def compiler(self):
        """The compiler nearest to the one that built this kernel."""
        return "gcc-12" if self.version.startswith("6.1.") else "gcc"

    @property
    def driver(self):
        """What the driver is called there, see Kbuild."""
        return OTHER_NAME if self.choice == "builtin" else "hv_balloon"


def kernel(choice):
    if choice == "debug":
        return debug_kernel()
    if choice == "builtin":
        return importlib.import_module("builtin").kernel(choice)
    if choice == "in-tree":
        image = kunit_module("in_tree").entry() / "bzImage"
        return Kernel(choice, image.parent.name, image, NO_MODULES)
    tree = root.root()
    marker = tree / "kernels" / choice
    if not marker.exists():
        with root.cache_lock("kernels"):
            unpack(choice, tree, marker)
    version = marker.read_text().strip()
    modules = tree / "usr/lib/modules" / version
    image = modules / "vmlinuz.unsigned"
    if not image.exists():
        image = tree / "boot" / f"vmlinuz-{version}"
    return Kernel(choice, version, image, modules)


def kunit_module(name):
    """One of those that build kernels, and modules for them.

    It uses the lab's own modules, so it can't be imported before them.
    """
    if str(KUNIT) not in sys.path:
        sys.path.append(str(KUNIT))
    return importlib.import_module(name)


def debug_kernel():
    image = os.environ.get("LAB_KERNEL_IMAGE") or \
        kunit_module("kernel").kernel() / "bzImage"
    modules = os.environ.get("LAB_MODULES_DIR") or NO_MODULES
    return Kernel("debug", Path(image).parent.name, Path(image), Path(modules))


class Apt:
    """apt with lists and sources of its own, that knows one Debian suite."""

    def __init__(self, directory, suite):
        (directory / "lists/partial").mkdir(parents=True)
        (directory / "archives/partial").mkdir(parents=True)
        sources = directory / "sources.list"
        sources.write_text("".join(
            f"deb [signed-by={KEYRING}] {root.mirror()} {name} main\n"
            for name in dict.fromkeys((suite.removesuffix("-backports"),
                                       suite))))
        self.directory = directory
        self.suite = suite
        self.options = [option for setting in (
            f"Dir::Etc::SourceList={sources}", "Dir::Etc::SourceParts=-",
            f"Dir::State={directory}", f"Dir::State::Lists={directory}/lists",
            "Dir::State::Status=/dev/null", f"Dir::Cache={directory}",
            "APT::Sandbox::User=root", "Acquire::Languages=none",
            f"APT::Default-Release={suite}", "APT::Architecture=amd64",
        ) for option in ("-o", setting)]
        self.get("update")

    def get(self, *args):
        return subprocess.run(["apt-get", "-qq", *self.options, *args],
                              check=True, stdout=subprocess.PIPE, text=True,
                              cwd=self.directory).stdout

    def names(self, prefix):
        out = subprocess.run(["apt-cache", *self.options, "pkgnames", prefix],
                             check=True, capture_output=True, text=True)
        return out.stdout.split()

    def release(self, choice, flavour, architecture="amd64"):
        """The newest release of a choice, as its packages' names have it.

        Not what the metapackage wants: that waits for the signed kernel, days
        behind, and names one of the versions in backports only.
        """
        start = "linux-headers-"
        version = r"\d[^-]*" if choice == "newest" else \
            rf"{re.escape(choice)}\.[^-]*(?:-\d+)?"
        wanted = re.compile(rf"{start}({version}-{flavour})"
                            rf"(?::{architecture})?")
        found = filter(None, map(wanted.fullmatch, self.names(start)))
        return max((match[1] for match in found),
                   key=lambda name: [int(n) for n in re.findall(r"\d+", name)])

    def kernel_packages(self, choice):
        """Names of the packages that make up a kernel and its headers."""
        wanted = ["linux-image-cloud-amd64", "linux-headers-cloud-amd64"]
        if self.suite.endswith("-backports"):
            release = self.release(choice, "cloud-amd64")
            wanted = [f"linux-{part}-{release}" for part in
                      ("headers", "modules", "binary-unsigned")]
        plan = self.get("-s", "--no-install-recommends", "install", *wanted)
        names = re.findall(r"^Inst (\S+)", plan, re.MULTILINE)
        return [name for name in names if WANTED.match(name)]


def unpack(choice, tree, marker):
    if marker.exists():
        return
    root.say(f"fetching kernel {choice} (up to a minute)")
    with tempfile.TemporaryDirectory(dir=root.cache_dir()) as directory:
        apt = Apt(Path(directory), SUITES[choice])
        packages = apt.kernel_packages(choice)
        apt.get("download", *packages)
        for package in sorted(Path(directory).glob("*.deb")):
            tar = subprocess.Popen(["dpkg-deb", "--fsys-tarfile", package],
                                   stdout=subprocess.PIPE)
            subprocess.run(["tar", "-x", "--keep-directory-symlink",
                            "-C", tree], stdin=tar.stdout, check=True)
            if tar.wait():
                sys.exit(f"kernels.py: cannot unpack {package.name}")
    version = next(found[1] for found in
                   (re.match(r"linux-headers-(\d.*-cloud-amd64)$", name)
                    for name in packages) if found)
    root.run(["depmod", version], check=True)
    marker.parent.mkdir(exist_ok=True)
    marker.write_text(version + "\n")
    root.say(f"kernel {choice} is {version}")


def source_package(apt, choice):
    """linux-source-6.12, for one; it exists once for each version."""
    if choice == "newest":
        version = apt.release(choice, "cloud-amd64")
        choice = re.match(r"\d+\.\d+", version)[0]
    return f"linux-source-{choice}"


def fetch_source(path, choice):
    root.say(f"fetching the source of kernel {choice}")
    with tempfile.TemporaryDirectory(dir=root.cache_dir()) as directory:
        apt = Apt(Path(directory), SUITES[choice])
        apt.get("download", source_package(apt, choice))
        package, = Path(directory).glob("*.deb")
        subprocess.run(["dpkg-deb", "--extract", package, directory],
                       check=True)
        archive, = Path(directory, "usr/src").glob("linux-source-*.tar.xz")
        path.mkdir()
        archive.rename(path / archive.name)


def unpack_source(choice, target, leave_out):
    """A kernel's source, without what these patterns match."""
    archive, = root.cached(
        f"archive-{choice}", root.key_of(choice),
        lambda path: fetch_source(path, choice)).iterdir()
    root.say(f"unpacking {archive.name} (a minute)")
    top = archive.name.removesuffix(".tar.xz")
    subprocess.run(["tar", "-xJf", archive, "--strip-components=1",
                    "--wildcards", "--anchored",
                    *(f"--exclude={top}/{name}" for name in leave_out),
                    "-C", target], check=True)
