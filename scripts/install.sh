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

# The name that the build chose for this kernel; see Kbuild.
built() {
	for name in hv_balloon_dm hv_balloon; do
		case $(modinfo -F vermagic "./$name.ko" 2>/dev/null) in
		"$version "*)
			echo "$name"
			return
			;;
		esac
	done
	die "build the module for $version first: make"
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

# Memory that the host holds comes back through the driver that gave it.
ballooned_pages() {
	sed -n 's/^pages_ballooned *: *//p' /sys/kernel/debug/hv-balloon \
		2>/dev/null || true
}

unload() {
	pages=$(ballooned_pages)
	if [ "${pages:-0}" -gt 0 ]; then
		echo "The host holds $pages pages through the driver that is" \
			"loaded now: restart the guest to change to the other."
		return
	fi
	# Not modprobe -r, which knows no module that isn't there any more.
	rmmod "$1" ||
		die "the driver that is loaded now can't be unloaded"
	echo "The driver that was loaded is unloaded now."
}

case $action in
install)
	name=$(built)
	[ -d "$modules" ] || die "there are no modules for kernel $version"
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
