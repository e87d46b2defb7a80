# SPDX-License-Identifier: GPL-2.0-only
"""Owns the tests of DKMS and of the Debian package, in a root that is thrown
away: lifecycle.sh there, with the kernel's own modules to come back to.
"""

import re
import subprocess

import box
import kernels
import trees
from builds import Failed, stage, tail

CHOICE = "6.12"
WITH_STOCK = re.compile(r"linux-(image|binary|base|modules)-\d")


def build_stock(path):
    box.root.say(f"fetching the modules of kernel {CHOICE}")
    (path / "usr/lib").mkdir(parents=True)
    (path / "lib").symlink_to("usr/lib")
    trees.fetch(kernels.SUITES[CHOICE],
                lambda apt: [name for name in apt.kernel_packages(CHOICE)
                             if WITH_STOCK.match(name)], path)


def stock():
    return box.root.cached("stock", box.root.key_of(CHOICE), build_stock)


def setting(name):
    text = (box.TREE / "dkms.conf").read_text()
    return re.search(rf'^{name}="(.*)"$', text, re.MULTILINE)[1]


def lifecycle():
    headers, version = trees.headers(CHOICE)
    with stage() as tree:
        done = box.run(
            ["sh", "-c", "cp -r /mnt /tmp/tree && cd /tmp/tree &&"
             ' exec nice tests/check/lifecycle.sh "$1" /tmp/tree', "sh",
             version],
            layers=[headers, stock()], binds=[(tree, "/mnt")])
    if done.returncode or "all of it passed" not in done.stdout:
        raise Failed(tail(done.stdout))


def kernel_range():
    """dkms.conf takes the kernels that are tested and none around them."""
    pattern = setting("BUILD_EXCLUSIVE_KERNEL")
    wrong = []
    for release, wanted in [
            *((trees.headers(choice)[1], True) for choice in trees.CHOICES),
            ("5.10.0-30-amd64", False), ("6.0.12-arch1", False),
            ("6.19.3", True), ("7.0.1-generic", True), ("7.4.0", False),
            ("7.30.0", False), ("16.1.0", False)]:
        found = subprocess.run(["grep", "-qE", pattern], input=release,
                               text=True).returncode == 0
        if found != wanted:
            wrong.append(f"{release}: {found}")
    if wrong:
        raise Failed("\n".join(wrong))


def config_of(release):
    """The options without which DKMS passes over a kernel."""
    return subprocess.run(
        ["bash", "-c", '. "$1" && echo "$BUILD_EXCLUSIVE_CONFIG"', "bash",
         str(box.TREE / "dkms.conf")], check=True, capture_output=True,
        text=True, env={"kernelver": release}).stdout.split()


def kernel_config():
    """dkms.conf wants what there is, and VMBus where it has an option."""
    wrong = []
    for choice in trees.CHOICES:
        layer, version = trees.headers(choice)
        config = next(layer.glob(f"usr/src/*{version}/include/config/auto.conf"))
        missing = [name for name in config_of(version) if not
                   re.search(rf"^{name}=[ym]$", config.read_text(), re.M)]
        wrong += [f"{version} has no {name}" for name in missing]
    for release, wanted in [("6.1.0-13-amd64", False), ("6.17.9", False),
                            ("6.18.0-rc1", True), ("6.19.3-arch1-1", True),
                            ("7.0.1", True), ("7.3.4", True)]:
        if ("CONFIG_HYPERV_VMBUS" in config_of(release)) != wanted:
            wrong.append(f"{release}: {config_of(release)}")
    if wrong:
        raise Failed("\n".join(wrong))


def versions():
    """The package's version is that of dkms.conf."""
    first = (box.TREE / "debian/changelog").read_text().partition("\n")[0]
    if f"({setting('PACKAGE_VERSION')})" not in first:
        raise Failed(f"{first}; dkms.conf: {setting('PACKAGE_VERSION')}")


CHECKS = {
    "package and dkms in a clean root": lifecycle,
    "kernels of dkms.conf": kernel_range,
    "options in dkms.conf": kernel_config,
    "version of the package": versions,
}
