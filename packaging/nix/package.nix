# SPDX-License-Identifier: LGPL-2.1-or-later
# For nixpkgs' callPackage, of this tree or of a tarball that tests/release made. All folders are this package's own: those that the
# .pc files of others name are theirs. What a host decides stays in /etc/wattle and /run/wattle.
{
  lib,
  stdenv,
  bash-completion,
  c-ares,
  curl,
  gettext,
  glib,
  gtk3,
  gtk4,
  jansson,
  libb2,
  libmnl,
  libnatpmp,
  libpng,
  libsodium,
  meson,
  miniupnpc,
  networkmanager,
  nftables,
  ninja,
  pkg-config,
  python3,
  qrencode,
  scdoc,
  systemd,
  src ? ../..,
}:

let
  out = placeholder "out";
in
stdenv.mkDerivation {
  pname = "wattle";
  version = builtins.head (builtins.match ".*\n  version: '([0-9.]+)',\n.*" (builtins.readFile (src + "/meson.build")));
  inherit src;

  strictDeps = true;

  nativeBuildInputs = [
    gettext
    glib
    meson
    ninja
    pkg-config
    python3
    scdoc
  ];

  buildInputs = [
    bash-completion
    c-ares
    curl
    glib
    gtk3
    gtk4
    jansson
    libb2
    libmnl
    libnatpmp
    libpng
    libsodium
    miniupnpc
    networkmanager
    nftables
    qrencode
    systemd
  ];

  # These are loaded when a code is to be drawn, by names without a folder.
  postFixup = ''
    patchelf --add-rpath ${lib.makeLibraryPath [ libpng qrencode ]} $out/bin/wattle
  '';

  mesonFlags = [
    "-Dsysconfdir=/etc"
    "-Dunitdir=${out}/lib/systemd/system"
    "-Dgeneratordir=${out}/lib/systemd/system-generators"
    "-Dsysusersdir=${out}/lib/sysusers.d"
    "-Dtmpfilesdir=${out}/lib/tmpfiles.d"
    "-Dnss_moduledir=${out}/lib"
    "-Dnm_vpnservicedir=${out}/lib/NetworkManager/VPN"
    "-Dnm_plugindir=${out}/lib/NetworkManager"
    "-Dbashcompletiondir=${out}/share/bash-completion/completions"
    "-Dzshcompletiondir=${out}/share/zsh/site-functions"
    "-Dfishcompletiondir=${out}/share/fish/vendor_completions.d"
  ];

  # The rest wants root, X and a bus of its own: tests/run.
  doCheck = true;
  mesonCheckFlags = [
    "--suite=unit"
    "--suite=golden"
  ];

  # For networking.networkmanager.plugins
  passthru.networkManagerPlugin = "VPN/nm-wattle-service.name";

  meta = {
    description = "Private WireGuard networks from one text file";
    license = lib.licenses.lgpl21Plus;
    mainProgram = "wattle";
    platforms = lib.platforms.linux;
  };
}
