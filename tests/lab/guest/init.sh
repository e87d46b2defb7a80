#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# First process of the guest: file systems, the modules that the lab itself
# needs, then the agent. The driver under test is loaded later, by a command
# to the agent, so that its faults are never mistaken for a failed boot.

/bin/busybox mkdir -p /proc /sys /dev /tmp /usr/bin /usr/sbin /sbin
/bin/busybox --install -s
mount -t proc proc /proc
mount -t sysfs sysfs /sys
mount -t devtmpfs devtmpfs /dev
mount -t debugfs debugfs /sys/kernel/debug
mount -t tracefs tracefs /sys/kernel/tracing
grep -q lab.cgroup2=off /proc/cmdline ||
	mount -t cgroup2 -o nsdelegate,memory_recursiveprot cgroup2 \
		/sys/fs/cgroup

while read -r module; do
	insmod "/modules/$module"
done </modules/order

# Debian's first process takes over, and starts the agent.
if grep -qw lab.debian /proc/cmdline; then
	mkdir /debian
	mount -t ext4 /dev/vda /debian
	cp /bin/agent /bin/load /debian/usr/local/bin/
	cp /hv_balloon.ko /debian/
	updates=/lib/modules/$(uname -r)/updates
	mkdir -p "/debian$updates"
	name=$(chroot /debian modinfo -F name /hv_balloon.ko)
	cp /hv_balloon.ko "/debian$updates/$name.ko"
	chroot /debian depmod 2>/dev/null
	umount /sys/kernel/tracing /sys/kernel/debug /sys/fs/cgroup
	for mount in proc sys dev; do
		mount -o move "/$mount" "/debian/$mount"
	done
	exec switch_root /debian /sbin/init
fi

until port=$(ls /dev/vport*p1 2>/dev/null); do
	sleep 0.1
done
while :; do
	echo "agent on $port"
	/bin/agent "$port"
	echo "agent ended with $?"
	sleep 1
done
