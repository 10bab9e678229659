# SPDX-License-Identifier: LGPL-2.1-or-later
"""The catalogues: each is what gettext takes, in each text the arguments are those of the source, and the source has texts that gettext
can know."""
import re
import subprocess

import catalogue
import pytest

TOP = catalogue.TOP
LANGUAGES = (TOP / "po/LINGUAS").read_text().split()
TEXTS = catalogue.extract()


def directives(text):
    """By the number of their argument."""
    found = [one for one in catalogue.DIRECTIVE.findall(text) if one != "%%"]
    numbered = [re.match(r"%(\d+)\$(.*)", one) for one in found]
    if all(numbered) and found:
        return sorted((int(one[1]), one[2]) for one in numbered)
    return [(i + 1, one[1:]) for i, one in enumerate(found)]


@pytest.mark.parametrize("language", LANGUAGES)
def test_gettext_takes_it(language):
    done = subprocess.run(["msgfmt", "--check-format", "--check-domain", "-o", "/dev/null", TOP / f"po/{language}.po"], capture_output=True, text=True)
    assert done.returncode == 0 and not done.stderr, done.stderr


@pytest.mark.parametrize("language", LANGUAGES)
def test_each_text_keeps_its_arguments(language):
    for key, entry in catalogue.read((TOP / f"po/{language}.po").read_text()).items():
        if key and key in TEXTS and TEXTS[key].is_format:
            for words in filter(None, entry.words):
                assert directives(words) in (directives(entry.text), directives(entry.plural or entry.text)), words


@pytest.mark.parametrize("language", LANGUAGES)
def test_it_has_nearly_all(language):
    """A text may land before its translation; tests/release takes all of them, none that may be wrong."""
    entries = catalogue.read((TOP / f"po/{language}.po").read_text())
    assert not [key for key, entry in entries.items() if "fuzzy" in entry.flags]
    missing = [key for key in TEXTS if not (key in entries and entries[key].is_done)]
    assert len(missing) <= len(TEXTS) // 20, "po/update, and give them words: " + "\n".join(missing)


def test_no_word_is_left_to_a_macro():
    """gettext knows a text before the preprocessor does: a name that is put in there is not found when the program runs."""
    for key, entry in TEXTS.items():
        assert not re.search(r"[^%]%$|%[-0-9.]*$", key.replace("%%", "")), key
