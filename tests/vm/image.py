# SPDX-License-Identifier: LGPL-2.1-or-later
"""An image: what a guest boots: disk, kernel and initrd, with wattle installed as `meson install` installs it.

    root of packages + wattle compiled in the release's own build root + guest-files/ -> a tree -> disk.img, vmlinuz, initrd
"""

import functools
import os
import pathlib
import shutil
import subprocess
import threading

import cache
import initrd
import root

HERE = pathlib.Path(__file__).resolve().parent
CHECKOUT = HERE.parents[1]
GUEST_FILES = HERE / "guest-files"
DISK_SIZE = "2G"  # sparse

MESON_SETUP = "meson setup --werror --wrap-mode=nodownload --prefix=/usr --sysconfdir=/etc --localstatedir=/var -Dtests=false"

# The mounts are in the namespace that root.contained() makes.
COMPILE = f"""set -e
mount --bind "$2" "$1/mnt"
mount -t proc proc "$1/proc"
exec chroot "$1" /bin/sh -c '
set -e
cd /mnt
{MESON_SETUP} build source
ninja -C build
DESTDIR=/mnt/destination meson install -C build --no-rebuild
'
"""

# What Debian's package scripts would do, had wattle come as a package. The update stamps say that it is done: otherwise the
# first boot would rebuild every database, which takes half a minute in emulation. systemd-resolved is as if it were not installed,
# until a scenario starts it: with its resolvconf NetworkManager would write no resolv.conf(5) while it is stopped.
FINISH = """set -e
systemd-sysusers
ldconfig
systemctl disable --quiet NetworkManager.service NetworkManager-dispatcher.service NetworkManager-wait-online.service
systemctl disable --quiet systemd-resolved.service
rm -f /usr/sbin/resolvconf
systemctl disable --quiet firewalld.service ufw.service
for timer in /usr/lib/systemd/system/*.timer; do systemctl mask --quiet "${timer##*/}"; done
systemctl mask --quiet e2scrub_reap.service systemd-pstore.service getty@tty1.service 2>/dev/null
systemctl enable --quiet guestd.service
passwd --quiet -d root
echo 0123456789abcdef0123456789abcdef >/etc/machine-id
echo guest >/etc/hostname
: >/etc/fstab
rm -f /etc/resolv.conf
: >/etc/resolv.conf
rm -f /boot/initrd.img* /initrd.img* /var/lib/NetworkManager/secret_key
touch /etc/.updated /var/.updated
"""


def _run(command, what):
    done = subprocess.run(root.contained(command), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                          errors="replace")
    if done.returncode:
        raise RuntimeError(f"{what} failed ({done.returncode}):\n{done.stdout}")
    return done.stdout


