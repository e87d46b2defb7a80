# SPDX-License-Identifier: GPL-2.0-only
"""Loaded without parameters, the driver has the defaults that it describes."""

import re

from inner.lab import MODULE, PARAMETERS
import scenario

# As they stand in the module: busybox's modinfo wants a folder of modules.
DEFAULT = re.compile(r'^parm=(\w+):.*\(default "?(.+?)"?\)$', re.MULTILINE)


class Run(scenario.Scenario):
    checks = {"same": "every parameter is there and has its default"}
    stock = False
    limit = 60

    def run(self):
        says = dict(DEFAULT.findall(self.guest.run(
            f"strings {MODULE} | grep ^parm=")))
        names = self.guest.run(f"ls {PARAMETERS}").split()
        has = {name: self.guest.read(f"{PARAMETERS}/{name}").strip()
               for name in names}
        self.check("same", has and has == says, [*has.items() ^ says.items()])
