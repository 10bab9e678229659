# SPDX-License-Identifier: LGPL-2.1-or-later
"""What is in the packages, and what they ask for."""

import re
import shutil
import subprocess

import build
import pytest
import roots

# Of what systemd does not bring itself: glib, libsodium and libmnl.
OF_A_SERVER = {"libc6", "libglib2.0-0", "libglib2.0-0t64", "libsodium23", "libsodium26", "libmnl0", "libsystemd0",
               "systemd", "systemd-standalone-sysusers", "systemd-sysusers"}
TAGS = {"wattle": "wattle", "filter": "wattle-filter", "update": "wattle-update", "nss": "libnss-wattle", "lookup": "wattle-lookup", "portmap": "wattle-portmap", "relay": "wattle-relay", "tailscale": "wattle-tailscale",
        "nm": "network-manager-wattle", "nm-editor": "network-manager-wattle-gnome", "i18n": "wattle-l10n"}
DEBIANS = re.compile(r"changelog\.Debian|copyright|README\.Debian|^/etc/needrestart/|^/usr/share/lintian/")


def test_lintian_has_no_error_and_no_warning(packages):
    """But one: wattle has no homepage that its metainfo could name. lintian of Debian 12 would not know an override of that."""
    told = re.findall(r"^[EW]: .*", (packages / "lintian").read_text(), re.M)
    assert [line for line in told if " appstream-metadata-validation-failed " not in line] == []


def test_a_server_needs_little(debs):
    asked = {name.split()[0] for term in build.depends(debs["wattle"]) for name in term.split(" | ")}
    assert asked <= OF_A_SERVER


@pytest.mark.xfail(strict=True, reason="asked for is 1 MB; each of five programs has the core in it, see doc/hacking.md")
def test_a_server_needs_little_room(debs):
    size = int(build.field(debs["wattle"], "Installed-Size"))
    print(f"wattle: {size} KiB installed")
    assert size <= 1024


def files(deb):
    tar = subprocess.run(["dpkg-deb", "--fsys-tarfile", str(deb)], check=True, capture_output=True).stdout
    names = subprocess.run(["tar", "-t"], input=tar, check=True, capture_output=True).stdout.decode().splitlines()
    return {re.sub(r"\.gz$", "", name.lstrip(".")) for name in names if not name.endswith("/")}


@pytest.mark.parametrize("tag", TAGS)
def test_a_package_has_what_its_tag_has(debs, tag):
    """Folders differ from release to release."""
    listed = [line.split() for line in (roots.TOP / "tests/installed-files").read_text().splitlines() if line[0] != "#"]
    wanted = sorted(path.rpartition("/")[2] for name, path in listed if name == tag)
    assert sorted(path.rpartition("/")[2] for path in files(debs[TAGS[tag]]) if not DEBIANS.search(path)) == wanted


def test_each_file_has_a_licence(release, tmp_path):
    """By reuse of testing, for those before do not know REUSE.toml."""
    if release != "forky":
        return
    tree = tmp_path / "tree"
    for name in build.names(everything=True):
        (tree / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(roots.TOP / name, tree / name)
    done = roots.run(roots.builder(release), tmp_path, tree, "cd /mnt && reuse lint")
    assert done.returncode == 0, done.stdout


def test_only_the_homepage_is_missing_in_the_metainfo(release, debs, tmp_path):
    if release == "bookworm":
        return  # its appstreamcli asks for none of it
    subprocess.run(["dpkg-deb", "-x", str(debs["network-manager-wattle-gnome"]), str(tmp_path / "tree")], check=True)
    done = roots.run(roots.builder(release), tmp_path, tmp_path / "tree",
                     "appstreamcli validate --no-net --no-color /mnt/usr/share/metainfo/*.xml; true")
    said = re.findall(r"^[EW]: \S+ (\S+)", done.stdout, re.M)
    assert said == ["url-homepage-missing"], done.stdout


def test_wattle_is_as_new_as_its_package(debs, chroot):
    assert chroot("dpkg -i /mnt/now/wattle.deb >/dev/null; wattle --version").split()[-1] == \
        build.field(debs["wattle"], "Version").rpartition("-")[0]
