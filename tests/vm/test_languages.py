# SPDX-License-Identifier: LGPL-2.1-or-later
"""What is said on a host that has a mesh, as 'wattle apply' and 'wattle doctor' say it, is translated: tests/languages has those verbs
alone that need no host."""

import pathlib
import sys

import pytest

import mesh as meshes

sys.path.append(str(pathlib.Path(__file__).resolve().parents[1] / "languages"))

import brackets  # noqa: E402  of tests/languages

pytestmark = pytest.mark.one_release

TAILNET = "[Tailscale]\nHostname=a\n[Local]\nRoutingFeatures=client\nFirewall=auto\n"
AS_ROOT = ["apply --dry-run", "apply", "apply", "check home", "show home", "show --as=b home", "status", "doctor", "up home", "down home", "up work", "down work", "migrate home b", "probe home b",
           "probe home nobody", "update home", "update --check home", "verify home", "join </dev/null", "join --unattended other", "apply other", "leave --yes other",
           "apply --confirm=5 home </dev/null", "genkey home", "pubkey home", "export b home"]
AS_USER = ["apply", "status", "up home", "doctor", "update home", "genkey home"]


def put_language(host, compiled):
    brackets.compile_catalogue(compiled, brackets.catalogue.write(brackets.entries(brackets.catalogue.read(
        (brackets.catalogue.TOP / "po/de.po").read_text())[""])))
    host.put("/usr/share/locale/xx/LC_MESSAGES/wattle.mo", compiled.read_bytes())
    host.run("mkdir /run/locales; ln -s /usr/lib/locale/C.utf8 /run/locales/xx_XX.UTF-8")


def outside(host, command, before=""):
    """What was said outside of brackets."""
    done = host.run(f"LOCPATH=/run/locales LC_ALL=xx_XX.UTF-8 {before} wattle {command}", check=False)
    said = done.out + done.err
    print(f"$ wattle {command}\n{brackets.outside(said)}")
    return brackets.sentences(f"$ wattle {command}\n{brackets.outside(said)}")


@pytest.mark.parametrize("owner", ["networkd", "NetworkManager"])
def test_no_sentence_is_english(native, tmp_path, owner):
    """Without WireGuard, and so with much that is wrong."""
    mesh = meshes.Mesh("home", "a", "b", "c")
    mesh["b"].lines += ["PublicEndpoint=b.example:51820", "ExitNode=yes", "Routes=192.168.7.0/24"]
    a = native.boot("a", files=mesh.files("a", f"Owner={owner}\nExitNode=b\nActivationPolicy=up"))
    a.wait_booted()
    put_language(a, tmp_path / "wattle.mo")
    found = list(outside(a, "status"))
    assert brackets.OPEN in a.run("LOCPATH=/run/locales LC_ALL=xx_XX.UTF-8 wattle --help").out
    a.put("/etc/wattle/work.tailnet", TAILNET)
    for command in AS_USER:
        found += outside(a, command, "setpriv --reuid nobody --clear-groups")
    for command in AS_ROOT:
        found += outside(a, command)
    a.run("systemctl start wattled", check=False)
    for command in ["status", "doctor", "probe home b", "migrate home b", "leave --yes home"]:
        found += outside(a, command)
    assert found == [], "\n".join(found)
