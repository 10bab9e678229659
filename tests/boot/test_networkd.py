# SPDX-License-Identifier: LGPL-2.1-or-later
"""The real systemd-networkd reads our files, in a namespace of its own: no PID 1, no bus, and a read-only /sys, for which it
does not wait for udev. It drops to its own user as on a host, so it reads by the modes that we gave. On a kernel without
WireGuard making the interface must fail, and that is then the only complaint."""

import grp
import os
import pathlib
import re
import select
import subprocess
import time

import pytest

import sandbox

pytestmark = pytest.mark.root
DEADLINE_S = 30
NETWORKD = next((p for p in ("/usr/lib/systemd/systemd-networkd", "/lib/systemd/systemd-networkd") if os.path.exists(p)), None)
GOLDEN = pathlib.Path(__file__).resolve().parent.parent / "golden"

START = r"""
set -e
mount -t tmpfs -o mode=0755 tmpfs /run
mkdir -p /run/systemd
cp -a "$1"/run/. /run/
chown -R root:systemd-network /run/systemd/network
for dir in netif netif/links netif/leases netif/lldp; do install -d -o systemd-network -g systemd-network /run/systemd/$dir; done
mount -t sysfs -o ro sysfs /sys
ip link set lo up
exec "$2"
"""

# What it says for want of PID 1, udev and a bus, and of no file of ours.
ELSEWHERE = re.compile(r"\$container|container manager|cgroup|memory pressure|/sys/|state file|bus|wireless LAN|^lo: |invalid family|"
                       r"Could not set hostname|Failed to get product|Failed to (increase receive buffer|open (udev|/proc)|mount)|"
                       r"BPF|bpf|SO_(RCV|SND)BUF|Failed to send (READY|notif)|hostnam|genl|speed|persistent storage|varlink", re.I)
COMPLAINT = re.compile(r"ignor|fail|could not|unknown|invalid|cannot|warn|permissive|error|not supported|missing", re.I)
NO_KERNEL = re.compile(r"(netdev could not be created|Failed to create netdev): Operation not supported")
NO_KEY = re.compile(r"Failed to read private key from|No private key specified and default key isn't available")


