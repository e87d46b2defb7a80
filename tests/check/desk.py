# SPDX-License-Identifier: GPL-2.0-only
"""Owns the desk: a second Debian 13 tree for the checks, with the linters and
packers of other systems. Only `make check` needs it, so it is not in the box.
"""

import subprocess
import sys

import box
from box import root

PACKAGES = [
    # services
    "ansible-lint", "cloud-init", "prometheus", "systemd", "yamllint",
    # packages of other systems
    "gcc", "kmod", "libarchive-tools", "libelf-dev", "make", "makepkg",
    "nix-bin", "pacman-package-manager", "pahole", "python3", "rpm", "rpmlint",
]


def build(path):
    uri = root.mirror()
    root.say("building the root for linters and packers (two minutes, once)")
    subprocess.run(["mmdebstrap", *root.OPTIONS,
                    "--include=" + ",".join(PACKAGES), root.SUITE, str(path),
                    f"deb {uri} {root.SUITE} main",
                    f"deb {uri} {root.SUITE}-updates main"],
                   check=True, stdin=subprocess.DEVNULL, stdout=sys.stderr)
    root.say("root for linters and packers built")


def desk():
    return root.cached("desk", root.key_of(root.SUITE, *PACKAGES,
                                           *root.OPTIONS), build)


def run(argv, **kwargs):
    """As box.run(), at the desk."""
    return box.run(argv, base=desk(), **kwargs)
