# SPDX-License-Identifier: LGPL-2.1-or-later
"""The unit as systemd's own tools judge it, and what else is installed."""

import os
import pathlib
import re
import shutil
import stat

import pytest

from conftest import CONFDIR, needs_analyze, run

# Name to the unit and its program, of what was built.
UNITS = {"wattle-networkd": (os.environ["WATTLE_UNIT"], os.environ["WATTLE_NETWORKD"]),
         "wattle-tailnet": (os.environ["WATTLE_TAILNET_UNIT"], os.environ["WATTLE_TAILNET"])}
if "WATTLE_NM" in os.environ:
    UNITS["wattle-nm"] = (os.environ["WATTLE_NM_UNIT"], os.environ["WATTLE_NM"])
NETWORK_MANAGER = "/usr/lib/systemd/system/NetworkManager.service"
DAEMON = os.environ["WATTLE_DAEMON_UNIT"]


@pytest.fixture(params=UNITS)
def name(request):
    return request.param


@pytest.fixture
def units(tmp_path, name):
    """The unit as a mesh's instance, with programs that exist, beside the system's own units."""
    unit, program = UNITS[name]
    text = open(unit).read().replace(f'{os.environ["WATTLE_LIBEXECDIR"]}/{name}', program)
    # Documentation= is looked up with man(1), which finds only pages that are installed.
    text = re.sub(r"^Documentation=.*\n", "", text, flags=re.M)
    (tmp_path / f"{name}@.service").write_text(text)
    wants = tmp_path / "sysinit.target.wants"
    wants.mkdir()
    (wants / f"{name}@home.service").symlink_to(tmp_path / f"{name}@.service")
    # The machine's own may be masked, as tests/install-deps does it.
    if os.path.exists(NETWORK_MANAGER):
        shutil.copy(NETWORK_MANAGER, tmp_path)
    else:
        (tmp_path / "NetworkManager.service").write_text(
            "[Unit]\nBefore=network.target\nWants=network.target\n[Service]\nType=oneshot\nExecStart=/bin/true\n")
    return tmp_path


@pytest.fixture
def verify(units):
    def run_verify(*names):
        return run(["systemd-analyze", "verify", "--man=no", *names], {"SYSTEMD_UNIT_PATH": f"{units}:", "SYSTEMD_LOG_LEVEL": "warning"})

    return run_verify


def about_us(done):
    return [line for line in (done.stdout + done.stderr).splitlines() if "wattle" in line or "cycle" in line]


@needs_analyze
def test_systemd_finds_no_fault(verify, units, name):
    done = verify(str(units / f"{name}@home.service"))
    assert done.returncode == 0 and about_us(done) == []


@pytest.fixture
def boot(verify, units, name):
    """One transaction with the whole of a boot: systemd looks for cycles in nothing less."""
    (units / "boot.service").write_text(
        "[Unit]\nDefaultDependencies=no\nWants=sysinit.target local-fs.target network-online.target multi-user.target "
        f"systemd-networkd.service systemd-networkd-wait-online.service NetworkManager.service {name}@home.service\n"
        "[Service]\nType=oneshot\nExecStart=/bin/true\n")
    return lambda: verify(str(units / "boot.service"))


@needs_analyze
def test_a_boot_with_it_has_no_ordering_cycle(boot):
    assert about_us(boot()) == []


@needs_analyze
def test_a_cycle_would_be_seen(boot, units, name):
    unit = units / f"{name}@.service"
    unit.write_text(unit.read_text().replace("After=", "After=network.target "))
    said = "\n".join(about_us(boot()))
    # Which unit of the circle systemd begins with differs from run to run.
    assert "ordering cycle" in said and f"{name}@home.service" in said


@needs_analyze
def test_exposure(name):
    done = run(["systemd-analyze", "security", "--offline=true", "--no-pager", "--threshold=10", UNITS[name][0]])
    assert done.returncode == 0, done.stdout + done.stderr
    assert float(re.search(r"Overall exposure level for .*: ([\d.]+)", done.stdout).group(1)) <= 1.0


