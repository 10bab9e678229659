# SPDX-License-Identifier: LGPL-2.1-or-later
"""A root: a directory tree of Debian packages, made by mmdebstrap.

Three for each release: `guest` becomes the guests' disk, `build` is where wattle is compiled, so that it is linked with the
libraries the guests have, and `check` is where its tests run as a packager would run them.
"""

import re
import subprocess
import time

import cache

SETTLED = ("bookworm", "trixie")  # they do not change under us
RELEASES = (*SETTLED, "forky")  # and testing

GUEST = """systemd systemd-sysv systemd-resolved libnss-systemd dbus udev kmod iproute2 iputils-ping nftables wireguard-tools network-manager
firewalld ufw dhcpcd-base procps polkitd libmnl0 libb2-1 minisign linux-image-cloud-amd64 python3 busybox-static tcpdump less""".split()
BUILD = """gcc gettext libc6-dev meson ninja-build pkgconf libglib2.0-dev libsodium-dev libmnl-dev libnftables-dev libc-ares-dev libb2-dev libsystemd-dev libnm-dev
libcurl4-openssl-dev libqrencode-dev libpng-dev scdoc""".split()
CHECK = """libjansson-dev libminiupnpc-dev libnatpmp-dev libgtk-3-dev libgtk-4-dev xvfb dbus-daemon python3-pytest strace patch zsh adwaita-icon-theme fonts-dejavu-core""".split()
ONLY = {
    ("bookworm", "guest"): ["libglib2.0-0", "libsodium23", "libc-ares2", "libcurl4", "libqrencode4"],
    ("trixie", "guest"): ["libglib2.0-0t64", "libsodium23", "libcares2", "libcurl4t64", "libqrencode4"],
    ("forky", "guest"): ["libglib2.0-0t64", "libsodium26", "libcares2", "libcurl4t64", "libqrencode4"],
    ("bookworm", "build"): ["systemd"],  # its systemd.pc says where units and generators go
    ("trixie", "build"): ["systemd-dev"],
    ("forky", "build"): ["systemd-dev"],
}
# Unpacked where nothing looks for it, for scenarios that lay it over their host: installed, each look-up of each guest would be another.
ASIDE = ["libnss-resolve", "nscd"]
ASIDE_FOLDER = "/usr/lib/wattle-vm/aside"
UNREAD = ("man", "doc", "locale", "info", "bug", "lintian")  # below /usr/share

# Settings of this machine's apt that decide whether its mirror can be reached and is believed.
APT_SETTINGS = ("Acquire::http", "Acquire::https", "Acquire::Check-Valid-Until", "Acquire::Check-Date")


def _targets():
    return subprocess.run(
        ["apt-get", "indextargets", "--format", "$(REPO_URI) $(RELEASE) $(COMPONENT)", "Created-By: Packages"],
        check=True, text=True, capture_output=True).stdout


def mirror():
    """The Debian mirror that this machine's own apt uses, or a snapshot of one."""
    targets = _targets()
    if not targets:  # apt tells of nothing it has not fetched
        subprocess.run(["apt-get", "update", "-q"], check=True, stdout=subprocess.DEVNULL)
        targets = _targets()
    for line in targets.splitlines():
        uri, release, component = line.split()
        if component == "main" and re.search(r"/debian(/[0-9TZ]+)?/?$", uri) and "-" not in release:
            return uri
    raise RuntimeError("apt knows no Debian mirror with a 'main' component:\n" + targets)


def apt_options():
    dump = subprocess.run(["apt-config", "dump", "--format", '%f "%v";%n', "--no-empty", *APT_SETTINGS],
                          check=True, text=True, capture_output=True).stdout
    return ['Acquire::Languages "none";'] + dump.splitlines()


def contained(command):
    """The command with processes and mounts of its own: all of them end with it, and it ends with this process, however that
    ends. mmdebstrap alone, told to stop, leaves its children waiting."""
    return ["setpriv", "--pdeathsig", "KILL", "--",
            "unshare", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc", "--", *command]


def packages(release, what):
    if what == "check":
        return sorted(packages(release, "build") + CHECK)
    return sorted({"guest": GUEST, "build": BUILD}[what] + ONLY[release, what])


UNPACK = f"""set -e
mkdir -p "$1{ASIDE_FOLDER}"
cd "$1/tmp"
APT_CONFIG="$MMDEBSTRAP_APT_CONFIG" apt-get -q -o APT::Sandbox::User=root download {' '.join(ASIDE)}
for deb in *.deb; do dpkg-deb --extract "$deb" "$1{ASIDE_FOLDER}"; done
rm *.deb"""


def _options(release, what):
    """Root mode, because the tree becomes a disk with its owners; unsafe-io, because an interrupted build is thrown away."""
    options = ["--mode=root", "--variant=minbase", "--format=directory", "--components=main", "--dpkgopt=force-unsafe-io"]
    options += [f"--dpkgopt=path-exclude=/usr/share/{name}/*" for name in UNREAD]
    if what == "guest":
        options += ["--customize-hook=" + UNPACK]
    return options + ["--include=" + ",".join(packages(release, what)), release]


def _mmdebstrap(release, what, target):
    """The apt options and the mirror are this machine's and make no other tree, so they are no part of the key."""
    command = ["mmdebstrap", "--quiet", *("--aptopt=" + option for option in apt_options()), *_options(release, what),
               str(target), mirror()]
    done = subprocess.run(contained(command), stdin=subprocess.DEVNULL, text=True, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT)
    if done.returncode:
        raise RuntimeError(f"mmdebstrap failed for the {what} root of {release}:\n{done.stdout}")


def key(release, what):
    """Testing is made anew each week."""
    return cache.key(*_options(release, what), *([] if release in SETTLED else [time.strftime("%G-%V")]))


def get(release, what):
    """The tree of packages of one release, made if need be."""
    entry = cache.entry(f"root-{release}-{what}", key(release, what),
                        lambda half: _mmdebstrap(release, what, half / "root"))
    return entry / "root"
