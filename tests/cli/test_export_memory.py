# SPDX-License-Identifier: LGPL-2.1-or-later
"""What export remembers for status: no secret, and only of what was made. tests/unit/test-cli-export.c has the judgement."""
import re


def lines(wattle):
    return (wattle.state / 'wattle/exports').read_text().splitlines()[1:]


def test_a_line_for_each_device(wattle):
    wattle.mesh('office.mesh')
    key = wattle.key('office-phone', wattle.folder / 'p.key').read_text().strip()
    wattle.ok('export', 'phone', 'office.mesh', '--private-key=p.key', '--exit-node=vps')
    first = lines(wattle)
    assert re.fullmatch('office phone 42 [0-9a-f]{16} format=wg-quick exit-node=vps', first[0]) and len(first) == 1
    wattle.ok('export', 'phone', 'office.mesh', '--exit-node=vps', '--qr')
    assert lines(wattle) == first  # the key is not part of it, nor is the form
    wattle.ok('export', '--all=out', 'office.mesh', '--format=nm', '--dns=10.77.0.1')
    assert [re.sub('[0-9a-f]{16}', 'N', line) for line in lines(wattle)] == [
        f'office {name} 42 N format=nm dns=10.77.0.1' for name in ('phone', 'printer')]
    assert key not in (wattle.state / 'wattle/exports').read_text()


def test_nothing_is_remembered(wattle):
    """Of what was not made, was only asked, or is below another root."""
    wattle.mesh('office.mesh')
    wattle('export', 'phone', 'office.mesh', '--exit-node=anna')
    wattle('export', 'phone', 'office.mesh', '--check=nowhere')
    wattle.ok('export', 'phone', 'office.mesh', f'--root={wattle.root}')
    assert not wattle.state.exists()


def test_no_place_for_it(wattle):
    """The file is made all the same."""
    wattle.mesh('office.mesh')
    wattle.state.write_text('')
    result = wattle('export', 'phone', 'office.mesh')
    assert result.returncode == 0 and result.stdout.startswith('# Made by wattle')
    assert result.stderr.splitlines()[-1].startswith("wattle: warning: 'wattle status' will not tell when a new file is due: ")