# What runs 'wattle apply', itself or as a part of an update, needs /proc/sys, netlink and keys in homes, and some chown as well; ufw is
# a program of others that calls iptables; wattle-tailscale is root and speaks to the Internet. wattle-fetch speaks to it as well, which is
# nearly all of its 1.0; so does wattle-lookup, which marks what it sends. Whatever else there is, or comes, has no such reason.
LIMITS = {"wattle-apply@": 2.0, "wattle-update@": 1.6, "wattle-update-sources@": 1.6, "wattle-join@": 2.0, "wattle-fetch@": 1.0, "wattle-serve@": 0.5,
          "wattle-ufw@": 2.3, "wattle-ufw-clean": 2.3, "wattle-tailscale@": 1.6}


@needs_analyze
def test_exposure_of_each():
    units = [unit for folder in pathlib.Path(os.environ["WATTLE_BUILD"]).iterdir() for unit in folder.glob("*.service")]
    found = {}
    for unit in units:
        done = run(["systemd-analyze", "security", "--offline=true", "--no-pager", "--threshold=100", str(unit)])
        found[unit.stem] = float(re.search(r"Overall exposure level for .*: ([\d.]+)", done.stdout).group(1))
    assert {"wattled", "wattle-apply@", "wattle-up@", "wattle-down@"} <= found.keys()
    assert not {name: value for name, value in found.items() if value > LIMITS.get(name, 1.5)}


@needs_analyze
@pytest.mark.skipif("WATTLE_PORTMAP_UNIT" not in os.environ, reason="built without libminiupnpc or libnatpmp")
def test_exposure_of_who_asks_the_router():
    """Whoever answers on the LAN is heard by it, and by nothing else."""
    done = run(["systemd-analyze", "security", "--offline=true", "--no-pager", "--threshold=100", os.environ["WATTLE_PORTMAP_UNIT"]])
    assert float(re.search(r"Overall exposure level for .*: ([\d.]+)", done.stdout).group(1)) <= 1.6, done.stdout


@pytest.fixture
def daemon(tmp_path):
    """wattled's unit, with a program and a user that exist."""
    text = open(DAEMON).read().replace(f'{os.environ["WATTLE_LIBEXECDIR"]}/wattled', os.environ["WATTLE_DAEMON"])
    (tmp_path / "wattled.service").write_text(re.sub(r"^Documentation=.*\n", "", text, flags=re.M))
    (tmp_path / "boot.service").write_text(
        "[Unit]\nDefaultDependencies=no\nWants=sysinit.target local-fs.target network-online.target multi-user.target "
        "systemd-networkd.service systemd-networkd-wait-online.service NetworkManager.service wattled.service\n"
        "[Service]\nType=oneshot\nExecStart=/bin/true\n")
    return tmp_path


@needs_analyze
def test_systemd_finds_no_fault_in_wattled(daemon):
    for unit in ("wattled.service", "boot.service"):
        done = run(["systemd-analyze", "verify", "--man=no", str(daemon / unit)],
                   {"SYSTEMD_UNIT_PATH": f"{daemon}:", "SYSTEMD_LOG_LEVEL": "warning"})
        assert about_us(done) == []


def test_nothing_waits_for_wattled():
    """It delays no boot: no ordering but what every service has."""
    assert not re.search(r"^(Before|After|Requires|Wants|BindsTo)=", open(DAEMON).read(), re.M)


def test_wattled_has_one_capability():
    assert re.findall(r"^(?:Ambient|CapabilityBoundingSet=|AmbientCapabilities=).*", open(DAEMON).read(), re.M) == [
        "AmbientCapabilities=CAP_NET_ADMIN", "CapabilityBoundingSet=CAP_NET_ADMIN"]


@pytest.mark.parametrize("unit", [DAEMON, f"{os.path.dirname(DAEMON)}/wattle-apply@.service", *(unit for unit, _ in UNITS.values())])
def test_what_reads_a_key_leaves_no_core(unit):
    text = open(unit).read()
    assert "wattle-tailnet@" in unit or re.search("^LimitCORE=0$", text, re.M)


FILTER = os.environ.get("WATTLE_FILTER_UNIT")


