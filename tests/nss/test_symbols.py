# SPDX-License-Identifier: LGPL-2.1-or-later
"""What the module has to do with the programs that it is loaded into: as little as can be."""

import re
import subprocess

from conftest import MODULE, needs_nm

pytestmark = needs_nm

ENTRIES = {f"_nss_wattle_{name}_r" for name in ["gethostbyname", "gethostbyname2", "gethostbyname3", "gethostbyname4",
                                                 "gethostbyaddr", "gethostbyaddr2"]}
# No getenv(): setuid programs load it. No mmap(), no thread, no lock.
OF_LIBC = set("""__errno_location close fstat getdents gethostname lseek open openat pread
    memcmp memcpy memmove memset strcmp strcpy strcspn strlen __cxa_finalize __stack_chk_fail
    __open_2 __openat_2 __pread_chk __strcpy_chk __memcpy_chk __gethostname_chk""".split())
OF_TOOLS = re.compile(r"__(asan|ubsan|gcov|sanitizer|tsan)|_ITM_|__gmon_start__|_Unwind_|__tls_get_addr|llvm_")


def symbols(*options):
    out = subprocess.run(["nm", "-D", *options, MODULE], check=True, capture_output=True, text=True).stdout
    return {re.sub(r"(64)?(@.*)?$", "", line.split()[-1]) for line in out.splitlines()}


def test_it_shows_its_entries_alone():
    assert {name for name in symbols("--defined-only") if not OF_TOOLS.match(name)} == ENTRIES


def test_it_takes_little_of_libc():
    assert {name for name in symbols("--undefined-only") if not OF_TOOLS.match(name)} - OF_LIBC == set()


def test_it_needs_libc_alone():
    out = subprocess.run(["readelf", "-d", MODULE], check=True, capture_output=True, text=True).stdout
    needed = re.findall(r"NEEDED.*\[(.*)\]", out)
    assert [name for name in needed if not re.match(r"lib(asan|ubsan|gcc_s|m)\.so", name)] == ["libc.so.6"]
    assert "SONAME" in out and "[libnss_wattle.so.2]" in out
