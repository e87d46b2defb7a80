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

# Some suites break memory into pieces, for which the kernel would keep more of it
# free, and for how long depends.
echo 0 >/proc/sys/vm/watermark_boost_factor || echo "FAILED: no sysctl"

# Allocations fail for tasks that ask for it, where the driver is among the first
# callers: see fault.c. It is a module, which lie behind the kernel, wherever that
# is this time; or it is built in. Where adding pages fails, the kernel itself warns.
own=$(sed -n 's/ T hvb_.*//p' /proc/kallsyms | sed -n '1p; $p')
# shellcheck disable=SC2086 # two addresses, or none
set -- ${own:-$(sed -n 's/ [A-Za-z] _end$//p' /proc/kallsyms) ffffffffff000000}
start=$1 end=$2 spared=add_pages
# Without checkers, that kernel comes further down in as many calls, to where it
# can't stand a failure at all.
[ -z "$own" ] || spared=__add_memory_resource
# shellcheck disable=SC2046 # address, type and name; and of the next
set -- $(grep -A 1 " $spared\$" /proc/kallsyms)
for kind in failslab fail_page_alloc; do
	cd /sys/kernel/debug/$kind || echo "FAILED: no $kind"
	echo 0 >verbose
	echo N >ignore-gfp-wait
	echo -1 >./times
	echo 10 >stacktrace-depth
	echo "0x$start" >require-start
	echo "0x$end" >require-end
	echo "0x$1" >reject-start
	echo "0x$4" >reject-end || echo "FAILED: no $spared"
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
