# SPDX-License-Identifier: LGPL-2.1-or-later
"""Names of devices as programs ask for them: each family and flag of getaddrinfo() goes to another entry of the module."""

import pytest
from conftest import HOME, LOOKUP, MODULE, STORM, TSAN_STORM, render

pytestmark = pytest.mark.root

NONAME, NODATA, AGAIN = "error -2", "error -5", "error -3"
HOST_NOT_FOUND, NO_DATA = "error 1", "error 4"

N_REPLACEMENTS = "10000"

ADDRESSES = {
    # family flags name: the addresses, and the canonical name
    "unspec none desktop": "fd42::1 10.42.1.1",
    "unspec none DeskTop": "fd42::1 10.42.1.1",
    "unspec none desktop.home": "fd42::1 10.42.1.1",
    "unspec none desktop.home.": "fd42::1 10.42.1.1",
    "unspec none desktop.": "fd42::1 10.42.1.1",
    "unspec none tower": "fd42::1 10.42.1.1",
    "unspec canonname tower": "fd42::1 10.42.1.1 desktop.home",
    "unspec addrconfig desktop": "fd42::1 10.42.1.1",
    "unspec addrconfig+canonname desktop": "fd42::1 10.42.1.1 desktop.home",
    "unspec v4mapped+addrconfig desktop": "fd42::1 10.42.1.1",
    "unspec none nas": "10.42.1.4",
    "unspec canonname nas": "10.42.1.4 nas.home",
    "unspec addrconfig nas": "10.42.1.4",
    "unspec none six": "fd42::6 fd42::7",
    "inet none desktop": "10.42.1.1",
    "inet canonname Tower": "10.42.1.1 desktop.home",
    "inet addrconfig desktop": "10.42.1.1",
    "inet none six": NODATA,
    "inet canonname six": NODATA,
    "inet6 none desktop": "fd42::1",
    "inet6 canonname desktop": "fd42::1 desktop.home",
    "inet6 addrconfig desktop": "fd42::1",
    "inet6 none six": "fd42::6 fd42::7",
    "inet6 none nas": NODATA,
    "inet6 v4mapped nas": "::ffff:10.42.1.4",
    "inet6 v4mapped desktop": "fd42::1",
    "inet6 v4mapped+all desktop": "fd42::1 ::ffff:10.42.1.1",
    "inet6 v4mapped+canonname nas": "::ffff:10.42.1.4 nas.home",
    "unspec none nobody": NONAME,
    "inet none nobody.home": NONAME,
    "inet6 canonname nobody": NONAME,
    "unspec none desktop.work.example": NONAME,
    "unspec none home": NONAME,
    "unspec none shadowed": "10.9.9.9",
    "inet none localhost": "127.0.0.1",
}


@pytest.mark.parametrize("asked", ADDRESSES)
def test_addresses(host, asked):
    said, wanted = (text.split() for text in (host.look_up("getaddrinfo", *asked.split()), ADDRESSES[asked]))
    # The order of addresses is getaddrinfo's, by RFC 6724.
    assert sorted(said) == sorted(wanted) and said[-1:] == (wanted[-1:] if "canonname" in asked else said[-1:])


OTHERS = {
    "gethostbyname desktop": "10.42.1.1 desktop.home desktop tower.home tower",
    "gethostbyname nas.home": "10.42.1.4 nas.home nas",
    "gethostbyname six": NO_DATA,
    "gethostbyname nobody": HOST_NOT_FOUND,
    "gethostbyname2 inet6 six": "fd42::6 fd42::7 six.home six",
    "gethostbyname2 inet6 nas": NO_DATA,
    "gethostbyaddr 10.42.1.4": "10.42.1.4 nas.home nas",
    "gethostbyaddr 10.42.1.1": "10.42.1.1 desktop.home desktop tower.home tower",
    "gethostbyaddr fd42::1": "fd42::1 desktop.home desktop tower.home tower",
    "gethostbyaddr fd42::7": "fd42::7 six.home six",
    "gethostbyaddr ::ffff:10.42.1.4": "::ffff:10.42.1.4 nas.home nas",
    "gethostbyaddr 10.42.1.99": HOST_NOT_FOUND,
    "gethostbyaddr fd42::99": HOST_NOT_FOUND,
    "getnameinfo 10.42.1.4": "nas.home",
    "getnameinfo fd42::6": "six.home",
    "getnameinfo 10.42.1.2": "laptop.home",
    "getnameinfo 10.42.1.99": NONAME,
}


@pytest.mark.parametrize("asked", OTHERS)
def test_other_calls(host, asked):
    assert host.look_up(*asked.split()) == OTHERS[asked]


