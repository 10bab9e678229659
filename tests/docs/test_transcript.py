# SPDX-License-Identifier: LGPL-2.1-or-later
"""Tutorials are read as their reader reads them, and what is printed is compared as far as it can be the same twice."""

import pathlib
import re

import pytest

from transcript import Command, Event, Fault, match, parse, real_command, rewritten

HERE = pathlib.Path(__file__).resolve().parent
TUTORIALS = sorted((HERE.parents[1] / "doc" / "tutorials").glob("*.md"))
KEY_1, KEY_2, KEY_3 = ("A" * 42 + "E=", "B" * 42 + "E=", "C" * 42 + "E=")
WORDS_1, WORDS_2 = "cruel useless science humble bulb sugar", "butter want crane brave sadness volume"


def test_commands_and_events():
    assert parse(f"""# A home

<!-- lab: cable -->
```console
a# cat >x <<'END'
one# two
END
b# wattle add home b \\
      --invite
said
[...]
```
<!-- exit 1 -->
```console
a# wattle doctor
```
""") == [Event(3, "cable"), Command(5, "a", "cat >x <<'END'\none# two\nEND", []),
         Command(8, "b", "wattle add home b \\\n      --invite", ["said", "[...]"]), Command(15, "a", "wattle doctor", [], 1)]


@pytest.mark.parametrize("text", ["```sh\nls\n```\n", "    ls\n", "```console\nls\n```\n", "<!-- todo -->\n"])
def test_what_no_test_would_run_is_refused(text):
    with pytest.raises(Fault):
        parse(text)


@pytest.mark.parametrize("said, real, same", [
    (["good"], ["good"], True),
    (["good"], ["bad"], False),
    (["good"], [], False),
    ([], ["warning: bad"], False),
    (["[...]"], [], True),
    (["a", "[...]", "z"], ["a", "b", "c", "z"], True),
    (["a", "[...]", "z"], ["a", "b", "c"], False),
    (["DEVICE  PATH"], ["DEVICE     PATH"], True),
    (["up 12 s ago, 1.2 MiB"], ["up 3 min ago, 40 KiB"], True),
    (["up 12 s ago"], ["up never"], False),
    (["desktop  LAN  [...]"], ["desktop  LAN  12 s  it came from there"], True),
    (["desktop  LAN  [...]"], ["desktop  public  12 s  it came from there"], False),
    (["desktop  LAN  [...]"], ["desktop"], False),
    ([KEY_1, KEY_1], [KEY_2, KEY_2], True),
    ([KEY_1, KEY_1], [KEY_2, KEY_3], False),
    ([f"key: {WORDS_1}"], [f"key: {WORDS_2}"], True),
    ([f"({WORDS_1})", f"({WORDS_1})"], [f"({WORDS_2})", f"({WORDS_1})"], False),
    (["port 51820"], ["port 51821"], False),
])
def test_outputs(said, real, same):
    assert (match(said, real, {}) is not None) == same


def test_a_key_of_the_text_is_the_real_one_in_later_commands():
    names = match([KEY_1], [KEY_2], {})
    assert real_command(f"wattle add home b --key={KEY_1}", names) == f"wattle add home b --key={KEY_2}"
    assert match([KEY_1], [KEY_3], names) is None


def test_rewritten():
    assert rewritten("```console\na# cat <<END\nx\nEND\nold\n[...]\na# ls\n```\n", {2: ["x"], 7: ["y"]}) == (
        "```console\na# cat <<END\nx\nEND\nx\na# ls\ny\n```\n")


@pytest.mark.parametrize("path", TUTORIALS, ids=lambda path: path.stem)
def test_every_tutorial_is_played(path):
    """It is read without a fault, has commands, and is one of the scenarios."""
    assert any(isinstance(step, Command) for step in parse(path.read_text()))
    scenarios = (HERE.parent / "vm" / "test_docs.py").read_text()
    assert re.search(rf'play\("{path.stem}"', scenarios)
