# SPDX-License-Identifier: LGPL-2.1-or-later
"""wattle-tailscale with the real tailscaled, tailscale and headscale."""

import time

from conftest import until


def count(server, name):
    return sum(node["given_name"] == name for node in server.nodes())


def test_logs_in_unattended_and_again_changes_nothing(server, host):
    host.tailnet(server.key("-e", "1h"), "Hostname=first", "AdvertiseRoutes=192.0.2.0/24", local=["AcceptRoutes=yes"])
    assert host.run()[0] == 0 and host.state() == "Running"
    prefs = host.prefs()
    assert (prefs["Hostname"], prefs["AdvertiseRoutes"], prefs["RouteAll"]) == ("first", ["192.0.2.0/24"], True)
    assert host.run()[0] == 0 and host.prefs() == prefs and count(server, "first") == 1


def test_changed_settings_without_a_restart(server, host):
    key = server.key("-e", "1h")
    host.tailnet(key, "Hostname=second")
    assert host.run()[0] == 0
    pid = host.daemon.pid
    host.tailnet(key, "Hostname=second", "SetFlags=--shields-up", "AdvertiseExitNode=yes")
    assert host.run()[0] == 0 and host.daemon.poll() is None and host.daemon.pid == pid
    prefs = host.prefs()
    assert prefs["ShieldsUp"] and set(prefs["AdvertiseRoutes"]) == {"0.0.0.0/0", "::/0"} and host.state() == "Running"


def test_tailscaled_that_starts_again_is_in_without_the_key(server, host):
    host.tailnet(server.key("-e", "1h"), "Hostname=third")
    assert host.run()[0] == 0
    host.stop()
    host.start()
    status, log = host.run()
    assert status == 0 and "logging in" not in log and host.state() == "Running" and count(server, "third") == 1


def test_one_that_was_stopped_stays_so(server, host):
    host.tailnet(server.key("-e", "1h"), "Hostname=fourth")
    assert host.run()[0] == 0
    host.tailscale("down")
    host.stop()
    host.start()
    assert host.state() == "Stopped"


def test_a_key_that_was_used_is_wrong_or_has_expired(server, host, others):
    key = server.key("-e", "1h")
    host.tailnet(key)
    assert host.run()[0] == 0
    expired, made = server.key("-e", "1s"), time.time()
    until("the clock stands", lambda: time.time() > made + 1)
    for text, reason in (key, "already used"), ("0" * 48, "not found"), (expired, "expired"):
        other = others()
        other.tailnet(text)
        status, log = other.run()
        assert status == 1 and reason in log and other.state() == "NeedsLogin", log
        assert "the command failed" in log
