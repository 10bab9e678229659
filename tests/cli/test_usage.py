# SPDX-License-Identifier: LGPL-2.1-or-later
"""The verb table: help, wrong usage, where options stand, and output that cannot be written."""
import os
import re
import subprocess

import pytest

VERBS = ['init', 'import', 'add', 'invite', 'remove', 'set', 'edit', 'sign', 'check', 'show', 'verify', 'genkey', 'pubkey', 'join', 'apply', 'update', 'up', 'down',
         'status', 'doctor', 'probe', 'migrate', 'leave', 'render', 'export']


def test_overview(wattle):
    text = wattle.ok('--help')
    assert re.findall(r'^  ([a-z]+) +[a-z]', text, re.M) == VERBS
    assert wattle.ok('help') == wattle.ok('-h') == text
    assert wattle.bad(status=2) == text
    assert re.fullmatch(r'wattle \d+\.\d+\.\d+\n', wattle.ok('--version'))


@pytest.mark.parametrize('verb', VERBS)
def test_help_of_verb(wattle, verb):
    text = wattle.ok(verb, '--help')
    assert text.startswith(f'Usage: wattle {verb} [OPTIONS]')
    assert f'Example:\n  wattle {verb}' in text
    assert max(map(len, text.splitlines())) <= 100
    assert wattle.ok('help', verb) == wattle.ok(verb, '-h', 'and', 'more') == text


@pytest.mark.parametrize('args, error', [
    (['chekc'], "wattle: unknown verb 'chekc': did you mean check? See 'wattle --help'\n"),
    (['zzzzzzzz'], "wattle: unknown verb 'zzzzzzzz'; see 'wattle --help'\n"),
    (['help', 'rendr'], "wattle: unknown verb 'rendr': did you mean render? See 'wattle --help'\n"),
    (['--frob'], "wattle: unknown option '--frob'; see 'wattle --help'\n"),
    (['check'], "wattle check: it takes FILE|MESH|TAILNET...; see 'wattle check --help'\n"),
    (['check', 'a', ''], "wattle check: FILE|MESH|TAILNET... is empty; see 'wattle check --help'\n"),
    (['show', '--as=', 'a'], "wattle show: --as= is empty; see 'wattle show --help'\n"),
    (['add', '--alias', '', 'a', 'b'], "wattle add: --alias= is empty; see 'wattle add --help'\n"),
    (['check', '--root=', 'a'], "wattle check: --root= is empty; see 'wattle check --help'\n"),
    (['--root=', 'check', 'a'], "wattle check: --root= is empty; see 'wattle check --help'\n"),
    (['show', 'a', 'b'], "wattle show: 'b' is too many; see 'wattle show --help'\n"),
    (['show', '--frob', 'a'], "wattle show: Unknown option --frob; see 'wattle show --help'\n"),
    (['--root=/tmp', 'apply'], "wattle apply: --root= is of no use here: a network that runs is changed; "
     "'wattle render' writes files elsewhere; see 'wattle apply --help'\n"),
    (['--root=/tmp', 'apply', '--dry-run'], "wattle apply: --root= is of no use here: a network that runs is changed; "
     "'wattle render' writes files elsewhere; see 'wattle apply --help'\n"),
    (['apply', '--dry'], "wattle apply: Unknown option --dry; see 'wattle apply --help'\n"),
    (['show', 'a', '--as'], "wattle show: Missing argument for --as; see 'wattle show --help'\n"),
    (['render', '--systemd=25x', 'a'],
     "wattle render: --systemd: '25x' is not a whole number from 1 to 65535; "
     "see 'wattle render --help'\n"),
    (['render', '--owner=nobody', 'a'],
     "wattle render: --owner: 'nobody' is none of auto, networkd, NetworkManager; "
     "see 'wattle render --help'\n"),
    (['init', '--port=0', 'a.mesh'],
     "wattle init: --port: '0' is not a port: 1 to 65535; see 'wattle init --help'\n"),
    (['init', '--subnet=10.0.0.1/8', 'a.mesh'],
     "wattle init: --subnet: '10.0.0.1/8' has host bits set: write 10.0.0.0/8; "
     "see 'wattle init --help'\n"),
    (['probe', 'home'], "wattle probe: it takes MESH DEVICE; see 'wattle probe --help'\n"),
    (['probe', 'home', 'B'], "wattle probe: DEVICE: 'B' has upper case: write b; see 'wattle probe --help'\n"),
    (['migrate', 'home'], "wattle migrate: it takes MESH DEVICE [ENDPOINT]; see 'wattle migrate --help'\n"),
    (['migrate', 'home', 'b', 'vps.example:1'],
     "wattle migrate: ENDPOINT: 'vps.example:1' is not an address; see 'wattle migrate --help'\n"),
    (['migrate', 'home', 'B', '192.0.2.1:1'],
     "wattle migrate: DEVICE: 'B' has upper case: write b; see 'wattle migrate --help'\n"),
    (['status', '--watch', '--json'],
     "wattle status: --watch is for a terminal, and --json for programs; see 'wattle status --help'\n"),
    (['status', '--watch'],
     "wattle status: --watch is for a terminal; see 'wattle status --help'\n"),
    (['--root=/tmp', 'status'], "wattle status: --root= is of no use here: a network that runs is "
     "shown; see 'wattle status --help'\n"),
    (['genkey', 'Home'], "wattle genkey: MESH: 'Home' has upper case: write home;"
     " see 'wattle genkey --help'\n"),
    (['--root=root', 'export', 'phone'],
     "wattle export: no mesh is installed: name its file; see 'wattle export --help'\n"),
])
def test_wrong_usage(wattle, args, error):
    assert wattle.bad(*args, status=2, env={'LC_ALL': 'C'}) == error


