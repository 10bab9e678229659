# SPDX-License-Identifier: LGPL-2.1-or-later
"""Packages of other distributions, so far as Debian has their tools: Fedora's by Debian's rpm, with tests/packages/fedora.macros for
what Fedora's knows more; Arch's by Debian's makepkg; NixOS's package and module by Debian's Nix, which reads and evaluates them, with
a small stand-in for nixpkgs or the real lib that WATTLE_NIX_LIB names. None of them was installed on its distribution."""

import json
import os
import pathlib
import re
import shutil
import subprocess

import build
import pytest
import roots

FOLDERS = {"UNITDIR": "/usr/lib/systemd/system", "GENERATORDIR": "/usr/lib/systemd/system-generators", "SYSUSERSDIR": "/usr/lib/sysusers.d",
           "TMPFILESDIR": "/usr/lib/tmpfiles.d", "ZSHDIR": "/usr/share/zsh/site-functions"}
FEDORA = {"wattle": "wattle", "filter": "wattle-filter", "lookup": "wattle-lookup", "portmap": "wattle-portmap", "relay": "wattle-relay", "tailscale": "wattle-tailscale", "update": "wattle-update",
          "nss": "nss-wattle", "nm": "NetworkManager-wattle", "nm-editor": "NetworkManager-wattle-gnome", "i18n": "wattle-l10n"}
# Of Debian's rpm the folder of libraries is Fedora's; Debian's libnm.pc names Debian's.
FEDORAS = FOLDERS | {"LIBDIR": "/usr/lib64", "NMPLUGINDIR": "/usr/lib64/NetworkManager"}
ARCH = {"wattle": {"wattle", "filter", "lookup", "portmap", "relay", "tailscale", "update", "nss", "i18n"}, "networkmanager-wattle": {"nm", "nm-editor"}}

RPM = """set -e
cd /mnt
cat tests/packages/fedora.macros >/tmp/macros
rpmbuild --load=/tmp/macros -bb --nodeps --define "_sourcedir /mnt" --define "_rpmdir /mnt/rpm" packaging/wattle.spec
rpmlint --config tests/packages/rpmlint.toml packaging/wattle.spec rpm/*/*.rpm >rpm/lint 2>&1 || true
cd rpm
for file in */*.rpm; do
        rpm -qp --nosignature --qf '[%{FILENAMES}\\n]' "$file" >"$file.files"
        rpm -qp --nosignature --requires "$file" >"$file.requires"
        rpm -qp --nosignature --scripts "$file" >"$file.scripts"
done
"""

# arch-meson, as its manual page has it; pacman is asked for dependencies alone, which are Debian's here.
MAKEPKG = """set -e
cat >/usr/bin/arch-meson <<'END'
#!/bin/sh
exec meson setup --prefix /usr --libexecdir lib --sbindir bin --buildtype plain --auto-features enabled --wrap-mode nodownload "$@"
END
chmod +x /usr/bin/arch-meson
useradd -m arch
mkdir /tmp/arch
cp /mnt/packaging/arch/PKGBUILD /mnt/wattle-*.tar.xz /tmp/arch
chown -R arch /tmp/arch
cd /tmp/arch
export PACMAN=true PKGEXT=.pkg.tar
runuser -u arch -- makepkg --printsrcinfo >/mnt/srcinfo
runuser -u arch -- makepkg --nodeps --nocheck
for file in *.pkg.tar; do bsdtar -tf "$file" >/mnt/"${file%-0*}".files; done
"""

NIX = """set -e
cd /mnt
for file in packaging/nix/*.nix; do nix-instantiate --parse "$file" >/dev/null; done
nix-instantiate --eval --strict --json -E "import tests/packages/nix/eval.nix { lib = import $1; host = import /mnt/host.nix; }" 2>errors ||
        { cat errors; exit 1; }
"""


@pytest.fixture(scope="session")
def tools(release):
    return roots.foreign(release)


