# SPDX-License-Identifier: LGPL-2.1-or-later
"""The source as a packager of each release builds and tests it: with the release's compiler and no warning, as an ordinary user, and
without any network. What tests/run unit shows on one release."""

import re
import subprocess

import pytest

import image
import root

pytestmark = [pytest.mark.each_release, pytest.mark.everywhere, pytest.mark.limit(900)]

# $1: the tree, $2: an empty folder, $3: the source. The mounts are in the namespace that root.contained() makes.
SUITES = """set -e
mount -t tmpfs tmpfs "$2"
mkdir "$2/upper" "$2/work" "$2/root"
mount -t overlay overlay -o "lowerdir=$1,upperdir=$2/upper,workdir=$2/work" "$2/root"
cp -a "$3" "$2/root/build"
chroot "$2/root" chown -R nobody /build
mount -t proc proc "$2/root/proc"
mount --rbind /dev "$2/root/dev"
mount -t tmpfs tmpfs "$2/root/run"
exec chroot "$2/root" setpriv --reuid=nobody --regid=nogroup --clear-groups \\
    env -i PATH=/usr/bin:/bin HOME=/build LANG=C.UTF-8 /bin/sh -ec '
cd /build
meson setup --werror --wrap-mode=nodownload --prefix=/usr --sysconfdir=/etc --auto-features=enabled build
ninja -C build
meson test -C build --no-rebuild --print-errorlogs --no-stdsplit
'
"""


def test_an_ordinary_user_builds_and_tests(release, tmp_path):
    source, top = tmp_path / "source", tmp_path / "top"
    top.mkdir()
    image.copy_sources(image.git_files(), source)
    command = root.contained(["unshare", "--net", "--", "sh", "-c", SUITES, "sh", str(root.get(release, "check")), str(top), str(source)])
    done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace")
    assert done.returncode == 0, done.stdout[-20000:]
    print(*re.findall(r"^(?:Ok|Skipped): .*", done.stdout, re.M))
