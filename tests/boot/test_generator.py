# SPDX-License-Identifier: LGPL-2.1-or-later
"""wattle-generator: which units it links, and that it does nothing else. PID 1 waits for it."""

import os
import re
import signal

import pytest

import sandbox
from conftest import CONFDIR, VENDORDIR, needs_strace, run

OURS = f'{os.environ["WATTLE_UNITDIR"]}/wattle-networkd@.service'
NETWORKD = f'{os.environ["SYSTEMD_UNITDIR"]}/systemd-networkd.service'
NM = "/usr/lib/systemd/system/NetworkManager.service"
NM_WANTED = "/etc/systemd/system/multi-user.target.wants/NetworkManager.service"


def writer(*meshes):
    return {f"sysinit.target.wants/wattle-networkd@{mesh}.service": OURS for mesh in meshes}


def test_network_managers_writer_is_linked_where_it_is_installed(host):
    """A build or a package may leave it out."""
    unit = f'{os.environ["WATTLE_UNITDIR"]}/wattle-nm@.service'
    nm_writer = {"sysinit.target.wants/wattle-nm@office.service": unit}
    host.mesh()
    host.settings("Owner=NetworkManager")
    quiet(host.generate())
    assert host.links() == writer("office")
    host.write(unit)
    quiet(host.generate())
    assert host.links() == writer("office") | nm_writer
    (host.units / list(nm_writer)[0]).unlink()
    host.settings("Owner=networkd")
    quiet(host.generate())
    assert host.links() == writer("office") | WITH_NETWORKD


def test_wattled_is_linked_where_it_is_installed_and_wanted(host):
    unit = f'{os.environ["WATTLE_UNITDIR"]}/wattled.service'
    daemon = {"multi-user.target.wants/wattled.service": unit}
    host.mesh()
    for installed in False, True:
        if installed:
            host.write(unit)
        for settings, more in {"Owner=networkd": WITH_NETWORKD, "Owner=NetworkManager": {}}.items():
            for migrate, wanted in {"": daemon, "Migrate=no": {}}.items():
                host.settings(f"{settings}\n{migrate}")
                quiet(host.generate())
                assert host.links() == writer("office") | more | (wanted if installed else {})
                for link in host.links():
                    (host.units / link).unlink()


def test_the_filter_is_started_by_its_interface_and_goes_with_it(host):
    """A build or a package may leave it out. Which meshes need it the unit knows: it has a condition."""
    unit = f'{os.environ["WATTLE_UNITDIR"]}/wattle-filter@.service'
    host.mesh()
    for settings, device in {"": "office", "Interface=wg-0": r"wg\x2d0", "Interface=a_b-c-": r"a_b\x2dc\x2d"}.items():
        host.settings(f"Owner=NetworkManager\n{settings}")
        quiet(host.generate())
        assert host.links() == writer("office")
        host.write(unit)
        quiet(host.generate())
        device = f"sys-subsystem-net-devices-{device}.device"
        link, drop_in = f"{device}.wants/wattle-filter@office.service", host.units / "wattle-filter@office.service.d/50-interface.conf"
        assert host.links() == writer("office") | {link: unit}
        assert drop_in.read_text() == f"# Made by wattle-generator\n[Unit]\nBindsTo={device}\nAfter={device}\n"
        for path in (host.units / link, drop_in, host.path(unit)):
            path.unlink()


def test_newer_profiles_come_to_signed_meshes(host):
    """Where wattle-update is installed. Served is by the interface alone, and what is not confirmed is gone on with at boot."""
    folder = os.environ["WATTLE_UNITDIR"]
    links = {"sockets.target.wants/wattle-fetch.socket": f"{folder}/wattle-fetch.socket",
             "sockets.target.wants/wattle-update@office.socket": f"{folder}/wattle-update@.socket",
             "timers.target.wants/wattle-update-sources@office.timer": f"{folder}/wattle-update-sources@.timer",
             r"sys-subsystem-net-devices-wg\x2d0.device.wants/wattle-serve@office.socket": "../wattle-serve@office.socket"}
    on = {"multi-user.target.wants/wattle-update@office.service": f"{folder}/wattle-update@.service"}
    host.mesh()
    host.settings("Owner=NetworkManager\nInterface=wg-0")
    host.write(f"{folder}/wattle-update@.service")
    quiet(host.generate())
    assert host.links() == writer("office")
    host.write(f"{CONFDIR}/office.pub")
    quiet(host.generate())
    assert host.links() == writer("office") | links
    assert (host.units / "wattle-serve@office.socket").read_text() == (
        "# Made by wattle-generator\n[Unit]\nDescription=Members of mesh office that ask for its profile\n"
        "Documentation=man:wattle-serve(8)\nBindsTo=sys-subsystem-net-devices-wg\\x2d0.device\n"
        "After=sys-subsystem-net-devices-wg\\x2d0.device\nStartLimitIntervalSec=0\n\n[Socket]\nListenStream=21823\nBindToDevice=wg-0\n"
        "Accept=yes\nMaxConnections=8\nTriggerLimitIntervalSec=0\n")
    host.write(f"{CONFDIR}/office.next/office.mesh")
    quiet(host.generate())
    assert host.links() == writer("office") | links | on


