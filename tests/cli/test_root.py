# SPDX-License-Identifier: LGPL-2.1-or-later
"""--root=DIR and --output=DIR stand for "/": no link in DIR leads out of it."""
import os

import pytest
from conftest import public_key


@pytest.fixture
def outside(wattle):
    folder = wattle.folder / 'outside'
    folder.mkdir()
    return folder


# Where a link in DIR/etc/wattle goes, given the folder beside DIR.
WAYS_OUT = {'absolute': '{outside}', 'relative': '../../../outside', 'a long way up': '../../../../../..{outside}'}


@pytest.mark.parametrize('way', WAYS_OUT)
def test_a_profile_is_not_read_from_outside(wattle, outside, way):
    (outside / 'office.mesh').write_text(wattle.mesh('office.mesh').read_text())
    (wattle.config / 'office.mesh').symlink_to(WAYS_OUT[way].format(outside=outside) + '/office.mesh')
    assert 'No such file or directory' in wattle.bad('check', f'--root={wattle.root}', 'office')


@pytest.mark.parametrize('way', WAYS_OUT)
def test_a_folder_is_not_read_from_outside(wattle, outside, way):
    (outside / 'office.mesh').write_text(wattle.mesh('office.mesh').read_text())
    wattle.config.rmdir()
    wattle.config.symlink_to(WAYS_OUT[way].format(outside=outside).replace('../', '', 1))
    (wattle.folder / 'office.mesh').unlink()
    assert 'no mesh office' in wattle.bad('check', f'--root={wattle.root}', 'office')


@pytest.mark.parametrize('target', ['/store/office.mesh', '../../store/office.mesh'])
def test_links_within_the_root_are_followed(wattle, target):
    (wattle.root / 'store').mkdir()
    (wattle.root / 'store/office.mesh').write_text(wattle.mesh('office.mesh').read_text())
    (wattle.folder / 'office.mesh').unlink()
    (wattle.config / 'office.mesh').symlink_to(target)
    wattle.ok('show', '--as=anna', f'--root={wattle.root}', 'office')
    wattle.ok('remove', f'--root={wattle.root}', 'office', 'printer')
    assert (wattle.config / 'office.mesh').is_symlink()
    assert '[Device printer]' not in (wattle.root / 'store/office.mesh').read_text()


def test_the_root_may_be_a_link(wattle):
    (wattle.config / 'office.mesh').write_text(wattle.mesh('office.mesh').read_text())
    (wattle.folder / 'named').symlink_to('root')
    wattle.ok('show', '--as=anna', '--root=named', 'office')


def test_an_edit_changes_nothing_outside(wattle, outside):
    (outside / 'office.mesh').write_text(wattle.mesh('office.mesh').read_text())
    (wattle.folder / 'office.mesh').unlink()
    (wattle.config / 'office.mesh').symlink_to(outside / 'office.mesh')
    wattle.bad('remove', f'--root={wattle.root}', 'office', 'printer')
    wattle.bad('add', f'--root={wattle.root}', 'office', 'new', f'--key={public_key("office-gw")}')


@pytest.mark.parametrize('arguments', [['init', 'new'], ['genkey', 'new']])
def test_nothing_is_made_outside(wattle, outside, arguments):
    wattle.config.rmdir()
    wattle.config.symlink_to(outside)
    wattle.bad(*arguments, f'--root={wattle.root}')
    assert not os.listdir(outside)


@pytest.mark.parametrize('target', ['{outside}', '../outside', '../outside/..'])
@pytest.mark.parametrize('name', ['run', 'etc', 'run/systemd', 'run/systemd/network'])
def test_output_stays_in_its_folder(wattle, outside, name, target):
    wattle.mesh('office.mesh')
    link = wattle.folder / 'tree' / name
    link.parent.mkdir(parents=True)
    link.symlink_to(target.format(outside=outside))
    wattle('render', '--as=anna', '--owner=networkd', '--output=tree', 'office.mesh')
    assert not os.listdir(outside)
    assert sorted(os.listdir(wattle.folder)) == ['office.mesh', 'outside', 'root', 'tree']


def test_output_says_which_link_is_in_the_way(wattle, outside):
    wattle.mesh('office.mesh')
    (wattle.folder / 'tree').mkdir()
    (wattle.folder / 'tree/run').symlink_to(outside)
    result = wattle('render', '--as=anna', '--owner=networkd', '--output=tree', 'office.mesh')
    assert result.returncode == 1
    assert result.stderr == ('wattle: tree/run: this link leads to no folder below the root: remove it, or make the folder '
                             'there\n')


def test_output_follows_links_within(wattle):
    wattle.mesh('office.mesh')
    (wattle.folder / 'tree/no-such-folder/run').mkdir(parents=True)
    (wattle.folder / 'tree/run').symlink_to('/no-such-folder/run')
    (wattle.folder / 'named').symlink_to('tree')
    wattle.ok('render', '--as=anna', '--owner=networkd', '--output=named', 'office.mesh')
    assert (wattle.folder / 'tree/no-such-folder/run/systemd/network/60-wattle-office.netdev').is_file()
