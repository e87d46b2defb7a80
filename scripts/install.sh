#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Puts the module where it goes before the kernel's own, or takes it away again.
#
# usage: install.sh install|uninstall KERNEL-VERSION
#
# Where the kernel has its own driver built in, the module has another name and
# takes the device from that one when it is loaded; unloading gives it back.
set -eu

action=$1
version=$2
modules=${DESTDIR:-}/lib/modules/$version

die() {
	echo "install.sh: $*" >&2
	exit 1
}

# The name that the build chose for this kernel; see Kbuild. Both may be there:
# what was built last is in modules.order.
built() {
	names="hv_balloon hv_balloon_dm"
	if grep -qs 'hv_balloon_dm\.' modules.order; then
		names="hv_balloon_dm hv_balloon"
	fi
	for name in $names; do
		case $(modinfo -F vermagic "./$name.ko" 2>/dev/null) in
		"$version "*)
			echo "$name"
			return
			;;
		esac
	done
	die "build the module for $version first: make"
}

# With the module in place and not accepted, the next start would have no driver
# at all, as modprobe doesn't go on to the kernel's own.
demand_signature() {
	tail -c 28 "$1" | grep -q '^~Module signature appended~$' && return
	if grep -qsx Y /sys/module/module/parameters/sig_enforce ||
		grep -qs '\[\(integrity\|confidentiality\)\]' \
			/sys/kernel/security/lockdown
	then
		die "the kernel takes signed modules only, and $1 isn't signed:" \
			"see Documentation/admin-guide/hv_balloon-signing.rst"
	fi
}

is_running_kernel() {
	[ -z "${DESTDIR:-}" ] && [ "$version" = "$(uname -r)" ]
}

# What is loaded and can be unloaded, so not what is built in.
loaded() {
	for name in hv_balloon_dm hv_balloon; do
		if [ -e "/sys/module/$name/initstate" ]; then
			echo "$name"
			return
		fi
	done
}

# The stock driver can't be: it has no function for that.
is_permanent() {
	grep -qs "^$1 .*\[permanent\]" /proc/modules
}

# What the host holds, in bytes or in pages; nothing where that can't be read. The
# stock driver has it in debugfs alone.
held() {
	cat /sys/bus/vmbus/devices/*/dynamic_memory/ballooned_bytes \
		2>/dev/null && return
	sed -n 's/^pages_ballooned *: *//p' /sys/kernel/debug/hv-balloon \
		2>/dev/null || true
}

restart() {
	echo "$1: restart the guest to change to the other driver."
	exit
}

# Memory that the host holds comes back through the driver that gave it.
unload() {
	if is_permanent "$1"; then
		restart "The stock driver is loaded and can't be unloaded"
	fi
	case $(held) in
	0) ;;
	"") restart "Whether the host holds memory can't be read" ;;
	*) restart "The host holds memory through the loaded driver" ;;
	esac
	# Not modprobe -r, which knows no module that isn't there any more.
	rmmod "$1" || die "the driver that is loaded now can't be unloaded"
	echo "The driver that was loaded is unloaded now."
}

case $action in
install)
	name=$(built)
	[ -d "$modules" ] || die "there are no modules for kernel $version"
	[ -n "${DESTDIR:-}" ] || demand_signature "$name.ko"
	# The build may have had the other name before.
	rm -f "$modules/updates/hv_balloon.ko" \
		"$modules/updates/hv_balloon_dm.ko"
	install -D -m 644 "$name.ko" "$modules/updates/$name.ko"
	;;
uninstall)
	name="hv_balloon, unless it is built in"
	rm -f "$modules/updates/hv_balloon.ko" \
		"$modules/updates/hv_balloon_dm.ko"
	;;
*)
	die "usage: install.sh install|uninstall KERNEL-VERSION"
	;;
esac

depmod ${DESTDIR:+-b "$DESTDIR"} "$version"
if is_running_kernel; then
	now=$(loaded)
	if [ -n "$now" ]; then
		unload "$now"
	fi
fi
echo "Done ($action for $version). To start the driver: modprobe $name"
