# SPDX-License-Identifier: GPL-2.0-only
# For NixOS: imports = [ <this file> ]; hardware.hvBalloon.enable = true;
{ config, lib, pkgs, ... }:

let
  cfg = config.hardware.hvBalloon;
in
{
  options.hardware.hvBalloon = {
    enable = lib.mkEnableOption "this driver for Hyper-V Dynamic Memory";
    parameters = lib.mkOption {
      type = lib.types.str;
      default = "";
      example = "online_policy=movable";
      description = "Parameters of the module.";
    };
  };

  config = lib.mkIf cfg.enable {
    boot.extraModulePackages = [
      (config.boot.kernelPackages.callPackage ./default.nix { })
    ];
    boot.kernelModules = [ "hv_balloon" ];

    # Where the kernel has its own driver built in, the module is hv_balloon_dm. That
    # driver has the device again when this service is stopped, which it is when it
    # is no longer part of the system; so not for an update, nor for a shutdown.
    systemd.services.hv-balloon-dm = {
      description = "Hyper-V Dynamic Memory in place of a driver that is built in";
      wantedBy = [ "multi-user.target" ];
      restartIfChanged = false;
      unitConfig.DefaultDependencies = false;
      path = [ pkgs.kmod ];
      serviceConfig.Type = "oneshot";
      serviceConfig.RemainAfterExit = true;
      script = "modprobe -q hv_balloon_dm || true";
      preStop = builtins.readFile ../../scripts/give-back.sh;
    };

    boot.extraModprobeConfig = lib.mkIf (cfg.parameters != "") ''
      options hv_balloon ${cfg.parameters}
      options hv_balloon_dm ${cfg.parameters}
    '';
  };
}
