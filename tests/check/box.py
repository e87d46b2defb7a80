# SPDX-License-Identifier: GPL-2.0-only
"""Owns the box: the Debian 13 tree that the checks run in, with the compilers,
the checkers and what makes packages.

It is a second tree beside the lab's (tests/lab/root.py) and cached in the same
manner, so that neither has to be built anew when the other wants a package.
A command sees an overlay of it, of the kernels' headers and of a kernel
source; what it writes is gone afterwards, except below the directories that
are bound into it.
"""

import os
from pathlib import Path
import subprocess
import sys

TREE = Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(TREE / "tests/lab"))

import root  # noqa: E402 (found only after the line above)

PACKAGES = [
    # compilers and what a kernel's build calls
    "bc", "bison", "clang", "cpio", "flex", "gcc", "gcc-12",
    "gcc-aarch64-linux-gnu", "kmod", "libc6-dev", "libclang-rt-dev",
    "libelf-dev", "libssl-dev", "lld", "llvm", "make", "pahole", "perl",
    "python3", "rsync", "xz-utils",
    # checkers
    "busybox", "coccinelle", "libpython3.13", "pyflakes3", "python3-sphinx",
    "python3-yaml", "shellcheck", "sparse",
    # packages
    "build-essential", "debhelper", "dh-dkms", "dkms", "dpkg-dev", "fakeroot",
    "lintian", "openssl",
]

# Everything in namespaces of its own: nothing is left mounted or running.
OVERLAY_AND_CHROOT = """
set -eu
at=$1; lower=$2; dir=$3; shift 3
mount -t tmpfs -o size=80% tmpfs "$at"
mkdir "$at/upper" "$at/work" "$at/tree"
tree=$at/tree
mount -t overlay overlay \
	-o "lowerdir=$lower,upperdir=$at/upper,workdir=$at/work" "$tree"
mount -t proc proc "$tree/proc"
mount --rbind /dev "$tree/dev"
mount -t tmpfs tmpfs "$tree/tmp"
while [ "$1" != -- ]; do
	mkdir -p "$tree/${1#*:}"
	mount --bind "${1%%:*}" "$tree/${1#*:}"
	shift
done
shift
exec chroot "$tree" sh -c 'cd "$1"; shift; exec "$@"' sh "$dir" "$@"
"""


def build(path):
    uri = root.mirror()
    root.say("building the root for the checks (two minutes, 600 MiB to"
             " download)")
    sources = [f"deb {uri} {root.SUITE} main",
               f"deb {uri} {root.SUITE}-updates main"]
    subprocess.run(["mmdebstrap", *root.OPTIONS,
                    "--include=" + ",".join(PACKAGES), root.SUITE, str(path),
                    *sources],
                   check=True, stdin=subprocess.DEVNULL, stdout=sys.stderr)
    root.say("root for the checks built")


def box():
    return root.cached("box", root.key_of(root.SUITE, *PACKAGES,
                                          *root.OPTIONS), build)


def command(argv, layers=(), binds=(), cd="/", base=None):
    """The host's command line that runs argv in the box, or in another base.

    layers: directories laid over the box, the first one on top. binds: (host
    path of a directory, path in the box), writable.
    """
    lowers = [*map(str, layers), str(base or box())]
    at = root.cache_dir() / "mount-box"
    at.mkdir(exist_ok=True)
    locks = [word for lower in lowers
             for word in ("flock", "--shared", "--no-fork", lower)]
    pairs = [f"{source}:{target}" for source, target in binds]
    return [*locks, "unshare", "--mount", "--pid", "--fork", "--kill-child",
            "sh", "-c", OVERLAY_AND_CHROOT, "sh", str(at), ":".join(lowers),
            cd, *pairs, "--", *argv]


def run(argv, layers=(), binds=(), cd="/", base=None, **kwargs):
    """subprocess.run() of a command in the box; output is collected."""
    kwargs.setdefault("env", dict(root.ENVIRONMENT, J=str(os.cpu_count())))
    return subprocess.run(command(argv, layers, binds, cd, base),
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True,
                          errors="replace", **kwargs)


def tree_files():
    """Paths below the tree of what belongs to it; no output of builds."""
    if not (TREE / ".git").exists():
        return sorted(str(path.relative_to(TREE)) for path in TREE.rglob("*")
                      if path.is_file() and "__pycache__" not in path.parts)
    out = subprocess.run(["git", "-C", str(TREE), "ls-files", "-z", "--cached",
                          "--others", "--exclude-standard"],
                         check=True, capture_output=True, text=True).stdout
    return [name for name in sorted(set(out.split("\0")) - {""})
            if (TREE / name).is_file()]