def test_a_name_of_two_meshes_is_that_of_the_first(host):
    """In the order of the meshes, and for both families: the answers are about one device."""
    host.install("home", "work")
    assert host.look_up("getaddrinfo", "unspec", "canonname", "nas") == "10.42.1.4 nas.home"
    assert host.look_up("getaddrinfo", "inet6", "none", "nas") == NODATA
    assert sorted(host.look_up("getaddrinfo", "unspec", "none", "nas.work.example").split()) == ["10.43.1.4", "fd43::4"]
    assert host.look_up("gethostbyaddr", "10.43.1.4") == "10.43.1.4 nas.work.example nas"


def test_an_installed_mesh_is_before_one_of_a_vpn_connection(host, indexes):
    carried = "~00000000-25bd-5149-b72c-badfa45970a7"
    indexes[carried] = indexes["moved"]
    host.install("home", carried)
    assert host.look_up("getaddrinfo", "inet", "none", "nas.home") == "10.42.1.4"
    host.install(carried)
    assert host.look_up("getaddrinfo", "inet", "none", "nas.home") == "10.42.9.4"


def test_no_mesh(host):
    host.install()
    assert host.look_up("getaddrinfo", "unspec", "none", "desktop") == NONAME
    host.run("rmdir /run/wattle")
    try:
        assert host.look_up("getaddrinfo", "unspec", "none", "desktop") == NONAME
        assert host.look_up("gethostbyaddr", "10.42.1.4") == HOST_NOT_FOUND
    finally:
        host.run("mkdir -m 755 /run/wattle")


OWN_NAMES = {
    # host name, asked: answer
    "laptop laptop": NONAME,
    "LapTop laptop": NONAME,
    "laptop LAPTOP.": NONAME,
    "laptop laptop.home": "10.42.1.2",
    "laptop.home laptop": NONAME,
    "laptop.home laptop.home": NONAME,
    "tower tower": NONAME,
    "tower desktop": "10.42.1.1",
    "other laptop": "10.42.1.2",
}


@pytest.mark.parametrize("row", OWN_NAMES)
def test_the_own_host_name_is_others_to_answer(other_host, row):
    name, asked = row.split()
    other_host.run(f"hostname {name}")
    assert other_host.look_up("getaddrinfo", "inet", "none", asked) == OWN_NAMES[row]


ADDRCONFIG = {
    # addresses of the host: what comes for desktop with AI_ADDRCONFIG, by family
    "10.42.1.2/16": {"unspec": "10.42.1.1", "inet": "10.42.1.1", "inet6": NONAME},
    "fd99::1/64": {"unspec": "fd42::1", "inet": NONAME, "inet6": "fd42::1"},
}


@pytest.mark.parametrize("own", ADDRCONFIG)
def test_hosts_with_one_family(other_host, own):
    other_host.run(f"ip addr flush dev lo; ip addr add {own} dev lo")
    for family, wanted in ADDRCONFIG[own].items():
        assert other_host.look_up("getaddrinfo", family, "addrconfig", "desktop") == wanted, family


FILE = "/run/wattle/home.names"
REFUSED = {
    "of another user": f"chown 65534 {FILE}",
    "that its group may write": f"chmod 664 {FILE}",
    "that all may write": f"chmod 646 {FILE}",
    "a link": f"mv {FILE} /run/elsewhere; ln -s /run/elsewhere {FILE}",
    "a link that leads nowhere": f"ln -sf /nowhere {FILE}",
    "a FIFO": f"rm {FILE}; mkfifo {FILE}",
    "a folder": f"rm {FILE}; mkdir {FILE}",
    "a device": f"rm {FILE}; mknod {FILE} c 1 5",
    "empty": f": >{FILE}",
    "cut off": f"truncate -s 100 {FILE}",
    "with more behind it": f"echo >>{FILE}",
    "of another version": f"printf '\\002' | dd of={FILE} bs=1 seek=8 conv=notrunc 2>/dev/null",
    "text": f"cp /etc/hosts {FILE}",
    "hidden": f"mv {FILE} /run/wattle/.home.names",
    "unfinished": f"mv {FILE} {FILE}.wattle-new",
    "without a mesh": f"mv {FILE} /run/wattle/.names",
    "of another kind": f"mv {FILE} /run/wattle/home.hosts",
}


@pytest.mark.parametrize("what", REFUSED)
def test_a_file_is_passed_over(host, what):
    """And the other mesh still answers."""
    host.install("home", "work")
    host.run(REFUSED[what])
    assert host.look_up("getaddrinfo", "unspec", "none", "desktop") == NONAME
    assert host.look_up("gethostbyaddr", "10.42.1.1") == HOST_NOT_FOUND
    assert host.look_up("getaddrinfo", "inet", "canonname", "nas") == "10.43.1.4 nas.work.example"


