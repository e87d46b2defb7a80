#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# First processes of the outer machine. As /init of its small initrd this
# mounts the disk and unpacks the payload; called again from there as "main"
# it makes the machine a KVM host and runs the lab's program.

PATH=/usr/sbin:/usr/bin:/sbin:/bin
export PATH

if [ "$1" != main ]; then
	/bin/busybox mkdir -p /dev /disk
	/bin/busybox mount -t devtmpfs devtmpfs /dev
	while read -r module; do
		/bin/busybox insmod "/modules/$module"
	done </modules/order
	until /bin/busybox mount -t ext4 /dev/vda /disk 2>/dev/null; do
		/bin/busybox sleep 0.1
	done
	/bin/busybox mount -t tmpfs tmpfs /disk/tmp
	/bin/busybox tar -x -f /dev/vdb -C /disk/tmp
	exec /bin/busybox switch_root /disk /tmp/payload/inner/init.sh main
fi

busybox mount -t proc proc /proc
busybox mount -t sysfs sysfs /sys
busybox mount -t devtmpfs devtmpfs /dev
busybox mount -t tmpfs tmpfs /run
while read -r module; do
	insmod "/tmp/payload/kvm/$module"
done </tmp/payload/kvm/order
cd /tmp/payload || exit 1
PYTHONDONTWRITEBYTECODE=1 python3 -m inner.main >/dev/hvc0 2>&1
busybox poweroff -f
