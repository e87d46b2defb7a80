# SPDX-License-Identifier: GPL-2.0-only
"""Owns the checks of the packages for other systems than Debian: RPM and Arch's
are built by their own tools, in a root that is thrown away; Alpine's functions
are called as abuild and akms would; Nix evaluates with stand-ins for nixpkgs;
the akmod's spec is parsed. What they run when they are removed is run, too.
"""

import re
import shutil
import subprocess

import box
import desk
import trees
from builds import AT, Failed, stage, tail
from intree import git
from packages import CHOICE, setting

VERSION = setting("PACKAGE_VERSION")
ARCHIVE = f"hv-balloon-{VERSION}"
VERSIONED = {			# where each names the version
    "contrib/rpm/hv-balloon.spec": r"^Version: +(\S+)$",
    "contrib/rpm/hv-balloon-kmod.spec": r"^Version: +(\S+)$",
    "contrib/arch/PKGBUILD": r"^pkgver=(\S+)$",
    "contrib/alpine/APKBUILD": r"^pkgver=(\S+)$",
    "contrib/alpine/AKMBUILD": r"^modver=(\S+)$",
    "contrib/nix/default.nix": r'version = "(.+)-\$',
}
# Texts that name the archive.
NAMING = ("README.md", "contrib/arch/PKGBUILD", "contrib/alpine/APKBUILD")
DRIVER = "drivers/hv/main.c"	# if this is there, so is the rest
EXAMPLES = ("modprobe.d", "sysctl.d")
TOOLS = ("bin/hv-balloon-top", "sbin/hv-balloon-check",
         "sbin/hv-balloon-record", "sbin/hv-balloon-report")


# giving WHETHER COMMAND...: what a package runs when it is removed, as if the
# driver was loaded beside one that is built in, and the host held no memory.
# WHETHER it gives the device back: yes or no. /sys is a plain directory there.
GIVING = r"""
giving() {
	wanted=$1
	shift
	device=/sys/bus/vmbus/devices/d/dynamic_memory
	mkdir -p /sys/module/hv_balloon_dm "$device"
	echo 0 >"$device/ballooned_bytes"
	rm -f /tmp/unloaded /usr/sbin/rmmod	# of kmod, to which it is a link
	printf '#!/bin/sh\necho "$1" >>/tmp/unloaded\n' >/usr/sbin/rmmod
	chmod +x /usr/sbin/rmmod
	"$@" || { echo "failed: $*"; exit 1; }
	case $wanted-$(cat /tmp/unloaded 2>/dev/null) in
	yes-hv_balloon_dm | no-) ;;
	*)	echo "device given back: not '$wanted' in $*"
		exit 1 ;;
	esac
}
"""


