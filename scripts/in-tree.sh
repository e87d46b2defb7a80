#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Puts the driver into a kernel source tree, in place of the stock driver.
#
# usage: in-tree.sh KERNEL-SOURCE
#
# Owns where each of our files lies in a kernel tree and the lines there that
# lead to it. Can be run again: what it did before is replaced.
set -eu

here=$(cd "$(dirname "$0")/.." && pwd)
kernel=${1:-}
hv=$kernel/drivers/hv
ours=$hv/balloon
admin=$kernel/Documentation/admin-guide
virt=$kernel/Documentation/virt/hyperv

die() {
	echo "in-tree.sh: $*" >&2
	exit 1
}

# Insert a line after the line that matches a pattern, unless it is there.
add_after() {
	file=$1
	pattern=$2
	line=$3
	if grep -qxF -- "$line" "$file"; then
		return
	fi
	grep -q -- "$pattern" "$file" || die "$file has no line like $pattern"
	awk -v pattern="$pattern" -v line="$line" '
		{ print }
		!done && $0 ~ pattern { print line; done = 1 }
	' "$file" >"$file.new"
	mv "$file.new" "$file"
}

copy_driver() {
	rm -rf "$ours"
	mkdir -p "$ours/tests" "$kernel/include/hyperv"
	cp "$here"/drivers/hv/*.[ch] "$here/drivers/hv/Makefile" "$ours"
	cp "$here"/include/hyperv/*.h "$kernel/include/hyperv"
	rm -f "$hv/hv_balloon.c" "$hv/hv_trace_balloon.h"
}

# The tests lie beside the driver here, and two folders away in our tree.
copy_tests() {
	cp "$here"/tests/kunit/*.[ch] "$here/tests/kunit/.kunitconfig" \
		"$ours/tests"
	{
		echo "# SPDX-License-Identifier: GPL-2.0-only"
		echo "obj-\$(CONFIG_HYPERV_BALLOON_KUNIT_TEST) := hv_balloon_kunit.o"
		sed -n '/^suites := /,/[^\\]$/p' "$here/tests/kunit/Makefile"
		echo "hv_balloon_kunit-y := \$(suites)"
		echo "ccflags-y += -I\$(src)/.."
		sed -n '/^hvb-has = /,$p' "$here/drivers/hv/Makefile"
	} >"$ours/tests/Makefile"
	cat >>"$ours/Makefile" <<-'EOF'

		# The suites: see tests/exports.c.
		obj-$(CONFIG_HYPERV_BALLOON_KUNIT_TEST) += tests/
		ifdef CONFIG_HYPERV_BALLOON_KUNIT_TEST
		hv_balloon-y += tests/exports.o
		CFLAGS_tests/exports.o := -I$(src)
		endif
	EOF
}

# Until 6.18, VMBus has no option of its own.
write_kconfig() {
	cp "$here/drivers/hv/Kconfig" "$ours"
	grep -q '^config HYPERV_VMBUS$' "$hv/Kconfig" ||
		sed -i 's/HYPERV_VMBUS/HYPERV/' "$ours/Kconfig"
}

wire_build() {
	sed -i -e '/^CFLAGS_hv_balloon\.o/d' \
		-e "s|^obj-\$(CONFIG_HYPERV_BALLOON).*|obj-y += balloon/|" \
		"$hv/Makefile"
	grep -qx 'obj-y += balloon/' "$hv/Makefile" ||
		die "$hv/Makefile does not build the stock driver"
	# The stock entry, from its name to the next one.
	awk '
		/^config HYPERV_BALLOON$/ {
			print "source \"drivers/hv/balloon/Kconfig\"\n"
			skip = 1
			next
		}
		/^(config|endmenu|menu|source|if|endif)( |$)/ { skip = 0 }
		!skip { print }
	' "$hv/Kconfig" >"$hv/Kconfig.new"
	mv "$hv/Kconfig.new" "$hv/Kconfig"
	grep -q balloon/Kconfig "$hv/Kconfig" ||
		die "$hv/Kconfig does not know the stock driver"
}

# Documentation/style.rst is about our tree and stays there.
copy_documentation() {
	cp "$here"/Documentation/admin-guide/*.rst "$admin"
	cp "$here"/Documentation/virt/hyperv/*.rst "$virt"
	cp "$here"/Documentation/ABI/testing/* "$kernel/Documentation/ABI/testing"
	after='^   hw_random$'
	for page in "$here"/Documentation/admin-guide/hv_balloon*.rst; do
		name=$(basename "$page" .rst)
		add_after "$admin/index.rst" "$after" "   $name"
		after="^   $name\$"
	done
	after='^   vmbus$'
	for page in "$here"/Documentation/virt/hyperv/*.rst; do
		name=$(basename "$page" .rst)
		add_after "$virt/index.rst" "$after" "   $name"
		after="^   $name\$"
	done
}

[ -n "$kernel" ] || die "usage: in-tree.sh KERNEL-SOURCE"
for file in "$hv/Makefile" "$admin/index.rst"; do
	[ -f "$file" ] || die "$kernel is not a kernel source tree: no $file"
done
copy_driver
copy_tests
write_kconfig
wire_build
copy_documentation
echo "The driver is in $ours. Turn on CONFIG_HYPERV_BALLOON to build it."