def test_a_relay_is_told_of_pairs(host):
    """Where wattle-relay is installed; whether the device is one stands in the profile, which no generator reads."""
    folder = os.environ["WATTLE_UNITDIR"]
    host.mesh()
    host.settings("Owner=NetworkManager")
    host.write(f"{folder}/wattle-relay@.service")
    quiet(host.generate())
    assert host.links() == writer("office") | {"sockets.target.wants/wattle-relay@office.socket": f"{folder}/wattle-relay@.socket"}


@pytest.mark.parametrize("settings, installed", [("PortMapping=auto", True), ("PortMapping=auto", False), ("PortMapping=no", True), ("", True)])
def test_the_router_is_asked_where_that_is_wanted(host, settings, installed):
    folder = os.environ["WATTLE_UNITDIR"]
    host.mesh()
    host.settings(f"Owner=NetworkManager\n{settings}")
    if installed:
        host.write(f"{folder}/wattle-portmap@.service")
    quiet(host.generate())
    wanted = {"sockets.target.wants/wattle-portmap@office.socket": f"{folder}/wattle-portmap@.socket"}
    assert host.links() == writer("office") | (wanted if installed and "auto" in settings else {})


@pytest.mark.parametrize("settings, installed", [("ExitNode=vps", True), ("ExitNode=vps", False), ("", True)])
def test_names_are_looked_up_past_an_exit_node(host, settings, installed):
    """One socket for all meshes."""
    unit = f'{os.environ["WATTLE_UNITDIR"]}/wattle-lookup.socket'
    host.mesh()
    host.settings(f"Owner=NetworkManager\n{settings}")
    if installed:
        host.write(unit)
    quiet(host.generate())
    assert host.links() == writer("office") | ({"sockets.target.wants/wattle-lookup.socket": unit} if installed and settings else {})


def test_what_a_person_has_not_confirmed_is_gone_on_with_at_boot(host):
    """Of a mesh that is not signed too: 'wattle apply --confirm' was cut off by the machine."""
    unit = f'{os.environ["WATTLE_UNITDIR"]}/wattle-update@.service'
    host.mesh()
    host.settings("Owner=NetworkManager")
    host.write(unit)
    host.write(f"{CONFDIR}/office.next/office.mesh")
    quiet(host.generate())
    assert host.links() == writer("office") | {"multi-user.target.wants/wattle-update@office.service": unit}


def test_an_invitation_is_taken_at_boot(host):
    """One that nobody has agreed to is no mesh yet; one that was taken is, until the profile is there."""
    unit = f'{os.environ["WATTLE_UNITDIR"]}/wattle-join@.service'
    host.write(f'{os.environ["WATTLE_UNITDIR"]}/wattle-update@.service')
    host.write(f"{CONFDIR}/home.invite")
    host.write("/run/credentials/@system/wattle.cloud.invite")
    host.write("/run/credentials/@system/wattle.invite")
    host.write("/run/credentials/@system/wattle.No Mesh.invite")
    waiting = {f"multi-user.target.wants/wattle-join@{mesh}.service": unit for mesh in ("home", "cloud")}
    quiet(host.generate())
    assert host.links() == waiting
    host.write(f"{CONFDIR}/home.pub")
    quiet(host.generate())
    assert waiting.items() < host.links().items() and "sysinit.target.wants/wattle-networkd@home.service" in host.links()
    for link in host.links():
        (host.units / link).unlink()
    host.write(f"{CONFDIR}/home.mesh")
    host.write(f"{CONFDIR}/cloud.mesh")
    quiet(host.generate())
    assert not any("join" in link for link in host.links())


WITH_NETWORKD = {"multi-user.target.wants/systemd-networkd.service": NETWORKD}


def quiet(done):
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


