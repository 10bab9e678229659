# SPDX-License-Identifier: LGPL-2.1-or-later
# services.wattle, for NixOS. services.wattle.meshes has the words of a module of one's own for WireGuard (devices, address, migrate),
# services.wattle.tailnet those of services.tailscale; both become the text that wattle.mesh(5) and wattle.tailnet(5) describe, and
# `wattle check` reads it when the system is built.
{
  config,
  lib,
  pkgs,
  ...
}:

let
  inherit (lib) mkIf mkOption types;
  cfg = config.services.wattle;

  # Text of a file: sections of keys. A key that is null is left out.
  value = v: if builtins.isBool v then (if v then "yes" else "no") else if builtins.isList v then toString v else toString v;
  line = key: v: "${key}=${value v}\n";
  isSaid = v: v != null && v != [ ];
  keys = attrs: lib.concatStrings (lib.mapAttrsToList line (lib.filterAttrs (_: isSaid) attrs));
  section = name: attrs: "[${name}]\n${keys attrs}";
  file = sections: "# Made by NixOS\n" + lib.concatStringsSep "\n" sections;

  # The file, when it is good.
  checked =
    name: text:
    pkgs.runCommand name
      {
        inherit text;
        passAsFile = [ "text" ];
        nativeBuildInputs = [ cfg.package ];
      }
      ''
        cp "$textPath" ./${name}
        wattle check ./${name}
        cp ./${name} "$out"
      '';

  list = v: if v == null then [ ] else lib.toList v;
  # { ip = ...; port = ...; }, or the text itself
  endpoint = e: if builtins.isString e then e else if lib.hasInfix ":" e.ip then "[${e.ip}]:${toString e.port}" else "${e.ip}:${toString e.port}";
  endpoints = v: map endpoint (list v);

  device =
    name: d:
    section "Device ${name}" (
      {
        PublicKey = d.publicKey;
        Address = list d.address;
        Alias = list d.altHostname;
        PublicEndpoint = endpoints d.publicEndpoint;
        PrivateEndpoint = endpoints d.privateEndpoint;
      }
      // d.settings
    );

  profile =
    mesh:
    file (
      [
        (section "Mesh" (
          {
            Subnet = mesh.subnets;
            Domain = mesh.domain;
            ListenPort = mesh.devicesPort;
          }
          // mesh.settings
        ))
      ]
      ++ lib.mapAttrsToList device mesh.devices
    );

  # Which device this host is: by its address, as in `address`, or as wattle finds out itself.
  ownDevice =
    mesh:
    let
      found = lib.filterAttrs (_: d: builtins.elem mesh.address (list d.address)) mesh.devices;
    in
    if mesh.address == null || found == { } then null else builtins.head (builtins.attrNames found);

  owner = if config.networking.networkmanager.enable then "NetworkManager" else "networkd";

  meshLocal =
    mesh:
    file [
      (section "Local" (
        {
          ActivationPolicy = mesh.activationPolicy;
          Device = ownDevice mesh;
          Interface = mesh.interfaceName;
          ListenPort = mesh.port;
          Migrate = mesh.migrate;
          Owner = owner;
          PrivateKeyFile = mesh.privateKeyFile;
          RoutingFeatures = mesh.useRoutingFeatures;
        }
        // mesh.localSettings
      ))
    ];

  tailnetText =
    let
      tailnet = cfg.tailnet;
    in
    file [
      (section "Tailscale" (
        {
          Port = tailnet.port;
          PermitCertUser = tailnet.permitCertUid;
          AuthKeyFile = tailnet.authKeyFile;
          Ephemeral = tailnet.authKeyParameters.ephemeral;
          Preauthorized = tailnet.authKeyParameters.preauthorized;
          BaseURL = tailnet.authKeyParameters.baseURL;
          UpFlags = tailnet.extraUpFlags;
          SetFlags = tailnet.extraSetFlags;
          DaemonFlags = tailnet.extraDaemonFlags;
        }
        // tailnet.settings
      ))
      (section "Local" (
        {
          Interface = tailnet.interfaceName;
          RoutingFeatures = tailnet.useRoutingFeatures;
        }
        // tailnet.localSettings
      ))
    ];

  meshNames = builtins.attrNames cfg.meshes;
  meshesWith = test: builtins.filter test (builtins.attrValues cfg.meshes);
  interface = name: if cfg.meshes.${name}.interfaceName != null then cfg.meshes.${name}.interfaceName else name;
  # What a firewall has to let in: this host's port.
  port =
    mesh:
    let
      own = ownDevice mesh;
      said = builtins.filter (p: p != null) [
        mesh.port
        (if own == null then null else mesh.devices.${own}.settings.ListenPort or null)
        mesh.devicesPort
      ];
    in
    if said == [ ] then 51820 else builtins.head said;
  usesOthers = mesh: mesh.localSettings.AcceptRoutes or false || mesh.localSettings ? ExitNode;
  hasTunnel = cfg.tailnet.enable && cfg.tailnet.interfaceName != "userspace-networking";

  atom = types.oneOf [
    types.bool
    types.int
    types.str
  ];
  settings =
    what:
    mkOption {
      type = types.attrsOf (types.either atom (types.listOf atom));
      default = { };
      description = "More keys of ${what}.";
    };
  features =
    default:
    mkOption {
      type = types.enum [
        "auto"
        "none"
        "client"
        "server"
        "both"
      ];
      inherit default;
      description = "RoutingFeatures=: what the kernel has to know for routes of others (client) and for others (server).";
    };
  flags =
    what:
    mkOption {
      type = types.listOf types.str;
      default = [ ];
      description = "More flags of ${what}. Those that have a key of wattle.tailnet(5) stand in `settings`.";
    };
  parameter =
    type: what:
    mkOption {
      type = types.nullOr type;
      default = null;
      description = "With a client secret as auth key: ${what}. Needs settings.AdvertiseTags.";
    };
  endpointOption =
    what:
    mkOption {
      type =
        let
          one = types.either types.str (
            types.submodule {
              options = {
                ip = mkOption {
                  type = types.str;
                  description = "Address, or the name of a host.";
                };
                port = mkOption {
                  type = types.port;
                  description = "UDP port.";
                };
              };
            }
          );
        in
        types.nullOr (types.either one (types.listOf one));
      default = null;
      description = "Where the device can be called ${what}: ADDRESS:PORT, { ip, port }, or a list of such.";
    };
  names =
    what:
    mkOption {
      type = types.nullOr (types.either types.str (types.listOf types.str));
      default = null;
      description = what;
    };

  deviceOptions = types.submodule {
    options = {
      publicKey = mkOption {
        type = types.str;
        description = "As `wattle genkey` prints it.";
      };
      address = names "Address, or addresses, of the device in the mesh.";
      altHostname = names "More names of the device.";
      publicEndpoint = endpointOption "from anywhere";
      privateEndpoint = endpointOption "on its LAN";
      settings = settings "[Device], see wattle.mesh(5)";
    };
  };

  meshOptions = types.submodule {
    options = {
      profile = mkOption {
        type = types.nullOr types.path;
        default = null;
        description = "The mesh as a file. Without it, `devices` and `subnets` say what is in it.";
      };
      devices = mkOption {
        type = types.attrsOf deviceOptions;
        default = { };
        description = "The devices of the mesh, this one too, by their names.";
      };
      subnets = mkOption {
        type = types.listOf types.str;
        default = [ ];
        example = [ "10.42.0.0/16" ];
        description = "Subnet=: the addresses of the mesh.";
      };
      domain = mkOption {
        type = types.nullOr types.str;
        default = null;
        description = "Domain=; the name of the mesh without it.";
      };
      devicesPort = mkOption {
        type = types.nullOr types.port;
        default = null;
        description = "ListenPort= of every device; 51820 without it.";
      };
      settings = settings "[Mesh], see wattle.mesh(5)";
      address = mkOption {
        type = types.nullOr types.str;
        default = null;
        example = "10.42.1.1";
        description = "This host is the device with this address. Without it, it is found by its key or its host name.";
      };
      interfaceName = mkOption {
        type = types.nullOr types.str;
        default = null;
        description = "Interface=; the name of the mesh without it.";
      };
      port = mkOption {
        type = types.nullOr types.port;
        default = null;
        description = "ListenPort= of this host alone.";
      };
      openFirewall = mkOption {
        type = types.bool;
        default = false;
        description = "Whether the firewall lets the UDP port of this host in.";
      };
      privateKeyFile = mkOption {
        type = types.nullOr types.str;
        default = null;
        description = "PrivateKeyFile=, outside the store; /etc/wattle/NAME.key without it.";
      };
      activationPolicy = mkOption {
        type = types.enum [
          "manual"
          "up"
          "always-up"
        ];
        default = "up";
        description = "ActivationPolicy=.";
      };
      migrate = mkOption {
        type = types.bool;
        default = true;
        description = "Whether wattled moves the peers' endpoints between a LAN and the Internet.";
      };
      useRoutingFeatures = features "auto";
      localSettings = settings "[Local], see wattle.mesh(5)";
    };
  };

  tailnetOptions = {
    enable = lib.mkEnableOption "what Tailscale's daemon needs around it, as wattle.tailnet(5) has it, instead of services.tailscale";
    package = lib.mkPackageOption pkgs "tailscale" { };
    port = mkOption {
      type = types.port;
      default = 41641;
      description = "UDP port; 0: any.";
    };
    interfaceName = mkOption {
      type = types.str;
      default = "tailscale0";
      description = "Name of the interface; userspace-networking: none.";
    };
    permitCertUid = mkOption {
      type = types.nullOr types.nonEmptyStr;
      default = null;
      description = "User who may fetch certificates of this device's name.";
    };
    openFirewall = mkOption {
      type = types.bool;
      default = false;
      description = "Whether the firewall lets the port in.";
    };
    useRoutingFeatures = features "none";
    authKeyFile = mkOption {
      type = types.nullOr types.path;
      default = null;
      example = "/run/secrets/tailscale_key";
      description = "File with an auth key or a client secret, outside the store.";
    };
    authKeyParameters = {
      ephemeral = parameter types.bool "the device is forgotten when it is off";
      preauthorized = parameter types.bool "nobody has to approve the device";
      baseURL = parameter types.str "where the key is asked for";
    };
    extraUpFlags = flags "tailscale up";
    extraSetFlags = flags "tailscale set";
    extraDaemonFlags = flags "tailscaled";
    settings = settings "[Tailscale], see wattle.tailnet(5)";
    localSettings = settings "[Local], see wattle.tailnet(5)";
  };

  keep = {
    restartIfChanged = false;
  };
