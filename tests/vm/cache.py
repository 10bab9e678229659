# SPDX-License-Identifier: LGPL-2.1-or-later
"""The cache: directories named by the content they were made from.

An entry is built in a directory of its own and renamed when it is whole, so an interrupted run leaves nothing that looks
finished. Whoever uses an entry holds a shared lock on it until the process ends. When a new entry is made, old ones of its kind
are pruned: all but the few used last, so that two checkouts or branches can take turns.
"""

import fcntl
import hashlib
import os
import pathlib
import shutil
import time

TOP = pathlib.Path(os.environ.get("WATTLE_VM_CACHE", "/var/cache/wattle-vm"))

KEEP = 2  # of each kind, besides the newest

_held = []  # open lock files: closed, and so released, by the end of the process


def key(*parts):
    """A short name for the content of parts: text, bytes, or a path whose bytes count."""
    digest = hashlib.sha256()
    for part in parts:
        if isinstance(part, pathlib.Path):
            part = part.read_bytes()
        data = part.encode() if isinstance(part, str) else part
        digest.update(b"%d:" % len(data) + data)
    return digest.hexdigest()[:16]


def _lock(path, how):
    path.parent.mkdir(parents=True, exist_ok=True)
    file = open(path, "a")
    try:
        fcntl.flock(file, how)
    except BlockingIOError:
        file.close()
        return None
    return file


def _prune(kind, newest):
    """Remove what is half built or old, unless somebody holds it. The time of an entry is that of its last use. The lock files
    stay, empty: two processes that wait for one name must wait for one file."""
    paths = [path for path in TOP.glob(f"{kind}.*") if path.is_dir() and path != newest]
    whole = sorted((path for path in paths if path.suffix != ".half"), key=lambda path: path.stat().st_mtime)
    for path in set(paths) - set(whole[-KEEP:]):
        lock = _lock(path.with_name(path.name + ".lock"), fcntl.LOCK_EX | fcntl.LOCK_NB)
        if lock:
            shutil.rmtree(path, ignore_errors=True)
            lock.close()


def _build(path, kind, build):
    started = time.monotonic()
    print(f"building {kind} ...", flush=True)
    half = path.with_name(path.name + ".half")
    shutil.rmtree(half, ignore_errors=True)
    half.mkdir(parents=True)
    build(half)
    os.sync()
    half.rename(path)
    print(f"built {kind} in {time.monotonic() - started:.0f} s", flush=True)


def entry(kind, name, build):
    """The directory of kind and key name; build(directory) fills it if it is not there yet."""
    path = TOP / f"{kind}.{name}"
    _held.append(_lock(path.with_name(path.name + ".lock"), fcntl.LOCK_SH))
    if not path.is_dir():
        with _lock(TOP / f"{kind}.build-lock", fcntl.LOCK_EX):
            if not path.is_dir():  # nobody else has built it meanwhile
                _build(path, kind, build)
                _prune(kind, path)
    os.utime(path)
    return path
