# SPDX-License-Identifier: LGPL-2.1-or-later
"""A language whose words are those of the sources, each text between brackets: a sentence outside of them is one that nobody marked."""
import pathlib
import re
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent.parent / "po"))

import catalogue  # noqa: E402

OPEN, CLOSE = "\u27e6", "\u27e7"


def in_brackets(text):
    """The text with brackets around all that is neither a directive nor a line end at its begin or end, where msgfmt wants those."""
    inner = text.strip("\n")
    before, _, after = text.partition(inner)
    words = catalogue.DIRECTIVE.sub(lambda match: f"{CLOSE}{match[0]}{OPEN}", OPEN + inner + CLOSE)
    return before + words.replace(OPEN + CLOSE, "") + after


def entries(head):
    """Those of the language, with the head of another."""
    texts = list(catalogue.extract().values())
    for entry in texts:
        entry.words = [in_brackets(text) for text in (entry.text, entry.plural) if text is not None]
    return [head, *texts]


def compile_catalogue(path, text):
    path.parent.mkdir(parents=True, exist_ok=True)
    subprocess.run(["msgfmt", "--check-format", "--output-file", str(path), "-"], input=text, text=True, check=True)


def outside(text):
    """What stands outside of the brackets, with an ellipsis for what is inside."""
    return re.sub(f"{OPEN}[^{CLOSE}]*{CLOSE}", "\u2026", text)


# Lines that are of a file or for a program, whole, and what stands between texts.
FILES = re.compile(r"""^[+ -]?\s*([#;]|\[|[A-Z][A-Za-z]+\s*=|[a-z-]+=|uci |(add_list|set) network|table |chain |type |flags |iifname|oifname|meta |ct |[}{]|"|node |edge |
    [0-9a-f.:]+\s+\S+\.\S+\s|@@|wattle:\S|wattle\ [a-z]+\ |
    (modprobe|timedatectl|getent|systemctl|networkctl)\ )""", re.VERBOSE)
OTHERS = re.compile("|".join([
    "No such file or directory", "Is a directory", "Not a directory", "Permission denied", "File exists", "Child process exited with code", "Unknown option",
    "Missing argument for", "Cannot parse", "No space left on device", "Too many levels of symbolic links", "Broken pipe", "Bad file descriptor",
    "File name too long", "Error in network definition.*", "wattle [a-z]+.*", "files media", r"Unit \S+ not found", "Device nobody", r"\([a-z]+( [a-z]+){5}\)",
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