def git_files():
    """The checkout's files as they are now: what git knows or would add."""
    names = subprocess.run(["git", "-c", "safe.directory=*", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
                           cwd=CHECKOUT, check=True, text=True, capture_output=True).stdout
    return sorted({name for name in names.split("\0") if name and (CHECKOUT / name).is_file()})


def _sources():
    """The files that decide what is installed. No test is, but a mesh is an example: a new test must not cost a compilation."""
    return [name for name in git_files() if not name.startswith("tests/") or name.startswith("tests/meshes/")]


def has_wattle():
    return (CHECKOUT / "meson.build").is_file()


def _wattle_key(release):
    parts = [MESON_SETUP, COMPILE, root.key(release, "build")]
    for name in _sources():
        path = CHECKOUT / name
        parts += [name, oct(path.stat().st_mode), path]
    return cache.key(*parts)


def copy_sources(names, folder):
    for name in names:
        target = folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(CHECKOUT / name, target)


def _compile(release, half):
    copy_sources(_sources(), half / "source")
    tree = root.get(release, "build")
    _run(["sh", "-c", COMPILE, "sh", str(tree), str(half)], f"meson for {release}")
    shutil.rmtree(half / "source")
    shutil.rmtree(half / "build")


@functools.cache
def wattle(release):
    """The tree that `meson install` makes for one release."""
    entry = cache.entry(f"wattle-{release}", _wattle_key(release), lambda half: _compile(release, half))
    return entry / "destination"


def _lay_over(tree, target, *options):
    """tree over target, whose /bin, /lib and /sbin are links into /usr."""
    script = 'from=$1 to=$2; shift 2; tar -C "$from" -c "$@" . | tar -C "$to" -x --keep-directory-symlink --preserve-permissions'
    _run(["bash", "-eo", "pipefail", "-c", script, "bash", str(tree), str(target), *options], f"copying {tree}")


def _content(tree):
    """The content of a tree: names, modes, files and links."""
    parts = []
    for path in sorted(tree.rglob("*")):
        parts += [str(path.relative_to(tree)), oct(path.lstat().st_mode)]
        if path.is_symlink():
            parts.append(os.readlink(path))
        elif path.is_file():
            parts.append(path)
    return cache.key(*parts)


def _tree_key(release):
    """What is installed counts, not what it was made from: an edited comment costs a compilation and no new snapshot."""
    parts = [root.key(release, "guest"), FINISH, _content(GUEST_FILES)]
    if has_wattle():
        parts.append(_content(wattle(release)))
    return cache.key(*parts)


def _build_roots(release):
    """Both roots at once: each keeps one core busy."""
    failures = []

    def get(what):
        try:
            root.get(release, what)
        except Exception as error:  # noqa: BLE001  handed to the thread that waits
            failures.append(error)

    threads = [threading.Thread(target=get, args=(what,)) for what in ("guest", "build")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failures:
        raise failures[0]


COPY = """set -e
for path in "$1"/*; do
    case ${path##*/} in
        usr) cp -a --link "$path" "$2/" ;;  # what is replaced there is so by a new file, and nothing is written to
        *) cp -a --reflink=auto "$path" "$2/" ;;
    esac
done
"""


def _finish(release, half):
    path = half / "root"
    path.mkdir()
    _run(["sh", "-c", COPY, "sh", str(root.get(release, "guest")), str(path)], "copying the guest root")
    if has_wattle():
        _lay_over(wattle(release), path)
    _lay_over(GUEST_FILES, path, "--owner=0", "--group=0", "--mode=u=rwX,go=rX")  # not the checkout's
    _run(["chroot", str(path), "/bin/sh", "-c", FINISH], f"finishing the root of {release}")


def _tree(release):
    if has_wattle():
        _build_roots(release)
    return cache.entry(f"tree-{release}", _tree_key(release), lambda half: _finish(release, half))


def _disk(tree, half):
    (half / "initrd").write_bytes(initrd.build(tree))
    (kernel,) = (tree / "boot").glob("vmlinuz-*")
    shutil.copy(kernel, half / "vmlinuz")
    _run(["mkfs.ext4", "-q", "-F", "-m", "0", "-O", "^has_journal", "-E", "lazy_itable_init=1", "-d", str(tree),
          str(half / "disk.img"), DISK_SIZE], "mkfs.ext4")
    (half / "tree").symlink_to(pathlib.Path("..", tree.parent.name, tree.name))


@functools.cache
def get(release):
    """The directory with disk.img, vmlinuz and initrd of one release, made if need be.

    One for a whole run, though somebody edits the sources meanwhile: see pinned().
    """
    if pin := os.environ.get(_pin(release)):
        return pathlib.Path(pin)
    made = _tree(release)
    name = cache.key(made.name, pathlib.Path(__file__), pathlib.Path(initrd.__file__))
    return cache.entry(f"image-{release}", name, lambda half: _disk(made / "root", half))


def tree(release):
    """The root file system that is on the disk, as a folder. Not to be written to."""
    return (get(release) / "tree").resolve()


def _pin(release):
    return f"WATTLE_VM_IMAGE_{release}"


def pinned(release):
    """An environment in which get() gives what it gives here. This process has to outlive its users: it holds the cache's lock."""
    return {_pin(release): str(get(release))}
