#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Gives this tree to DKMS, or takes it away again.
#
# usage: dkms.sh install|remove
#        dkms.sh copy DIRECTORY
#
# Owns the list of what DKMS needs of the tree; copy is for packages.
set -eu

here=$(cd "$(dirname "$0")/.." && pwd)
name=$(sed -n 's/^PACKAGE_NAME="\(.*\)"$/\1/p' "$here/dkms.conf")
version=$(sed -n 's/^PACKAGE_VERSION="\(.*\)"$/\1/p' "$here/dkms.conf")
source=/usr/src/$name-$version

die() {
	echo "dkms.sh: $*" >&2
	exit 1
}

# Sources only: a tree in which someone built has more than these. And what
# packages call when they are removed.
copy() {
	for file in dkms.conf Kbuild Makefile LICENSE drivers/hv/Makefile \
		drivers/hv/Kconfig drivers/hv/*.[ch] include/hyperv/*.h; do
		case $file in
		*.mod.c) ;;
		*) install -D -m 644 "$file" "$1/$file" ;;
		esac
	done
	install -D -m 755 -t "$1/scripts" scripts/give-back.sh
}

remove() {
	if [ -n "$(dkms status "$name/$version")" ]; then
		dkms remove "$name/$version" --all
	fi
	rm -rf "$source"
}

# A kernel outside the range of dkms.conf is passed over (77, and 9 with DKMS 2),
# as DKMS does.
install_for_each_kernel() {
	for build in /lib/modules/*/build; do
		[ -e "$build/Makefile" ] || continue
		kernel=$(basename "$(dirname "$build")")
		dkms install "$name/$version" -k "$kernel" ||
			case $? in
			9 | 77) ;;
			*) die "no module for $kernel" ;;
			esac
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
	scripts/give-back.sh
	;;
copy)
	copy "${2:?}"
	;;
*)
	die "usage: dkms.sh install|remove, dkms.sh copy DIRECTORY"
	;;
esac
