# SPDX-License-Identifier: LGPL-2.1-or-later
"""wattle-tailscale with the real tailscaled, tailscale and headscale."""

import os
import re
import subprocess
import time

from conftest import LIMIT, until


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


def turn(host, order):
    return subprocess.run([os.environ["WATTLE_TAILSCALE"], f"--socket={host.folder}/sock", f"--program={os.environ['WATTLE_TAILSCALE_COMMAND']}", order],
                          capture_output=True, text=True, timeout=LIMIT)


def test_turned_off_and_on_with_all_that_was_set(server, host):
    host.tailnet(server.key("-e", "1h"), "Hostname=turned", "AdvertiseRoutes=192.0.2.0/24", "SetFlags=--shields-up")
    assert turn(host, "--up").returncode == 4
    assert host.run()[0] == 0
    prefs = host.prefs()
    assert turn(host, "--up").returncode == 6
    assert turn(host, "--down").returncode == 0 and host.state() == "Stopped" and turn(host, "--down").returncode == 6
    assert turn(host, "--up").returncode == 0 and host.state() == "Running" and host.prefs() == prefs


def test_somebody_has_to_let_the_device_in(server, host):
    """Headscale approves a device by registering it; a service without a key waits for that, and then sets what is declared."""
    (host.config / "work.tailnet").write_text("[Tailscale]\nLoginServer=http://127.0.0.1:8480\nHostname=let-in\nSetFlags=--shields-up\n")
    service = subprocess.Popen([os.environ["WATTLE_TAILSCALE"], f"--root={host.folder}/root", f"--socket={host.folder}/sock",
                                f"--program={os.environ['WATTLE_TAILSCALE_COMMAND']}", "work"], stderr=subprocess.PIPE, text=True)
    login = subprocess.Popen([os.environ["WATTLE_TAILSCALE_COMMAND"], f"--socket={host.folder}/sock", "login", "--login-server=http://127.0.0.1:8480"],
                             stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    url = until("no login waits", lambda: re.search(r"AuthURL=\S*/register/(\S+)", turn(host, "--status").stdout))
    assert turn(host, "--up").returncode == 4 and host.state() == "NeedsLogin"
    server("nodes", "register", "-u", "lab", "-k", url[1])
    _, log = service.communicate(timeout=LIMIT)
    login.wait(LIMIT)
    assert service.returncode == 0 and "it needs a login" in log and host.state() == "Running", log
    assert host.prefs()["ShieldsUp"] and host.prefs()["Hostname"] == "let-in"


def test_status_tells_of_a_peer_and_of_approved_routes(server, host, others):
    host.tailnet(server.key("-e", "1h"), "Hostname=router", "AdvertiseRoutes=198.51.100.0/24", "AdvertiseExitNode=yes")
    other = others()
    other.tailnet(server.key("-e", "1h"), "Hostname=other")
    assert host.run()[0] == 0 and other.run()[0] == 0

    def router():
        sections = turn(other, "--status").stdout.split("[Device ")
        return next((section for section in sections if section.startswith("router]")), "")

    until("the other does not see it", router)
    assert "Routes=" not in router() and "ExitNode=" not in router()
    number = next(node["id"] for node in server.nodes() if node["given_name"] == "router")
    server("nodes", "approve-routes", "-i", str(number), "-r", "198.51.100.0/24,0.0.0.0/0,::/0")
    until("the routes do not come", lambda: "Routes=198.51.100.0/24" in router() and "ExitNode=yes" in router())
    other.tailscale("ping", "--c=10", "router")
    until("there is no way", lambda: re.search(r"Active=yes[^[]*Endpoint=198\.18\.0\.2:\d+", router()))
