# SPDX-License-Identifier: LGPL-2.1-or-later
"""A tailnet at boot: what the generator links and adds to tailscaled.service, and what wattle-tailnet writes."""

import os
import re

import pytest

from conftest import CONFDIR, VENDORDIR, needs_analyze, run

WRITER = {"sysinit.target.wants/wattle-tailnet@work.service": f'{os.environ["WATTLE_UNITDIR"]}/wattle-tailnet@.service'}
TAILSCALED = "/usr/lib/systemd/system/tailscaled.service"
DAEMON = {"multi-user.target.wants/tailscaled.service": TAILSCALED}
DROP_IN = """# Made by wattle-generator
[Unit]
Wants=wattle-tailnet@work.service
After=wattle-tailnet@work.service

[Service]
EnvironmentFile=-/run/wattle/work.tailscaled.env
"""
FILES = {"wattle/work.tailscaled.env", "systemd/network/60-tailnet-work.network", "systemd/networkd.conf.d/60-tailnet-work.conf",
         "NetworkManager/conf.d/60-tailnet-work.conf"}


@pytest.fixture
def tailscale(host):
    host.write(TAILSCALED)
    return host


def put(host, text="", name="work", folder=CONFDIR):
    return host.write(f"{folder}/{name}.tailnet", text)


def write(host, name="work"):
    return run([os.environ["WATTLE_TAILNET"], f"--root={host.root}", name])


def names(host):
    return set(host.files())


def test_tailscaled_is_started_with_our_environment(tailscale):
    put(tailscale)
    assert tailscale.generate().returncode == 0
    assert tailscale.links() == WRITER | DAEMON
    assert (tailscale.units / "tailscaled.service.d/50-wattle.conf").read_text() == DROP_IN


def test_who_logs_in_is_started_where_it_is_installed(tailscale):
    """A build or a package may leave it out."""
    unit = f'{os.environ["WATTLE_UNITDIR"]}/wattle-tailscale@.service'
    put(tailscale)
    tailscale.write(unit)
    assert tailscale.generate().returncode == 0
    assert tailscale.links() == WRITER | DAEMON | {"multi-user.target.wants/wattle-tailscale@work.service": unit}


def test_the_interface_starts_the_filter_of_an_exit_node(tailscale):
    unit = f'{os.environ["WATTLE_UNITDIR"]}/wattle-filter@.service'
    put(tailscale, "[Local]\nExitNode=vps\n")
    tailscale.write(unit)
    assert tailscale.generate().returncode == 0
    device = "sys-subsystem-net-devices-tailscale0.device"
    assert tailscale.links() == WRITER | DAEMON | {f"{device}.wants/wattle-filter@work.service": unit}
    assert f"BindsTo={device}\n" in (tailscale.units / "wattle-filter@work.service.d/50-interface.conf").read_text()
    assert write(tailscale).returncode == 0 and "wattle/work.tailnet.nft" in names(tailscale)
    put(tailscale, "[Local]\nInterface=userspace-networking\nExitNode=vps\n")
    assert tailscale.generate().returncode == 0
    assert write(tailscale).returncode == 0 and names(tailscale) == {"wattle/work.tailscaled.env"}


def test_without_tailscale_nothing_of_it_is_touched(host):
    put(host)
    assert host.generate().returncode == 0
    assert host.links() == WRITER
    assert not (host.units / "tailscaled.service.d").exists()


@pytest.mark.parametrize("text", ["[Local]\nEnable=no\n", None])
def test_one_that_is_disabled_or_masked_starts_nothing(tailscale, text):
    if text:
        put(tailscale, text)
    else:
        put(tailscale, folder=VENDORDIR)
        tailscale.link(f"{CONFDIR}/work.tailnet", "/dev/null")
    assert tailscale.generate().returncode == 0
    assert tailscale.links() == {}
    assert write(tailscale).returncode == 0 and names(tailscale) == set()


def test_of_two_the_first_by_name_runs_and_the_other_is_told(tailscale):
    put(tailscale, name="work")
    put(tailscale, name="xtra")
    assert tailscale.generate().returncode == 0
    assert tailscale.links() == WRITER | DAEMON
    assert write(tailscale).returncode == 0 and names(tailscale) == FILES
    done = write(tailscale, "xtra")
    assert done.returncode == 1 and names(tailscale) == FILES
    assert f"{CONFDIR}/xtra.tailnet: tailnet work is enabled too, and there is one tailscaled" in done.stderr


def test_a_mesh_of_the_same_name_is_refused(tailscale):
    put(tailscale)
    tailscale.mesh("work", "[Mesh]\nSubnet=10.0.0.0/8\n")
    done = write(tailscale)
    assert done.returncode == 1 and "there is a mesh of the same name" in done.stderr and names(tailscale) == set()


