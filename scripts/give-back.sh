#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Lets the driver that a kernel has built in have the device again: unloads
# hv_balloon_dm, unless the host holds memory through it, or may do so. That
# stays ours until the guest restarts. For `make dkms-remove` and for packages.
set -eu

[ -d /sys/module/hv_balloon_dm ] || exit 0
held=$(cat /sys/bus/vmbus/devices/*/dynamic_memory/ballooned_bytes 2>/dev/null) ||
	exit 0
if [ "$held" = 0 ]; then
	# Not modprobe -r, which knows no module that isn't there any more.
	rmmod hv_balloon_dm || true
fi
