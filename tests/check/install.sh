#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# When scripts/install.sh and give-back.sh install and unload, and when they
# don't; in the box, whose /sys is a plain directory as /proc becomes one, with
# stand-ins for what asks or changes the kernel.
#
# usage: install.sh TREE
set -eu

scripts=$1/scripts
modules=/lib/modules/9.9.9/updates
device=/sys/bus/vmbus/devices/d/dynamic_memory
lockdown=/sys/kernel/security/lockdown
enforce=/sys/module/module/parameters/sig_enforce
debugfs=/sys/kernel/debug/hv-balloon
signature='~Module signature appended~'

die() {
	echo "error: $*" >&2
	[ ! -e /tmp/said ] || cat /tmp/said >&2
	exit 1
}

program() {
	printf '#!/bin/sh\n%s\n' "$2" >"/tmp/bin/$1"
	chmod +x "/tmp/bin/$1"
}

# put FILE TEXT
put() {
	mkdir -p "$(dirname "$1")"
	echo "$2" >"$1"
}

# A kernel and a tree in which hv_balloon.ko was built for it, and nothing else.
begin() {
	rm -rf /sys/bus /sys/module /sys/kernel /lib/modules/9.9.9 /tmp/built
	mkdir -p /lib/modules/9.9.9 /tmp/built "$(dirname $lockdown)" \
		"$(dirname $enforce)"
	echo module >/tmp/built/hv_balloon.ko
	: >/proc/modules
	: >/tmp/log
}

# do_it ACTION: how install.sh ends
do_it() {
	(cd /tmp/built && "$scripts/install.sh" "$1" 9.9.9) >/tmp/said 2>&1
}

unloads() {
	grep -q "^rmmod $1$" /tmp/log || die "$1 wasn't unloaded: $2"
}

unloads_nothing() {
	if grep -q rmmod /tmp/log; then
		die "it unloaded something: $1"
	fi
}

says() {
	grep -q "$1" /tmp/said || die "it doesn't say: $1"
}

mkdir /tmp/bin
PATH=/tmp/bin:$PATH
# shellcheck disable=SC2016 # the program's own
program modinfo '[ -e "$3" ] && echo "9.9.9 SMP"'
program uname 'echo 9.9.9'
program depmod ''
# shellcheck disable=SC2016 # the program's own
program rmmod 'echo "rmmod $1" >>/tmp/log'
busybox mount -t tmpfs tmpfs /proc

echo "== which of the two names"
begin
cp /tmp/built/hv_balloon.ko /tmp/built/hv_balloon_dm.ko
echo ./hv_balloon.o >/tmp/built/modules.order
do_it install || die "it failed"
[ -e $modules/hv_balloon.ko ] || die "it took an old build"
echo ./hv_balloon_dm.o >/tmp/built/modules.order
do_it install || die "it failed"
[ -e $modules/hv_balloon_dm.ko ] || die "it took the other name"
[ ! -e $modules/hv_balloon.ko ] || die "both names are installed"

echo "== signatures"
for where in "$lockdown none [integrity] confidentiality" \
	     "$lockdown none integrity [confidentiality]" "$enforce Y"; do
	begin
	put "${where%% *}" "${where#* }"
	do_it install && die "it installed what the kernel refuses"
	says 'hv_balloon-signing.rst'
	[ ! -e $modules ] || die "it installed the module all the same"
	printf '%s\n' "$signature" >>/tmp/built/hv_balloon.ko
	do_it install || die "it refused a signed module"
done
begin
put $lockdown "[none] integrity confidentiality"
put $enforce N
do_it install || die "it wants a signature that the kernel doesn't"

echo "== what is loaded"
for held in "" 4096; do
	begin
	put /sys/module/hv_balloon/initstate live
	[ -z "$held" ] || put $device/ballooned_bytes "$held"
	do_it install || die "it failed"
	unloads_nothing "the host holds ${held:-an unknown size}"
	says 'restart the guest'
	[ -e $modules/hv_balloon.ko ] || die "nothing was installed"
done
put $device/ballooned_bytes 0
do_it install || die "it failed"
unloads hv_balloon "the host holds nothing"
begin
put /sys/module/hv_balloon/initstate live
put $debugfs "pages_ballooned       : 0"
do_it uninstall || die "it failed"
unloads hv_balloon "the host holds nothing, by debugfs"
begin
put /sys/module/hv_balloon/initstate live
put $debugfs "pages_ballooned       : 0"
echo "hv_balloon 40960 0 [permanent], Live 0x0" >/proc/modules
do_it install || die "it failed"
unloads_nothing "the stock driver"
says "can't be unloaded: restart the guest"

echo "== give-back"
begin
"$scripts/give-back.sh"
mkdir -p /sys/module/hv_balloon_dm
"$scripts/give-back.sh"
put $device/ballooned_bytes 4096
"$scripts/give-back.sh"
unloads_nothing "the host may hold memory"
put $device/ballooned_bytes 0
"$scripts/give-back.sh"
unloads hv_balloon_dm "the host holds nothing"
echo "all of it passed"
