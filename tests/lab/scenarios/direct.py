# SPDX-License-Identifier: GPL-2.0-only
"""A guest without a machine around it, by /dev/kvm, as on a real machine: here
that is the outer machine, which has one. The guest of this boot is not used.
"""

import json
from pathlib import Path
import shutil
import subprocess

import kvm
import outer
import root
import scenario

WORK = Path("/run/direct")
INSIDE = "handshake"


class Run(scenario.Scenario):
    boot = scenario.Boot("direct", limit=180, alone=True)
    checks = {
        "usable": "the machine around the guest has a /dev/kvm that will do",
        "ran": "a guest is run by it without another machine in between",
        "passed": f"every check of {INSIDE} passes in it, time apart",
        "alone": "overcommit is as it was",
    }
    timed = ("passed",)
    stock = False
    limit = 400

    def run(self):
        missing = kvm.missing()
        self.check("usable", missing is None, missing or "")
        before = self.overcommit("0")
        text = self.run_inside()
        events = [json.loads(line.removeprefix(outer.MARK))
                  for line in text.splitlines() if line.startswith(outer.MARK)]
        kinds = [event["kind"] for event in events]
        self.check("ran", kinds[-1:] == ["done"],
                   "" if kinds else text[-1000:])
        failed = [event["key"] for event in events
                  if event["kind"] == "check" and not event["passed"]]
        self.check("passed", "check" in kinds and
                   not set(failed) - {"quick", "first"}, f"failed: {failed}")
        self.check("alone", self.overcommit() == before)

    @staticmethod
    def overcommit(value=None):
        path = Path("/proc/sys/vm/overcommit_memory")
        if value is not None:
            path.write_text(value)
        return path.read_text()

    @staticmethod
    def run_inside():
        """What a run says that is started as outer.py would start it."""
        shutil.copytree(outer.PAYLOAD, WORK / "payload", symlinks=True)
        plan = WORK / "payload/plan.json"
        plan.write_text(json.dumps({
            **json.loads(plan.read_text()), "scenarios": [INSIDE],
            "direct": True, "directory": "/tmp/guest"}))
        mount = WORK / "bin/mount"		# the root has only busybox's
        mount.parent.mkdir()
        mount.symlink_to("/usr/bin/busybox")
        done = subprocess.run(
            root.enter("/", outer.DIRECT, [(WORK / "payload", outer.PAYLOAD)],
                       outer.PAYLOAD), stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, timeout=300,
            env={"PATH": f"{mount.parent}:{root.ENVIRONMENT['PATH']}"})
        return done.stdout.decode(errors="replace")
