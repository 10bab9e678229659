# SPDX-License-Identifier: LGPL-2.1-or-later
"""A program of 32 bits on a host of 64 asks a module of 32 bits, and both read one index. Neither takes more than a C library and its
headers of 32 bits: not the compiler's own library."""

import os
import pathlib
import subprocess

import pytest

TOP = pathlib.Path(__file__).resolve().parent.parent.parent
CC = os.environ.get("WATTLE_CC", "cc")
# The kernel's headers serve both, and Debian has them in the folder of the other.
COMPILE = [CC, "-m32", "-std=gnu11", "-D_GNU_SOURCE", "-O2", "-Wall", "-Werror", f"-I{TOP}", "-idirafter",
           f"/usr/include/{subprocess.run([CC, '-print-multiarch'], capture_output=True, text=True).stdout.strip()}"]


def find(name):
    """A start file of the C library, None without one of 32 bits."""
    found = subprocess.run([*COMPILE, f"-print-file-name={name}"], capture_output=True, text=True).stdout.strip()
    return found if os.path.isabs(found) else None


pytestmark = [pytest.mark.root, pytest.mark.skipif(not find("crt1.o"), reason="there is no C library of 32 bits to build with")]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    made = tmp_path_factory.mktemp("i386")
    subprocess.run([*COMPILE, "-shared", "-fPIC", "-fvisibility=hidden", "-nostdlib", "-Wl,-soname,libnss_wattle.so.2",
                    "-o", made / "libnss_wattle.so.2", *sorted(TOP.glob("nss/*.c")), "-lc"], check=True)
    subprocess.run([*COMPILE, "-no-pie", "-nostdlib", "-o", made / "lookup", *map(find, ["crt1.o", "crti.o"]), TOP / "tests/nss/lookup.c",
                    TOP / "tests/nss/replace.c", "-lc", find("crtn.o")], check=True)
    return made


ASKED = {
    "getaddrinfo unspec canonname tower": ["10.42.1.1", "desktop.home", "fd42::1"],
    "getaddrinfo inet none nas": ["10.42.1.4"],
    "getaddrinfo inet6 none six": ["fd42::6", "fd42::7"],
    "getaddrinfo inet none six": ["-5", "error"],
    "gethostbyname2 inet6 six": ["fd42::6", "fd42::7", "six", "six.home"],
    "gethostbyaddr 10.42.1.4": ["10.42.1.4", "nas", "nas.home"],
    "gethostbyaddr fd42::7": ["fd42::7", "six", "six.home"],
    "starved nas": ["-3", "0", "10.42.1.4", "10.42.1.4", "error", "left"],
}


def test_it_is_of_32_bits(folder):
    for name in ["libnss_wattle.so.2", "lookup"]:
        assert (folder / name).read_bytes()[:5] == b"\x7fELF\x01"


@pytest.mark.parametrize("asked", ASKED)
def test_look_up(other_host, folder, asked):
    if asked.startswith("starved"):
        other_host.run("echo 'hosts: wattle' >/etc/nsswitch.conf")
    assert sorted(other_host.output(folder / "lookup", *asked.split(), libraries=folder).split()) == ASKED[asked]
