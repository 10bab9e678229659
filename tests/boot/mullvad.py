# SPDX-License-Identifier: LGPL-2.1-or-later
"""The kill switch of Mullvad's app, rebuilt from its chains, priorities and marks (mullvadvpn-app, talpid-core/src/firewall/linux.rs and
talpid-routing/src/unix/linux.rs). Its tunnel is called mole0."""


def kill_switch(state, accepts=True):
    """The app has the rules about 0xf41 only where it can mount net_cls. LAN sharing is off."""
    tunnel = state == "connected"
    mark = "ct mark 0xf41 accept" if accepts else ""
    neighbours = "icmpv6 type { nd-neighbor-solicit, nd-neighbor-advert } accept"
    return f"""
add table inet mullvad
delete table inet mullvad
table inet mullvad {{
        chain prerouting {{
                type filter hook prerouting priority -199; policy accept;
                {'iif != "mole0" ct mark 0xf41 meta mark set 0x6d6f6c65' if tunnel and accepts else ""}
        }}
        chain output {{
                type filter hook output priority 0; policy drop;
                oif "lo" accept
                {mark}
                {neighbours}
                udp dport 53 reject
                tcp dport 53 reject with tcp reset
                {'oif "mole0" accept' if tunnel else ""}
                reject
        }}
        chain input {{
                type filter hook input priority 0; policy drop;
                iif "lo" accept
                {mark}
                {neighbours}
                {'iif "mole0" accept' if tunnel else ""}
        }}
        chain forward {{
                type filter hook forward priority 0; policy drop;
                {mark}
                {'oif "mole0" accept' if tunnel else ""}
                {'iif "mole0" ct state established accept' if tunnel else ""}
                reject
        }}
        chain mangle {{
                type route hook output priority -150; policy accept;
                {"meta cgroup 5087041 ct mark set 0xf41 meta mark set 0x6d6f6c65" if accepts else ""}
        }}
        chain nat {{
                type nat hook postrouting priority 100; policy accept;
                {'oif "mole0" ct mark 0xf41 drop' if tunnel and accepts else ""}
                {'oif != "lo" ct mark 0xf41 masquerade' if accepts else ""}
        }}
}}
"""
