# SPDX-License-Identifier: LGPL-2.1-or-later
"""Clean roots for packages: for each release one in which they are built, and one into which they are installed. They are kept in
the cache of tests/vm, by the packages in them, and each use has an overlay of its own over one.
"""

import pathlib
import re
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "vm"))

import cache  # noqa: E402  the modules of tests/vm
import root  # noqa: E402

RELEASES = ("bookworm", "trixie", "forky")
TOP = pathlib.Path(__file__).resolve().parents[2]

BUILD = ["build-essential", "lintian"]
FOREIGN = ["build-essential", "rpm", "rpmlint", "appstream", "makepkg", "libarchive-tools", "nix-bin"]
HOST = """systemd systemd-sysv libnss-systemd dbus udev kmod iproute2 iputils-ping procps polkitd needrestart
python3-minimal""".split()

# What an overlay starts with. $1: the tree below, $2: the folder of upper and work, $3: a folder that is /mnt there. The mounts
# are in the namespace that root.contained() makes.
OVERLAY = """set -e
mkdir -p "$2/upper" "$2/work" "$2/root"
mount -t tmpfs tmpfs "$2/work"  # an overlay's work may not be on another overlay
mkdir "$2/work/upper" "$2/work/work"
mount -t overlay overlay -o "lowerdir=$1,upperdir=$2/work/upper,workdir=$2/work/work" "$2/root"
mount --bind "$3" "$2/root/mnt"
mount -t proc proc "$2/root/proc"
mount --rbind /dev "$2/root/dev"
mount -t tmpfs tmpfs "$2/root/run"
"""
CHROOT = ["/usr/bin/env", "-i", "HOME=/root", "PATH=/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL=C.UTF-8",
          "DEBIAN_FRONTEND=noninteractive"]


def _control():
    return (TOP / "packaging/debian/control").read_text()


def _build_depends():
    """Of packaging/debian/control, as 'apt-get satisfy' takes them."""
    field = re.search(r"^Build-Depends:(.*(?:\n .*)*)", _control(), re.M).group(1)
    return re.sub(r"\s*<!nocheck>", "", " ".join(field.split())).rstrip(",")


def _make(kind, release, include, satisfy):
    """A root with the packages, and with what satisfies the dependencies."""
    options = ["--mode=root", "--variant=minbase", "--format=directory", "--components=main", "--dpkgopt=force-unsafe-io",
               "--include=" + ",".join(include), '--customize-hook=chroot "$1" apt-get -q -y --no-install-recommends satisfy '
               f"'{satisfy}'", release]

    def build(half):
        command = ["mmdebstrap", "--quiet", *("--aptopt=" + option for option in root.apt_options()), *options, str(half / "root"),
                   root.mirror()]
        done = subprocess.run(root.contained(command), stdin=subprocess.DEVNULL, text=True, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT)
        if done.returncode:
            raise RuntimeError(f"mmdebstrap failed for the {kind} root of {release}:\n{done.stdout}")

    return cache.entry(f"root-{release}-{kind}", cache.key(*options), build) / "root"


def builder(release):
    # reuse knows REUSE.toml from its version 5 on
    return _make("deb-build", release, BUILD + (["reuse"] if release == "forky" else []), _build_depends())


def foreign(release):
    """With the tools by which packages of other distributions are made."""
    return _make("foreign-build", release, FOREIGN, _build_depends())


def host(release, depends):
    """depends: what the packages themselves ask for."""
    return _make("deb-host", release, HOST, ", ".join(depends))


def run(tree, folder, exchange, script, *arguments, network=False):
    """The script, by /bin/sh, in an overlay over the tree, with the folder exchange as /mnt. What it wrote elsewhere is gone
    afterwards. Its output and exit code are in what is returned."""
    command = root.contained(["sh", "-c", OVERLAY + 'tree=$2/root; shift 3; exec chroot "$tree" "$@"', "sh", str(tree), str(folder),
                              str(exchange), *CHROOT, "/bin/sh", "-c", script, "sh", *arguments])
    if not network:
        command = ["unshare", "--net", "--", *command]
    return subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                          errors="replace")