FOLDERS = {
    "of another user": "chown 65534 /run/wattle",
    "that its group may write": "chmod 775 /run/wattle",
    "that all may write": "chmod 1777 /run/wattle",
}


@pytest.mark.parametrize("what", FOLDERS)
def test_a_folder_is_passed_over(host, what):
    host.run(FOLDERS[what])
    assert host.look_up("getaddrinfo", "unspec", "none", "desktop").startswith("error ")
    assert host.look_up("getaddrinfo", "inet", "none", "localhost") == "127.0.0.1"


def test_a_folder_that_is_a_link_is_passed_over(host):
    host.run("mv /run/wattle /run/other; ln -s other /run/wattle")
    try:
        assert host.look_up("getaddrinfo", "unspec", "none", "desktop").startswith("error ")
    finally:
        host.run("rm /run/wattle; mv /run/other /run/wattle")


def test_any_user_may_ask(host):
    out = host.run(f"""mkdir -m 755 /run/bin
        cp {LOOKUP} {MODULE} /run/bin
        LD_LIBRARY_PATH=/run/bin setpriv --reuid 65534 --regid 65534 --clear-groups /run/bin/lookup getaddrinfo inet none nas""")
    assert out == "10.42.1.4\n"


def test_without_a_descriptor_it_is_to_be_tried_again(host):
    """And none is left open."""
    host.run("echo 'hosts: wattle' >/etc/nsswitch.conf")
    try:
        assert host.look_up("starved", "desktop") == f"10.42.1.1 {AGAIN} 10.42.1.1 0 left"
    finally:
        host.run("echo 'hosts: files wattle' >/etc/nsswitch.conf")


def test_many_names_take_a_larger_buffer(host, indexes, tmp_path):
    """glibc begins with 1 KiB."""
    aliases = " ".join(f"a-quite-long-alias-of-the-device-number-{i}" for i in range(16))
    addresses = " ".join(f"10.42.2.{i} fd42::2:{i}" for i in range(1, 9))
    indexes["large"] = render(tmp_path, "large", HOME + "[Device z]\nPublicKey=BQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n"
                              f"Address={addresses}\nAlias={aliases}\n")
    host.install("large")
    for asked in ("unspec none z", "inet canonname z", "inet6 none z"):
        said = host.look_up("getaddrinfo", *asked.split()).split()
        assert len(said) == {"unspec": 16, "inet": 9, "inet6": 8}[asked.split()[0]]
    assert len(host.look_up("gethostbyaddr", "10.42.2.3").split()) == 1 + 2 * 17


def check(said):
    right, wrong = (int(word.split()[0]) for word in said.split(", "))
    assert wrong == 0 and right > 1000, said


def test_files_that_are_replaced_while_threads_ask(host, indexes):
    """By glibc, as programs do."""
    check(host.look_up("threads", "nas", "10.42.1.4", "10.42.9.4", N_REPLACEMENTS, indexes["home"], indexes["moved"]))


def test_a_storm(host, indexes):
    """Each entry, replacements within one tick of the clock, and forks, with the sanitizers of the build."""
    check(host.output(STORM, N_REPLACEMENTS, indexes["home"], indexes["moved"]))


@pytest.mark.skipif(not TSAN_STORM, reason="the compiler has no ThreadSanitizer")
def test_a_storm_without_a_race(host, indexes):
    """Not all kernels leave ThreadSanitizer the addresses that it wants, unless addresses are not random."""
    words = [TSAN_STORM, N_REPLACEMENTS, indexes["home"], indexes["moved"]]
    if host.run_there(TSAN_STORM).returncode == 2:  # wrong usage, and not a word of ThreadSanitizer
        return check(host.output(*words))
    check(host.output("setarch", "-R", *words))


def test_behind_a_fork(host):
    assert host.look_up("forked", "nas") == "10.42.1.4 10.42.1.4 10.42.1.4"


def test_a_setuid_program(other_host):
    """Its loader takes the module from where the system has its libraries alone."""
    out = other_host.run(f"""mkdir -m 755 /run/bin
        install -m 755 {MODULE} /run/bin
        install -m 4755 {LOOKUP} /run/bin/lookup
        mount -t tmpfs none /var/cache/ldconfig
        echo /run/bin >/etc/ld.so.conf
        ldconfig
        export ASAN_OPTIONS=detect_leaks=0  # it asks for what a setuid program may not do
        setpriv --reuid 65534 --regid 65534 --clear-groups /run/bin/lookup secure inet none nas""")
    assert out == "secure\n10.42.1.4\n"
