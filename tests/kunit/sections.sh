#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# The first process of the machine that times sections (sections.py): has the
# kernel trace the long ones while the suites run, once with interrupts off, once
# with preemption off, in the thread that does the driver's work. The suites' own
# tasks are left out.

/bin/busybox mkdir -p /proc /sys
/bin/busybox --install -s /bin
mount -t proc proc /proc
mount -t sysfs sysfs /sys
mount -t debugfs debugfs /sys/kernel/debug
mount -t tracefs tracefs /sys/kernel/tracing
cd /sys/kernel/tracing || echo "FAILED: no tracefs"
echo 32768 >buffer_size_kb
echo "section u64 us" >synthetic_events
section=events/synthetic/section

# sections irq|preempt MICROSECONDS
sections() {
	echo "SECTIONS $1"
	ts=common_timestamp.usecs
	begin="hist:keys=common_cpu:since=$ts"
	end="hist:keys=common_cpu:us=$ts-\$since"
	end="$end:onmatch(preemptirq.$1_disable).section(\$us)"
	echo "us > $2 && comm == \"hv_balloon_work\"" >$section/filter
	echo "stacktrace if us > $2 && comm == \"hv_balloon_work\"" >$section/trigger
	echo "$begin" >"events/preemptirq/$1_disable/trigger"
	echo "$end" >"events/preemptirq/$1_enable/trigger"
	echo 1 >$section/enable
	insmod /hv_balloon_kunit.ko || echo "FAILED: insmod"
	echo 0 >$section/enable
	echo "!$end" >"events/preemptirq/$1_enable/trigger"
	echo "!$begin" >"events/preemptirq/$1_disable/trigger"
	echo "!stacktrace" >$section/trigger
	cat error_log trace
	cat /sys/kernel/debug/kunit/*/results
	rmmod hv_balloon_kunit
	echo >trace
}

# lockdep's search is no part of a section; and only what is asked for here is
# printed: a line takes time, too.
echo 0 >/proc/sys/kernel/prove_locking || echo "FAILED: no prove_locking"
dmesg -n 1
sections irq 10
sections preempt 200
echo "END OF RUN"
poweroff -f