OWNERS = {
    # what the host has -> whether networkd is pulled in
    "nothing of NetworkManager's": (lambda h: None, True),
    "NetworkManager enabled": (lambda h: h.network_manager(), False),
    "installed, not enabled": (lambda h: h.write(NM), True),
    "enabled, but gone": (lambda h: h.link(NM_WANTED, NM), True),
    "masked": (lambda h: (h.network_manager(), h.link("/etc/systemd/system/NetworkManager.service", "/dev/null")), True),
    "masked for now": (lambda h: (h.network_manager(), h.link("/run/systemd/system/NetworkManager.service", "/dev/null")), True),
    "Owner=networkd": (lambda h: (h.network_manager(), h.settings("Owner=networkd")), True),
    "Owner=NetworkManager": (lambda h: h.settings("Owner=NetworkManager"), False),
}


@pytest.mark.parametrize("case", OWNERS)
def test_networkd_is_started_for_its_own_meshes(host, case):
    prepare, with_networkd = OWNERS[case]
    host.mesh()
    prepare(host)
    quiet(host.generate())
    assert host.links() == writer("office") | (WITH_NETWORKD if with_networkd else {})


ENABLED = {
    # what is there -> the meshes that are linked
    "no mesh": (lambda h: None, []),
    "no folder": (lambda h: h.path(CONFDIR).rmdir(), []),
    "one": (lambda h: h.mesh(), ["office"]),
    "several": (lambda h: (h.mesh(), h.mesh("wgnet"), h.mesh("a-b_9", "")), ["a-b_9", "office", "wgnet"]),
    "in /run": (lambda h: h.mesh(folder="/run/wattle"), ["office"]),
    "in /usr/lib": (lambda h: h.mesh(folder=VENDORDIR), ["office"]),
    "disabled": (lambda h: (h.mesh(), h.settings("Enable=no")), []),
    "masked": (lambda h: (h.mesh(folder=VENDORDIR), h.link(f"{CONFDIR}/office.mesh", "/dev/null")), []),
    "masked in /run": (lambda h: (h.mesh(folder=VENDORDIR), h.link("/run/wattle/office.mesh", "/dev/null")), []),
    "the mask loses to /etc": (lambda h: (h.mesh(), h.link("/run/wattle/office.mesh", "/dev/null")), ["office"]),
    "settings without a mesh": (lambda h: h.settings("Enable=yes"), []),
    "not a mesh": (lambda h: h.write(f"{CONFDIR}/office.key"), []),
    "hidden": (lambda h: h.write(f"{CONFDIR}/.office.mesh"), []),
    "/etc beats /run": (lambda h: (h.mesh(), h.settings("Enable=yes"), h.settings("Enable=no", folder="/run/wattle")), ["office"]),
    "/run beats /usr/lib": (lambda h: (h.mesh(), h.settings("Enable=no", folder="/run/wattle"),
                                       h.settings("Enable=yes", folder=VENDORDIR)), []),
    "the later name wins": (lambda h: (h.mesh(), h.settings("Enable=no", file="10-a.conf"),
                                       h.settings("Enable=yes", file="20-a.conf", folder=VENDORDIR)), ["office"]),
    "a masked setting": (lambda h: (h.mesh(), h.settings("Enable=no", folder=VENDORDIR),
                                    h.link(f"{CONFDIR}/office.mesh.d/10-test.conf", "/dev/null")), ["office"]),
    "of another mesh": (lambda h: (h.mesh(), h.settings("Enable=no", name="wgnet")), ["office"]),
    "a folder named so": (lambda h: h.path(f"{CONFDIR}/office.mesh").mkdir(), ["office"]),
}


@pytest.mark.parametrize("case", ENABLED)
def test_enabled_meshes_are_linked(host, case):
    prepare, meshes = ENABLED[case]
    prepare(host)
    quiet(host.generate())
    assert host.links() == writer(*meshes) | (WITH_NETWORKD if meshes else {})


