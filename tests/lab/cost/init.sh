#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# The first process of the machine that measures what the driver costs. The
# kernel hands on what it doesn't know of its command line: what, and pieces.

/bin/busybox mkdir -p /proc /sys
/bin/busybox mount -t proc proc /proc
/bin/busybox mount -t sysfs sysfs /sys
# shellcheck disable=SC2154 # the kernel sets it: see its command line
/bin/busybox insmod /hv_balloon_cost.ko "what=$what" "pieces=${pieces:-24}" ||
	echo "insmod failed"
/bin/busybox poweroff -f
