#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# nft flush ruleset succeeds, says nothing, and leaves a table that has an owner: filtering goes on.
#
# Seen: Debian 12, nftables 1.0.6-2+deb12u2, Linux 6.18; the same with 1.1.3-1 of Debian 13, whose firewalld has such a table.
# What one would think: as root it removes all tables ("no packet filtering will happen anymore", says nft(8)), or it fails as
# every other change of an owned table does: delete, and even `add table` of a name that is there, is EPERM. A file that begins
# with `flush ruleset`, as Debian's /etc/nftables.conf does, is then the whole ruleset once it is loaded.
# What happens: the kernel skips what somebody else owns when no table is named, and that is no error. The file is loaded, with
# exit status 0, beside the owned table, whose drops stay final. What removes it is the end of its owner, whatever nft is told.
# So after a flush it is the list of tables that tells what is left, not the status.
# Source: Linux, net/netfilter/nf_tables_api.c (nft_flush, nf_tables_deltable, nft_table_lookup).
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
# shellcheck disable=SC2016  # these are words of apt's, not the shell's
mirror=$(apt-get indextargets --format '$(REPO_URI) $(COMPONENT)' 'Created-By: Packages' |
        awk '$2 == "main" && $1 ~ /\/debian\/?$/ { print $1; exit }')
apt-config dump | grep -E '^Acquire::(http|https|Check-Valid-Until|Check-Date)' >"$work/apt.conf" || :

DEBIAN_FRONTEND=noninteractive mmdebstrap --quiet --variant=essential --aptopt="$work/apt.conf" \
        --include='nftables=1.0.6-2+deb12u2' bookworm "$work/root" "${mirror:?apt knows no Debian mirror}"

cat >"$work/root/owned.sh" <<'END'
# Both status and tables.
show()
{
        status=0
        nft "$@" 2>/dev/null || status=$?
        printf '%s: %s, tables' "$*" "$status"
        nft list tables | while read -r _ _ table; do
                printf ' %s' "$table"
        done
        echo
}

coproc OWNER { exec nft -i; }
{
        echo 'add table inet owned { flags owner; }'
        echo 'add chain inet owned input { type filter hook input priority filter; policy drop; }'
        echo 'list tables'
} >&"${OWNER[1]}"
until [[ $line == 'table inet owned' ]]; do
        read -r -t 10 -u "${OWNER[0]}" line
done
nft add table inet plain
show delete table inet owned
show add table inet owned
show flush ruleset
show -f /etc/nftables.conf
nft list ruleset | grep -o 'policy drop'
exec {OWNER[1]}>&-
wait
show list chain inet owned input
END

seen=$(unshare --net --pid --fork --kill-child chroot "$work/root" bash -euc 'line=; . /owned.sh')
printf '%s\n' "$seen"
[ "$seen" = 'delete table inet owned: 1, tables owned plain
add table inet owned: 1, tables owned plain
flush ruleset: 0, tables owned
-f /etc/nftables.conf: 0, tables owned filter
policy drop
list chain inet owned input: 1, tables filter' ]