BAD = {
    # what is there -> what is said
    "unknown key": (lambda h: h.settings("Enabel=no"), r"office\.mesh\.d/10-test\.conf:2:1: unknown key 'Enabel': did you mean Enable\?"),
    "bad value": (lambda h: h.settings("Enable=maybe"), r"10-test\.conf:2:8: Enable: 'maybe' is neither yes nor no"),
    "a FIFO": (lambda h: os.mkfifo(h.settings("").parent / "20-fifo.conf"), r"20-fifo\.conf: is not a regular file"),
    "a folder": (lambda h: (h.settings("").parent / "20-folder.conf").mkdir(), r"20-folder\.conf: is a folder, not a file"),
    "one of two unread": (lambda h: (h.settings("Enable=no").parent / "20-folder.conf").mkdir(), r"20-folder\.conf: is a folder"),
    "too large": (lambda h: h.settings("#" * 1024 * 1024), r"10-test\.conf: is larger than 1 MiB"),
    "no text": (lambda h: h.settings("Enable=\x01"), r"has the control character 0x01"),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_settings_are_told_and_the_service_is_linked(host, case):
    """It will fail, and say why in the journal."""
    prepare, message = BAD[case]
    host.mesh()
    prepare(host)
    done = host.generate()
    assert done.returncode == 0
    assert re.search(message, done.stderr)
    assert host.links() == writer("office") | WITH_NETWORKD


@pytest.mark.parametrize("name", ["Office", "off ice", "büro", "a" * 200, "-x", "a.b"])
def test_a_bad_name_is_passed_over(host, name):
    host.mesh()
    host.mesh(name, "")
    done = host.generate()
    assert done.returncode == 0
    assert f"{name}.mesh: warning: passed over, for it cannot be a mesh's name" in done.stderr
    assert host.links() == writer("office") | WITH_NETWORKD


def test_a_bad_file_does_not_flood_the_kernel_log(host):
    host.mesh()
    host.settings("\n".join(f"Bad{i}=1" for i in range(500)))
    lines = host.generate().stderr.splitlines()
    assert len(lines) == 6 and lines[5].endswith("and 495 more")


def test_one_argument_or_three(host):
    early, late = host.root / "early", host.root / "late"
    early.mkdir(), late.mkdir()
    host.mesh()
    quiet(host.generate(str(host.units), str(early), str(late)))
    assert host.links() == writer("office") | WITH_NETWORKD
    assert not list(early.iterdir()) and not list(late.iterdir())
    for wrong in ([str(host.units), str(early)], [str(host.units)] * 4):
        assert host.generate(*wrong).returncode == 2
    assert run([os.environ["WATTLE_GENERATOR"]]).returncode == 2


def test_missing_folders_are_errors(host):
    done = host.generate(str(host.root / "none"))
    assert done.returncode == 1 and "none: No such file or directory" in done.stderr
    assert not (host.root / "none").exists()


def test_the_initrd_gets_nothing(host):
    host.mesh()
    quiet(host.generate(env={"SYSTEMD_IN_INITRD": "1"}))
    assert host.links() == {}
    quiet(host.generate(env={"SYSTEMD_IN_INITRD": "0"}))
    assert host.links() == writer("office") | WITH_NETWORKD


def test_other_generators_share_the_folder(host):
    """netplan's wants networkd too; what is there stays, and a second run finds all done."""
    wants = host.units / "multi-user.target.wants"
    wants.mkdir()
    (wants / "systemd-networkd.service").symlink_to("/elsewhere")
    host.mesh()
    for _ in range(2):
        quiet(host.generate())
        assert host.links() == writer("office") | {"multi-user.target.wants/systemd-networkd.service": "/elsewhere"}


def test_the_linked_unit_is_installed(host, installed):
    host.mesh()
    quiet(host.generate())
    assert (installed / OURS.lstrip("/")).is_file()
    assert "ExecStart=" + os.environ["WATTLE_LIBEXECDIR"] in (installed / OURS.lstrip("/")).read_text()
    assert os.access(installed / os.environ["WATTLE_LIBEXECDIR"].lstrip("/") / "wattle-networkd", os.X_OK)


def busy_host(host):
    """One of everything, with faults that must be told."""
    host.mesh(), host.mesh("wgnet"), host.mesh("Bad", "")
    host.key("gw", mode=0o600), host.key("nas", "wgnet", mode=0o600)
    host.settings("Device=gw\nOwner=networkd"), host.settings("Enabel=no", name="wgnet")


def traced(host, log, env=None):
    """Paths that were opened, and the calls of the other kinds, as strace(1) saw them."""
    command = ["strace", "-f", "-qq", "-e", "signal=none", "-e", "trace=%file,%network,%process,write", "-o", str(log),
               os.environ["WATTLE_GENERATOR"], f"--root={host.root}", str(host.units)]
    done = run(command, {"LC_ALL": "C.UTF-8", "ASAN_OPTIONS": "detect_leaks=0"} | (env or {}))
    assert done.returncode == 0, done.stderr
    return [line.split(None, 1)[1] for line in log.read_text().splitlines()]


# Of the C library, the loader and sanitizers; not of ours.
START = re.compile(r"/etc/ld\.so|/proc/self/|/dev/(null|zero)|\.so(\.[\d.]+)?$|/sys/devices/system/cpu|/usr/lib/ssl|/etc/ssl/")


@needs_strace
def test_it_reads_settings_and_nothing_else(host, tmp_path):
    busy_host(host)
    calls = traced(host, tmp_path / "log")
    opened = [re.search(r'"([^"]*)"', call).group(1) for call in calls if re.match(r"open(at2?)?\(", call) and "O_PATH" not in call]
    assert not [call for call in calls if call.startswith("openat2(") and re.search("O_(WRONLY|RDWR|CREAT|TRUNC)", call)]
    own = [path for path in opened if not START.search(path) and path not in (str(host.root), str(host.units))]
    folders = "|".join(re.escape(folder.lstrip("/")) for folder in (CONFDIR, "/run/wattle", VENDORDIR, "/run/credentials/@system"))
    assert own and all(re.fullmatch(rf"({folders})(/\w+\.mesh\.d(/[\w-]+\.conf)?)?", path) for path in own), own
    assert not [p for p in opened if p.endswith((".mesh", ".key")) or "nsswitch" in p or p in ("/etc/passwd", "/etc/group")]


@needs_strace
def test_it_talks_to_nobody(host, tmp_path):
    busy_host(host)
    calls = traced(host, tmp_path / "log")
    names = {re.match(r"\w+", call).group() for call in calls if call[0].isalpha()}
    assert sum(call.startswith("execve(") for call in calls) == 1
    assert not names & set(sandbox.SOCKETS + sandbox.PROCESSES)
    assert not [call for call in calls if "/dev/kmsg" in call]


@needs_strace
def test_by_systemd_it_writes_to_the_kernel_log(host, tmp_path):
    """Seen, not done: the kernel's log of this machine is not ours."""
    busy_host(host)
    log = tmp_path / "log"
    command = ["strace", "-qq", "-e", "trace=openat", "-e", "inject=openat:error=EACCES:when=1+", "-P", "/dev/kmsg", "-o", str(log),
               os.environ["WATTLE_GENERATOR"], f"--root={host.root}", str(host.units)]
    done = run(command, {"SYSTEMD_SCOPE": "system", "ASAN_OPTIONS": "detect_leaks=0"})
    assert done.returncode == 0
    assert log.read_text().count('"/dev/kmsg", O_WRONLY') == 2
    assert "unknown key 'Enabel'" in done.stderr  # where kmsg cannot be had


def test_the_filter_catches_what_it_is_for():
    for command in ("import socket; socket.socket()", "import os; os.fork()", "open('/dev/null', 'w')", "import os; os.unlink('/x')"):
        filter = sandbox.generator_filter()
        done = run(["/usr/bin/python3", "-c", command], preexec_fn=filter.load)
        assert done.returncode == -signal.SIGSYS, command


def test_no_socket_no_process_no_file_opened_for_writing(host):
    busy_host(host)
    done = host.generate(env={"ASAN_OPTIONS": "detect_leaks=0"}, preexec_fn=sandbox.generator_filter().load)
    assert done.returncode == 0, done.stderr
    assert host.links() == writer("office", "wgnet") | WITH_NETWORKD


@pytest.mark.root
def test_with_all_but_three_folders_read_only(host):
    """ProtectSystem=strict with the three folders of the arguments, and no network; nothing is left elsewhere."""
    folders = [host.units, host.root / "early", host.root / "late"]
    for folder in folders[1:]:
        folder.mkdir()
    busy_host(host)
    before = host.everything()

    def confine():
        sandbox.empty_network()
        sandbox.read_only_but(folders)
        sandbox.generator_filter().load()

    done = host.generate(*map(str, folders), env={"ASAN_OPTIONS": "detect_leaks=0"}, preexec_fn=confine)
    assert done.returncode == 0, done.stderr
    assert host.links() == writer("office", "wgnet") | WITH_NETWORKD
    after = host.everything()
    assert {name: st for name, st in after.items() if not name.startswith("units/")} == before


@pytest.mark.root
def test_a_read_only_folder_is_told(host):
    host.mesh()
    done = host.generate(preexec_fn=lambda: sandbox.read_only_but([]))
    assert done.returncode == 1
    assert "mesh office: sysinit.target.wants: Read-only file system" in done.stderr
