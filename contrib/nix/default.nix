# SPDX-License-Identifier: GPL-2.0-only
# The module for one kernel, as boot.kernelPackages.callPackage makes it. Never
# built by us: it was evaluated with stand-ins for what nixpkgs has.
{ lib, stdenv, kernel, kernelModuleMakeFlags }:

stdenv.mkDerivation {
  pname = "hv-balloon";
  version = "0.1-${kernel.version}";
  src = lib.cleanSource ../..;

  hardeningDisable = [ "pic" ];
  nativeBuildInputs = kernel.moduleBuildDependencies;
  makeFlags = kernelModuleMakeFlags ++ [
    "KDIR=${kernel.dev}/lib/modules/${kernel.modDirVersion}/build"
  ];
  buildFlags = [ "modules" ];

  installPhase = ''
    runHook preInstall
    # hv_balloon_dm.ko where the kernel has its own driver built in.
    install -D -m 644 -t $out/lib/modules/${kernel.modDirVersion}/updates \
      hv_balloon*.ko
    runHook postInstall
  '';

  meta = {
    description = "Hyper-V Dynamic Memory driver for guests";
    license = lib.licenses.gpl2Only;
    platforms = [ "x86_64-linux" "aarch64-linux" ];
  };
}