in
{
  options.services.wattle = {
    enable = lib.mkEnableOption "wattle: private WireGuard networks from one text file";
    package = mkOption {
      type = types.package;
      default = pkgs.callPackage ./package.nix { };
      defaultText = lib.literalExpression "pkgs.callPackage ./package.nix { }";
      description = "The package.";
    };
    meshes = mkOption {
      type = types.attrsOf meshOptions;
      default = { };
      description = "Meshes of this host, by their names.";
    };
    tailnet = tailnetOptions;
  };

  config = mkIf cfg.enable (
    lib.mkMerge [
      {
        assertions =
          map (name: {
            assertion = (cfg.meshes.${name}.profile == null) != (cfg.meshes.${name}.devices == { });
            message = "services.wattle.meshes.${name}: give profile, or devices and subnets";
          }) meshNames
          ++ map (name: {
            assertion = cfg.meshes.${name}.address == null || ownDevice cfg.meshes.${name} != null;
            message = "services.wattle.meshes.${name}: no device has the address ${toString cfg.meshes.${name}.address}";
          }) meshNames;

        environment.systemPackages = [ cfg.package ];
        systemd.packages = [ cfg.package ]; # units, and the generator, which links those of each mesh
        systemd.tmpfiles.packages = [ cfg.package ];
        services.dbus.packages = [ cfg.package ];
        networking.networkmanager.plugins = mkIf config.networking.networkmanager.enable [ cfg.package ];

        # In front: resolved, which comes before files here, would answer first.
        system.nssModules = [ cfg.package ];
        system.nssDatabases.hosts = lib.mkOrder 350 [ "wattle" ];

        # NixOS reads no sysusers.d.
        users.users.wattle = {
          isSystemUser = true;
          group = "wattle";
          description = "wattle mesh paths";
        };
        users.groups.wattle = { };

        # A new system may come over a tunnel: nothing cuts one. wattled is restarted in one go.
        systemd.services = {
          wattled.stopIfChanged = false;
          "wattle-networkd@" = keep;
          "wattle-nm@" = keep;
          "wattle-filter@" = keep;
          "wattle-portmap@" = keep;
          "wattle-relay@" = keep;
          "wattle-update@" = keep;
          "wattle-tailnet@" = keep;
          "wattle-tailscale@" = keep;
        };
      }

      (mkIf (cfg.meshes != { }) {
        environment.etc = lib.mkMerge (
          map (name: {
            "wattle/${name}.mesh".source =
              let
                mesh = cfg.meshes.${name};
              in
              if mesh.profile != null then mesh.profile else checked "${name}.mesh" (profile mesh);
            "wattle/${name}.mesh.d/50-nixos.conf".text = meshLocal cfg.meshes.${name};
          }) meshNames
        );

        networking.firewall.allowedUDPPorts = map port (meshesWith (mesh: mesh.openFirewall));
        # The firewall's own filter of reverse paths knows no marks of WireGuard's.
        networking.firewall.checkReversePath = mkIf (meshesWith usesOthers != [ ]) (lib.mkDefault "loose");
        networking.dhcpcd.denyInterfaces = map interface meshNames;

        systemd.network.enable = mkIf (owner == "networkd") true;
        systemd.network.wait-online.enable = mkIf (owner == "networkd" && !config.networking.useNetworkd) (lib.mkDefault false);

        # At boot the generator's units do it. A new system has a mesh applied when its text has changed.
        systemd.services = lib.listToAttrs (
          map (
            name:
            lib.nameValuePair "wattle-apply@${name}" {
              overrideStrategy = "asDropin";
              wantedBy = [ "multi-user.target" ];
              after = [
                "systemd-networkd.service"
                "NetworkManager.service"
              ];
              restartTriggers = [
                config.environment.etc."wattle/${name}.mesh".source
                (meshLocal cfg.meshes.${name})
              ];
              serviceConfig.RemainAfterExit = true;
            }
          ) meshNames
        );
      })

      (mkIf cfg.tailnet.enable {
        assertions = [
          {
            assertion = !config.services.tailscale.enable;
            message = "services.wattle.tailnet and services.tailscale: there is one tailscaled";
          }
        ];
        environment.etc."wattle/tailnet.tailnet".source = checked "tailnet.tailnet" tailnetText;
        environment.systemPackages = [ cfg.tailnet.package ];
        systemd.packages = [ cfg.tailnet.package ];
        # What tailscaled calls
        systemd.services.tailscaled = {
          path = [
            pkgs.procps
            pkgs.getent
            pkgs.kmod
          ];
          restartTriggers = [ tailnetText ];
          stopIfChanged = false;
        };
        networking.firewall.allowedUDPPorts = mkIf cfg.tailnet.openFirewall [ cfg.tailnet.port ];
        networking.firewall.checkReversePath = mkIf (builtins.elem cfg.tailnet.useRoutingFeatures [
          "client"
          "both"
        ]) (lib.mkDefault "loose");
        networking.dhcpcd.denyInterfaces = mkIf hasTunnel [ cfg.tailnet.interfaceName ];
      })
    ]
  );
}
