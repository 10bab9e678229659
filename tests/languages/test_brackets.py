# SPDX-License-Identifier: LGPL-2.1-or-later
"""No sentence of ours is said without being marked for translation: the tests of the command run once more, in a language that has all
texts between brackets, and two words beside each other outside of them are a fault, but for what is rightly no text."""
import os
import pathlib
import subprocess
import sys

from brackets import sentences

TOP = pathlib.Path(__file__).resolve().parent.parent.parent
# All verbs and their --help, wrong usage and each row of bad input are in these.
TESTS = ["test_add_table.py", "test_bad_input.py", "test_import.py", "test_set.py", "test_show.py", "test_usage.py"]
# Tables are wider here by what the brackets take, and between wattle and its streams is a program here, which needs a PATH.
NOT = ["table", "terminal", "full_disk", "nobody_is_shown", "closed_pipe", "without_netplan"]


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
