# SPDX-License-Identifier: LGPL-2.1-or-later
"""wattle check and wattle render of a tailnet, by path and by name."""
import pathlib

TAILNETS = pathlib.Path(__file__).parent.parent / 'tailnets'
TEXT = '[Tailscale]\nPort=41642\n'


def test_every_fault_is_told_at_once(wattle):
    (wattle.folder / 'bad.tailnet').write_text('[Tailscale]\nPort=x\nAuthKey=tskey-auth-secret\n')
    errors = wattle.bad('check', 'bad.tailnet')
    assert errors.count('bad.tailnet:') == 2 and 'bad.tailnet:2:6: ' in errors and 'secret' not in errors


def test_a_good_one_and_what_is_missing_for_it(wattle):
    path = wattle.config / 'work.tailnet'
    path.write_text(TEXT)
    result = wattle(f'--root={wattle.root}', 'check', 'work')
    assert (result.returncode, result.stdout) == (0, '/etc/wattle/work.tailnet: good\n')
    assert result.stderr == ('/etc/wattle/work.tailnet: warning: Tailscale is not installed: there is no '
                             'tailscaled.service\n')
    unit = wattle.root / 'usr/lib/systemd/system/tailscaled.service'
    unit.parent.mkdir(parents=True)
    unit.write_text('')
    assert wattle(f'--root={wattle.root}', 'check', 'work').stderr == ''
    path.write_text('[Local]\nEnable=no\n')
    assert wattle.ok(f'--root={wattle.root}', 'check', 'work') == '/etc/wattle/work.tailnet: good, and not enabled\n'


def test_check_takes_meshes_and_tailnets_in_one_run(wattle):
    wattle.mesh('wgnet.mesh')
    assert wattle.ok('check', '--quiet', 'wgnet.mesh', TAILNETS / 'work.tailnet') == ''


def test_render_by_name_prints_what_render_by_path_writes(wattle):
    (wattle.config / 'work.tailnet').write_text(TEXT)
    printed = wattle.ok(f'--root={wattle.root}', 'render', '--systemd=252', 'work')
    assert wattle.ok('render', '--systemd=252', '-o', 'tree', wattle.config / 'work.tailnet') == 'tree: 4 files, 4 changed, 0 removed\n'
    for path in (wattle.folder / 'tree').rglob('*'):
        if path.is_file():
            assert f'==> {path.relative_to(wattle.folder / "tree")} <==\n{path.read_text()}' in printed


def test_what_takes_meshes_alone_says_what_takes_tailnets(wattle):
    (wattle.config / 'work.tailnet').write_text(TEXT)
    for verb in 'show', 'sign':
        assert '/etc/wattle/work.tailnet: is a tailnet and no mesh, and this is about meshes alone' in wattle.bad(f'--root={wattle.root}', verb, 'work')


def test_options_of_a_mesh_are_refused(wattle):
    for option in '--as=x', '--owner=networkd', '--local=x':
        assert '--as, --owner and --local are for a mesh' in wattle.bad('render', option, TAILNETS / 'plain.tailnet', status=2)
    assert 'systemd 251 is too old' in wattle.bad('render', '--systemd=251', TAILNETS / 'plain.tailnet')


def test_a_name_that_cannot_be_one(wattle):
    (wattle.folder / 'My Net.tailnet').write_text('')
    assert "cannot be a tailnet's name" in wattle.bad('check', 'My Net.tailnet')
