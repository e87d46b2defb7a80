# SPDX-License-Identifier: GPL-2.0-only
"""Owns the checks of the packages for other systems than Debian: RPM and Arch's
are built by their own tools, in a root that is thrown away; Alpine's functions
are called as abuild and akms would; Nix evaluates with stand-ins for nixpkgs;
the akmod's spec is parsed.
"""

import re
import tarfile

import box
import desk
import trees
from builds import AT, Failed, stage, tail
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
DRIVER = "drivers/hv/main.c"	# if this is there, so is the rest
EXAMPLES = ("modprobe.d", "sysctl.d")
TOOLS = ("bin/hv-balloon-top", "sbin/hv-balloon-check",
         "sbin/hv-balloon-record", "sbin/hv-balloon-report")


def built(script, *args):
    """What a shell script said that ended well, with a kernel's headers there
    and the archive of `make dist` in the staged tree.
    """
    headers, _ = trees.headers(CHOICE)
    with stage() as tree:
        names = [path for path in sorted(tree.rglob("*")) if path.is_file()]
        with tarfile.open(tree / f"{ARCHIVE}.tar.gz", "w:gz") as archive:
            for path in names:
                archive.add(path, f"{ARCHIVE}/{path.relative_to(tree)}")
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


def rpm():
    _, version = trees.headers(CHOICE)
    said = built(f"""
mkdir -p ~/rpmbuild/SOURCES
cp {ARCHIVE}.tar.gz ~/rpmbuild/SOURCES
rpmbuild --quiet --nodeps -ba --with kmod --define "kver $1" \
	contrib/rpm/hv-balloon.spec >log 2>&1 || {{ cat log; exit 1; }}
cat >rpmlint.toml <<'END'
{RPMLINT}
END
LC_ALL=C.UTF-8 rpmlint --strict --config rpmlint.toml \
	contrib/rpm/hv-balloon.spec ~/rpmbuild/RPMS/*/*.rpm >&2
rpm -qpl --provides ~/rpmbuild/RPMS/*/*.rpm
# As Fedora has it from 42 on.
rm -r ~/rpmbuild/RPMS
rpmbuild --quiet --nodeps -bb --define "_sbindir /usr/bin" \
	--define "_sourcedir $PWD" contrib/rpm/hv-balloon.spec >log 2>&1 || {{ cat log; exit 1; }}
rpm -qpl ~/rpmbuild/RPMS/*/*tools*.rpm
""", version)
    has(said, f"/usr/src/{ARCHIVE}/{DRIVER}",
        f"/usr/lib/modules/{version}/updates/hv_balloon.ko",
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
LINES
"""


def akmod():
    said = built(f"""
cat >/usr/bin/kmodtool <<'END'
{KMODTOOL}
END
chmod +x /usr/bin/kmodtool
rpmspec --parse contrib/rpm/hv-balloon-kmod.spec
""")
    wanted = 'KDIR="${kernel##*___}" modules'
    if wanted not in said or re.search(r"%\{[^?]|%make", said):
        raise Failed(said)


def arch():
    said = built(f"""
useradd --create-home builder
install -o builder -d /home/builder/package
cp contrib/arch/* {ARCHIVE}.tar.gz /home/builder/package
cd /home/builder/package
export LC_ALL=C.UTF-8
runuser -u builder -- makepkg --nodeps --nocolor >log 2>&1 ||
	{{ cat log; exit 1; }}
bsdtar -tf hv-balloon-dkms-*.pkg.tar*
""")
    has(said, f"usr/src/{ARCHIVE}/{DRIVER}", f"usr/src/{ARCHIVE}/dkms.conf",
        ".PKGINFO", ".INSTALL", "usr/lib/systemd/system/hv-balloon-metrics.timer",
        *(f"usr/{tool.replace('sbin', 'bin')}" for tool in TOOLS))


def alpine():
    _, version = trees.headers(CHOICE)
    said = built(f"""
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
    config.hardware.hvBalloon = { enable = true; parameters = "hot_add=N"; };
    config.boot.kernelPackages.callPackage = file: _: import file
      { inherit lib stdenv kernel kernelModuleMakeFlags; };
  };
in "${package.version} ${package.src} ${toString package.makeFlags} ${
  (builtins.head system.config.boot.extraModulePackages).installPhase} ${
  system.config.boot.extraModprobeConfig}"
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
                   "options hv_balloon_dm hot_add=N"):
        if wanted not in said:
            raise Failed(f"no {wanted} in\n{said}")


def versions():
    """Every package has the version of dkms.conf."""
    wrong = []
    for name, pattern in VERSIONED.items():
        found = re.findall(pattern, (box.TREE / name).read_text(), re.M)
        if found != [VERSION]:
            wrong.append(f"{name}: {found}, dkms.conf: {VERSION}")
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
