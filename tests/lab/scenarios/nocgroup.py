# SPDX-License-Identifier: GPL-2.0-only
"""A kernel with PSI, but without the file that a module can reach it by."""

from scenarios import nopsi


class Run(nopsi.Run):
    boot = nopsi.boot("nocgroup", "cgroup_disable=pressure")
    ADVICE = "cgroup_disable=pressure"
