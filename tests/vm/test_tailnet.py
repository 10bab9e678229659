# SPDX-License-Identifier: LGPL-2.1-or-later
"""'wattle apply' and 'wattle doctor' of a tailnet where systemd is PID 1, with a tailscaled that only writes down how it was started."""

import json

import pytest

pytestmark = pytest.mark.each_release

DAEMON = """[Service]
Type=exec
EnvironmentFile=-/etc/default/tailscaled
ExecStart=/bin/sh -c 'echo "$PORT $FLAGS" >>/run/started; exec sleep infinity'
"""
LOGIN = """[Unit]
After=tailscaled.service
PartOf=tailscaled.service
[Service]
Type=exec
RemainAfterExit=yes
ExecStart=/bin/sh -c 'echo %i >>/run/set'
"""
TEXT = "[Tailscale]\nPort=1234\n[Local]\nAcceptRoutes=yes\n"


def host(native):
    a = native.guest("a")
    a.put("/etc/default/tailscaled", "PORT=41641\nFLAGS=\n")
    a.put("/etc/systemd/system/tailscaled.service", DAEMON)
    a.put("/usr/lib/systemd/system/wattle-tailscale@.service", LOGIN)
    a.run("systemctl daemon-reload; systemctl start systemd-networkd")
    return a


def install(a, text):
    a.put("/root/work.tailnet", text)
    return a.out("wattle apply /root/work.tailnet")


def test_apply_restarts_once_and_never_cuts_itself_off(native):
    a = host(native)
    assert install(a, TEXT) == "work: 5 files changed, installed, systemd-networkd restarted, tailscaled started"
    assert a.out("cat /run/started") == "1234 --tun=tailscale0" and a.out("cat /run/set") == "work"
    assert a.out("wattle apply work") == "work: settings handed to Tailscale"
    assert install(a, TEXT + "ExitNode=100.64.0.1\n") == "work: 2 files changed, installed, settings handed to Tailscale"
    assert a.out("wc -l </run/started; wc -l </run/set") == "1\n3"

    # Who is here by the tailnet loses the terminal as soon as tailscaled ends, and with it all that runs there.
    a.put("/run/systemd/system/tailscaled.service.d/cut.conf", "[Service]\nExecStopPost=-pkill -KILL -x wattle\n")
    a.run("systemctl daemon-reload")
    a.put("/root/work.tailnet", TEXT.replace("1234", "0"))
    assert a.run("wattle apply /root/work.tailnet", check=False).code != 0
    a.wait("systemctl is-active tailscaled && systemctl is-active wattle-tailscale@work")
    assert a.out("cat /run/started") == "1234 --tun=tailscale0\n0 --tun=tailscale0"
    a.wait('[ "$(wc -l </run/set)" = 4 ]')
    assert a.out("wattle apply work") == "work: settings handed to Tailscale"
    assert a.out("wc -l </run/started") == "2"


def test_bad_ones_change_nothing_and_one_that_goes_cuts_nobody_off(native):
    a = host(native)
    install(a, TEXT)
    for text, words in (("[Tailscale]\nPort=x\n", "work.tailnet:2:6: Port: "), ("[Local]\nExitNode=-\n", "work.tailnet:2:10: ExitNode: ")):
        a.put("/root/work.tailnet", text)
        refused = a.run("wattle apply /root/work.tailnet", check=False)
        assert refused.code == 1 and words in refused.err and "keeping the previous configuration" in refused.err
    a.put("/root/other.tailnet", "")
    assert "tailnet work is enabled too" in a.run("wattle apply /root/other.tailnet", check=False).err
    a.run("[ ! -e /etc/wattle/other.tailnet ]")
    a.put("/root/work.tailnet", TEXT.replace("1234", "0"))
    dry = a.out("wattle apply --dry-run /root/work.tailnet")
    assert "restart tailscaled, as one job" in dry
    assert a.out("cat /etc/wattle/work.tailnet") == TEXT.strip()

    a.run("rm /etc/wattle/work.tailnet")
    gone = a.out("wattle apply")
    assert "work: 5 files removed" in gone and "tailscaled runs on as it was started" in gone
    assert "no mesh is installed" in a.out("wattle apply")
    a.run("systemctl is-active tailscaled")
    a.run("! ls /run/systemd/network/60-tailnet-work.network /run/wattle/work.tailscaled.env")


def problems(a):
    found = json.loads(a.run("wattle doctor --json work", check=False).out)["meshes"][0]["findings"]
    return {finding["check"]: finding for finding in found}


def test_doctor(native):
    a = host(native)
    install(a, TEXT)
    a.run("ip link add tailscale0 type veth peer name far; sysctl -w net.ipv4.conf.all.rp_filter=0 net.ipv4.conf.tailscale0.rp_filter=2")
    assert set(problems(a)) <= {"daemon"}
    a.run("sysctl -w net.ipv4.conf.tailscale0.rp_filter=1; systemctl stop tailscaled; rm /run/wattle/work.tailscaled.env")
    found = problems(a)
    assert found["rp_filter"]["command"] == "sysctl -w net.ipv4.conf.tailscale0.rp_filter=2"
    assert found["applied"]["command"] == "wattle apply work" and found["daemon"]["text"] == "tailscaled does not run"
    a.run(found["rp_filter"]["command"] + "; " + found["applied"]["command"])
    assert set(problems(a)) <= {"daemon"}
    a.put("/run/systemd/network/00-taker.network", "[Match]\nName=tailscale0\n[Network]\nLinkLocalAddressing=no\n")
    a.run("networkctl reload; ip link set tailscale0 up")
    a.wait("networkctl status tailscale0 | grep -q 00-taker")
    assert "systemd-networkd manages the interface tailscale0" in problems(a)["fight"]["text"]
