# SPDX-License-Identifier: LGPL-2.1-or-later
"""What systemd would forbid a process, for a child of ours between fork and exec: read-only file systems, an empty network,
no capabilities, and a seccomp filter that kills, so that nothing forbidden goes unseen. libseccomp comes with systemd."""

import ctypes
import errno
import os
import subprocess

import pytest

KILL, ALLOW = 0x80000000, 0x7FFF0000
MASKED_EQ = 7
CLONE_NEWNS, CLONE_NEWNET, CLONE_NEWUTS = 0x00020000, 0x40000000, 0x04000000
MS_REC, MS_PRIVATE, MS_BIND = 0x4000, 1 << 18, 0x1000
AT_FDCWD, AT_RECURSIVE, MOUNT_ATTR_RDONLY, SYS_MOUNT_SETATTR = -100, 0x8000, 1, 442
PR_CAPBSET_DROP, PR_SET_NO_NEW_PRIVS = 24, 38

SOCKETS = ["socket", "socketpair", "connect", "bind", "listen", "accept", "accept4", "sendto", "sendmsg", "recvfrom", "recvmsg"]
PROCESSES = ["fork", "vfork", "clone", "clone3", "ptrace", "kill", "tkill"]
CHANGES = ["creat", "unlink", "unlinkat", "rename", "renameat", "renameat2", "link", "linkat", "mknod", "mknodat",
           "chmod", "fchmod", "fchmodat", "chown", "fchown", "lchown", "fchownat", "truncate", "ftruncate", "setxattr",
           "mount", "umount2", "utimensat", "flock"]
OPEN_FLAGS = [(3, os.O_WRONLY), (3, os.O_RDWR), (os.O_CREAT, os.O_CREAT), (os.O_TRUNC, os.O_TRUNC)]

libc = ctypes.CDLL(None, use_errno=True)
try:
    libseccomp = ctypes.CDLL("libseccomp.so.2", use_errno=True)
except OSError:
    pytest.skip("libseccomp2 is not installed", allow_module_level=True)
libseccomp.seccomp_init.restype = ctypes.c_void_p


class Argument(ctypes.Structure):
    _fields_ = [("arg", ctypes.c_uint), ("op", ctypes.c_int), ("a", ctypes.c_uint64), ("b", ctypes.c_uint64)]


class MountAttr(ctypes.Structure):
    _fields_ = [(name, ctypes.c_uint64) for name in ("attr_set", "attr_clr", "propagation", "userns_fd")]


def check(result):
    if result < 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))


def read_only_but(folders):
    """All file systems, as ProtectSystem=strict with ReadWritePaths=."""
    check(libc.unshare(CLONE_NEWNS))
    check(libc.mount(None, b"/", None, MS_REC | MS_PRIVATE, None))
    for folder in map(os.fsencode, folders):
        check(libc.mount(folder, folder, None, MS_BIND, None))
    set_attr(b"/", AT_RECURSIVE, MountAttr(attr_set=MOUNT_ATTR_RDONLY))
    for folder in map(os.fsencode, folders):
        set_attr(folder, 0, MountAttr(attr_clr=MOUNT_ATTR_RDONLY))


def set_attr(path, flags, attr):
    check(libc.syscall(SYS_MOUNT_SETATTR, AT_FDCWD, path, flags, ctypes.byref(attr), ctypes.sizeof(attr)))


def empty_network():
    check(libc.unshare(CLONE_NEWNET))


def host_name(name):
    check(libc.unshare(CLONE_NEWUTS))
    check(libc.sethostname(name.encode(), len(name)))


def become(gid, umask):
    """Root with Group= and UMask=, and without any capability."""
    os.setgroups([])
    os.setresgid(gid, gid, gid)
    os.umask(umask)
    for capability in range(64):
        if libc.prctl(PR_CAPBSET_DROP, capability, 0, 0, 0) < 0 and ctypes.get_errno() == errno.EINVAL:
            break


class Filter:
    def __init__(self, default):
        self.context = ctypes.c_void_p(libseccomp.seccomp_init(ctypes.c_uint32(default)))
        self.default = default

    def rule(self, action, name, *arguments):
        number = libseccomp.seccomp_syscall_resolve_name(name.encode())
        if number < 0 or action == self.default:
            return
        array = (Argument * len(arguments))(*[Argument(i, MASKED_EQ, mask, value) for i, mask, value in arguments])
        assert libseccomp.seccomp_rule_add_array(self.context, ctypes.c_uint32(action), number, len(arguments), array) == 0, name

    def load(self):
        check(libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
        assert libseccomp.seccomp_load(self.context) == 0


def generator_filter():
    """Reading, mkdirat() and symlinkat() are left: no socket, no process, no file opened for writing, none changed.
    What openat2() is to do is in memory, where no filter looks: test_generator.py reads it in a trace."""
    rules = Filter(ALLOW)
    for name in SOCKETS + PROCESSES + CHANGES:
        rules.rule(KILL, name)
    for mask, value in OPEN_FLAGS:
        rules.rule(KILL, "openat", (2, mask, value))
        rules.rule(KILL, "open", (1, mask, value))
    return rules


def syscalls(group):
    """The names in a set of systemd's, those of its subsets too."""
    listing = subprocess.run(["systemd-analyze", "syscall-filter", group], capture_output=True, text=True, check=True).stdout
    words = [line.strip() for line in listing.splitlines()[1:] if line.strip() and not line.strip().startswith("#")]
    names = set()
    for word in words:
        names |= syscalls(word) if word.startswith("@") else {word}
    return names


def service_filter(allowed, refused):
    """SystemCallFilter=, MemoryDenyWriteExecute= and RestrictAddressFamilies=none of the unit, but a kill for an EPERM."""
    names = set().union(*map(syscalls, allowed)) - set().union(*map(syscalls, refused)) - set(SOCKETS)
    rules = Filter(KILL)
    for name in sorted(names - {"mmap", "mprotect"}):
        rules.rule(ALLOW, name)
    rules.rule(ALLOW, "mmap", (2, 6, 0))
    rules.rule(ALLOW, "mmap", (2, 6, 2))
    rules.rule(ALLOW, "mmap", (2, 6, 4))
    rules.rule(ALLOW, "mprotect", (2, 4, 0))
    return rules
