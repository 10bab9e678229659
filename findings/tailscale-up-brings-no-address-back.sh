#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# An address that was taken from Tailscale's interface does not come back, not even by tailscale down and up, which end well.
#
# Seen: tailscaled and tailscale 1.90.6, built by Go, with the kernel's TUN.
# What one would think: who turns a tailnet off and on has all of it anew, as with wg-quick; tailscaled takes its addresses away when
# it goes down, and gives them when it comes up. So a manager that took an address, as NetworkManager does with those of a VPN that has
# ended, has done no harm that lasts longer than that.
# What happens: tailscaled remembers which addresses it has given. On the way down it is told that one of them is not there ("cannot
# assign requested address" in its log), keeps that one in mind as given, and on the way up has nothing to do. The state is Running, the
# exit status 0, and the host has no address in the tailnet until tailscaled is restarted, or somebody puts it there by hand. A link that
# was set down stays so in the same way.
# Source: tailscale, wgengine/router/osrouter/router_linux.go (cidrDiff: what could not be deleted stays in the set).
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
version=v1.90.6

mkdir "$work/bin" "$work/control"
GOTOOLCHAIN=auto GOBIN=$work/bin go install "tailscale.com/cmd/tailscale@$version" "tailscale.com/cmd/tailscaled@$version"
# A coordination server: Tailscale's own one for its tests.
cat >"$work/control/main.go" <<'END'
package main

import (
	"net/http"

	"tailscale.com/tailcfg"
	"tailscale.com/tstest/integration/testcontrol"
)

func main() {
	node := &tailcfg.DERPNode{Name: "900a", RegionID: 900, HostName: "127.0.0.1", STUNOnly: true, STUNPort: 3999}
	region := &tailcfg.DERPRegion{RegionID: 900, RegionCode: "lab", RegionName: "lab", Nodes: []*tailcfg.DERPNode{node}}
	server := &testcontrol.Server{ExplicitBaseURL: "http://127.0.0.1:8481", DERPMap: &tailcfg.DERPMap{
		Regions: map[int]*tailcfg.DERPRegion{900: region}}}
	panic(http.ListenAndServe("127.0.0.1:8481", server))
}
END
printf 'module lab\ngo 1.24\nrequire tailscale.com %s\n' "$version" >"$work/control/go.mod"
(cd "$work/control" && GOTOOLCHAIN=auto GOFLAGS=-mod=mod go build -o "$work/bin/control" .)

# A network namespace with a way out that leads nowhere, for tailscaled speaks to nobody where there is none.
# shellcheck disable=SC2016  # expanded within
unshare --net sh -euc 'work=$1
        trap "kill \$control \$daemon" EXIT
        ip link set lo up
        ip link add d0 type veth peer name d1
        ip addr add 198.18.0.2/24 dev d0; ip link set d0 up; ip link set d1 up; ip route add default via 198.18.0.1
        "$work/bin/control" >"$work/control.log" 2>&1 & control=$!
        "$work/bin/tailscaled" --tun=tailscale0 --statedir="$work" --state="$work/state" --socket="$work/sock" --port=0 \
                --no-logs-no-support >"$work/log" 2>&1 & daemon=$!
        n=0
        until [ -S "$work/sock" ]; do n=$((n + 1)); [ "$n" -lt 300 ]; sleep 0.1; done
        tailscale() { "$work/bin/tailscale" --socket="$work/sock" "$@"; }
        addresses() { ip -brief -4 address show dev tailscale0; }

        tailscale up --login-server=http://127.0.0.1:8481 --timeout=60s
        echo "up:                       $(addresses)"
        address=$(ip -brief -4 address show dev tailscale0 | awk "{ print \$3 }")
        tailscale down
        tailscale up
        echo "down and up:              $(addresses)"
        ip address del "$address" dev tailscale0
        echo "taken away:               $(addresses)"
        tailscale down
        tailscale up
        echo "down and up, exit $?:      $(addresses)"
        tailscale status --json | grep BackendState
        ! ip address show dev tailscale0 | grep -q "$address"' sh "$work"
echo "The address has not come back."
