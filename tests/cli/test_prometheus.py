# SPDX-License-Identifier: LGPL-2.1-or-later
"""status --prometheus as Prometheus's own parser reads it, and by the rules of its naming. The values are in tests/unit/test-cli-status.c."""
import os
import re
import subprocess

import pytest

parser = pytest.importorskip('prometheus_client.parser', reason='python3-prometheus-client is not installed')

ODD = 'a "quoted\\ one\nä'
NOBODY = '+/v7+/v7+/v7+/v7+/v7+/v7+/v7+/v7+/v7+/v7+/s='
PATHS = ['none', 'LAN', 'public', 'roamed', 'direct', 'relayed']


@pytest.fixture(scope='module')
def text():
    return subprocess.run([os.environ['WATTLE_PRINT_PROMETHEUS']], check=True, capture_output=True, text=True).stdout


@pytest.fixture(scope='module')
def samples(text):
    found = {}
    for family in parser.text_string_to_metric_families(text):
        for sample in family.samples:
            key = (sample.name, *(sample.labels.get(label) for label in ['mesh', 'peer', 'path']))
            assert key not in found, 'twice'
            found[key] = sample.value
    return found


@pytest.mark.parametrize('name, peer, value', [
    ('wattle_peer_up', ODD, None),
    ('wattle_peer_last_handshake_timestamp_seconds', ODD, 1699999995),
    ('wattle_peer_last_handshake_timestamp_seconds', 'plain', 0),
    ('wattle_peer_receive_bytes_total', ODD, 1),
    ('wattle_peer_transmit_bytes_total', NOBODY, 0),
    ('wattle_peer_round_trip_seconds', ODD, 2.0003),
    ('wattle_peer_serial', ODD, 9),
])
def test_values(samples, name, peer, value):
    for mesh in ['home', 'work']:
        assert samples[name, mesh, peer, None] == (1 if value is None else value)


def test_one_path_is_1(samples):
    for mesh in ['home', 'work']:
        for peer, current in [(ODD, 'relayed'), ('plain', 'none'), (NOBODY, 'none')]:
            assert [samples['wattle_peer_path', mesh, peer, path] for path in PATHS] == [path == current for path in PATHS]


def test_what_is_not_known_has_no_sample(samples):
    assert ('wattle_peer_serial', 'home', 'plain', None) not in samples
    assert ('wattle_peer_round_trip_seconds', 'home', 'plain', None) not in samples


def test_naming(text):
    """HELP and TYPE once and in front, base units, _total for counters alone, no time stamps."""
    heads = re.findall(r'^# HELP (\S+) .*\.\n# TYPE \1 (gauge|counter)\n((?:[^#].*\n)*)', text, re.M)
    assert ''.join(f'{name} ' for name, _, _ in heads).count('wattle_') == text.count('# HELP') == text.count('# TYPE') == 16
    for name, kind, lines in heads:
        assert re.fullmatch(r'wattle_(mesh|peer|relay)_[a-z_]+', name)
        assert name.endswith('_total') == (kind == 'counter')
        assert not re.search('_(us|ms|kib|percent)(_|$)', name)
        assert all(re.fullmatch(name + r'\{.*\} [0-9.]+', line) for line in lines.splitlines())


def test_usage(wattle):
    for other, said in [('--json', '--json and --prometheus are two forms'), ('--state', '--state is one word, and no more'),
                        ('--watch', '--watch is for a terminal, and --prometheus for programs')]:
        assert said in wattle.bad('status', '--prometheus', other, status=2)
