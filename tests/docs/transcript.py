# SPDX-License-Identifier: LGPL-2.1-or-later
"""A tutorial as a test reads it: commands behind the prompts of their hosts, and below each what it prints.

    ```console
    desktop# wattle check home
    home: good: 2 devices, serial 3
    ```

A block of that kind is the only one that a tutorial has, so that nothing in it is left untried. A command goes on behind a
backslash or a pipe, and up to the end of its here-document. `[...]` on a line of its own stands for any lines, at the end of a line for
any words, and nothing is said of a command without output. An HTML comment `<!-- lab: the laptop leaves -->` is what a person does who types no command; after
`<!-- exit 1 -->` the next command says no.

Keys, their ids and words, and times and sizes are others each time: the text's key stands for the real one wherever it is, in later
commands too.
"""

import dataclasses
import re

PROMPT = re.compile(r"([a-z][a-z0-9-]*)# (.*)")
COMMENT = re.compile(r"<!-- (lab: .*|exit \d+) -->")
HERE_DOCUMENT = re.compile(r"<<'?([A-Z]+)'?")
ANYTHING = "[...]"

SIX_WORDS = r"(?:[a-z]{3,8} ){5}[a-z]{3,8}"
NAMED = {
    "signing key": r"RW[A-Za-z0-9+/]{54}",
    "key": r"[A-Za-z0-9+/]{43}=",
    "id": r"\b[0-9A-F]{16}\b",
    "words": rf"(?<=\(){SIX_WORDS}(?=\))|(?<=: ){SIX_WORDS}$|^{SIX_WORDS}$",
}
COUNTED = r"wattle:\S+|\b\d+(?:\.\d+)?(?: | )?(?:ms|µs|us|s|min|h|B|KiB|MiB|GiB)\b(?: ago)?"
VOLATILE = re.compile("|".join([*(f"({pattern})" for pattern in NAMED.values()), COUNTED]))


class Fault(Exception):
    """The tutorial is not what this module reads, or not what happens."""


@dataclasses.dataclass
class Command:
    line: int
    host: str
    text: str
    said: list
    code: int = 0


@dataclasses.dataclass
class Event:
    line: int
    name: str


def _whole_command(first, lines):
    """The command that begins on a line, from a list of the lines below, which it shortens."""
    text = first
    while text.endswith(("\\", "|")) and lines:
        text += "\n" + lines.pop(0)
    if match := HERE_DOCUMENT.search(text):
        while lines and text.rpartition("\n")[2] != match[1]:
            text += "\n" + lines.pop(0)
    return text


def _block(lines, number):
    rest, commands = list(lines), []
    while rest:
        at = number + len(lines) - len(rest)
        line = rest.pop(0)
        if match := PROMPT.fullmatch(line):
            commands.append(Command(at, match[1], _whole_command(match[2], rest), []))
        elif commands:
            commands[-1].said.append(line)
        else:
            raise Fault(f"line {at}: a transcript begins with a prompt")
    return commands


def parse(text):
    """Commands and events, in order."""
    steps, lines, code, at = [], text.splitlines(), 0, 0
    while at < len(lines):
        line = lines[at]
        at += 1
        if match := COMMENT.fullmatch(line):
            if match[1].startswith("exit"):
                code = int(match[1].split()[1])
            else:
                steps.append(Event(at, match[1].removeprefix("lab: ")))
        elif line == "```console":
            end = lines.index("```", at)
            block = _block(lines[at:end], at + 1)
            block[0].code, code = code, 0
            steps += block
            at = end + 1
        elif line.startswith(("```", "    ", "<!--")):
            raise Fault(f"line {at}: no such block here: {line}")
    return steps


def _same_line(text, real, names):
    """names with what this line adds to them, or None."""
    wanted, got = text.split(), real.split()
    if len(wanted) > 1 and wanted[-1] == ANYTHING:
        wanted.pop()
        got = got[:len(wanted)]
    wanted, got = " ".join(wanted), " ".join(got)
    if VOLATILE.sub("\0", wanted) != VOLATILE.sub("\0", got):
        return None
    names = dict(names)
    for one, other in zip(VOLATILE.finditer(wanted), VOLATILE.finditer(got)):
        if one.lastindex != other.lastindex:
            return None
        if one.lastindex and names.setdefault(one[0], other[0]) != other[0]:
            return None
    return names


def match(said, real, names):
    """names with what these lines add to them, or None if other lines were printed than the text says."""
    if not said:
        return None if real else names
    if said[0] == ANYTHING:
        rest = said[1:]
        return next((found for skipped in range(len(real) + 1) if (found := match(rest, real[skipped:], names)) is not None), None)
    if not real or (found := _same_line(said[0], real[0], names)) is None:
        return None
    return match(said[1:], real[1:], found)


def real_command(text, names):
    """A command of the text with the real keys in it."""
    for one, other in names.items():
        text = text.replace(one, other)
    return text


def hosts(steps):
    return {step.host for step in steps if isinstance(step, Command)}


def rewritten(text, printed):
    """The text with other outputs: printed has the lines for each command whose output is another, by the command's line."""
    lines = text.splitlines()
    for step in sorted((s for s in parse(text) if isinstance(s, Command) and s.line in printed), key=lambda step: -step.line):
        begin = step.line + step.text.count("\n")
        lines[begin:begin + len(step.said)] = printed[step.line]
    return "\n".join(lines) + "\n"
