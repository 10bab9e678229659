# SPDX-License-Identifier: LGPL-2.1-or-later
"""What a person with a German terminal reads, and what stays as it is written."""
import json
import os
import pathlib
import re
import shutil
import subprocess

import pytest

MESHES = pathlib.Path(__file__).resolve().parent.parent / "meshes"
BAD = "[Mesh]\nSubnet=10.42.0.0/16\nPrivateKey=x\n[Device a]\nPublicKey=y\nAddress=10.43.0.1\n"


@pytest.fixture
def run(locales, tmp_path):
    """wattle in a folder with two meshes, in a locale, its streams as text."""
    shutil.copy(MESHES / "office.mesh", tmp_path)
    (tmp_path / "bad.mesh").write_text(BAD)
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("LC_", "LANG"))}

    def run(*arguments, **variables):
        return subprocess.run([os.environ["WATTLE_OF_LANGUAGES"], *arguments], cwd=tmp_path, capture_output=True, text=True,
                              env=environment | {"LOCPATH": str(locales)} | variables)
    return run


GERMAN = {"LC_ALL": "de_DE.UTF-8"}


def test_help_is_german(run):
    text = run("--help", **GERMAN).stdout
    assert text.startswith("Aufruf: wattle") and "Beispiel:" in run("help", "show", **GERMAN).stdout
    assert re.findall(r"^  ([a-z]+) +\w", text, re.M) == re.findall(r"^  ([a-z]+) +\w", run("--help").stdout, re.M)


@pytest.mark.parametrize("verb", [line.split()[0] for line in subprocess.run([os.environ["WATTLE"], "--help"], capture_output=True, text=True)
                                  .stdout.splitlines() if re.match(r"  [a-z]", line)])
def test_help_of_a_verb_fits_a_terminal(run, verb):
    german, written = run(verb, "--help", **GERMAN).stdout, run(verb, "--help").stdout
    assert max(map(len, german.splitlines())) <= 100
    assert re.findall(r"^ +(?:-\w, )?(--[a-z-]+=?\S*)", german, re.M) == re.findall(r"^ +(?:-\w, )?(--[a-z-]+=?\S*)", written, re.M)


def test_the_place_stands_in_front(run):
    def places(text):
        return [line.partition(" ")[0] for line in text.splitlines()]
    german, written = run("check", "bad.mesh", **GERMAN), run("check", "bad.mesh")
    assert german.returncode == written.returncode == 1
    assert places(german.stderr) == places(written.stderr)
    assert re.match(r"bad\.mesh:\d+:\d+: ", german.stderr)
    assert german.stderr != written.stderr and "gehört nie in ein Profil" in german.stderr


def test_numbers_choose_the_words(run):
    assert run("check", "office.mesh", **GERMAN).stdout.startswith("office.mesh: gut: ")
    assert " Geräte" in run("check", "office.mesh", **GERMAN).stdout


COMMANDS = [["--help"], ["check", "bad.mesh"], ["check", "office.mesh"], ["show", "--as=vps", "office.mesh"], ["frob"], ["set", "--help"]]


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
@pytest.mark.parametrize("variables", [{"LC_ALL": "C", "LANGUAGE": "de"}, {"LANG": "C"}, {"LC_ALL": "C.UTF-8"}, {"LANG": "de_DE"}, {"LC_NUMERIC": "de_DE.UTF-8"}],
                         ids=lambda variables: " ".join(f"{name}={value}" for name, value in variables.items()))
def test_other_locales_have_it_as_it_is_written(run, command, variables):
    written, other = run(*command), run(*command, **variables)
    assert (other.stdout, other.stderr) == (written.stdout, written.stderr)


@pytest.mark.parametrize("command", [["show", "--json", "--as=vps", "office.mesh"], ["show", "--graph", "office.mesh"], ["export", "phone", "office.mesh"],
                         ["--version"]], ids=" ".join)
def test_what_programs_read_has_no_language(run, command):
    german, written = run(*command, **GERMAN), run(*command)
    assert written.returncode == 0, written.stderr
    assert german.stdout == written.stdout
    if "--json" in command:
        assert json.loads(german.stdout)


def test_files_have_no_language(run, tmp_path):
    for name, variables in {"written": {}, "german": GERMAN}.items():
        assert run("render", "--as=vps", "--owner=networkd", "--systemd=257", f"--output={name}", "office.mesh", **variables).returncode == 0
    assert subprocess.run(["diff", "-r", "written", "german"], cwd=tmp_path).returncode == 0


@pytest.mark.parametrize("said, german", [
    ("interface wg0 is down", "die Schnittstelle wg0 ist nicht aktiv"),
    ("Not allowed: polkit says no", "Nicht erlaubt: polkit sagt nein"),
    ("interface wg0: No such device", "Schnittstelle wg0: No such device"),
    ("wattle-up@home.service ended with 'failed': 'journalctl -u wattle-up@home.service' tells why",
     "wattle-up@home.service endete mit 'failed': 'journalctl -u wattle-up@home.service' sagt, warum"),
    ("a link-local address comes with the number of its interface, and no other does: [fe80::1%3]:51820",
     "zu einer link-lokalen Adresse gehört die Nummer ihrer Schnittstelle, und zu keiner anderen: [fe80::1%3]:51820"),
    ("the server says 404, and not 200", "der Server sagt 404 und nicht 200"),
    ("it is larger than 8388608 bytes", "es ist größer als 8388608 Byte"),
    ("Unit a.service not found.", "Unit a.service not found."),
    ("", "")])
def test_what_daemons_say_is_german(locales, said, german):
    def told(*arguments):
        return subprocess.run([os.environ["WATTLE_SAID"], *arguments], check=True, capture_output=True, text=True,
                              env=os.environ | {"LOCPATH": str(locales)} | GERMAN).stdout
    assert told(said) == german + "\n"
    assert told("--as-written", said) == said + "\n"
