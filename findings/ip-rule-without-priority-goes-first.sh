#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# A rule of routing that is added without a priority goes before all others, and not before the main table: full tunnels by
# wg-quick(8), or of Mullvad's app, beat whoever has chosen a number, if they are up last, and lose if they are up first.
#
# Seen: Linux 6.18.44, iproute2 6.1.0-3 of Debian 12.
# What one would think: `ip rule add not fwmark 51820 table 51820` gets 32765, right before the main table's 32766, as every
# `ip rule` shows it that has no other rules, and the next one 32764. So a program that wants to go before wg-quick takes a
# smaller number, say 30000, and one that wants to go behind it cannot.
# What happens: the kernel takes one less than the priority of the second rule in the list, whatever that is for; the first is
# the local table's. With a rule of 100 in place wg-quick's two rules are 99 and 98, and take all traffic from it; added before it
# they are 32765 and 32764, and the rule of 100 takes all from them. The same two programs, the same files: the order of the boot
# decides, and a tunnel that is restarted changes who is routed where.
# Source: Linux, net/core/fib_rules.c (fib_default_rule_pref); wireguard-tools, src/wg-quick/linux.bash (add_default).
set -euo pipefail

# shellcheck disable=SC2016  # the inner shell's own
run=(unshare --net sh -ec '
        for card in uplink theirs tunnel; do
                ip link add "$card" type veth peer name "$card-far"
                ip link set "$card" up
                ip link set "$card-far" up
        done
        ip route add default dev uplink
        ip route add default dev theirs table 100
        ip route add default dev tunnel table 51820
        for who in "$@"; do
                case $who in
                theirs) ip rule add priority 100 not fwmark 1 table 100 ;;
                wg-quick)
                        ip rule add not fwmark 51820 table 51820
                        ip rule add table main suppress_prefixlength 0
                        ;;
                esac
        done
        echo "$*:" $(ip rule | cut -d: -f1) $(ip route get 198.51.100.7 | grep -o "dev [a-z]*")' sh)

seen=$("${run[@]}" wg-quick
        "${run[@]}" theirs wg-quick
        "${run[@]}" wg-quick theirs)
printf '%s\n' "$seen"
[ "$seen" = 'wg-quick: 0 32764 32765 32766 32767 dev tunnel
theirs wg-quick: 0 98 99 100 32766 32767 dev tunnel
wg-quick theirs: 0 100 32764 32765 32766 32767 dev theirs' ]
