#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Puts the module where it goes before the kernel's own, or takes it away again.
#
# usage: install.sh install|uninstall KERNEL-VERSION
set -eu

action=$1
version=$2
module=hv_balloon.ko
modules=${DESTDIR:-}/lib/modules/$version
target=$modules/updates/$module

die() {
	echo "install.sh: $*" >&2
	exit 1
}

is_running_kernel() {
	[ -z "${DESTDIR:-}" ] && [ "$version" = "$(uname -r)" ]
}

is_loaded() {
	is_running_kernel && [ -d /sys/module/hv_balloon ]
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
	modprobe -r hv_balloon || rmmod hv_balloon ||
		die "the driver that is loaded now can't be unloaded"
	echo "The driver that was loaded is unloaded now."
}

case $action in
install)
	[ -f "$module" ] || die "build $module first: make"
	[ -d "$modules" ] || die "there are no modules for kernel $version"
	install -D -m 644 "$module" "$target"
	;;
uninstall)
	rm -f "$target"
	;;
*)
	die "usage: install.sh install|uninstall KERNEL-VERSION"
	;;
esac

depmod ${DESTDIR:+-b "$DESTDIR"} "$version"
if is_loaded; then
	unload
fi
echo "Done ($action for $version). To start the driver: modprobe hv_balloon"