def networkd_says(root, netdevs, seconds=DEADLINE_S):
    """Its log, until it has enumerated all links and made, or failed to make, each netdev."""
    assert NETWORKD, "needs systemd-networkd"
    env = {"PATH": os.environ["PATH"], "SYSTEMD_LOG_LEVEL": "debug", "SYSTEMD_LOG_TARGET": "console"}

    def isolate():
        sandbox.empty_network()
        sandbox.check(sandbox.libc.unshare(sandbox.CLONE_NEWNS))
        sandbox.check(sandbox.libc.mount(None, b"/", None, sandbox.MS_REC | sandbox.MS_PRIVATE, None))

    process = subprocess.Popen(["sh", "-c", START, "sh", str(root), NETWORKD], env=env, preexec_fn=isolate,
                               stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    wanted = [rb"Enumeration completed"] + [
        rb"%s: (netdev (could not be created|exists|is? ?ready)|Failed to create netdev|.*[Cc]reated|.*ignoring network device)"
        % re.escape(name.encode()) for name in netdevs]
    log, end = b"", time.monotonic() + seconds
    try:
        while not all(re.search(pattern, log) for pattern in wanted) and time.monotonic() < end:
            if select.select([process.stderr], [], [], 1)[0]:
                chunk = os.read(process.stderr.fileno(), 65536)
                if not chunk:
                    break
                log += chunk
    finally:
        process.terminate()
        log += process.communicate()[1] or b""
    text = re.sub(r"\x1b\[[\d;]*m", "", log.decode(errors="replace"))
    assert all(re.search(pattern.decode(), text) for pattern in wanted), text
    return text.splitlines()


def complaints(lines):
    return [line for line in lines if COMPLAINT.search(line) and not ELSEWHERE.search(line)]


@pytest.fixture
def networkd_host(host):
    """Its key is below /run, which goes along into networkd's namespace."""
    host.gid = grp.getgrnam("systemd-network").gr_gid
    host.mesh()
    return host


def install(host, device, settings=""):
    host.key(device, gid=host.gid, path="/run/office.key")
    host.settings(f"PrivateKeyFile=/run/office.key\n{settings}")
    done = host.apply(preexec_fn=lambda: sandbox.become(host.gid, 0o077))
    assert done.returncode == 0, done.stderr


CASES = {
    "a subnet router": ("gw", ""),
    "an exit node": ("vps", "MTU=1420\nActivationPolicy=up"),
    "a client": ("anna", "AcceptRoutes=yes\nExitNode=vps\nInterface=mesh0"),
    "IPv4 alone": ("ben", "ActivationPolicy=always-up\nFirewallMark=0x10\nListenPort=40000"),
}


@pytest.mark.parametrize("case", CASES)
def test_it_reads_our_files_without_a_word(networkd_host, case):
    device, settings = CASES[case]
    install(networkd_host, device, settings)
    name = "mesh0" if "mesh0" in settings else "office"
    lines = networkd_says(networkd_host.root, [name])
    assert [line for line in complaints(lines) if not NO_KERNEL.search(line)] == []
    assert [line for line in lines if line.startswith(f"{name}: ")], "it has not seen the netdev"


def test_it_reads_the_unmanaged_one(networkd_host):
    install(networkd_host, "gw", "Owner=NetworkManager")
    assert complaints(networkd_says(networkd_host.root, [])) == []


def test_a_fault_in_a_file_would_be_seen(networkd_host):
    """Else its silence is worth nothing."""
    install(networkd_host, "gw")
    for suffix, text in (("netdev", "\n[WireGuardPeer]\nNonsense=1\n"), ("network", "\n[Route]\nDestination=nowhere\n")):
        path = networkd_host.path(f"/run/systemd/network/60-wattle-office.{suffix}")
        path.write_text(path.read_text() + text)
    text = "\n".join(complaints(networkd_says(networkd_host.root, ["office"])))
    assert "60-wattle-office.netdev:" in text and "Nonsense" in text
    assert "60-wattle-office.network:" in text and "nowhere" in text


def test_a_key_that_it_cannot_read_would_be_seen(networkd_host):
    install(networkd_host, "gw")
    networkd_host.path("/run/office.key").chmod(0o600)
    assert any("/run/office.key" in line for line in complaints(networkd_says(networkd_host.root, ["office"])))


def version():
    return int(re.search(r"systemd (\d+)", subprocess.run([NETWORKD, "--version"], capture_output=True, text=True).stdout).group(1))


def golden_trees():
    """(name, {path: text}) of each tree in tests/golden that was made for this systemd or an older one; newer ones may hold
    keys that it does not know."""
    for file in sorted(GOLDEN.glob("*.golden")):
        for part in re.split(r"^=== ", file.read_text(), flags=re.M)[1:]:
            title, _, body = part.partition("\n")
            versions = [int(number) for number in re.findall(r"\b2\d\d\b", title)]
            files = dict(re.findall(r"^--- 0\d{3} (run/systemd/network/\S+)\n(.*?)(?=^--- |\Z)", body, re.M | re.S))
            if files and min(versions) <= version():
                yield f"{file.name}: {title}", files


def test_it_reads_the_golden_trees(tmp_path):
    """Their keys are on no disk here, and of that alone it complains."""
    said = {}
    for number, (name, files) in enumerate(golden_trees()):
        root = tmp_path / str(number)
        for path, text in files.items():
            (root / path).parent.mkdir(parents=True, exist_ok=True)
            (root / path).write_text(text)
        netdevs = [re.search(r"^Name=(.*)$", text, re.M).group(1) for path, text in files.items() if path.endswith(".netdev")]
        said[name] = [line for line in complaints(networkd_says(root, netdevs))
                      if not NO_KERNEL.search(line) and not NO_KEY.search(line)]
    assert said or not GOLDEN.exists(), "tests/golden has a new format"
    assert {name: lines for name, lines in said.items() if lines} == {}
