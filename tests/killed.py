# SPDX-License-Identifier: LGPL-2.1-or-later
"""A program stopped at each system call by which it changes files: killed, as by an OOM killer or a lost machine, or told that
the disk is full."""

import os
import re
import subprocess

CALLS = ["mkdirat", "openat", "openat2", "fchmod", "fchmodat", "fchown", "write", "ftruncate", "fsync", "flock", "linkat", "symlinkat",
         "renameat", "renameat2", "unlinkat"]
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


KILLED, FULL = "killed", "full disk"
ENDINGS = [KILLED, FULL]
NEEDS_ROOM = {"mkdirat", "openat", "openat2", "write", "ftruncate", "fsync", "linkat", "symlinkat", "renameat", "renameat2"}
SPEAKS = re.compile(r"^write\([12],")


def points(command, folder, prepare, ending=KILLED, calls=CALLS):
    """Prepares, counts what a whole run does, and then for each call prepares anew and ends a run as it makes that call: or, on a full
    disk, fails the call and lets the run come to its own end."""
    prepare()
    done, log = strace(command, folder, "-s", "512", "-e", f"trace={','.join(calls)}")
    assert done.returncode == 0, done.stderr
    counts, found = {}, []
    for line in log.splitlines():
        call = line.partition("(")[0]
        counts[call] = counts.get(call, 0) + 1
        if not READS.search(line) and (ending == KILLED or (call in NEEDS_ROOM and not SPEAKS.search(line))):
            found.append((call, counts[call], line))
    for call, number, line in found:
        prepare()
        fault = "signal=KILL" if ending == KILLED else "error=ENOSPC"
        done, log = strace(command, folder, "-s", "512", "-e", f"trace={call}", "-e", f"inject={call}:{fault}:when={number}")
        if ending == KILLED:
            assert "killed by SIGKILL" in log, f"{line}: {log}"
        else:
            assert "(INJECTED)" in log, f"{line}: {log}"
            assert done.returncode in (0, 1), f"{line}: {done}"
            # Programs of the tests themselves say nothing.
            assert done.returncode == 0 or "No space left" in done.stderr or os.path.basename(command[0]) != "wattle", f"{line}: {done}"
        yield line
