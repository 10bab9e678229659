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

STRING = r'"(?:[^"\\\n]|\\.)*"'
TOKEN = re.compile(rf"/\*.*?\*/|'(?:[^'\\]|\\.)'|^\s*#\s*include[^\n]*|((?:[A-Z][A-Z_]+\w*\s+)*{STRING}(?:\s*(?:{STRING}|[A-Z][A-Z_]+\w*))*)", re.DOTALL | re.MULTILINE)
# Two words, or a word and a directive: what is said to nobody in another way than by a word alone, of which the brackets tell.
SENTENCE = re.compile(r"[a-z]{2,}[,:;]? (?:[a-z]{2,}|%|[A-Z])|(?:%[su]|[A-Z]|>) [a-z]{2,}")
# Sources that have nothing else than what stands in files.
OF_FILES = ("common/render", "common/profile-write.c", "common/tailnet-status.c", "common/keyed-file.c", "common/signature.c", "common/signing-",
            "cli/doctor/mullvad.", "cli/tailnet/to-mesh.c", "cli/update/fetch-request.c", "cli/update/joined.c", "cli/export/memory.c",
            "cli/export/output.h", "cli/qr/qr.c")
# What is typed, what stands in a file or a firewall's rules, and what is an aid when wattle itself or a library is at fault.
NO_TEXTS = re.compile("|".join([
    r"(?:%s; )?(?:chown|cp|echo|firewall-cmd|getent|ip|man|modprobe|mv|networkctl|nft|nmcli|resolvectl|ss|systemctl|timedatectl|ufw|wattle) .*",
    r"#.*", r"\n?\[.*", "(?:<COMMENT_PREFIX>)?mesh=.*", "(?:hook|inet|policy|rule|type|nameserver) .*", "(?:port|interface) %s %s.*", "files dns", "wattle beacon 1",
    "untrusted comment:", "out of memory", "libsodium failed to initialise", "X25519 with the base point failed", r"(?:connection of )?mesh %s: .*",
    "(?:allowed IP|prefix length|handshake time|byte count)", "%u warning%s: 'wattle check' shows %s", " Made by wattle from %s .*", "Usage: wattle-nm .*",
    r"Tailscale: %s"]), re.DOTALL)


def strings(path):
    """The literals of a source with their lines, those of one text put together, and the names of macros among them."""
    source = (TOP / path).read_text()
    for token in TOKEN.finditer(source):
        if token[1]:
            parts = re.findall(rf"{STRING}|\w+", token[1])
            yield source.count("\n", 0, token.start()) + 1, "".join(catalogue.unquote(part[1:-1]) if part[0] == '"' else f"<{part}>" for part in parts)


def directives(text):
    """By the number of their argument."""
    found = [one for one in catalogue.DIRECTIVE.findall(text) if one != "%%"]
    numbered = [re.match(r"%(\d+)\$(.*)", one) for one in found]
    if all(numbered) and found:
        return sorted((int(one[1]), one[2]) for one in numbered)
    return [(i + 1, one[1:]) for i, one in enumerate(found)]


@pytest.mark.parametrize("language", LANGUAGES)
def test_gettext_takes_it(language):
    """Each number has its words, too."""
    done = subprocess.run(["msgfmt", "--check", "-o", "/dev/null", TOP / f"po/{language}.po"], capture_output=True, text=True)
    left = [line for line in done.stderr.splitlines() if not re.search("warning: header field '[A-Z][A-Za-z-]+' missing", line)]
    assert done.returncode == 0 and not left, done.stderr


@pytest.mark.parametrize("language", LANGUAGES)
def test_each_text_keeps_its_arguments(language):
    for key, entry in catalogue.read((TOP / f"po/{language}.po").read_text()).items():
        if key and key in TEXTS and TEXTS[key].is_format:
            for words in filter(None, entry.words):
                assert directives(words) in (directives(entry.text), directives(entry.plural or entry.text)), words


@pytest.mark.parametrize("one, other, same", [
    ("%s of %u", "%s von %u", True), ("%s of %u", "%2$u, %1$s", True), ("%s of %u", "%u von %s", False), ("%s of %u", "%s", False),
    ("%s", "%s %s", False), ("%s", "%d", False), ("100%% of %s", "%s", True), ("%<PRIu64>", "%<PRIu64> B", True), ("%<PRIu64>", "%u B", False)])
def test_arguments_are_told_apart(one, other, same):
    assert (directives(one) == directives(other)) == same


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


def test_no_sentence_is_left_out():
    """A text that goes through none of the functions of po/keywords and has no _() or N_(), as the second of two that a condition
    chooses from, whether a test has it said or not."""
    known = set(TEXTS) | {entry.plural for entry in TEXTS.values()}
    left = [f"{path}:{line}: {text}" for path in catalogue.sources() if not path.startswith(OF_FILES)
            for line, text in strings(path) if text not in known and SENTENCE.search(text) and not NO_TEXTS.fullmatch(text)]
    assert left == [], "\n".join(left)


# What is logged there, is for who runs it by hand, or is a name.
NOT_SAID = re.compile("|".join([
    "the system bus.*", "names of endpoints cannot .*", "the name %s on the bus: %s", "another has it", "(?:error|progress|ok) %.*", "Usage: wattle-fetch.*"]), re.DOTALL)


def test_what_daemons_say_is_known():
    """common/said.c has the texts that come over the bus and from wattle-fetch, and none that nobody says any more."""
    known = {text.replace("%%", "%") for _, text in strings("common/said.c")} & {key.replace("%%", "%") for key in TEXTS}
    folders = [path.relative_to(TOP) for path in (TOP / "daemon").rglob("*.c")] + ["update/fetch.c"]
    said = {text for path in folders for _, text in strings(path)}
    assert known - said == set()
    left = [f"{path}:{line}: {text}" for path in map(str, folders) if path.startswith(("daemon/bus/", "daemon/talk/relayed.c", "update/fetch.c"))
            for line, text in strings(path) if SENTENCE.search(text) and text not in known and not NOT_SAID.fullmatch(text)]
    assert left == [], "\n".join(left)


@pytest.mark.parametrize("source, found", [
    ('x(_("a"), "b c" /* "no" */\n "d" PRIu64 " e");', [(1, "a"), (1, "b c"), (2, "d<PRIu64> e")]),
    ('#include "common/a b.h"\nchar c = \'"\'; f("it\\"s" "\\n");', [(2, 'it"s\n')])])
def test_strings_of_a_source(source, found, tmp_path):
    (tmp_path / "a.c").write_text(source)
    assert list(strings(tmp_path / "a.c")) == found
