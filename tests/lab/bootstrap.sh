#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# The way in on a fresh Debian 12 or 13: becomes root, installs the few host
# packages that the lab needs, then runs one of the lab's Python programs.
#
#	bootstrap.sh			build the root tree; its path is the last
#					line on stdout, all else goes to stderr
#	bootstrap.sh root.py run ...	run a command in the root tree
#	bootstrap.sh run.py ...		run scenarios
#	bootstrap.sh demo.py		run the demo

set -eu

here=$(cd "$(dirname "$0")" && pwd)

if [ "$(id -u)" -ne 0 ]; then
	command -v sudo >/dev/null || {
		echo "bootstrap.sh: needs root or sudo" >&2
		exit 1
	}
	exec sudo env \
		XDG_CACHE_HOME="${XDG_CACHE_HOME:-$HOME/.cache}" \
		KERNEL="${KERNEL:-}" \
		LAB_KVM="${LAB_KVM:-}" \
		LAB_KERNEL_IMAGE="${LAB_KERNEL_IMAGE:-}" \
		LAB_MODULES_DIR="${LAB_MODULES_DIR:-}" \
		LAB_HV_BALLOON_KO="${LAB_HV_BALLOON_KO:-}" \
		"$here/bootstrap.sh" "$@"
fi

# command:package pairs; only what is missing is installed.
missing=
for pair in python3:python3 git:git mmdebstrap:mmdebstrap mke2fs:e2fsprogs \
	    unshare:util-linux dpkg-deb:dpkg tar:tar; do
	command -v "${pair%%:*}" >/dev/null || missing="$missing ${pair#*:}"
done
if [ -n "$missing" ]; then
	echo "bootstrap.sh: installing$missing" >&2
	export DEBIAN_FRONTEND=noninteractive
	apt-get -qq update >&2
	# shellcheck disable=SC2086 # one word a package
	apt-get -qq install --no-install-recommends $missing </dev/null >&2
fi

[ $# -gt 0 ] || set -- root.py
program=$1
shift
export PYTHONDONTWRITEBYTECODE=1
exec python3 "$here/$program" "$@"
