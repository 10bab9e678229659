# SPDX-License-Identifier: LGPL-2.1-or-later
"""No sentence of ours is said without being marked for translation: the tests of the command run once more, in a language that has all
texts between brackets, and two words beside each other outside of them are a fault, but for what is rightly no text."""
import os
import pathlib
import re
import subprocess
import sys

TOP = pathlib.Path(__file__).resolve().parent.parent.parent
# All verbs and their --help, wrong usage and each row of bad input are in these.
TESTS = ["test_add_table.py", "test_bad_input.py", "test_import.py", "test_set.py", "test_show.py", "test_usage.py"]
# Tables are wider here by what the brackets take, and between wattle and its streams is a program here, which needs a PATH.
NOT = ["table", "terminal", "full_disk", "nobody_is_shown", "closed_pipe", "without_netplan"]

# Lines that are of a file or for a program, whole, and what stands between texts.
FILES = re.compile(r"""^[+ -]?\s*([#;]|\[|[A-Z][A-Za-z]+\s*=|[a-z-]+=|uci |(add_list|set) network|table |chain |type |flags |iifname|oifname|meta |ct |[}{]|"|node |edge |
    [0-9a-f.:]+\s+\S+\.\S+\s|@@|wattle:|wattle\ [a-z]+\ )""", re.VERBOSE)
OTHERS = re.compile("|".join([
    "No such file or directory", "Is a directory", "Not a directory", "Permission denied", "File exists", "Child process exited with code", "Unknown option",
    "Missing argument for", "Cannot parse", "No space left on device", "Too many levels of symbolic links", "Broken pipe", "Bad file descriptor",
    "File name too long", "Error in network definition.*", "wattle [a-z]+.*", "files media", "Device nobody", r"\([a-z]+( [a-z]+){5}\)",
    r"^\s*[a-z]+( [a-z]+){5}\s*$"]))
LOWER = re.compile(r"[a-z]{2,} [a-z]{2,}")


def sentences(text):
    """What stands outside of brackets and looks like one."""
    for line in text.splitlines()[1:]:
        if FILES.match(line) or "wattle " not in text.splitlines()[0]:
            continue
        for part in line.split("\u2026"):
            if LOWER.search(OTHERS.sub("", part)):
                yield f"{text.splitlines()[0]}\n    {line}"


def test_all_is_marked(locales, tmp_path):
    outside = tmp_path / "outside"
    outside.mkdir()
    tests = [str(TOP / "tests/cli" / name) for name in TESTS]
    run = subprocess.run([sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-k", "not " + " and not ".join(NOT), *tests], text=True,
                         capture_output=True, env={**os.environ, "WATTLE": str(pathlib.Path(__file__).parent / "in-brackets"),
                                                   "WATTLE_LOCALES": str(locales), "WATTLE_OUTSIDE": str(outside)})
    assert run.returncode == 0, run.stdout[-6000:]
    assert len(list(outside.iterdir())) > 300
    found = [sentence for path in sorted(outside.iterdir()) for sentence in sentences(path.read_text(errors="replace"))]
    assert found == [], "\n".join(found)
