// SPDX-License-Identifier: LGPL-2.1-or-later

// A coordination server in which somebody has to approve each device, which Headscale knows not: Tailscale's own one for tests.
// control ADDRESS:PORT KEY: lets in who has the key, and GET /approve approves all that came.
package main

import (
	"log"
	"net/http"
	"os"

	"tailscale.com/tailcfg"
	"tailscale.com/tstest/integration/testcontrol"
)

func main() {
	address, key := os.Args[1], os.Args[2]
	url := "http://" + address
	relays := &tailcfg.DERPMap{Regions: map[int]*tailcfg.DERPRegion{900: {RegionID: 900, RegionCode: "lab", RegionName: "lab",
		Nodes: []*tailcfg.DERPNode{{Name: "900a", RegionID: 900, HostName: "127.0.0.1", STUNOnly: true, STUNPort: 3999}}}}}
	server := &testcontrol.Server{
		ExplicitBaseURL:    url,
		DERPMap:            relays,
		RequireAuthKey:     key,
		RequireMachineAuth: true,
	}
	http.HandleFunc("/approve", func(http.ResponseWriter, *http.Request) {
		for _, node := range server.AllNodes() {
			server.CompleteDeviceApproval(url, url+"/admin", &node.Key)
		}
	})
	http.Handle("/", server)
	log.Fatal(http.ListenAndServe(address, nil))
}