@pytest.mark.skipif(not FILTER, reason="built without wattle-filter")
def test_the_filters_unit(tmp_path):
    """As the generator binds it to an interface."""
    text = open(FILTER).read().replace(f'{os.environ["WATTLE_LIBEXECDIR"]}/wattle-filter', os.environ["WATTLE_FILTER"])
    (tmp_path / "wattle-filter@.service").write_text(re.sub(r"^Documentation=.*\n", "", text, flags=re.M))
    device = r"sys-subsystem-net-devices-wg\x2d0.device"
    drop_in = tmp_path / "wattle-filter@home.service.d/50-interface.conf"
    drop_in.parent.mkdir()
    drop_in.write_text(f"[Unit]\nBindsTo={device}\nAfter={device}\n")
    (tmp_path / f"{device}.wants").mkdir()
    (tmp_path / f"{device}.wants/wattle-filter@home.service").symlink_to(tmp_path / "wattle-filter@.service")
    for unit in ("wattle-ufw@", "wattle-ufw-clean"):
        text = (pathlib.Path(FILTER).parent / f"{unit}.service").read_text()
        text = text.replace(f'{os.environ["WATTLE_LIBEXECDIR"]}/wattle-ufw', os.environ["WATTLE_FILTER"])
        (tmp_path / f"{unit}.service").write_text(re.sub(r"^Documentation=.*\n", "", text, flags=re.M))
    for unit in ("wattle-filter@home.service", "wattle-ufw@home.service", "wattle-ufw-clean.service", device):
        done = run(["systemd-analyze", "verify", "--man=no", str(tmp_path / unit) if "wattle" in unit else unit],
                   {"SYSTEMD_UNIT_PATH": f"{tmp_path}:", "SYSTEMD_LOG_LEVEL": "warning"})
        assert about_us(done) == []
    # Root, for the kernel asks for CAP_NET_ADMIN in the host's own user namespace; the rest is as tight as wattled's.
    assert re.findall(r"^(?:Ambient|CapabilityBoundingSet=).*", open(FILTER).read(), re.M) == ["CapabilityBoundingSet=CAP_NET_ADMIN"]


def test_what_is_installed(installed):
    def names(path):
        return {str(p.relative_to(installed)) for p in installed.rglob("*") if p.is_file() and path in p.name}

    assert not [name for name in names("wattle") if name.startswith(("run/", "etc/systemd", "etc/sysctl"))]
    for program in ["wattle-generator", "wattled", *UNITS]:
        [path] = [p for p in installed.rglob(program)]
        assert stat.S_IMODE(path.stat().st_mode) == 0o755


def test_sysusers_beside_systemds_own(tmp_path):
    """The group where there is no networkd, and no quarrel where there is one."""
    if not shutil.which("systemd-sysusers"):
        pytest.skip("systemd-sysusers is not installed")
    networkd = 'u systemd-network - "networkd"\n'
    wattle, nm = (open(path).read() for path in os.environ["WATTLE_SYSUSERS"].split(":"))
    for name, files in {"wattle": {"wattle.conf": wattle},
                        "the part for NetworkManager": {"wattle-nm.conf": nm},
                        "both": {"wattle.conf": wattle, "wattle-nm.conf": nm},
                        "with networkd": {"wattle.conf": wattle, "wattle-nm.conf": nm, "systemd-network.conf": networkd}}.items():
        root = tmp_path / name
        folder = root / "usr/lib/sysusers.d"
        folder.mkdir(parents=True)
        (root / "etc").mkdir()
        for file, text in files.items():
            (folder / file).write_text(text)
        for _ in range(2):
            done = run(["systemd-sysusers", f"--root={root}"])
            assert done.returncode == 0 and "onflict" not in done.stderr, done.stderr
        assert len(re.findall(r"^systemd-network:", (root / "etc/group").read_text(), re.M)) == 1
        assert ("systemd-network" in (root / "etc/passwd").read_text() if (root / "etc/passwd").exists() else False) \
            == ("systemd-network.conf" in files)


@pytest.mark.root
def test_tmpfiles_makes_the_folder(tmp_path):
    done = run(["systemd-tmpfiles", "--create", f"--root={tmp_path}", os.environ["WATTLE_TMPFILES"]])
    assert done.returncode == 0, done.stderr
    st = (tmp_path / CONFDIR.lstrip("/")).stat()
    assert (stat.S_IMODE(st.st_mode), st.st_uid, st.st_gid) == (0o755, 0, 0)