@pytest.fixture(scope="session")
def source(tmp_path_factory):
    """The tree of now, and beside it the tarball that a release would have."""
    folder = tmp_path_factory.mktemp("source")
    version = build.VERSION.search((roots.TOP / "meson.build").read_text()).group(1)
    tree = folder / f"wattle-{version}"
    for name in build.names(everything=True):
        (tree / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(roots.TOP / name, tree / name)
    subprocess.run(["tar", "-cJf", f"{tree}.tar.xz", tree.name], cwd=folder, check=True)
    for name in ("packaging", "tests/packages"):
        shutil.copytree(tree / name, folder / name)
    shutil.copy(tree / "meson.build", folder)
    return folder


def run(tools, tmp_path_factory, folder, script, *arguments):
    done = roots.run(tools, tmp_path_factory.mktemp("overlay"), folder, script, *arguments)
    assert done.returncode == 0, done.stdout
    return done.stdout


def installed(tags, folders):
    """The files of some parts, where the distribution has them."""
    for line in (roots.TOP / "tests/installed-files").read_text().splitlines():
        tag, _, path = line.partition(" ")
        if tag in tags:
            word, _, name = path.partition("/")
            yield f"{folders[word]}/{name}" if word else path


def without_documents(names, but):
    """Files, not folders, without licences, which are no part of what meson installs, and by their names without .gz."""
    plain = {re.sub(r"(\.[0-9])\.gz$", r"\1", name) for name in names}
    return sorted(name for name in plain if not re.search(but, name) and not any(other.startswith(name + "/") for other in plain))


@pytest.fixture(scope="session")
def rpms(tools, source, tmp_path_factory):
    (source / "rpm").mkdir()
    run(tools, tmp_path_factory, source, RPM)
    return {tag: next((source / "rpm").glob(f"*/{name}-[0-9]*.rpm")) for tag, name in FEDORA.items()}


def said(rpm, what):
    return pathlib.Path(f"{rpm}.{what}").read_text()


def test_rpmlint_has_no_error_and_no_warning(rpms, source):
    assert re.findall(r"^.*: [EW]: .*$", (source / "rpm/lint").read_text(), re.M) == []


@pytest.mark.parametrize("tag", FEDORA)
def test_an_rpm_has_what_its_tag_has(rpms, tag):
    named = said(rpms[tag], "files").split()
    assert without_documents(named, r"^/usr/share/licenses/|^/usr/lib/\.build-id|^/etc/wattle$") == sorted(installed({tag}, FEDORAS))


def test_an_rpm_for_a_server_needs_little(rpms):
    libraries = set(re.findall(r"^lib\w+", said(rpms["wattle"], "requires"), re.M))
    assert libraries == {"libc", "libglib", "libm", "libmnl", "libsodium", "libsystemd"} & libraries | {"libglib", "libmnl", "libsodium"}


def test_an_upgrade_by_rpm_restarts_wattled_alone(rpms):
    """As tests/packages/fedora.macros writes what Fedora's macros would do."""
    scripts = {tag: re.findall(r"^echo (.*)", said(path, "scripts"), re.M) for tag, path in rpms.items()}
    assert scripts.pop("wattle") == ["post wattled.service", "preun wattled.service", "postun restarts wattled.service"]
    assert not any(scripts.values())


def test_arch(tools, source, tmp_path_factory):
    run(tools, tmp_path_factory, source, MAKEPKG)
    assert "pkgname = networkmanager-wattle" in (source / "srcinfo").read_text()
    for package, tags in ARCH.items():
        has = ["/" + name for name in (source / f"{package}.files").read_text().split() if not name.startswith(".")]
        # libexecdir is /usr/lib there, and libnm.pc is Debian's.
        wanted = [path.replace("/usr/libexec/", "/usr/lib/") for path in installed(tags, FOLDERS | {"LIBDIR": "", "NMPLUGINDIR": ""})]
        names = sorted(path.rpartition("/")[2] for path in wanted)
        assert sorted(re.sub(r"\.gz$", "", path).rpartition("/")[2] for path in has if not path.endswith("/")) == names
        assert {path for path in wanted if path.startswith(("/usr/lib/wattle/", "/usr/bin/"))} <= set(has)


KEYS = ("YMgWEvUXbVyijZqktimkDxNyP8ldz+d97xmslgPF+Xc=", "shHkgIk/j9jdRSWYwI/NUiHmOeUcP5pqRw3dOJsJr2o=")
WGNET = """
    enable = true;
    meshes.wgnet = {
      subnets = [ "10.42.0.0/16" ];
      devicesPort = 53333;
      address = "10.42.1.1";
      openFirewall = true;
      %s
      devices.desktop = {
        publicKey = "%s";
        address = "10.42.1.1";
        altHostname = "tower";
        publicEndpoint = { ip = "123.45.67.89"; port = 54444; };
        privateEndpoint = { ip = "10.41.1.1"; port = 53333; };
      };
      devices.laptop = {
        publicKey = "%s";
        address = "10.42.1.2";
      };
    };
"""
TAILNET = """
    enable = true;
    tailnet = {
      enable = true;
      %s
    };
"""


@pytest.fixture
def nixos(tools, debs, tmp_path, tmp_path_factory):
    """What the module makes of services.wattle, its files read by the wattle of the packages."""
    for name in ("packaging", "tests/packages/nix"):
        shutil.copytree(roots.TOP / name, tmp_path / "mnt" / name)
    shutil.copy(roots.TOP / "meson.build", tmp_path / "mnt")
    folder = tmp_path / "mnt"
    lib = "/mnt/tests/packages/nix/lib.nix"
    if real := os.environ.get("WATTLE_NIX_LIB"):
        shutil.copytree(real, folder / "lib")
        lib = "/mnt/lib"
    shutil.copy(debs["wattle"], folder / "wattle.deb")

    def evaluate(services, more=""):
        (folder / "host.nix").write_text(f"{{ services.wattle = {{ {services} }}; {more} }}")
        done = roots.run(tools, tmp_path_factory.mktemp("overlay"), folder, NIX, lib)
        if done.returncode:
            return done.stdout
        made = json.loads(re.search(r"^\{.*\}$", done.stdout, re.M).group(0))
        for name, text in made["files"].items():
            path = folder / "etc" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        made["checked"] = roots.run(tools, tmp_path_factory.mktemp("overlay"), folder,
                                    "dpkg -x /mnt/wattle.deb /tmp/wattle; cd /mnt/etc/wattle; /tmp/wattle/usr/bin/wattle check $(find -maxdepth 1 -type f) 2>&1 || true").stdout
        return made

    return evaluate


def test_a_mesh_of_nixos(nixos):
    made = nixos(WGNET % ("migrate = false; interfaceName = \"wg0\"; useRoutingFeatures = \"client\";", *KEYS))
    assert made["failed"] == []
    assert made["checked"] == "./wgnet.mesh: good: 2 devices\n"
    assert made["files"]["wattle/wgnet.mesh"] == f"""# Made by NixOS
[Mesh]
ListenPort=53333
Subnet=10.42.0.0/16

[Device desktop]
Address=10.42.1.1
Alias=tower
PrivateEndpoint=10.41.1.1:53333
PublicEndpoint=123.45.67.89:54444
PublicKey={KEYS[0]}

[Device laptop]
Address=10.42.1.2
PublicKey={KEYS[1]}
"""
    assert made["files"]["wattle/wgnet.mesh.d/50-nixos.conf"] == """# Made by NixOS
[Local]
ActivationPolicy=up
Device=desktop
Interface=wg0
Migrate=no
Owner=networkd
RoutingFeatures=client
"""
    assert made["firewall"]["allowedUDPPorts"] == [53333]
    assert made["dhcpcd"] == ["wg0"]
    assert made["network"] == {"enable": True, "waitOnline": False}
    assert "wattle-apply@wgnet" in made["services"]


def test_networkmanager_is_the_owner_where_it_runs(nixos):
    made = nixos(WGNET % ("port = 4444;", *KEYS), "networking.networkmanager.enable = true;")
    local = made["files"]["wattle/wgnet.mesh.d/50-nixos.conf"]
    assert "Owner=NetworkManager\n" in local and "ListenPort=4444\n" in local
    assert made["plugins"] == ["VPN/nm-wattle-service.name"]
    assert made["firewall"]["allowedUDPPorts"] == [4444]
    assert made["network"]["enable"] is False


def test_a_tailnet_of_nixos(nixos):
    """Each option of services.tailscale under its own name."""
    made = nixos(TAILNET % """
        port = 0; interfaceName = "ts0"; permitCertUid = "caddy"; openFirewall = false; useRoutingFeatures = "both";
        authKeyFile = "/run/secrets/tailscale_key";
        authKeyParameters = { ephemeral = true; preauthorized = false; baseURL = "https://headscale.example.org"; };
        settings.AdvertiseTags = [ "tag:server" ];
        extraUpFlags = [ "--shields-up" ]; extraSetFlags = [ "--auto-update=false" ]; extraDaemonFlags = [ "--verbose=1" ];""")
    assert made["checked"].endswith("./tailnet.tailnet: good\n")  # and that this machine has neither Tailscale nor the key
    assert made["files"]["wattle/tailnet.tailnet"] == """# Made by NixOS
[Tailscale]
AdvertiseTags=tag:server
AuthKeyFile=/run/secrets/tailscale_key
BaseURL=https://headscale.example.org
DaemonFlags=--verbose=1
Ephemeral=yes
PermitCertUser=caddy
Port=0
Preauthorized=no
SetFlags=--auto-update=false
UpFlags=--shields-up

[Local]
Interface=ts0
RoutingFeatures=both
"""
    assert made["firewall"]["checkReversePath"] == "loose"
    assert made["dhcpcd"] == ["ts0"]


@pytest.mark.parametrize("services, said", [
    (WGNET % ('address = "10.42.1.9";', *KEYS), "already defined"),
    (TAILNET % "prot = 1;", "prot"),
    (TAILNET % 'useRoutingFeatures = "some";', "useRoutingFeatures"),
    (TAILNET % 'authKeyFile = "key";', "authKeyFile"),
])
def test_what_is_wrong_is_refused(nixos, services, said):
    assert said in nixos(services)


def test_what_wattle_refuses_is_refused_when_the_system_is_built(nixos):
    assert "./wgnet.mesh:11:11: PublicKey: not a WireGuard key" in nixos(WGNET % ("", "AAAA", KEYS[1]))["checked"]
    assert "AdvertiseTags" in nixos(TAILNET % "authKeyParameters.ephemeral = true;")["checked"]
    assert nixos(WGNET.replace("10.42.1.1", "10.42.1.9", 1) % ("", *KEYS))["failed"] == \
        ["services.wattle.meshes.wgnet: no device has the address 10.42.1.9"]


def test_a_package_of_nix_has_all_below_its_own_folder(nixos, tools, source, tmp_path_factory):
    """As nixpkgs calls meson, with the flags of package.nix. Other packages' folders are written by nobody."""
    out = "/nix/store/wattle"
    flags = [re.sub(r"=/\w{52}(?=/)", f"={out}", flag) for flag in nixos(WGNET % ("", *KEYS))["package"]["mesonFlags"]]
    run(tools, tmp_path_factory, source, f"""set -e
        cd /mnt/wattle-*/
        meson setup /tmp/build --prefix={out} --libdir={out}/lib --libexecdir={out}/libexec -Dauto_features=enabled "$@" >/dev/null
        meson introspect --installed /tmp/build >/mnt/nix-installed""", *flags)
    targets = json.loads((source / "nix-installed").read_text()).values()
    assert [target for target in targets if not target.startswith(out + "/")] == []
    assert len(targets) >= 80
