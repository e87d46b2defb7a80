#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Owns the Debian 13 tree, "the root", in the user's cache.

One tree serves three ends: chroot for the outer QEMU, build root for the
module and for the KUnit kernel, and content of the outer machine's disk.
It is keyed by a hash of what it is made from, built aside and renamed, so a
run that was interrupted never leaves half a tree. Remove the cache directory
to get newer packages.

	root.py						print the root's path
	root.py run [--bind SRC:DST]... [--cd DIR] -- CMD ARG...
"""

import argparse
import contextlib
import fcntl
import hashlib
import os
from pathlib import Path
import shutil
import subprocess
import sys
import time

SUITE = "trixie"
PACKAGES = [
    # the outer machine
    "busybox-static", "kmod", "python3", "qemu-system-x86",
    # the guest's crash kernel
    "makedumpfile",
    # pictures
    "gnuplot-nox",
    # module and kernel builds
    "bc", "bison", "cpio", "flex", "gcc", "gcc-12", "libc6-dev",
    "libelf-dev", "libssl-dev", "linux-source-6.12", "make", "pahole",
    "rsync", "xz-utils",
]
OPTIONS = [
    "--variant=apt", "--quiet",
    '--aptopt=Acquire::Languages "none"',
    "--dpkgopt=path-exclude=/usr/share/doc/*",
    "--dpkgopt=path-exclude=/usr/share/man/*",
    "--dpkgopt=path-exclude=/usr/share/locale/*",
]

STARTED = time.monotonic()


def say(text):
    """One progress line, on stderr, with the seconds since the start."""
    print(f"[{time.monotonic() - STARTED:4.0f} s] {text}", file=sys.stderr,
          flush=True)


def cache_dir():
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    path = Path(base) / "hv_balloon"
    path.mkdir(parents=True, exist_ok=True)
    return path


@contextlib.contextmanager
def cache_lock(kind):
    """One builder of a kind at a time; entries are renamed in when done."""
    with open(cache_dir() / f".lock-{kind}", "w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def key_of(*parts):
    return hashlib.sha256("\n".join(map(str, parts)).encode()).hexdigest()[:12]


def cached(kind, key, build):
    """The cache entry KIND-KEY, made by build(path) when it is not there.

    Entries of the same kind with another key are removed unless in use: one
    is kept.
    """
    final = cache_dir() / f"{kind}-{key}"
    if final.exists():
        return final
    with cache_lock(kind):
        if final.exists():
            return final
        aside = cache_dir() / f"{kind}-{key}.part"
        remove(aside)
        build(aside)
        aside.rename(final)
        for old in cache_dir().glob(f"{kind}-*"):
            if old != final:
                remove_unused(old)
    return final


def remove_unused(path):
    """Removes an entry unless command() holds a lock on it."""
    with contextlib.suppress(BlockingIOError):
        handle = os.open(path, os.O_RDONLY)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            remove(path)
        finally:
            os.close(handle)


def remove(path):
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def mirror():
    """The Debian mirror that this machine's own apt uses."""
    out = subprocess.run(
        ["apt-get", "indextargets", "--format",
         "$(REPO_URI) $(RELEASE) $(COMPONENT) $(ORIGIN)",
         "Created-By: Packages"],
        check=True, capture_output=True, text=True).stdout
    seen = []
    for line in out.splitlines():
        uri, release, component, *origin = line.split()
        if component == "main" and "security" not in release + uri:
            seen.append((origin != ["Debian"], uri))
    if not seen:
        sys.exit("root.py: apt on this machine knows no Debian mirror")
    uri = min(seen)[1]
    if uri.startswith("mirror+file:"):	# as Debian's cloud images have it
        uri = Path(uri.split(":", 1)[1]).read_text().split()[0]
    return uri


def build_root(path):
    uri = mirror()
    say(f"building the {SUITE} root (about a minute, 350 MiB to download)")
    sources = [f"deb {uri} {SUITE} main", f"deb {uri} {SUITE}-updates main"]
    subprocess.run(["mmdebstrap", *OPTIONS, "--include=" + ",".join(PACKAGES),
                    SUITE, str(path), *sources],
                   check=True, stdin=subprocess.DEVNULL, stdout=sys.stderr)
    say("root built")


def root():
    return cached("root", key_of(SUITE, *PACKAGES, *OPTIONS), build_root)


MOUNT_AND_CHROOT = """
set -eu
tree=$1; dir=$2; shift 2
mount -t proc proc "$tree/proc"
mount -o rbind /dev "$tree/dev"
mount -t tmpfs tmpfs "$tree/tmp"
while [ "$1" != -- ]; do
	at=$tree/${1#*:}
	if [ -d "${1%%:*}" ]; then mkdir -p "$at"; else : >>"$at"; fi
	mount -o bind "${1%%:*}" "$at"
	shift
done
shift
exec chroot "$tree" sh -c 'cd "$1"; shift; exec "$@"' sh "$dir" "$@"
"""


def command(argv, binds=(), cd="/"):
    """The host's command line that runs argv in the root."""
    return enter(str(root()), argv, binds, cd)


def enter(tree, argv, binds=(), cd="/"):
    """The command line that runs argv in a tree.

    Mounts and processes live in namespaces of their own: nothing is left
    behind, however the command or its caller ends. binds: (host path, path
    in the tree); a path below /tmp leaves no trace in the tree.
    """
    pairs = [f"{source}:{target}" for source, target in binds]
    return ["setpriv", "--pdeathsig", "KILL",
            "flock", "--shared", "--no-fork", tree,
            "unshare", "--mount", "--pid", "--fork", "--kill-child", "sh",
            "-c", MOUNT_AND_CHROOT, "sh", tree, cd, *pairs, "--", *argv]


ENVIRONMENT = {"PATH": "/usr/sbin:/usr/bin", "HOME": "/tmp", "LC_ALL": "C"}


def run(argv, binds=(), cd="/", **kwargs):
    """subprocess.run() of a command in the root."""
    kwargs.setdefault("env", ENVIRONMENT)
    return subprocess.run(command(argv, binds, cd), **kwargs)


def main():
    parser = argparse.ArgumentParser(description="the lab's Debian tree")
    commands = parser.add_subparsers(dest="what")
    runner = commands.add_parser("run", help="run a command in the root")
    runner.add_argument("--bind", action="append", default=[],
                        metavar="SRC:DST")
    runner.add_argument("--cd", default="/")
    runner.add_argument("argv", nargs="+")
    args = parser.parse_args()
    if args.what == "run":
        binds = [pair.split(":", 1) for pair in args.bind]
        sys.exit(run(args.argv, binds, args.cd).returncode)
    print(root())


if __name__ == "__main__":
    main()