def test_root_that_is_not_there(wattle):
    assert wattle.bad('--root=nowhere', 'check', 'home') == (
        'wattle: nowhere: No such file or directory\n')


def test_options_stand_anywhere(wattle):
    wattle.mesh('wgnet.mesh')
    root = f'--root={wattle.root}'  # of a host without NetworkManager, whatever this one has
    shown = wattle.ok(root, 'show', '--as', 'nas', 'wgnet.mesh')
    assert wattle.ok('show', root, 'wgnet.mesh', '--as=nas') == shown
    assert wattle.ok('show', '--as=nas', root, '--', 'wgnet.mesh') == shown
    assert wattle.ok('show', 'wgnet.mesh', '--as=nas', '--root', wattle.root) == shown
    assert wattle.bad('check', '--', '--as.mesh') == '--as.mesh: No such file or directory\n'


def test_mesh_by_name(wattle):
    root = f'--root={wattle.root}'
    text = wattle.mesh('wgnet.mesh').read_text()
    assert wattle.bad(root, 'check', 'wgnet') == (
        'wattle: no mesh wgnet is installed; the file here is called wgnet.mesh\n')
    assert wattle.bad(root, 'check', 'home') == (
        'wattle: no mesh home: there is no /etc/wattle/home.mesh, or it is masked, and no such '
        'file here\n')
    (wattle.config / 'wgnet.mesh').write_text(text)
    wattle.key('wgnet-nas', wattle.config / 'wgnet.key')
    assert wattle.ok(root, 'check', 'wgnet') == '/etc/wattle/wgnet.mesh: good: 4 devices, serial 1\n'
    assert 'device       nas.wgnet\n' in wattle.ok('show', root, 'wgnet')
    assert wattle.ok(root, 'check', '-q', 'wgnet') == ''


def test_full_disk(wattle):
    wattle.mesh('wgnet.mesh')
    with open('/dev/full', 'w') as full:
        for args in (['check', 'wgnet.mesh'], ['--help'], ['genkey'],
                     ['show', '--as=nas', '--json', 'wgnet.mesh']):
            result = wattle(*args, stdout=full, stderr=subprocess.PIPE)
            assert result.returncode == 1
            assert result.stderr == 'wattle: standard output: No space left on device\n'


def test_nobody_changes_what_nobody_is_shown(wattle):
    mesh = wattle.mesh('wgnet.mesh')
    before = mesh.read_text()
    with open('/dev/full', 'w') as full:
        result = wattle('remove', 'wgnet.mesh', 'nas', stdout=full, stderr=subprocess.PIPE)
    assert result.returncode == 1
    assert mesh.read_text() == before


def test_closed_pipe(wattle):
    wattle.mesh('wgnet.mesh')
    reader, writer = os.pipe()
    os.close(reader)
    result = wattle('show', '--as=nas', 'wgnet.mesh', stdout=writer, stderr=subprocess.PIPE)
    os.close(writer)
    assert (result.returncode, result.stderr) == (1, 'wattle: standard output: Broken pipe\n')


@pytest.mark.parametrize('env, coloured', [
    ({'TERM': 'xterm'}, True),
    ({'TERM': 'xterm', 'NO_COLOR': '1'}, False),
    ({'TERM': 'dumb'}, False),
])
def test_colour_on_a_terminal_alone(wattle, env, coloured):
    wattle.mesh('wgnet.mesh')
    ours, theirs = os.openpty()
    assert wattle('show', '--as=nas', 'wgnet.mesh', stdout=theirs, env=env).returncode == 0
    os.close(theirs)
    text = os.read(ours, 65536).decode()
    os.close(ours)
    assert ('\033[' in text) == coloured
    assert '\033[' not in wattle.ok('show', '--as=nas', 'wgnet.mesh', env=env)
