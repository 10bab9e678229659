# SPDX-License-Identifier: LGPL-2.1-or-later
# Of nixpkgs' lib what packaging/nix asks for, for machines that have Nix and no nixpkgs: values are merged, defaults filled in, and
# types are known by what they refuse. WATTLE_NIX_LIB names the real one, which is stricter.
let
  lib = rec {
    optional = is: v: if is then [ v ] else [ ];
    toList = v: if builtins.isList v then v else [ v ];
    concatStrings = builtins.concatStringsSep "";
    inherit (builtins) concatStringsSep listToAttrs;
    nameValuePair = name: value: { inherit name value; };
    mapAttrsToList = f: attrs: map (name: f name attrs.${name}) (builtins.attrNames attrs);
    filterAttrs =
      f: attrs:
      builtins.listToAttrs (
        map (name: nameValuePair name attrs.${name}) (builtins.filter (name: f name attrs.${name}) (builtins.attrNames attrs))
      );
    hasInfix = infix: text: builtins.length (builtins.split (if infix == ":" then ":" else abort "hasInfix") text) > 1;
    makeLibraryPath = packages: builtins.concatStringsSep ":" (map (p: "${p}/lib") packages);
    literalExpression = text: { inherit text; };
    licenses.lgpl21Plus = "LGPL-2.1-or-later";
    platforms.linux = [ "x86_64-linux" ];

    mkIf = is: value: {
      _if = is;
      inherit value;
    };
    mkMerge = all: { _merge = all; };
    mkDefault = v: v;
    mkOrder = _: v: v;
    mkOption = attrs: attrs // { _option = true; };
    mkEnableOption = _: mkOption {
      type = types.bool;
      default = false;
    };
    mkPackageOption = pkgs: name: _: mkOption {
      type = types.package;
      default = pkgs.${name};
    };

    # A type: whether a value is of it, and what becomes of the value.
    types = rec {
      simple = check: {
        inherit check;
        fill = v: v;
      };
      bool = simple builtins.isBool;
      int = simple builtins.isInt;
      str = simple builtins.isString;
      nonEmptyStr = simple (v: builtins.isString v && v != "");
      port = simple (v: builtins.isInt v && v >= 0 && v <= 65535);
      path = simple (v: builtins.isPath v || builtins.isString v && builtins.substring 0 1 v == "/");
      package = simple (_: true);
      raw = package;
      enum = values: simple (v: builtins.elem v values);
      nullOr = type: {
        check = v: v == null || type.check v;
        fill = v: if v == null then null else type.fill v;
      };
      oneOf = all: {
        check = v: builtins.any (type: type.check v) all;
        fill = v: (builtins.head (builtins.filter (type: type.check v) all)).fill v;
      };
      either = a: b: oneOf [
        a
        b
      ];
      listOf = type: {
        check = v: builtins.isList v && builtins.all type.check v;
        fill = map type.fill;
      };
      attrsOf = type: {
        check = v: builtins.isAttrs v && builtins.all type.check (builtins.attrValues v);
        fill = builtins.mapAttrs (_: type.fill);
      };
      submodule = module: {
        check = builtins.isAttrs;
        fill = v: fillIn "submodule" module.options [ v ];
      };
    };

    # What each of the definitions says of an attribute: conditions are handed down to it, so that one may depend on another.
    names =
      definition:
      if definition ? _merge then
        builtins.concatMap names definition._merge
      else if definition ? _if then
        names definition.value
      else
        builtins.attrNames definition;
    pick =
      name: definition:
      if definition ? _merge then
        builtins.concatMap (pick name) definition._merge
      else if definition ? _if then
        map (mkIf definition._if) (pick name definition.value)
      else
        optional (definition ? ${name}) definition.${name};
    # Without what is not said after all.
    settle =
      definition:
      if !(builtins.isAttrs definition) || definition ? outPath then
        [ definition ]
      else if definition ? _merge then
        builtins.concatMap settle definition._merge
      else if definition ? _if then
        (if definition._if then settle definition.value else [ ])
      else
        [ definition ];
    merge =
      a: b:
      if builtins.isAttrs a && builtins.isAttrs b then
        a // builtins.mapAttrs (name: v: if a ? ${name} then merge a.${name} v else v) b
      else if builtins.isList a then
        a ++ b
      else
        b;

    # Options, filled in with what the definitions say of them.
    fillIn =
      where: options: definitions:
      let
        unknown = builtins.filter (name: !(options ? ${name})) (builtins.concatMap names definitions);
        one =
          name: option:
          let
            picked = builtins.concatMap (pick name) definitions;
            said = builtins.concatMap settle picked;
            value = if said == [ ] then option.default or (throw "${where}.${name} is not given") else builtins.foldl' merge (builtins.head said) (builtins.tail said);
          in
          if !(option ? _option) then
            fillIn "${where}.${name}" option picked
          else if option.type.check value then
            option.type.fill value
          else
            throw "${where}.${name} is of another type";
      in
      if unknown != [ ] then throw "${where}: no option ${toString unknown}" else builtins.mapAttrs one options;

    evalModules =
      { modules, specialArgs }:
      let
        call = file: if builtins.isPath file then call (import file) else if builtins.isFunction file then file (specialArgs // { inherit config lib; }) else file;
        called = map call modules;
        options = builtins.foldl' merge { } (map (module: module.options or { }) called);
        config = fillIn "config" options (map (module: module.config or { }) called);
      in
      {
        inherit config;
      };
  };
in
lib
