#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# The first process of the machine that runs the suites: loads them, unloads
# them, looks for leaks, powers off. Its last line says that it got that far.

/bin/busybox mkdir -p /proc /sys /tmp
/bin/busybox --install -s /bin
mount -t proc proc /proc
mount -t sysfs sysfs /sys
mount -t debugfs debugfs /sys/kernel/debug

# Allocations fail for tasks that ask for it: see fault.c.
cd /sys/kernel/debug/failslab || echo "FAILED: no failslab"
echo 0 >verbose
echo Y >task-filter
echo N >ignore-gfp-wait
echo -1 >./times
echo 100 >probability
cd /

read -r parameters </parameters
# shellcheck disable=SC2086 # one word a parameter
insmod /hv_balloon_kunit.ko $parameters || echo "FAILED: insmod"
rmmod hv_balloon_kunit || echo "FAILED: rmmod"

# An object younger than five seconds is not reported, and it takes two scans
# to tell one that just moved from one that is lost.
leaks=/sys/kernel/debug/kmemleak
sleep 6
echo scan >$leaks
echo scan >$leaks
cat $leaks

echo "END OF RUN"
poweroff -f