def test_the_same_again_touches_nothing_and_a_change_one_file(tailscale):
    put(tailscale)
    assert write(tailscale).returncode == 0
    before = tailscale.files()
    assert set(before) == FILES and {mode for mode, *_ in before.values()} == {0o644}
    assert "0 changed" in write(tailscale).stderr and tailscale.files() == before
    put(tailscale, "[Tailscale]\nPort=1\n")
    assert "1 changed" in write(tailscale).stderr
    assert {name for name, stat in tailscale.files().items() if stat != before[name]} == {"wattle/work.tailscaled.env"}


def test_a_fault_keeps_what_was_there(tailscale):
    put(tailscale)
    assert write(tailscale).returncode == 0
    before = tailscale.files()
    put(tailscale, "[Tailscale]\nPort=x\n")
    done = write(tailscale)
    assert done.returncode == 1 and tailscale.files() == before
    assert f"{CONFDIR}/work.tailnet:2:6: Port: 'x' is not a whole number" in done.stderr
    assert "tailnet work: keeping the previous configuration" in done.stderr


def test_files_of_a_mesh_and_of_a_tailnet_never_meet(tailscale):
    """Not even of the same name, from before that was refused."""
    put(tailscale)
    assert write(tailscale).returncode == 0
    assert tailscale.apply("work").returncode == 0  # a mesh that is gone loses its files
    assert names(tailscale) == FILES


def test_no_interface_no_word_to_managers(tailscale):
    put(tailscale, "[Local]\nInterface=userspace-networking\nRoutingFeatures=both\n")
    assert write(tailscale).returncode == 0
    assert names(tailscale) == {"wattle/work.tailscaled.env"}
    assert 'FLAGS="--tun=userspace-networking"\n' in tailscale.path("/run/wattle/work.tailscaled.env").read_text()


@needs_analyze
@pytest.mark.skipif("WATTLE_TAILSCALE_UNIT" not in os.environ, reason="built without jansson")
def test_exposure_of_who_logs_in():
    """It is root, for the key is root's and tailscaled asks who speaks to it; it has no capability, and writes to its own folder alone."""
    unit = os.environ["WATTLE_TAILSCALE_UNIT"]
    assert re.search("^LimitCORE=0$", open(unit).read(), re.M)


@needs_analyze
def test_a_boot_with_tailscaled_has_no_ordering_cycle(tailscale, tmp_path):
    """Ours come before networkd, NetworkManager and sysctl, and tailscaled after them."""
    put(tailscale)
    tailscale.generate()
    units = tmp_path / "verify"
    (units / "tailscaled.service.d").mkdir(parents=True)
    drop_in = tailscale.units / "tailscaled.service.d/50-wattle.conf"
    (units / "tailscaled.service.d/50-wattle.conf").write_text(drop_in.read_text())
    (units / "tailscaled.service").write_text("[Unit]\nWants=network-pre.target\nAfter=network-pre.target NetworkManager.service "
                                              "systemd-resolved.service\n[Service]\nExecStart=/bin/true\n")
    for name in "WATTLE_TAILNET_UNIT", "WATTLE_TAILSCALE_UNIT":
        if name in os.environ:
            text = re.sub(r"^(ExecStart|ExecReload)=.*", r"\1=/bin/true", open(os.environ[name]).read(), flags=re.M)
            text = re.sub(r"^Documentation=.*\n", "", text, flags=re.M)
            (units / os.path.basename(os.environ[name])).write_text(text)
    wanted = "wattle-tailnet@work.service tailscaled.service" + (" wattle-tailscale@work.service" if "WATTLE_TAILSCALE_UNIT" in os.environ else "")
    (units / "boot.service").write_text("[Unit]\nDefaultDependencies=no\nWants=sysinit.target multi-user.target systemd-networkd.service "
                                        f"systemd-sysctl.service {wanted}\n[Service]\nType=oneshot\nExecStart=/bin/true\n")

    def verify():
        done = run(["systemd-analyze", "verify", "--man=no", str(units / "boot.service")],
                   {"SYSTEMD_UNIT_PATH": f"{units}:", "SYSTEMD_LOG_LEVEL": "warning"})
        return [line for line in (done.stdout + done.stderr).splitlines() if "wattle" in line or "tailscaled" in line or "cycle" in line]

    assert verify() == []
    # A cycle would be seen.
    unit = units / "wattle-tailnet@.service"
    unit.write_text(unit.read_text().replace("After=", "After=tailscaled.service ", 1))
    assert "ordering cycle" in "\n".join(verify())
