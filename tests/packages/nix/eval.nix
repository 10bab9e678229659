# SPDX-License-Identifier: LGPL-2.1-or-later
# What packaging/nix makes of a configuration: files, and what of the system it touches. Nothing is built.
{ lib, host }:

let
  named = name: {
    type = "derivation";
    outPath = "/nix/store/${name}";
    inherit name;
  };
  pkgs =
    builtins.listToAttrs (
      map (name: lib.nameValuePair name (named name)) [
        "bash-completion" "c-ares" "curl" "getent" "gettext" "glib" "gtk3" "gtk4" "jansson" "kmod" "libb2" "libmnl" "libnatpmp" "libpng" "libsodium" "meson" "miniupnpc" "networkmanager" "nftables"
        "ninja" "pkg-config" "procps" "python3" "qrencode" "scdoc" "systemd" "tailscale"
      ]
    )
    // {
      inherit lib;
      stdenv.mkDerivation = attrs: named attrs.pname // attrs // attrs.passthru;
      callPackage = file: more: import file (builtins.intersectAttrs (builtins.functionArgs (import file)) pkgs // more);
      runCommand = name: env: script: named name // { inherit (env) text; inherit script; };
    };
  option = type: default: lib.mkOption { inherit type default; };
  inherit (lib) types;
  list = option (types.listOf types.raw) [ ];
  set = option (types.attrsOf types.raw) { };
  # What NixOS has
  nixos.options = {
    assertions = list;
    environment.etc = option (types.attrsOf (types.submodule {
      options.source = option types.raw null;
      options.text = option (types.nullOr types.str) null;
    })) { };
    environment.systemPackages = list;
    networking.dhcpcd.denyInterfaces = list;
    networking.firewall.allowedUDPPorts = list;
    networking.firewall.checkReversePath = option types.raw true;
    networking.networkmanager.enable = option types.bool false;
    networking.networkmanager.plugins = list;
    networking.useNetworkd = option types.bool false;
    services.dbus.packages = list;
    services.tailscale.enable = option types.bool false;
    system.nssDatabases.hosts = list;
    system.nssModules = list;
    systemd.network.enable = option types.bool false;
    systemd.network.wait-online.enable = option types.bool true;
    systemd.packages = list;
    systemd.services = set;
    systemd.tmpfiles.packages = list;
    users.groups = set;
    users.users = set;
  };
  evaluated = lib.evalModules {
    modules = [
      nixos
      ../../../packaging/nix/module.nix
      { config = host; }
    ];
    specialArgs = { inherit pkgs; };
  };
  inherit (evaluated) config;
in
{
  files = builtins.mapAttrs (_: file: if file.text != null then file.text else file.source.text or (toString file.source)) config.environment.etc;
  failed = map (a: a.message) (builtins.filter (a: !a.assertion) config.assertions);
  firewall = { inherit (config.networking.firewall) allowedUDPPorts checkReversePath; };
  dhcpcd = config.networking.dhcpcd.denyInterfaces;
  network = { inherit (config.systemd.network) enable; waitOnline = config.systemd.network.wait-online.enable; };
  plugins = map (p: p.networkManagerPlugin) config.networking.networkmanager.plugins;
  services = builtins.attrNames config.systemd.services;
  package = { inherit (config.services.wattle.package) version mesonFlags; };
}
