# SPDX-License-Identifier: LGPL-2.1-or-later
"""A program killed at each system call by which it changes files, as by an OOM killer or a lost machine."""

import os
import re
import subprocess

CALLS = ["mkdirat", "openat", "openat2", "fchmod", "fchmodat", "fchown", "write", "ftruncate", "fsync", "flock", "linkat", "symlinkat",
         "renameat", "renameat2", "unlinkat"]
READS = re.compile(r"^open(at|at2)\(.*O_RDONLY(?!.*O_CREAT)|^open(at|at2)\(.*O_PATH")


def strace(command, folder, *options):
    log = folder / "strace.log"
    # LeakSanitizer is a tracer itself, and there can be one only.
    env = dict(os.environ, ASAN_OPTIONS="detect_leaks=0", NO_COLOR="")
    done = subprocess.run(["strace", "-qq", "-o", str(log), *options, *map(str, command)], env=env, capture_output=True, text=True,
                          timeout=60)
    return done, log.read_text()


def points(command, folder, prepare):
    """Prepares, counts what a whole run does, and then for each call prepares anew and kills a run as it makes that call."""
    prepare()
    done, log = strace(command, folder, "-e", f"trace={','.join(CALLS)}")
    assert done.returncode == 0, done.stderr
    counts, found = {}, []
    for line in log.splitlines():
        call = line.partition("(")[0]
        counts[call] = counts.get(call, 0) + 1
        if not READS.search(line):
            found.append((call, counts[call], line))
    for call, number, line in found:
        prepare()
        done, log = strace(command, folder, "-e", f"trace={call}", "-e", f"inject={call}:signal=KILL:when={number}")
        assert "killed by SIGKILL" in log, f"{line}: {log}"
        yield line
