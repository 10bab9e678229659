# SPDX-License-Identifier: LGPL-2.1-or-later
"""Catalogues of gettext's: what xgettext finds in the sources, read and written as values."""

import pathlib
import re
import subprocess
import tempfile

TOP = pathlib.Path(__file__).resolve().parent.parent
# Where something is said to people. The others speak to programs and to logs.
FOLDERS = ["cli", "common", "nm-plugin"]
FILES = ["tailscale/status.c", "tailscale/stream.c", "tailscale/tell.c"]
NOT = ["nm-plugin/service/", "cli/status/prometheus.c", "cli/show/graph.c"]

DIRECTIVE = re.compile(r"%(?:\d+\$)?[-+ #0']*(?:\*|\d+)?(?:\.(?:\*|\d*))?(?:hh|h|ll|l|z|j|t)?(?:<PRI\w+>|[diouxXcsp%])")


class Entry:
    """A text, its plural or None, and what they are in a language: one for each number, empty if nobody has."""

    def __init__(self, text, plural=None, words=(), flags=()):
        self.text, self.plural, self.words, self.flags = text, plural, list(words), set(flags)

    @property
    def key(self):
        return self.text

    @property
    def is_done(self):
        return bool(self.words) and all(self.words) and "fuzzy" not in self.flags

    @property
    def is_format(self):
        return "c-format" in self.flags


def unquote(text):
    return re.sub(r"\\(.)", lambda match: {"n": "\n", "t": "\t", "r": "\r"}.get(match[1], match[1]), text)


def quote(text):
    escaped = re.sub(r'[\\"]', lambda match: "\\" + match[0], text).replace("\n", "\\n").replace("\t", "\\t").replace("\r", "\\r")
    lines = re.findall(r"(?:[^\\]|\\[^n])*?\\n|(?:[^\\]|\\[^n])+$", escaped)
    return '"' + escaped + '"' if len(lines) < 2 else '""\n' + "\n".join(f'"{line}"' for line in lines)


def read(text):
    """The entries of a .po or .pot by their text; the head is that of the empty text."""
    entries, fields, flags, last = {}, {}, set(), None
    for line in text.splitlines() + [""]:
        if line.startswith("#,"):
            flags |= {flag.strip() for flag in line[2:].split(",")}
        elif match := re.match(r'(msg\w+)(?:\[(\d+)\])? "(.*)"$', line):
            last = (match[1], int(match[2] or 0))
            fields[last] = unquote(match[3])
        elif match := re.match(r'"(.*)"$', line):
            fields[last] += unquote(match[1])
        elif not line and fields:
            words = [fields[key] for key in sorted(key for key in fields if key[0] == "msgstr")]
            entry = Entry(fields["msgid", 0], fields.get(("msgid_plural", 0)), words, flags)
            entries[entry.key] = entry
            fields, flags = {}, set()
        elif not line:
            flags = set()
    return entries


def write(entries, comment=""):
    """A catalogue sorted by its texts, without places: what two people add meets in few lines."""
    blocks = []
    for entry in sorted(entries, key=lambda entry: entry.key):
        lines = [comment.rstrip("\n")] if not entry.key and comment else []
        if entry.flags:
            lines.append("#, " + ", ".join(sorted(entry.flags)))
        lines.append("msgid " + quote(entry.text))
        if entry.plural is None:
            lines.append("msgstr " + quote(entry.words[0] if entry.words else ""))
        else:
            lines.append("msgid_plural " + quote(entry.plural))
            lines += [f"msgstr[{i}] " + quote(word) for i, word in enumerate(entry.words or ["", ""])]
        blocks.append("\n".join(lines))
    return "\n\n".join(blocks) + "\n"


def has_words(text):
    return re.search("[^\\W\\d_]", DIRECTIVE.sub("", text)) is not None


def keywords():
    arguments = ["-k"]
    for row in (TOP / "po/keywords").read_text().splitlines():
        if row and not row.startswith("#"):
            arguments.append("--keyword=" + row.replace("=", ":"))
            if ":" in row:
                arguments.append(f"--flag={row}:c-format")
    return arguments


def sources():
    paths = sorted(path.relative_to(TOP) for folder in FOLDERS for path in (TOP / folder).rglob("*.[ch]"))
    return [str(path) for path in paths if not str(path).startswith(tuple(NOT))] + FILES


def extract():
    """What is to be translated, by its text; what is nothing but directives and signs is not."""
    with tempfile.TemporaryDirectory() as folder:
        for name in sources():
            copy = pathlib.Path(folder) / name
            copy.parent.mkdir(parents=True, exist_ok=True)
            # Of an argument's own braces xgettext would count the commas.
            copy.write_text(re.sub(r"\(WattlePlace\)\{[^{}]*\}", "place", (TOP / name).read_text()))
        run = subprocess.run(["xgettext", "--language=C", "--from-code=UTF-8", "--no-location", "--no-wrap", "--omit-header",
                              "--output=-", *keywords(), *sources()],
                             cwd=folder, check=True, capture_output=True, text=True)
    entries = read(run.stdout)
    if run.stderr.strip():
        raise RuntimeError(run.stderr)
    interface = TOP / "nm-plugin/editor/editor.ui"
    for text in re.findall(r'translatable="yes"[^>]*>([^<]*)<', interface.read_text()):
        text = text.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", '"').replace("&amp;", "&")
        entries.setdefault(text, Entry(text))
    return {key: entry for key, entry in entries.items() if has_words(key)}
