# SPDX-License-Identifier: LGPL-2.1-or-later
"""A host: a Place (runner.py) with systemd and two cards, eth0 and eth1. What of it is the same for an emulated guest and for one
in namespaces: its files at boot, the addresses of its cards, and what it tells of a failed scenario.
"""

import secrets

import root
import runner

NICS = 2
BOOT_LIMIT_S = 180
JOURNAL_LINES = 300


def group(release, name):
    """The number of a group in the hosts of that release."""
    for line in (root.get(release, "guest") / "etc/group").read_text().splitlines():
        if line.split(":")[0] == name:
            return int(line.split(":")[2])
    raise LookupError(f"{release} has no group {name}")


def boot_files(name, release, files):
    """What a boot finds: path to (bytes, mode, number of the group). files is path -> content, or (content, mode), or (content,
    mode, group)."""
    files = {"/etc/hostname": f"{name}\n",
             "/etc/hosts": f"127.0.0.1 localhost\n127.0.1.1 {name}\n",
             "/etc/machine-id": (f"{secrets.token_hex(16)}\n", 0o444)} | files

    def whole(data, mode=0o644, owner="root"):
        return data.encode() if isinstance(data, str) else data, mode, group(release, owner)

    return {path: whole(*content) if isinstance(content, tuple) else whole(content) for path, content in files.items()}


def boot_links(enable, links):
    """path -> target, with those that `systemctl enable` would make for units."""
    return dict(links) | {f"/etc/systemd/system/multi-user.target.wants/{unit}": f"/usr/lib/systemd/system/{unit}" for unit in enable}


class Host(runner.Place):
    since = 0  # the journal before is somebody else's

    def connect(self, nic, segment):
        """Plug card ethNIC into the segment, or into none."""
        raise NotImplementedError

    def words(self):
        """What was said outside of the journal."""
        raise NotImplementedError

    def wait_booted(self, limit=BOOT_LIMIT_S):
        """Until systemd has nothing left to do. Fails unless all of it went well."""
        self.run("systemctl is-system-running --wait || { systemctl --failed --no-pager; systemctl list-jobs; false; }", limit)

    def plug(self, nic, segment, configure=True):
        """Plug card ethNIC into the segment, from another or for the first time. With configure, it gets the segment's next
        addresses (returned: v4, v6) and its router; without, the scenario or its manager does that."""
        self.connect(nic, segment)
        if not configure:
            return None
        return self.address(nic, segment, segment.next_addresses())

    def unplug(self, nic):
        """Pull the cable; the card's addresses stay, as they do on a real host."""
        self.connect(nic, None)

    def address(self, nic, segment, addresses):
        """Configure a card by hand, as an administrator without any manager would."""
        route = f"ip route replace default via {segment.gateway}" if segment.gateway else "true"
        self.run(f"""ip addr flush dev eth{nic} scope global
            ip link set eth{nic} up
            ip addr add {addresses.v4}/{segment.prefix4.prefixlen} dev eth{nic}
            ip addr add {addresses.v6}/{segment.prefix6.prefixlen} dev eth{nic} nodad
            {route}""")
        self.wait(f"ip link show eth{nic} | grep -q LOWER_UP")
        return addresses

    def report(self):
        """What the host knows, for a failed scenario: never raises."""
        if not self.runner:
            return "never started"
        try:
            journal = self.run(f"journalctl -b --since=@{self.since} --no-pager -o short-monotonic -n {JOURNAL_LINES} 2>&1 || dmesg | tail -n 100; "
                               "ip addr; ip route show table all", 30, check=False).out
        except Exception as error:  # noqa: BLE001  the report must not hide the failure it explains
            journal = f"the host does not tell: {error}"
        return f"{journal}\n{self.words()}"
