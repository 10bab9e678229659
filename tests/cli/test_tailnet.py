# SPDX-License-Identifier: LGPL-2.1-or-later
"""wattle check and wattle render of a tailnet, by path and by name."""
import pathlib
import re

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


PAGE = pathlib.Path(__file__).parent.parent.parent / 'doc/wattle.tailnet.5.scd'

# All that the module services.tailscale of NixOS has, by number; its row in the manual page, and what stands there of it.
MODULE = [
    (0, 'enable', 'Enable='), (1, 'port', 'Port='), (2, 'interfaceName', 'Interface='), (3, 'permitCertUid', 'PermitCertUser='),
    (4, 'package', 'those of the distribution'), (5, 'openFirewall', 'wattle doctor'), (6, 'useRoutingFeatures', 'RoutingFeatures='),
    (7, 'extraSetFlags', 'ExitNode='), (7, 'extraSetFlags', 'AdvertiseExitNode='), (8, 'useRoutingFeatures', 'reverse path filter of the interface is loose'),
    (9, 'useRoutingFeatures', 'files of yours with a higher number win'), (10, 'useRoutingFeatures', 'forwarding on'), (11, 'authKeyFile', 'AuthKeyFile='),
    (12, 'authKeyParameters.ephemeral', 'Ephemeral='), (12, 'authKeyParameters.preauthorized', 'Preauthorized='), (12, 'authKeyParameters.baseURL', 'BaseURL='),
    (13, 'extraUpFlags', 'UpFlags='), (13, 'extraUpFlags', 'wattle check warns'), (14, 'extraSetFlags', 'SetFlags='), (15, 'extraDaemonFlags', 'DaemonFlags='),
    (16, 'package', 'in PATH'), (17, 'package', 'their own unit'), (18, 'tailscaled-autoconnect', 'waits for no manager to be online'),
    (19, 'enable', 'multi-user.target'), (20, 'path', 'wattle doctor says which of the programs'), (21, 'extraDaemonFlags', 'nothing has to be quoted'),
    (22, 'permitCertUid', 'where it is given'), (23, 'stopIfChanged', 'one restart, as one job'), (24, None, 'newer tailscaled than wattle knows is no fault'),
    (25, 'tailscaled-autoconnect', 'hears of states'), (26, 'status --json', 'wattle status --json'), (27, 'tailscaled-set', 'the same service'),
    (28, 'dhcpcd.denyInterfaces', 'dhcpcd.conf'), (29, 'networks."50-tailscale"', '60-tailnet-NAME.network'), (30, 'ignoreReversePathFilter', 'RoutingFeatures=none'),
]
# What it has grown since.
SINCE = [('disableTaildrop', 'DisableTaildrop='), ('disableUpstreamLogging', 'DisableUpstreamLogging=')]


def test_each_thing_of_the_module_of_nixos_has_its_place_or_a_sentence_why_not():
    text = re.sub(r'[*_]', '', PAGE.read_text().split('# FOR WHO KNOWS THE NIXOS MODULE')[1].split('\n# ')[0])
    rows = dict(re.findall(r'^\|  (.*)\n:  (.*)$', text, re.M))
    assert {number for number, _, _ in MODULE} == set(range(31))
    for option, words in [(option, words) for _, option, words in MODULE] + SINCE:
        assert words in (rows[option] if option else text), option
    assert set(rows) == {option for _, option, _ in MODULE if option} | {option for option, _ in SINCE}


GOOD = {'Enable': 'yes', 'Port': '0', 'Interface': 'ts0', 'PermitCertUser': 'caddy', 'RoutingFeatures': 'both', 'ExitNode': 'auto:any', 'AdvertiseExitNode': 'no',
        'AuthKeyFile': '/root/key', 'Ephemeral': 'no', 'Preauthorized': 'yes', 'BaseURL': 'https://api.example', 'UpFlags': '--shields-up',
        'SetFlags': '--auto-update=false', 'DaemonFlags': '--verbose=1', 'DisableTaildrop': 'yes', 'DisableUpstreamLogging': 'yes', 'AcceptRoutes': 'yes',
        'AdvertiseRoutes': '192.0.2.0/24', 'SSH': 'no', 'Hostname': 'gw'}
LOCAL = {'Enable', 'Interface', 'RoutingFeatures', 'ExitNode', 'AcceptRoutes'}


def test_each_key_that_the_rows_name_is_one(wattle):
    named = set(re.findall(r'([A-Z][A-Za-z]+)=', ' '.join(words for _, _, words in MODULE) + ' '.join(words for _, words in SINCE)))
    assert named <= set(GOOD)
    lines = {True: ['[Local]'], False: ['[Tailscale]', 'AdvertiseTags=server']}
    for key, value in GOOD.items():
        lines[key in LOCAL].append(f'{key}={value}')
    (wattle.folder / 'all.tailnet').write_text('\n'.join(lines[False] + lines[True]) + '\n')
    checked = wattle('check', 'all.tailnet')
    assert checked.returncode == 0 and 'all.tailnet: good' in checked.stdout, checked.stderr


def test_flags_that_nobody_will_use_are_told(wattle):
    (wattle.folder / 'flags.tailnet').write_text('[Tailscale]\nUpFlags=--shields-up\n')
    checked = wattle('check', 'flags.tailnet')
    assert checked.returncode == 0 and 'flags.tailnet:2:9: warning: UpFlags: it counts when wattle-tailscale logs in' in checked.stderr
    credential = wattle.root / 'etc/credstore.encrypted/wattle.flags.auth-key'
    credential.parent.mkdir(parents=True)
    credential.write_text('x')
    assert 'UpFlags' not in wattle(f'--root={wattle.root}', 'check', 'flags.tailnet').stderr
