# SPDX-License-Identifier: LGPL-2.1-or-later
"""Catalogues in a folder of the build, for a wattle that looks there, and locales that are called as languages are and are C.UTF-8."""
import os
import pathlib
import subprocess
import sys

import pytest

TOP = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(TOP / "po"))

import catalogue  # noqa: E402


def in_brackets(text):
    """The text with brackets around all that is neither a directive nor a line end at its begin or end, where msgfmt wants those."""
    inner = text.strip("\n")
    before, _, after = text.partition(inner)
    words = catalogue.DIRECTIVE.sub(lambda match: f"\u27e7{match[0]}\u27e6", f"\u27e6{inner}\u27e7")
    return before + words.replace("\u27e6\u27e7", "") + after


def compile_catalogue(folder, language, text):
    messages = folder / language / "LC_MESSAGES"
    messages.mkdir(parents=True, exist_ok=True)
    return subprocess.run(["msgfmt", "--check-format", "--output-file", str(messages / "wattle.mo"), "-"], input=text, text=True, check=True)


@pytest.fixture(scope="session")
def locales(tmp_path_factory):
    """A folder for LOCPATH with de_DE.UTF-8 and xx_XX.UTF-8, and the catalogues of both."""
    folder = pathlib.Path(os.environ["WATTLE_LOCALE_FOLDER"])
    german = (TOP / "po/de.po").read_text()
    head = catalogue.read(german)[""]
    entries = [head] + list(catalogue.extract().values())
    for entry in entries[1:]:
        entry.words = [in_brackets(text) for text in (entry.text, entry.plural) if text is not None]
    compile_catalogue(folder, "xx", catalogue.write(entries))
    compile_catalogue(folder, "de", german)
    names = tmp_path_factory.mktemp("locales")
    for name in ("de_DE.UTF-8", "xx_XX.UTF-8"):
        (names / name).symlink_to("/usr/lib/locale/C.utf8")
    return names
