#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# The life of the package and of `make dkms` in a clean root: install, upgrade,
# remove, purge. Runs in the box as packages.py calls it.
#
# usage: lifecycle.sh KERNEL-VERSION TREE
set -eu

kernel=$1
tree=$2
old=$(dpkg-parsechangelog -l "$tree/debian/changelog" -S Version)
new=$old.1

die() {
	echo "error: $*" >&2
	exit 1
}

# Which file modprobe would load; a module without its own .ko fails here.
loads() {
	found=$(modinfo -k "$kernel" -F filename hv_balloon)
	case $found in
	*/$1/*) echo "as expected, modprobe takes $found" ;;
	*) die "modprobe takes $found, not one in $1" ;;
	esac
}

build_package() {
	(cd "$tree" && make -s deb >/tmp/deb.log 2>&1) ||
		{ cat /tmp/deb.log; die "the package doesn't build"; }
}

dkms_knows() {
	dkms status | grep -q "^hv-balloon/$1, $kernel, .*: installed"
}

depmod "$kernel"
loads kernel/drivers/hv

echo "== package $old"
build_package
lintian --allow-root --fail-on error,warning,info --display-info --pedantic \
	"$tree/../hv-balloon-dkms_${old}_all.deb" ||
	die "lintian has something to say"
dpkg-deb --contents "$tree/../hv-balloon-dkms_${old}_all.deb" >/tmp/contents
for settings in modprobe.d sysctl.d; do
	grep -q "examples/$settings/hv_balloon.conf$" /tmp/contents ||
		die "no example for $settings"
done
grep ' \./etc/' /tmp/contents && die "examples are in use"
dpkg -i "$tree/../hv-balloon-dkms_${old}_all.deb"
dkms_knows "$old" || die "DKMS built nothing"
loads updates/dkms
[ -n "$(modinfo -k "$kernel" -F signer hv_balloon)" ] || die "it isn't signed"
modinfo -k "$kernel" hv_balloon | grep -q '^parm: *online_policy' ||
	die "what was installed is not this driver"
hv-balloon-top --help | grep -q 'Dynamic Memory'
hv-balloon-check --help | grep -q 'Dynamic Memory'
[ -f /usr/lib/systemd/system/hv-balloon-metrics.timer ] || die "no timer"
[ -z "$(find /etc/systemd -name 'hv-balloon*')" ] || die "it is enabled"

echo "== upgrade to $new"
sed -i "1s/($old)/($new)/" "$tree/debian/changelog"
sed -i "s/^PACKAGE_VERSION=.*/PACKAGE_VERSION=\"$new\"/" "$tree/dkms.conf"
build_package
dpkg -i "$tree/../hv-balloon-dkms_${new}_all.deb"
dkms_knows "$new" || die "the new version is not installed"
dkms_knows "$old" && die "the old version is still there"
loads updates/dkms

echo "== remove"
dpkg -r hv-balloon-dkms
loads kernel/drivers/hv
[ -z "$(dkms status)" ] || die "DKMS still knows the module"

echo "== install again, purge"
dpkg -i "$tree/../hv-balloon-dkms_${new}_all.deb"
loads updates/dkms
dpkg -P hv-balloon-dkms
loads kernel/drivers/hv
left=$(find /usr/src /var/lib/dkms /etc /lib/modules/ -name '*hv?balloon*' |
	grep -v '/kernel/drivers/hv/\|/usr/src/linux-headers') || true
[ -z "$left" ] || die "purging left $left"

echo "== make dkms"
make -s -C "$tree" dkms
loads updates/dkms
make -s -C "$tree" dkms
loads updates/dkms
make -s -C "$tree" dkms-remove
loads kernel/drivers/hv
[ ! -e "/usr/src/hv-balloon-$new" ] || die "the sources are still there"

# install_ends_with STATUS: a DKMS that ends so, found before the real one
install_ends_with() {
	mkdir -p /tmp/other
	cat >/tmp/other/dkms <<END
#!/bin/sh
[ "\$1" != install ] || exit $1
exec /usr/sbin/dkms "\$@"
END
	chmod +x /tmp/other/dkms
	PATH=/tmp/other:$PATH make -s -C "$tree" dkms
}

echo "== make dkms with a kernel that is passed over, and one that fails"
install_ends_with 77 || die "77 isn't taken for a kernel that is passed over"
install_ends_with 9 || die "nor is 9, with which DKMS 2 says so"
install_ends_with 10 && die "a failed build went unnoticed"
make -s -C "$tree" dkms-remove

echo "== make install, make uninstall"
make -s -C "$tree" KVER="$kernel" modules >/dev/null
make -s -C "$tree" KVER="$kernel" install
loads updates
make -s -C "$tree" KVER="$kernel" uninstall
loads kernel/drivers/hv

# Whether udev would load the module that takes the device over, and from where.
takes_over() {
	found=$(modinfo -k "$kernel" -F filename hv_balloon_dm)
	case $found in
	*/$1/*) ;;
	*) die "hv_balloon_dm is $found, not one in $1" ;;
	esac
	grep -q '^alias vmbus:.* hv_balloon_dm$' \
		"/lib/modules/$kernel/modules.alias" || die "udev won't load it"
}

is_gone() {
	if modinfo -k "$kernel" hv_balloon_dm >/dev/null 2>&1; then
		die "hv_balloon_dm is still there"
	fi
}

echo "== a kernel that has the stock driver built in"
sed -i 's/^CONFIG_HYPERV_BALLOON=m/CONFIG_HYPERV_BALLOON=y/' \
	"/lib/modules/$kernel/build/include/config/auto.conf"
rm "/lib/modules/$kernel"/kernel/drivers/hv/hv_balloon.ko*
echo kernel/drivers/hv/hv_balloon.ko >>"/lib/modules/$kernel/modules.builtin"
headers=/lib/modules/$kernel/build/include/config/auto.conf
make -s -C "$tree" dkms
takes_over updates/dkms
mv "$headers" /tmp/auto.conf
make -s -C "$tree" dkms-remove
is_gone
mv /tmp/auto.conf "$headers"

# As if it was loaded, in a /sys that is a plain directory.
device=/sys/bus/vmbus/devices/d/dynamic_memory
mkdir -p /sys/module/hv_balloon_dm "$device"
rm /usr/sbin/rmmod	# of kmod, to which it is a link
cat >/usr/sbin/rmmod <<'END'
#!/bin/sh
echo "$1" >>/tmp/unloaded
END
chmod +x /usr/sbin/rmmod

echo "== the package there: upgrade, purge"
dpkg -i "$tree/../hv-balloon-dkms_${old}_all.deb"
takes_over updates/dkms
echo 0 >"$device/ballooned_bytes"
dpkg -i "$tree/../hv-balloon-dkms_${new}_all.deb"
takes_over updates/dkms
[ ! -e /tmp/unloaded ] || die "an upgrade unloads it"
dpkg -P hv-balloon-dkms
is_gone
grep -qx hv_balloon_dm /tmp/unloaded || die "the device isn't given back"

echo "== make install there"
make -s -C "$tree" KVER="$kernel" modules >/dev/null
make -s -C "$tree" KVER="$kernel" install
takes_over updates
make -s -C "$tree" KVER="$kernel" uninstall
is_gone
echo "all of it passed"