def archived(tree):
    """Has `make dist` write its archive into a tree that is no checkout."""
    git(tree, "init", "--quiet")
    git(tree, "add", "--all")
    git(tree, "commit", "--quiet", "--message=all")
    done = subprocess.run(["make", "-s", "-C", tree, "dist"], text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    shutil.rmtree(tree / ".git")
    if done.returncode or not (tree / f"{ARCHIVE}.tar.gz").exists():
        raise Failed(f"make dist: {tail(done.stdout)}")


def built(script, *args):
    """What a shell script said that ended well, with a kernel's headers there
    and the archive of `make dist` in the staged tree.
    """
    headers, _ = trees.headers(CHOICE)
    with stage() as tree:
        archived(tree)
        done = desk.run(["sh", "-euc", script, "sh", *args], layers=[headers],
                        binds=[(tree, AT)], cd=AT)
    if done.returncode:
        raise Failed(tail(done.stdout))
    return done.stdout


def has(said, *wanted):
    missing = [name for name in wanted if not
               re.search(rf"{re.escape(name)}(\s|$)", said, re.MULTILINE)]
    if missing:
        raise Failed(f"not in the package: {', '.join(missing)}\n{tail(said)}")


# What one distribution asks and another doesn't: tags, lists of licenses, how
# pages are packed. There is no repository to sign for, and no page to point to.
# Sources are what DKMS is for, and a module's symbols are what the kernel links.
RPMLINT = """
Filters = ["no-packager-tag", "no-group-tag", "no-buildroot-tag",
           "no-%check-section", "invalid-license", "manpage-not-compressed",
           "incorrect-fsf-address", "no-signature", "no-url-tag", "invalid-url",
           "no-documentation", "devel-file-in-non-devel-package",
           "unstripped-binary-or-object", "wrong-depmod"]
"""


# What an RPM runs before it is removed, or updated: $1 are those that stay. First
# for the kernel that runs, then for another.
SCRIPTLETS = r"""
mkdir /tmp/bin
PATH=/tmp/bin:$PATH
running() {
	printf '#!/bin/sh\necho %s\n' "$1" >/tmp/bin/uname
	chmod +x /tmp/bin/uname
}
for kind in dkms kmod; do
	package=$(ls ~/rpmbuild/RPMS/*/*$kind*.rpm)
	bsdtar -xf "$package" -C /
	rpm -qp --qf '%{PREUN}\n' "$package" >/tmp/preun
	running "$1"
	giving yes sh /tmp/preun 0
	giving no sh /tmp/preun 1
done
running 9.9.9
giving no sh /tmp/preun 0
"""


def rpm():
    _, version = trees.headers(CHOICE)
    said = built(f"""
{GIVING}
build() {{
	rpmbuild --quiet --nodeps "$@" --define "_sourcedir $PWD" \
		contrib/rpm/hv-balloon.spec >log 2>&1 || {{ cat log; exit 1; }}
}}
build -ba --with kmod --define "kver $1"
cat >rpmlint.toml <<'END'
{RPMLINT}
END
LC_ALL=C.UTF-8 rpmlint --strict --config rpmlint.toml \
	contrib/rpm/hv-balloon.spec ~/rpmbuild/RPMS/*/*.rpm >&2
rpm -qpl --provides ~/rpmbuild/RPMS/*/*.rpm
{SCRIPTLETS}
# As Fedora has it from 42 on, and for a kernel that has the stock driver built in.
rm -r ~/rpmbuild/RPMS
sed -i 's/^CONFIG_HYPERV_BALLOON=m/CONFIG_HYPERV_BALLOON=y/' \
	"/lib/modules/$1/build/include/config/auto.conf"
build -bb --with kmod --define "kver $1" --define "_sbindir /usr/bin"
rpm -qpl ~/rpmbuild/RPMS/*/*tools*.rpm
rpm -qpl ~/rpmbuild/RPMS/*/kmod*.rpm | sed 's/^/built in: /'
""", version)
    modules = f"/usr/lib/modules/{version}/updates"
    has(said, f"/usr/src/{ARCHIVE}/{DRIVER}", f"{modules}/hv_balloon.ko",
        f"built in: {modules}/hv_balloon_dm.ko",
        "/usr/lib/systemd/system/hv-balloon-metrics.timer",
        f"hv-balloon-kmod-common = {VERSION}",
        *(f"/{name}/hv_balloon.conf" for name in EXAMPLES),
        *(f"/usr/{tool}" for tool in TOOLS),
        *(f"/usr/{tool.replace('sbin', 'bin')}" for tool in TOOLS))
    if re.search(r"^/etc/", said, re.MULTILINE):
        raise Failed(f"examples are in use:\n{tail(said)}")


# What kmodtool would write, for one kernel.
KMODTOOL = r"""#!/bin/sh
cat <<'LINES'
%global kernel_versions 6.1___/usr/src/kernels/6.1
%global kmodinstdir_prefix /usr/lib/modules
%global kmodinstdir_postfix /extra/hv-balloon
%package -n kmod-hv-balloon-6.1
Summary: for one kernel
%postun -n kmod-hv-balloon-6.1
true
%description -n kmod-hv-balloon-6.1
For one kernel.
%files -n kmod-hv-balloon-6.1
LINES
"""
PREUN = """\
%preun -n kmod-hv-balloon-6.1
[ $1 -gt 0 ] || [ "$(uname -r)" != 6.1 ] ||
	/usr/libexec/hv-balloon/give-back.sh || :
"""


def akmod():
    said = built(f"""
cat >/usr/bin/kmodtool <<'END'
{KMODTOOL}
END
chmod +x /usr/bin/kmodtool
rpmspec --define "_libexecdir /usr/libexec" \
	--parse contrib/rpm/hv-balloon-kmod.spec
""")
    for wanted in 'KDIR="${kernel##*___}" modules', PREUN:
        if wanted not in said:
            raise Failed(f"no {wanted} in\n{said}")
    if re.search(r"%\{[^?]|%make", said):
        raise Failed(said)


def arch():
    said = built(f"""
{GIVING}
useradd --create-home builder
install -o builder -d /home/builder/package
cp contrib/arch/* {ARCHIVE}.tar.gz /home/builder/package
cd /home/builder/package
export LC_ALL=C.UTF-8
runuser -u builder -- makepkg --nodeps --nocolor >log 2>&1 ||
	{{ cat log; exit 1; }}
bsdtar -tf hv-balloon-dkms-*.pkg.tar*
bsdtar -xf hv-balloon-dkms-*.pkg.tar* -C /
giving yes bash -euc '. /.INSTALL; pre_remove "$0"' "{VERSION}-1"
giving no bash -euc '. /.INSTALL; ! declare -F pre_upgrade post_upgrade'
""")
    has(said, f"usr/src/{ARCHIVE}/{DRIVER}", f"usr/src/{ARCHIVE}/dkms.conf",
        ".PKGINFO", ".INSTALL", "usr/lib/systemd/system/hv-balloon-metrics.timer",
        *(f"usr/{tool.replace('sbin', 'bin')}" for tool in TOOLS))


def alpine():
    _, version = trees.headers(CHOICE)
    said = built(f"""
{GIVING}
mkdir srcdir
tar -C srcdir -xf {ARCHIVE}.tar.gz
cp contrib/alpine/AKMBUILD srcdir
cat >as-abuild <<'END'
. ./contrib/alpine/APKBUILD
srcdir=$PWD/srcdir pkgdir=$PWD/pkg subpkgdir=$PWD/src
cd srcdir/$pkgname-$pkgver
build
package
_src
END
cat >as-akms <<'END'
builddir=$PWD/src/usr/src/{ARCHIVE}
export kernel_ver=$1 kernel_srcdir=
variables() {{
	sh -c ". $builddir/AKMBUILD; set" |
		grep -E '^(built_modules|modname|modver)='
}}
eval "$(variables)"
[ "$modname-$modver" = "{ARCHIVE}" ]
kernel_srcdir=/lib/modules/$1/build
. "$builddir/AKMBUILD"
build
extra=/lib/modules/$1/kernel/extra/akms
stock=/lib/modules/$1/kernel/drivers/hv
mkdir -p "$extra" "$stock"
(cd "$builddir" && install $built_modules "$extra")
install "$extra/hv_balloon.ko" "$stock"
/sbin/depmod "$1"
echo "before: $(modinfo -k "$1" -F filename hv_balloon)"
install -D -t /etc/depmod.d src/etc/depmod.d/*
/sbin/depmod "$1"
echo "after: $(modinfo -k "$1" -F filename hv_balloon)"
echo kernel/drivers/hv/hv_balloon.ko >>/lib/modules/$1/modules.builtin
variables
END
sh -eu as-abuild >log 2>&1 || {{ cat log; exit 1; }}
sh -eu as-akms "$1" 2>&1 || exit
find pkg src -type f
cp -r src/usr/src /usr
sh -euc '. contrib/alpine/APKBUILD; echo "$install"' | grep -qx \
	hv-balloon-src.pre-deinstall
giving yes contrib/alpine/hv-balloon-src.pre-deinstall "{VERSION}-r0"
""", version)
    at = f"/lib/modules/{version}/kernel"
    has(said, f"src/usr/src/{ARCHIVE}/{DRIVER}",
        f"before: {at}/drivers/hv/hv_balloon.ko",
        f"after: {at}/extra/akms/hv_balloon.ko",
        "built_modules='hv_balloon_dm.ko'", "pkg/etc/local.d/hv_balloon.start",
        *(f"pkg/usr/share/doc/hv-balloon/{name}/hv_balloon.conf"
          for name in EXAMPLES),
        *(f"pkg/usr/{tool}" for tool in TOOLS))


# Enough of nixpkgs and of NixOS for our two files.
NIX = """
let
  kernel = { version = "6.1"; modDirVersion = "6.1.0"; dev = "/kernel";
             makeFlags = throw "has O=, which is for the kernel itself";
             moduleBuildDependencies = [ ]; };
  kernelModuleMakeFlags = [ "ARCH=x86" ];
  lib = { cleanSource = path: toString path;
          licenses.gpl2Only = "GPL-2.0-only"; mkIf = test: value:
          if test then value else null; mkEnableOption = text: text;
          mkOption = option: option; types.str = "str"; };
  stdenv.mkDerivation = attrs: attrs;
  package = import ./contrib/nix/default.nix {
    inherit lib stdenv kernel kernelModuleMakeFlags; };
  system = import ./contrib/nix/module.nix {
    inherit lib;
    pkgs.kmod = "/kmod";
    config.hardware.hvBalloon = { enable = true; parameters = "hot_add=N"; };
    config.boot.kernelPackages.callPackage = file: _: import file
      { inherit lib stdenv kernel kernelModuleMakeFlags; };
  };
  service = system.config.systemd.services.hv-balloon-dm;
in "${package.version} ${package.src} ${toString package.makeFlags} ${
  (builtins.head system.config.boot.extraModulePackages).installPhase} ${
  system.config.boot.extraModprobeConfig} ${toString service.path} ${
  service.script} ${service.preStop}"
"""


def nix():
    said = built(f"""
cat >all.nix <<'END'
{NIX}
END
export NIX_STATE_DIR=/tmp/nix NIX_STORE_DIR=/tmp/store
nix-instantiate --parse contrib/nix/*.nix >/dev/null
nix-instantiate --eval --strict all.nix
""")
    for wanted in (f'"{VERSION}-6.1 {AT} ARCH=x86 KDIR=/kernel/lib/modules/'
                   '6.1.0/build', "lib/modules/6.1.0/updates",
                   "options hv_balloon hot_add=N",
                   "options hv_balloon_dm hot_add=N",
                   "/kmod modprobe -q hv_balloon_dm", "rmmod hv_balloon_dm"):
        if wanted not in said:
            raise Failed(f"no {wanted} in\n{said}")


def versions():
    """Every package has the version of dkms.conf."""
    wrong = []
    for name, pattern in VERSIONED.items():
        found = re.findall(pattern, (box.TREE / name).read_text(), re.M)
        if found != [VERSION]:
            wrong.append(f"{name}: {found}, dkms.conf: {VERSION}")
    for name in NAMING:
        found = set(re.findall(r"hv-balloon-([\d.]+)\.tar",
                               (box.TREE / name).read_text()))
        if found != {VERSION}:
            wrong.append(f"{name}: an archive of {found}")
    if wrong:
        raise Failed("\n".join(wrong))


CHECKS = {
    "rpm in a clean root": rpm,
    "akmod's spec": akmod,
    "arch's package in a clean root": arch,
    "alpine's package and akms": alpine,
    "nix's expressions": nix,
    "versions of the packages": versions,
}
