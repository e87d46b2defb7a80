# SPDX-License-Identifier: GPL-2.0-only
"""Owns the small Debian that a guest can have for its root: systemd, udev with
rules for memory as distributions have them, and Python; or also the programs
that programs.py has a use for. It is a disk image; what a run brings along (the
agent, the driver) is put into it at boot, in a snapshot.
"""

import subprocess
import sys
import tempfile
from pathlib import Path

import programs
import root

PACKAGES = ["kmod", "python3", "systemd-sysv", "udev"]
# Java's packages want to put links into the directories of manual pages.
OPTIONS = [option for option in root.OPTIONS
           if "variant" not in option and "/man/" not in option]
PLAIN = "plain"
SIZES = {PLAIN: "700M", "node": "1G", "programs": "4G"}
PROGRAMS = Path(__file__).resolve().parent / "guest" / "programs"
RUNS = "/run/kdump-runs"

# The first rule is what distributions bring added memory online with; the
# others stand for the reload of a crash kernel, as kdump-tools do it.
FILES = {
    "etc/udev/rules.d/40-lab.rules": """\
SUBSYSTEM=="memory", ACTION=="add", ATTR{state}=="offline", ATTR{state}="online"
SUBSYSTEM=="memory", ACTION=="online", RUN+="/usr/local/sbin/kdump-reload"
SUBSYSTEM=="memory", ACTION=="offline", RUN+="/usr/local/sbin/kdump-reload"
""",
    "usr/local/sbin/kdump-reload": f"""\
#!/bin/sh
echo "$ACTION $DEVPATH" >>{RUNS}
""",
    # The lab loads the driver when it wants it.
    "etc/modprobe.d/lab.conf": "blacklist hv_balloon\n",
    "etc/machine-id": "6c61620000000000000000000000006c\n",
    "etc/systemd/system/lab-agent.service": """\
[Unit]
After=systemd-udev-trigger.service

[Service]
ExecStart=/bin/sh -c 'exec /usr/local/bin/agent /dev/vport*p1'
Restart=always
OOMPolicy=continue
OOMScoreAdjust=-1000

[Install]
WantedBy=multi-user.target
""",
}
WANTS = "etc/systemd/system/multi-user.target.wants/lab-agent.service"


def bootstrap(tree, packages):
    subprocess.run(["mmdebstrap", "--variant=essential", *OPTIONS,
                    "--include=" + ",".join(packages), root.SUITE,
                    str(tree), f"deb {root.mirror()} {root.SUITE} main"],
                   check=True, stdin=subprocess.DEVNULL, stdout=sys.stderr)


def put(tree, name, data):
    file = tree / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(data)
    file.chmod(0o755 if "bin/" in name or name.endswith(".sh") else 0o644)


def add_programs(tree):
    """The programs' own files; what their packages start waits to be asked."""
    for source in sorted(PROGRAMS.iterdir()):
        put(tree, f"{programs.AT[1:]}/{source.name}", source.read_bytes())
    if (tree / "usr/bin/javac").exists():
        # It finds its libraries through /proc.
        subprocess.run(["unshare", "--mount", "sh", "-ec",
                        'mount -t proc proc "$1/proc"; '
                        'exec chroot "$1" sh -c "$2"',
                        "-", str(tree), f"cd {programs.AT} && javac *.java"],
                       check=True)
    for name in programs.IDLE:
        (tree / WANTS).with_name(f"{name}.service").unlink(missing_ok=True)


def build(path, kind, packages):
    root.say("building the guest's Debian (some minutes at most)")
    with tempfile.TemporaryDirectory(dir=root.cache_dir()) as work:
        tree = Path(work) / "tree"
        bootstrap(tree, packages)
        for name, text in FILES.items():
            put(tree, name, text.encode())
        (tree / WANTS).parent.mkdir(parents=True, exist_ok=True)
        (tree / WANTS).symlink_to("/" + WANTS.replace(
            "multi-user.target.wants/", ""))
        if kind != PLAIN:
            add_programs(tree)
        subprocess.run(["mke2fs", "-q", "-t", "ext4", "-d", str(tree),
                        str(path), SIZES[kind]], check=True)


def image(kind):
    """The disk of a kind in SIZES, with its programs in it."""
    packages, files = PACKAGES, [*FILES.items()]
    if kind != PLAIN:
        packages = [*PACKAGES, *programs.PACKAGES[kind]]
        files += [source.read_bytes() for source in sorted(PROGRAMS.iterdir())]
    name = "debian" if kind == PLAIN else kind
    return root.cached(name, root.key_of(
        root.SUITE, SIZES[kind], *packages, *OPTIONS, *files),
        lambda path: build(path, kind, packages))
