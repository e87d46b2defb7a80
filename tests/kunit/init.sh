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

# Allocations fail for tasks that ask for it, where the driver is among the first
# callers: see fault.c. It is a module, and those lie behind the kernel, wherever
# that is this time, or it is built in. Where adding pages fails, the kernel itself
# warns.
own=$(grep ' T hvb_' /proc/kallsyms | sed -n 's/ .*//; 1p; $p')
# shellcheck disable=SC2086 # two addresses, or none
set -- ${own:-$(sed -n 's/ .* _end$//p' /proc/kallsyms) ffffffffff000000}
start=$1 end=$2
# shellcheck disable=SC2046 # address, type and name, and of the next
set -- $(grep -A 1 ' add_pages$' /proc/kallsyms)
for kind in failslab fail_page_alloc; do
	cd /sys/kernel/debug/$kind || echo "FAILED: no $kind"
	echo 0 >verbose
	echo N >ignore-gfp-wait
	echo -1 >./times
	echo 10 >stacktrace-depth
	echo "0x$start" >require-start
	echo "0x$end" >require-end
	echo "0x$1" >reject-start
	echo "0x$4" >reject-end || echo "FAILED: no add_pages"
done
echo N >ignore-gfp-highmem
echo 0 >min-order
cd ../failslab || echo "FAILED: no failslab"
echo Y >task-filter
echo 100 >probability
cd /

read -r parameters </parameters
# shellcheck disable=SC2086 # one word a parameter
insmod /hv_balloon_kunit.ko $parameters || echo "FAILED: insmod"
rmmod hv_balloon_kunit || echo "FAILED: rmmod"

# An object younger than five seconds is not reported, and it takes two scans
# to tell one that just moved from one that is lost.
leaks=/sys/kernel/debug/kmemleak
if [ -e $leaks ]; then
	sleep 6
	echo scan >$leaks
	echo scan >$leaks
	cat $leaks
fi

echo "END OF RUN"
poweroff -f
