# SPDX-License-Identifier: GPL-2.0-only
"""The host asks for all but 1 MiB: the floor, with a host out of its mind."""

from scenarios import floor


class Run(floor.Run):
    TARGET = 1
