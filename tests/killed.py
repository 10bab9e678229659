# SPDX-License-Identifier: LGPL-2.1-or-later
"""A program stopped at each system call by which it changes files: killed, as by an OOM killer; the power cut, so that of files
that were not synced only the names are left; or told that the disk is full."""

import os
import re
import subprocess
import time

CALLS = ["mkdirat", "openat", "openat2", "fchmod", "fchmodat", "fchown", "write", "ftruncate", "fsync", "fdatasync", "flock", "linkat",
         "symlinkat", "renameat", "renameat2", "unlinkat"]
# What changes nothing: a file is opened to be read, or something is asked of the bus.
READS = re.compile(r"^open(at|at2)\(.*O_RDONLY(?!.*O_CREAT)|^open(at|at2)\(.*O_PATH|"
                   r"^sendmsg\(.*(AUTH |Hello|Get|NameHasOwner|AddMatch|RemoveMatch|Subscribe|ListUnits)")


def strace(command, folder, *options):
    log = folder / "strace.log"
    # LeakSanitizer is a tracer itself, and there can be one only.
    env = dict(os.environ, ASAN_OPTIONS="detect_leaks=0", NO_COLOR="")
    done = subprocess.run(["strace", "-qq", "-o", str(log), *options, *map(str, command)], env=env, capture_output=True, text=True,
                          timeout=60)
    return done, log.read_text()


def until(limit_s):
    """Again and again, a moment apart, for so long; then it fails."""
    end = time.monotonic() + limit_s
    while time.monotonic() < end:
        yield
        time.sleep(0.02)
    raise AssertionError(f"not within {limit_s} s")


KILLED, POWER, FULL = "killed", "power cut", "full disk"
ENDINGS = [KILLED, POWER, FULL]
NEEDS_ROOM = {"mkdirat", "openat", "openat2", "write", "ftruncate", "fsync", "linkat", "symlinkat", "renameat", "renameat2"}
SPEAKS = re.compile(r"^write\([12]<")


DONE_TO_FILE = re.compile(r"^(write|ftruncate|fsync|fdatasync)\(\d+<([^>]+)>.*= \d+$")
RENAMED = re.compile(r'^(renameat2?|linkat)\((?:AT_FDCWD|\d+)<([^>]+)>, "([^"]*)", (?:AT_FDCWD|\d+)<([^>]+)>, "([^"]*)".*= 0$')


def unsynced(log):
    """The files, as they are called in the end, with what was written to them after the last fsync(2), by the lines of strace's log
    with -y."""
    found = set()
    for line in log:
        if done := DONE_TO_FILE.search(line):
            (found.discard if done[1] in ("fsync", "fdatasync") else found.add)(done[2])
        elif moved := RENAMED.search(line):
            before, after = os.path.join(moved[2], moved[3]), os.path.join(moved[4], moved[5])
            (found.add if before in found else found.discard)(after)
            if moved[1] != "linkat":
                found.discard(before)
    return found


def points(command, folder, prepare, ending=KILLED, calls=CALLS, only=None):
    """Prepares, counts what a whole run does, and then for each call prepares anew and ends a run as it makes that call: or, on a full
    disk, fails the call and lets the run come to its own end. That a power cut also takes names which no folder was synced for is a
    state that a kill at an earlier call has, for a file system keeps their order. only: an expression for the lines that count."""
    prepare()
    done, log = strace(command, folder, "-y", "-s", "512", "-e", f"trace={','.join(calls)}")
    assert done.returncode == 0, done.stderr
    counts, found = {}, []
    for at, line in enumerate(log.splitlines()):
        call = line.partition("(")[0]
        counts[call] = counts.get(call, 0) + 1
        if (ending == POWER and not unsynced(log.splitlines()[:at])) or (only and not re.search(only, line)):
            continue
        if not READS.search(line) and (ending != FULL or (call in NEEDS_ROOM and not SPEAKS.search(line))):
            found.append((call, counts[call], line))
    for call, number, line in found:
        prepare()
        fault = "error=ENOSPC" if ending == FULL else "signal=KILL"
        done, log = strace(command, folder, "-y", "-s", "512", "-e", f"trace={','.join(calls)}", "-e", f"inject={call}:{fault}:when={number}")
        if ending != FULL:
            assert "killed by SIGKILL" in log, f"{line}: {log}"
            for path in filter(os.path.isfile, unsynced(log.splitlines()) if ending == POWER else ()):
                os.truncate(path, 0)
        else:
            assert "(INJECTED)" in log, f"{line}: {log}"
            assert done.returncode in (0, 1), f"{line}: {done}"
            # Programs of the tests themselves say nothing.
            assert done.returncode == 0 or "No space left" in done.stderr or os.path.basename(command[0]) != "wattle", f"{line}: {done}"
        yield line
