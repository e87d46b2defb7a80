# SPDX-License-Identifier: GPL-2.0-only
# What people type. kbuild reads Kbuild and drivers/hv/Makefile instead.
KVER ?= $(shell uname -r)
KDIR ?= /lib/modules/$(KVER)/build

.PHONY: modules install uninstall demo test test-in-tree lab lab-long lab-kernels \
	lab-builtin kunit kunit-in-tree mutants replay sections fuzz simulate soak clean

modules:
	$(MAKE) -C $(KDIR) M=$(CURDIR) modules

install:
	scripts/install.sh install $(KVER)

uninstall:
	scripts/install.sh uninstall $(KVER)

# Boots a real Dynamic Memory host in emulation and shows a guest with the
# driver grow and shrink.
demo:
	tests/lab/bootstrap.sh demo.py

# Everything: some fuzzing, KUnit and the timing of sections in a debug kernel,
# a build for each kernel, then the lab.
test:
	tests/run

kunit:
	tests/kunit/run

# The same suites in a kernel that has the driver in its tree.
kunit-in-tree:
	tests/kunit/run --in-tree

# A recorded host, in KUnit: make replay TRACE=<what hv-balloon-record wrote>
# With SIZE=<MiB that the guest had at its start>, also as a model of that host in
# the simulator.
replay:
ifneq ($(SIZE),)
	tests/lab/bootstrap.sh ../simulate/hosts.py "$(abspath $(TRACE))" $(SIZE)
endif
	tests/lab/bootstrap.sh ../kunit/replay.py "$(abspath $(TRACE))"

# Both the suites and the lab, with the driver in the kernel's own tree. The kernel
# is built for it, which takes some 10 minutes.
test-in-tree: kunit-in-tree
	tests/lab/bootstrap.sh run.py --kernel in-tree

# Whether the suites find a driver that is broken on purpose, in many places.
mutants:
	tests/lab/bootstrap.sh ../kunit/mutants.py

# For how long the driver has interrupts or preemption off, on an emulated CPU
# that counts its instructions.
sections:
	tests/lab/bootstrap.sh ../kunit/sections.py

# The pure files, and the driver on its test transport, for long: a million
# messages each round.
FUZZ_SECONDS ?= 1800
FUZZ_ROUNDS ?= 10
fuzz:
	tests/fuzz/run --mutants --seconds $(FUZZ_SECONDS)
	for round in $$(seq $(FUZZ_ROUNDS)); do \
		tests/kunit/run --filter hv_balloon_fuzz --messages 1000000 || \
			exit; \
	done

# Bursts in guests and on hosts of all kinds, with the pure files as they are:
# how much larger than its need a guest ends, and what it swaps.
simulate:
	tests/simulate/run

# Cycles, cycles a reload, suspends: in the debug kernel and in Debian's, side
# by side. The debug kernel also has an area for contiguous memory, a restless
# admin, and a host that withdraws the device.
SOAK ?= soak-200-20-50
soak:
	$(MAKE) --no-print-directory -j2 soak-debug soak-6.12

soak-debug:
	tests/lab/bootstrap.sh run.py --kernel debug $(SOAK) cma \
		churn sleep psigone untouched withdraw

soak-%:
	tests/lab/bootstrap.sh run.py --kernel $* $(SOAK)

lab:
	tests/lab/bootstrap.sh run.py

# What is too long for every day: crash dumps, kexec, systemd and udev, bursts.
# Without lab-builtin, which needs a kernel of its own.
lab-long:
	tests/lab/bootstrap.sh run.py --long

# The other kernels, one after the other: from the oldest to the newest.
lab-kernels:
	for kernel in 6.1 7.2 newest; do \
		tests/lab/bootstrap.sh run.py --quick --kernel $$kernel || exit; \
	done

# A kernel that has the stock driver built in: taking the device over from it. Its
# configuration is a small one of ours (builtin.config), no distribution's.
lab-builtin:
	tests/lab/bootstrap.sh run.py --kernel builtin takeover takeover-boot

# Times the driver and what else there is, for some hours; the table goes to
# README.md too. Then counts what looks, requests and sets of pages cost.
.PHONY: bench
bench:
	tests/lab/bootstrap.sh bench.py --readme README.md \
		--picture Documentation/bench
	tests/lab/bootstrap.sh cost.py

# Node, a JVM, redis, SQLite and others in a guest with a small Debian, with the
# stock driver and with this one, for half an hour; the table goes to README.md.
.PHONY: bench-real
bench-real:
	tests/lab/bootstrap.sh real.py --readme README.md

clean:
	$(MAKE) -C $(KDIR) M=$(CURDIR) clean

.PHONY: check dkms dkms-remove deb in-tree built-in dist install-tools

# Builds for every kernel, static checks and packaging; no guest is booted.
check:
	tests/check/run

# Lets DKMS build the module for each kernel that is installed.
dkms:
	scripts/dkms.sh install

dkms-remove:
	scripts/dkms.sh remove

# hv-balloon-dkms_*.deb, beside this tree's folder.
deb:
	dpkg-buildpackage --build=binary --no-sign

# hv-balloon-VERSION.tar.gz, which contrib/rpm, arch and alpine build from.
dist:
	version=$$(sed -n 's/^PACKAGE_VERSION="\(.*\)"$$/\1/p' dkms.conf) && \
	git archive --prefix=hv-balloon-$$version/ \
		--output=hv-balloon-$$version.tar.gz HEAD

# The programs with their pages, the units, and settings as examples, which nobody
# reads there: for packages. An empty UNITDIR or DOCDIR leaves those out.
BINDIR ?= /usr/bin
SBINDIR ?= /usr/sbin
MANDIR ?= /usr/share/man
UNITDIR ?= /usr/lib/systemd/system
DOCDIR ?= /usr/share/doc/hv-balloon
install-tools:
	install -D -m 755 -t $(DESTDIR)$(BINDIR) scripts/hv-balloon-top
	install -D -m 755 -t $(DESTDIR)$(SBINDIR) scripts/hv-balloon-check \
		scripts/hv-balloon-record scripts/hv-balloon-report
	install -D -m 644 -t $(DESTDIR)$(MANDIR)/man1 debian/hv-balloon-*.1
	install -D -m 644 -t $(DESTDIR)$(MANDIR)/man8 debian/hv-balloon-*.8
ifneq ($(UNITDIR),)
	install -D -m 644 -t $(DESTDIR)$(UNITDIR) contrib/systemd/*
endif
ifneq ($(DOCDIR),)
	for examples in modprobe.d sysctl.d; do \
		install -D -m 644 -t $(DESTDIR)$(DOCDIR)/$$examples \
			contrib/$$examples/* || exit; \
	done
endif

# Replaces the stock driver in a kernel source, in commits if that is a git tree:
# make in-tree KDIR=<source>
in-tree:
	python3 -B scripts/in-tree/run.py "$(KDIR)"

# The same for a kernel of one's own, of any version from 6.1 on, which stays as
# it is otherwise.
built-in:
	python3 -B scripts/in-tree/run.py --module "$(KDIR)"
