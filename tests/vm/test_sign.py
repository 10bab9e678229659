# SPDX-License-Identifier: LGPL-2.1-or-later
"""Signatures, and the minisign of each release: 0.11 on Debian 12, 0.12 on Debian 13."""

import pytest

pytestmark = pytest.mark.each_release


def test_minisign_and_wattle_take_what_the_other_signs(native):
    a = native.guest("a")
    print(a.out("minisign -v"))
    a.run("wattle init --sign --no-password --signing-key=/root/wattle.key /root/home.mesh")
    a.run("cd /root; minisign -V -p home.pub -m home.mesh || minisign -V -P $(cat home.pub) -m home.mesh")
    # The other way: minisign's key, and minisign's signature; and wattle with minisign's key.
    a.run("cd /root; minisign -G -W -p minisign.pub -s minisign.key; tail -n 1 minisign.pub >home.pub; minisign -S -W -s minisign.key -m home.mesh")
    assert "signed, serial 1, by key" in a.out("wattle verify /root/home.mesh")
    a.run("cd /root; chmod 600 minisign.key; wattle add home.mesh a --signing-key=minisign.key --key=$(umask 077; wattle genkey >a.key; wattle pubkey a.key)")
    a.run("cd /root; minisign -V -p minisign.pub -m home.mesh")
    assert a.run("cd /root; minisign -V -P $(wattle genkey --signing --no-password other.key 2>/dev/null) -m home.mesh", check=False).code != 0
