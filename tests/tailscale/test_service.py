# SPDX-License-Identifier: LGPL-2.1-or-later
"""wattle-tailscale logs in once, sets what is declared, and tells the key to nobody."""

import os

TEXT = "[Tailscale]\nAuthKeyFile=/key\nLoginServer=https://login.example\nHostname=gw\n[Local]\nAcceptRoutes=yes\nExitNode=vps\n"
SET = ["set", "--accept-routes=true", "--hostname=gw", "--exit-node=vps", "--accept-risk=linux-strict-rp-filter"]


def up(host, *more):
    return ["up", "--reset", f"--auth-key=file:{host.folder}/run/auth-key", *more]


def begin(host, text=TEXT, key="tskey-auth-secret", **env):
    host.tailnet(text)
    if key:
        host.put_key(key)
    host.start(**env)
    host.daemon.accept()


def test_logs_in_and_sets(host):
    begin(host)
    for state in "NoState", "NeedsLogin", "Starting", "Running":
        host.daemon.state(state)
    status, log = host.end()
    assert status == 0, log
    assert host.calls() == [up(host, "--login-server=https://login.example", "--accept-routes=true", "--hostname=gw"), SET]
    assert host.daemon.request.startswith(b"GET /localapi/v0/watch-ipn-bus?mask=2 HTTP/1.1\r\nHost: local-tailscaled.sock\r\n")


def test_the_key_is_in_a_file_of_root_while_it_is_used_and_nowhere_else(host):
    host.behave("echo 'backend error: invalid key: tskey-auth-secret' >&2; exit 1")
    begin(host)
    host.daemon.state("NeedsLogin")
    status, log = host.end()
    assert (status, (host.folder / "key").read_text(), (host.folder / "mode").read_text()) == (1, "tskey-auth-secret", "600\n")
    assert "tailscale: backend error: invalid key: [key]" in log
    for text in (log, (host.folder / "calls").read_text(), (host.folder / "parent").read_text()):
        assert "secret" not in text
    assert list((host.folder / "run").iterdir()) == []


def test_a_key_that_was_refused_is_not_tried_again(host):
    host.behave("exit 1")
    begin(host)
    host.daemon.state("NeedsLogin")
    status, log = host.end()
    assert status == 1 and len(host.calls()) == 1 and "<3>tailnet work: the command failed" in log


def test_waits_for_an_approval_with_the_one_login(host):
    os.mkfifo(host.folder / "started")
    os.mkfifo(host.folder / "approved")
    host.behave('case "$*" in *up*) echo "To approve your machine, visit https://login.example/admin"; echo > started; cat approved ;; esac')
    begin(host)
    host.daemon.state("NeedsLogin")
    host.wait_for(host.folder / "started")
    for state in "NeedsMachineAuth", "NeedsMachineAuth", "Starting", "Running":
        host.daemon.state(state)
    (host.folder / "approved").write_text("now\n")
    status, log = host.end()
    assert status == 0, log
    assert log.count("waiting until somebody approves this device") == 1 and "visit https://login.example/admin" in log
    assert [call[0] for call in host.calls()] == ["up", "set"]


def test_who_is_in_already_is_only_set(host):
    begin(host)
    host.daemon.state("Running")
    assert host.end()[0] == 0 and host.calls() == [SET]


def test_nothing_to_set_nothing_to_do(host):
    begin(host, "", key=None)
    host.daemon.state("Running")
    assert host.end()[0] == 0 and host.calls() == []


def test_one_that_was_stopped_stays_so(host):
    begin(host)
    host.daemon.state("Stopped")
    host.daemon.close()
    status, log = host.end()
    assert status == 1 and host.calls() == [] and "it was stopped, and stays so" in log


def test_without_a_key_somebody_logs_in(host):
    begin(host, "[Tailscale]\nHostname=gw\n", key=None)
    for state in "NeedsLogin", "NeedsLogin", "Running":
        host.daemon.state(state)
    status, log = host.end()
    assert status == 0 and log.count("it needs a login") == 1 and host.calls() == [["set", "--hostname=gw"]]


def test_a_credential(host):
    credentials = host.folder / "credentials"
    credentials.mkdir()
    (credentials / "wattle.work.auth-key").write_text("hex0123")
    begin(host, "", key=None, CREDENTIALS_DIRECTORY=str(credentials))
    host.daemon.state("NeedsLogin")
    host.daemon.state("Running")
    assert host.end()[0] == 0 and host.calls() == [up(host)] and (host.folder / "key").read_text() == "hex0123"


def test_parameters_stand_behind_a_client_secret(host):
    begin(host, "[Tailscale]\nAuthKeyFile=/key\nEphemeral=no\nPreauthorized=yes\nAdvertiseTags=server\n", key="tskey-client-secret")
    host.daemon.state("NeedsLogin")
    host.daemon.state("Running")
    assert host.end()[0] == 0 and host.calls() == [up(host, "--advertise-tags=tag:server")]
    assert (host.folder / "key").read_text() == "tskey-client-secret?ephemeral=false&preauthorized=true"


def test_a_bad_setting_is_told(host):
    host.behave("echo 'invalid value \"x\" for flag' >&2; exit 2")
    begin(host)
    host.daemon.state("Running")
    status, log = host.end()
    assert status == 1 and 'tailscale: invalid value "x" for flag' in log


def test_a_stream_in_pieces_with_things_that_are_no_json(host):
    begin(host)
    for piece in b'{"Sta', b'te":5}\nnonsense\n{"State":"Running"}\n{"State":42}\n', b"x" * 1200000, b'\n{"State":', b"6}\n":
        host.daemon.raw(piece)
    assert host.end()[0] == 0 and host.calls() == [SET]


def test_tailscaled_that_ends_or_refuses_or_is_not_there(host):
    begin(host)
    host.daemon.close()
    status, log = host.end()
    assert status == 1 and "tailnet work: tailscaled at " in log
    host.start()
    host.daemon.request = b""
    host.daemon.accept(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 6\r\n\r\ndenied")
    status, log = host.end()
    assert status == 1 and "HTTP status 403" in log
    host.daemon.listener.close()
    host.start()
    status, log = host.end()
    assert status == 1 and "connect" in log
    assert host.calls() == []


def test_faults_of_the_file_and_of_the_key(host):
    host.tailnet("[Tailscale]\nPort=x\n")
    host.start()
    status, log = host.end()
    assert status == 1 and "work.tailnet:2:6: Port: " in log
    host.tailnet("[Tailscale]\nAuthKeyFile=/key\n")
    host.start()
    status, log = host.end()
    assert status == 1 and "work.tailnet:2:13: AuthKeyFile: /key: " in log
    host.tailnet("[Local]\nEnable=no\n")
    host.start()
    assert host.end() == (0, "")
