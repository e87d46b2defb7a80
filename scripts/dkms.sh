#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Gives this tree to DKMS, or takes it away again.
#
# usage: dkms.sh install|remove
#        dkms.sh copy DIRECTORY
#
# Owns the list of what DKMS needs of the tree; copy is for the Debian package.
set -eu

here=$(cd "$(dirname "$0")/.." && pwd)
name=$(sed -n 's/^PACKAGE_NAME="\(.*\)"$/\1/p' "$here/dkms.conf")
version=$(sed -n 's/^PACKAGE_VERSION="\(.*\)"$/\1/p' "$here/dkms.conf")
source=/usr/src/$name-$version

die() {
	echo "dkms.sh: $*" >&2
	exit 1
}

# Sources only: a tree in which someone built has more than these.
copy() {
	for file in dkms.conf Kbuild Makefile LICENSE drivers/hv/Makefile \
		drivers/hv/Kconfig drivers/hv/*.[ch] include/hyperv/*.h; do
		case $file in
		*.mod.c) ;;
		*) install -D -m 644 "$file" "$1/$file" ;;
		esac
	done
}

# Where the kernel has its own driver built in, unloading ours gives that one
# the device back. What the host holds stays ours until the guest restarts.
unload() {
	if [ -d /sys/module/hv_balloon_dm ] &&
		grep -qs '^pages_ballooned *: 0$' /sys/kernel/debug/hv-balloon
	then
		rmmod hv_balloon_dm || true
	fi
}

remove() {
	if [ -n "$(dkms status "$name/$version")" ]; then
		dkms remove "$name/$version" --all
	fi
	rm -rf "$source"
}

# A kernel outside the range of dkms.conf is passed over (77), as DKMS does.
install_for_each_kernel() {
	for build in /lib/modules/*/build; do
		[ -e "$build/Makefile" ] || continue
		kernel=$(basename "$(dirname "$build")")
		dkms install "$name/$version" -k "$kernel" || [ $? -eq 77 ] ||
			die "no module for $kernel"
	done
}

cd "$here"
case $name/$version in
/* | */) die "dkms.conf has no name or version" ;;
esac
case ${1:-} in
install)
	command -v dkms >/dev/null || die "DKMS is not installed"
	remove
	copy "$source"
	dkms add "$name/$version"
	install_for_each_kernel
	dkms status "$name/$version"
	echo "The next start of the guest loads this driver."
	;;
remove)
	remove
	unload
	;;
copy)
	copy "${2:?}"
	;;
*)
	die "usage: dkms.sh install|remove, dkms.sh copy DIRECTORY"
	;;
esac
