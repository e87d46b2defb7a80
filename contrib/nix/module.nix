# SPDX-License-Identifier: GPL-2.0-only
# For NixOS: imports = [ <this file> ]; hardware.hvBalloon.enable = true;
{ config, lib, ... }:

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
    boot.extraModprobeConfig = lib.mkIf (cfg.parameters != "") ''
      options hv_balloon ${cfg.parameters}
      options hv_balloon_dm ${cfg.parameters}
    '';
  };
}
