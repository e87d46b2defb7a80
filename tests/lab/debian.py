# SPDX-License-Identifier: GPL-2.0-only
"""Owns the small Debian that a guest can have for its root: systemd, udev with
rules for memory as distributions have them, and Python. It is a disk image;
what a run brings along (the agent, the driver) is put into it at boot, in a
snapshot.
"""

import subprocess
import sys
import tempfile
from pathlib import Path

import root

PACKAGES = ["kmod", "python3", "systemd-sysv", "udev"]
OPTIONS = [option for option in root.OPTIONS if "variant" not in option]
SIZE = "700M"
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

[Install]
WantedBy=multi-user.target
""",
}
WANTS = "etc/systemd/system/multi-user.target.wants/lab-agent.service"


def build(path):
    root.say("building the guest's Debian (about a minute)")
    with tempfile.TemporaryDirectory(dir=root.cache_dir()) as work:
        tree = Path(work) / "tree"
        subprocess.run(["mmdebstrap", "--variant=essential", *OPTIONS,
                        "--include=" + ",".join(PACKAGES), root.SUITE,
                        str(tree), f"deb {root.mirror()} {root.SUITE} main"],
                       check=True, stdin=subprocess.DEVNULL, stdout=sys.stderr)
        for name, text in FILES.items():
            file = tree / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text)
            file.chmod(0o755 if "bin/" in name else 0o644)
        (tree / WANTS).parent.mkdir(parents=True, exist_ok=True)
        (tree / WANTS).symlink_to("/" + WANTS.replace(
            "multi-user.target.wants/", ""))
        subprocess.run(["mke2fs", "-q", "-t", "ext4", "-d", str(tree),
                        str(path), SIZE], check=True)


def image():
    return root.cached("debian", root.key_of(
        root.SUITE, SIZE, *PACKAGES, *OPTIONS, *FILES.items()), build)
