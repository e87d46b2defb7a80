#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# The files of contrib/alpine under busybox, in the box, whose /sys is a plain
# directory here: mdev brings an added block online and leaves a removed one
# alone; the start script loads the driver and tells the stock one from ours.
#
# usage: alpine.sh TREE
set -eu

files=$1/contrib/alpine
memory=/sys/devices/system/memory

die() {
	echo "error: $*" >&2
	exit 1
}

hotplug() {
	mkdir -p "$memory/$2"
	echo offline >"$memory/$2/state"
	ACTION=$1 SUBSYSTEM=memory DEVPATH=/devices/system/memory/$2 SEQNUM=1 \
		busybox mdev
	grep -qx "$3" "$memory/$2/state" || die "$2 is not $3 after $1"
}

# What the script finds instead of the real programs.
program() {
	printf '#!/bin/sh\n%s\n' "$2" >"/tmp/bin/$1"
	chmod +x "/tmp/bin/$1"
}

# start WHERE-THE-MODULE-IS: under its own name and no other
start() {
	name=${1##*/}
	program modinfo "for last; do :; done
[ \"\$last\" = ${name%.ko} ] && echo $1"
	rm -f /tmp/loaded /tmp/logged
	PATH=/tmp/bin:$PATH busybox sh "$files/hv_balloon.start"
}

cp "$files/mdev.conf" /etc/mdev.conf
hotplug add memory40 online
hotplug remove memory41 offline

mkdir /tmp/bin
program modprobe "echo \"\$@\" >/tmp/loaded"
program logger "echo \"\$@\" >/tmp/logged"
start /lib/modules/1/updates/hv_balloon.ko
grep -qx hv_balloon /tmp/loaded || die "the driver was not loaded"
[ ! -e /tmp/logged ] || die "it took ours for the stock driver"
start /lib/modules/1/updates/hv_balloon_dm.ko
grep -qx hv_balloon_dm /tmp/loaded || die "the other name was not loaded"
[ ! -e /tmp/logged ] || die "it took that for the stock driver"
start /lib/modules/1/kernel/extra/akms/hv_balloon.ko
[ ! -e /tmp/logged ] || die "it took what akms built for the stock driver"
start /lib/modules/1/kernel/drivers/hv/hv_balloon.ko
grep -q 'stock driver is in use' /tmp/logged || die "it said nothing"
program modprobe 'exit 1'
start /lib/modules/1/updates/hv_balloon.ko && die "failed without saying so"

HV_BALLOON_ROOT=$1/tests/check/sample busybox sh \
	"$1/scripts/hv-balloon-report" | grep -qx '== end' ||
	die "hv-balloon-report doesn't run on busybox"
echo "all of it passed"
