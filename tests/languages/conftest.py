# SPDX-License-Identifier: LGPL-2.1-or-later
"""Catalogues in a folder of the build, for a wattle that looks there, and locales that are called as languages are and are C.UTF-8."""
import os
import pathlib
import sys

import pytest

TOP = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path[:0] = [str(TOP / "po"), str(TOP / "tests/languages")]

import brackets  # noqa: E402
import catalogue  # noqa: E402


@pytest.fixture(scope="session")
def locales(tmp_path_factory):
    """A folder for LOCPATH with de_DE.UTF-8 and xx_XX.UTF-8, and the catalogues of both."""
    folder = pathlib.Path(os.environ["WATTLE_LOCALE_FOLDER"])
    german = (TOP / "po/de.po").read_text()
    head = catalogue.read(german)[""]
    brackets.compile_catalogue(folder / "xx/LC_MESSAGES/wattle.mo", catalogue.write(brackets.entries(head)))
    brackets.compile_catalogue(folder / "de/LC_MESSAGES/wattle.mo", german)
    names = tmp_path_factory.mktemp("locales")
    for name in ("de_DE.UTF-8", "xx_XX.UTF-8"):
        (names / name).symlink_to("/usr/lib/locale/C.utf8")
    return names
