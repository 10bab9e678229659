/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Each check finds what it is for in the facts that have it, and nothing in those of a healthy
 * host.
 */
#include <string.h>
#include <sys/socket.h>

#include "cli/doctor/doctor.h"
#include "cli/doctor/nft.h"
#include "tests/unit/fixture.h"

#define MESH                                                                                       \
        "[Mesh]\nSubnet=10.77.0.0/24\nListenPort=1234\n"                                           \
        "[Device me]\nPublicKey=" KEY_A "\nAddress=10.77.0.1\n"                                    \
        "[Device gw]\nPublicKey=" KEY_B "\nAddress=10.77.0.2\nPublicEndpoint=192.0.2.1:1\n"

#define DROP_IN                                                                                    \
        "mkdir -p /etc/systemd/networkd.conf.d; printf '%s\\n' '[Network]' "                       \
        "ManageForeignRoutingPolicyRules=no ManageForeignRoutes=no"

#define NOW_S G_GINT64_CONSTANT(1800000000)

static void be_nm(WattleFacts *facts)
{
        ((WattleView *)facts->view)->owner = WATTLE_OWNER_NETWORK_MANAGER;
        g_free(facts->networkd_state);
        facts->networkd_state = g_strdup("unmanaged");
}

static void is_down(WattleFacts *facts)
{
        facts->status.link = WATTLE_LINK_DOWN;
}

/* The kernel has the same for all settings that the view wants, which sets its flag. */
static void add_sysctls(WattleFacts *facts, guint actual)
{
        WattleSysctlFact fact = { .actual = actual };
        WattleSysctl wanted[WATTLE_MAX_SYSCTLS];
        guint n = wattle_sysctls(facts->view, wanted);

        for (guint i = 0; i < n; i++) {
                fact.wanted = wanted[i];
                g_array_append_val(facts->sysctls, fact);
        }
}

static void add_route(WattleFacts *facts, const char *device, const char *addr, const char *through)
{
        WattleRouteFact fact = { .device = device, .interface = g_strdup(through) };

        g_assert_true(wattle_addr_parse(addr, &fact.addr, NULL));
        g_array_append_val(facts->routes, fact);
}

static void ill_none(G_GNUC_UNUSED WattleFacts *facts)
{
}

static void ill_warning(WattleFacts *facts)
{
        facts->n_warnings = 1;
}

static void ill_warnings(WattleFacts *facts)
{
        facts->n_warnings = 3;
}

static void ill_owner(WattleFacts *facts)
{
        facts->networkd_runs = FALSE;
}

static void ill_owner_nm(WattleFacts *facts)
{
        be_nm(facts);
        facts->nm_runs = FALSE;
}

static void ill_owner_unknown(WattleFacts *facts)
{
        facts->networkd_runs = FALSE;
        facts->owner_known = FALSE;
}

static void ill_stale(WattleFacts *facts)
{
        for (guint i = 0; i < 4; i++)
                g_ptr_array_add(facts->stale, g_strdup_printf("/run/%u", i));
}

static void ill_peers(WattleFacts *facts)
{
        g_array_index(facts->status.peers, WattlePeerStatus, 0).missing = TRUE;
}

static void ill_absent(WattleFacts *facts)
{
        facts->status.link = WATTLE_LINK_ABSENT;
        facts->kernel_known = FALSE;
}

static void ill_no_wireguard(WattleFacts *facts)
{
        ill_absent(facts);
        facts->no_wireguard = TRUE;
}

static void ill_other(WattleFacts *facts)
{
        ill_absent(facts);
        facts->link_is_other = TRUE;
}

static void ill_down_wanted(WattleFacts *facts)
{
        is_down(facts);
        ((WattleView *)facts->view)->activation = WATTLE_ACTIVATION_UP;
}

static void ill_key(WattleFacts *facts)
{
        facts->key_fault = g_strdup("the private key: others can read it");
        facts->key_command = g_strdup("chmod 0640 /etc/wattle/home.key");
}

static void ill_rival(WattleFacts *facts)
{
        g_ptr_array_add(facts->rivals, g_strdup("/etc/systemd/network/a.netdev"));
}

static void ill_taker(WattleFacts *facts)
{
        g_ptr_array_add(facts->takers, g_strdup("/etc/systemd/network/10-all.network"));
        g_ptr_array_add(facts->takers, g_strdup("/usr/lib/systemd/network/20-vm.network"));
}

static void ill_wg_quick(WattleFacts *facts)
{
        facts->wg_quick = g_strdup("wg-quick@home.service");
}

static void ill_vpn(WattleFacts *facts)
{
        facts->foreign = (WattleForeign){ .systemd_version = 257,
                                          .vpns = g_strsplit("tailscaled wg-quick@work", " ", -1) };
}

static void ill_vpn_before(WattleFacts *facts)
{
        ill_owner_unknown(facts);
        facts->foreign = (WattleForeign){ .systemd_version = 252,
                                          .vpns = g_strsplit("tailscaled", " ", -1) };
}

static void ill_vpn_kept(WattleFacts *facts)
{
        ill_vpn(facts);
        facts->foreign.kept = (WattleForeignKept){ TRUE, TRUE, TRUE };
}

static void ill_vpn_of_nm(WattleFacts *facts)
{
        ill_vpn(facts);
        facts->nm_runs = TRUE;
        be_nm(facts);
}

static void ill_nm_manages(WattleFacts *facts)
{
        facts->nm_runs = facts->nm_knows = facts->nm_manages = TRUE;
}

static void ill_networkd_manages(WattleFacts *facts)
{
        be_nm(facts);
        facts->nm_runs = TRUE;
        g_free(facts->networkd_state);
        facts->networkd_state = g_strdup("configured");
}

static void ill_networkd_does_not(WattleFacts *facts)
{
        g_free(facts->networkd_state);
        facts->networkd_state = g_strdup("unmanaged");
}

static void ill_port(WattleFacts *facts)
{
        is_down(facts);
        facts->port_holder = g_strdup("dnsmasq (process 12)");
}

static void ill_rp_filter(WattleFacts *facts)
{
        ((WattleView *)facts->view)->routing_client = TRUE;
        add_sysctls(facts, 1);
}

static void ill_valid_mark(WattleFacts *facts)
{
        ((WattleView *)facts->view)->exit_node = "vps";
        add_sysctls(facts, 0);
}

static void ill_forwarding(WattleFacts *facts)
{
        ((WattleView *)facts->view)->routing_server = TRUE;
        add_sysctls(facts, 0);
        g_array_index(facts->sysctls, WattleSysctlFact, 1).actual = 1;
}

static void ill_routes(WattleFacts *facts)
{
        add_route(facts, "gw", "10.77.0.2", "docker0");
        add_route(facts, "gw2", "10.77.0.3", "docker0");
        add_route(facts, "gw3", "10.77.0.4", NULL);
}

static void ill_routes_of_tailscale(WattleFacts *facts)
{
        add_route(facts, "gw", "10.77.0.2", "tailscale0");
}

static void ill_routes_in_spite_of_all(WattleFacts *facts)
{
        ill_routes_of_tailscale(facts);
        ((WattleView *)facts->view)->coexist = WATTLE_COEXIST_TAILSCALE;
}

static void ill_stands_in(WattleFacts *facts)
{
        facts->is_signed = facts->has_last_good = facts->update_installed = TRUE;
        facts->stands_in = g_strdup("home is not signed");
}

static void ill_no_last_good(WattleFacts *facts)
{
        facts->is_signed = facts->update_installed = TRUE;
}

static void ill_signed(WattleFacts *facts)
{
        facts->is_signed = facts->has_last_good = facts->update_installed = TRUE;
}

static void ill_held(WattleFacts *facts)
{
        ill_signed(facts);
        facts->update_phase = WATTLE_CONFIRM_HELD;
        facts->ahead = g_strdup("nas");
        facts->ahead_serial = 9;
}

static void ill_blind(WattleFacts *facts)
{
        ill_signed(facts);
        facts->update_phase = WATTLE_CONFIRM_BLIND;
}

static void ill_fork(WattleFacts *facts)
{
        ill_signed(facts);
        facts->fork_from = g_strdup("nas");
        facts->fork_serial = 8;
}

static void ill_behind(WattleFacts *facts)
{
        ill_signed(facts);
        facts->ahead = g_strdup("nas");
        facts->ahead_serial = 9;
}

static void ill_floor(WattleFacts *facts)
{
        ill_signed(facts);
        facts->serial = 7;
        facts->floor = 9;
}

/* At it all is well. */
static void at_floor(WattleFacts *facts)
{
        ill_floor(facts);
        facts->serial = 9;
}

static void ill_source(WattleFacts *facts)
{
        ill_signed(facts);
        facts->n_sources = facts->n_witnesses = 1;
        facts->sources_failed = TRUE;
}

static void ill_witness(WattleFacts *facts)
{
        ill_signed(facts);
        facts->wattled_runs = TRUE;
        facts->n_sources = 1;
}

/* A profile comes from members alone, and they confirm it. */
static void no_source(WattleFacts *facts)
{
        ill_signed(facts);
        facts->sources_failed = TRUE;
}

static void ill_no_update(WattleFacts *facts)
{
        ill_signed(facts);
        facts->update_installed = FALSE;
}

static void ill_etc(WattleFacts *facts)
{
        facts->etc_fault = g_strdup("Read-only file system");
}

static void ill_etc_signed(WattleFacts *facts)
{
        facts->is_signed = facts->update_installed = TRUE;
        ill_etc(facts);
}

static void ill_managed(WattleFacts *facts)
{
        facts->managed_path = g_strdup("/nix/store/x-home");
}

static void ill_clock_unset(WattleFacts *facts)
{
        facts->now_s = 0;
}

static void ill_clock_old(WattleFacts *facts)
{
        facts->profile_s = NOW_S + 400;
}

static void ill_clock_loose(WattleFacts *facts)
{
        facts->clock_unsynchronized = TRUE;
        facts->profile_s = NOW_S + 200; /* of another host's clock */
}

static void close_port(WattleFacts *facts, WattlePortKind kind, const char *who,
                       const char *command)
{
        const WattlePortUse use = { .listen_port = 1234,
                                    .relay_ports = { TRUE, 21900, 21999 },
                                    .beacons = TRUE,
                                    .probes = TRUE,
                                    .serves = TRUE };
        WattleClosedFact fact = { .who = who,
                                  .where = g_strdup("inet filter input"),
                                  .command = g_strdup(command) };
        WattlePort table[WATTLE_N_PORTS];

        g_assert_cmpuint(wattle_port_table(&use, table), ==, WATTLE_N_PORTS);
        fact.port = table[kind];
        g_array_append_val(facts->closed, fact);
}

static void ill_firewall(WattleFacts *facts)
{
        close_port(facts, WATTLE_PORT_WIREGUARD, "ufw", "ufw allow 1234/udp");
}

static void ill_zones(WattleFacts *facts)
{
        g_ptr_array_add(facts->no_zones, g_strdup("nowhere"));
        g_ptr_array_add(facts->no_zones, g_strdup("never"));
}

static void ill_firewalld(WattleFacts *facts)
{
        close_port(facts, WATTLE_PORT_WIREGUARD, "firewalld", "firewall-cmd port");
        g_array_index(facts->closed, WattleClosedFact, 0).can_be_asked = TRUE;
        facts->filter_installed = TRUE;
}

static void ill_firewalld_that_was_asked(WattleFacts *facts)
{
        ill_firewalld(facts);
        ((WattleView *)facts->view)->firewall.kind = WATTLE_FIREWALL_AUTO;
}

static void ill_firewall_inside(WattleFacts *facts)
{
        facts->has_endpoint = TRUE;
        close_port(facts, WATTLE_PORT_BEACON, "the firewall", "nft beacon");
        close_port(facts, WATTLE_PORT_PROBE, "firewalld", "firewall-cmd probe");
        close_port(facts, WATTLE_PORT_PROFILE, "a program that holds its own table", NULL);
}

static void ill_firewall_called(WattleFacts *facts)
{
        ill_firewall(facts);
        facts->has_endpoint = TRUE;
}

static void ill_no_relay(WattleFacts *facts)
{
        WattleView *view = (WattleView *)facts->view;

        view->relay = WATTLE_RELAY_YES;
        view->relay_ports = (WattlePorts){ TRUE, 21900, 21999 };
}

static void well_relay(WattleFacts *facts)
{
        ill_no_relay(facts);
        facts->relay_installed = TRUE;
}

static void ill_relayed(WattleFacts *facts)
{
        const char *whys[] = { "one", "two", "one" };

        for (guint i = 0; i < 3; i++) {
                WattlePeerStatus peer = { .device = (const char *[]){ "x", "y", "z" }[i],
                                          .path = WATTLE_PATH_RELAYED,
                                          .why_relayed = whys[i] };

                g_array_append_val(facts->status.peers, peer);
        }
}

static void ill_introduced(WattleFacts *facts)
{
        GArray *peers = facts->status.peers;

        ill_relayed(facts);
        for (guint i = 1; i < 3; i++)
                g_array_index(peers, WattlePeerStatus, peers->len - i).path = WATTLE_PATH_NONE;
}

static void ill_no_portmap(WattleFacts *facts)
{
        facts->portmap_wanted = TRUE;
}

static void well_portmap(WattleFacts *facts)
{
        ill_no_portmap(facts);
        facts->portmap_installed = TRUE;
}

static void ill_router(WattleFacts *facts)
{
        well_portmap(facts);
        facts->status.mapping_problem = "it is tired";
}

static void ill_relay_ports(WattleFacts *facts)
{
        well_relay(facts);
        close_port(facts, WATTLE_PORT_RELAY, "ufw", "ufw allow 21900:21999/udp");
}

static void ill_forward(WattleFacts *facts)
{
        facts->drops_forward = g_strdup("ip filter FORWARD");
        facts->forward_command = g_strdup("iptables -I DOCKER-USER -i home -j ACCEPT");
}

static void ill_lan(WattleFacts *facts)
{
        WattleLanFact fact = { .interface = g_strdup("wlan0") };

        g_assert_true(wattle_prefix_parse("192.168.1.0/24", &fact.network, NULL));
        g_array_append_val(facts->lans, fact);
}

static void ill_unreachable(WattleFacts *facts)
{
        g_ptr_array_add(facts->unreachable, g_strdup("gw"));
}

static void ill_exit_name_past(WattleFacts *facts)
{
        WattlePeer *peer = &((WattleView *)facts->view)->peers[0];
        static const WattleEndpoint name = { .name = "gw.example" };

        ((WattleView *)facts->view)->exit_node = peer->device.name;
        peer->endpoint = NULL;
        peer->named_endpoint = &name;
}

static void ill_exit_name(WattleFacts *facts)
{
        ill_exit_name_past(facts);
        facts->name_server = g_strdup("192.0.2.53");
}

static void well_exit_name(WattleFacts *facts)
{
        ill_exit_name(facts);
        facts->lookup = WATTLE_LOOKUP_WORKS;
}

static void ill_exit_name_down(WattleFacts *facts)
{
        ill_exit_name_past(facts);
        is_down(facts);
}

static void ill_names(WattleFacts *facts)
{
        g_ptr_array_add(facts->unresolved, g_strdup("vps.example"));
}

static void ill_nsswitch(WattleFacts *facts)
{
        facts->names_wanted = TRUE;
        facts->nsswitch = WATTLE_NSSWITCH_MISSING;
        facts->nsswitch_command = g_strdup("sed");
}

static void ill_nsswitch_not_wanted(WattleFacts *facts)
{
        ill_nsswitch(facts);
        facts->names_wanted = FALSE;
}

static void ill_nsswitch_first(WattleFacts *facts)
{
        ill_nsswitch(facts);
        facts->nsswitch = WATTLE_NSSWITCH_BEFORE_FILES;
}

static void ill_nsswitch_behind(WattleFacts *facts)
{
        ill_nsswitch(facts);
        facts->nsswitch = WATTLE_NSSWITCH_BEHIND;
        facts->nsswitch_service = g_strdup("resolve");
}

static void ill_record(WattleFacts *facts)
{
        facts->silent_record = g_strdup("gw.home");
}

static void ill_records_closed(WattleFacts *facts)
{
        facts->records_closed = TRUE;
}

/* A host with an exit node; without, nobody misses the filter. */
static void ill_filter_missing(WattleFacts *facts)
{
        facts->filter_known = TRUE;
        ((WattleView *)facts->view)->exit_node = "vps";
}

static void ill_filter_stopped(WattleFacts *facts)
{
        ill_filter_missing(facts);
        facts->filter_installed = TRUE;
}

static void ill_filter_down(WattleFacts *facts)
{
        ill_filter_stopped(facts);
        is_down(facts);
}

static void ill_filter_masquerade(WattleFacts *facts)
{
        facts->filter_known = TRUE;
        ((WattleView *)facts->view)->masquerade = TRUE;
}

static void ill_filter_not_needed(WattleFacts *facts)
{
        facts->filter_known = TRUE;
}

static void ill_dns(WattleFacts *facts)
{
        ((WattleView *)facts->view)->n_dns = 1;
        facts->resolved_runs = FALSE;
}

static void ill_dns_of_nm(WattleFacts *facts)
{
        ill_dns(facts);
        be_nm(facts);
        facts->nm_runs = TRUE;
}

static void ill_dns_of_nm_named(WattleFacts *facts)
{
        WattlePeer *peer = (WattlePeer *)&facts->view->peers[0];
        static const WattleCandidate candidates[] = { { .kind = WATTLE_CANDIDATE_PUBLIC },
                                                      { .kind = WATTLE_CANDIDATE_PUBLIC,
                                                        .endpoint = { .name = "gw.example" } } };

        ill_dns_of_nm(facts);
        ((WattleView *)facts->view)->exit_node = peer->device.name;
        peer->candidates = candidates;
        peer->n_candidates = G_N_ELEMENTS(candidates);
}

static void ill_lookup_stopped(WattleFacts *facts)
{
        ill_dns_of_nm_named(facts);
        facts->lookup = WATTLE_LOOKUP_STOPPED;
}

static void ill_lookup_no_servers(WattleFacts *facts)
{
        ill_dns_of_nm_named(facts);
        facts->lookup = WATTLE_LOOKUP_NO_SERVERS;
}

static void well_lookup(WattleFacts *facts)
{
        ill_dns_of_nm_named(facts);
        facts->lookup = WATTLE_LOOKUP_WORKS;
}

static void ill_mullvad(WattleFacts *facts)
{
        facts->mullvad = WATTLE_MULLVAD_ACCEPTS;
        close_port(facts, WATTLE_PORT_WIREGUARD, "the firewall", "nft anything");
        g_free(g_array_index(facts->closed, WattleClosedFact, 0).where);
        g_array_index(facts->closed, WattleClosedFact, 0).where = g_strdup("inet mullvad input");
}

static void ill_mullvad_of_a_server(WattleFacts *facts)
{
        ill_mullvad(facts);
        ((WattleView *)facts->view)->routing_server = TRUE;
}

static void ill_mullvad_coexists(WattleFacts *facts)
{
        ill_mullvad(facts);
        ((WattleView *)facts->view)->coexist = WATTLE_COEXIST_MULLVAD;
}

static void ill_mullvad_drops(WattleFacts *facts)
{
        ill_mullvad_coexists(facts);
        facts->mullvad = WATTLE_MULLVAD_DROPS;
}

static void ill_mullvad_filter(WattleFacts *facts)
{
        ill_filter_not_needed(facts);
        ((WattleView *)facts->view)->coexist = WATTLE_COEXIST_MULLVAD;
}

static void ill_tailscale_filter(WattleFacts *facts)
{
        ill_filter_not_needed(facts);
        ((WattleView *)facts->view)->coexist = WATTLE_COEXIST_TAILSCALE;
}

static void ill_wattled(WattleFacts *facts)
{
        facts->wattled_wanted = TRUE;
        facts->wattled_runs = FALSE;
}

static void ill_wattled_problem(WattleFacts *facts)
{
        facts->wattled_runs = TRUE;
        facts->status.problem = "two devices have this key";
}

static void ill_wattled_down(WattleFacts *facts)
{
        ill_wattled_problem(facts);
        is_down(facts);
}

static const struct row {
        const char *name;
        void (*fall_ill)(WattleFacts *facts);
        const char *findings;
} rows[] = {
        { "healthy", ill_none, "" },
        { "owner does not run", ill_owner,
          "owner: systemd-networkd owns the interface home, and does not run [systemctl start "
          "systemd-networkd]\n" },
        { "NetworkManager does not run", ill_owner_nm,
          "owner: NetworkManager owns the interface home, and does not run [systemctl start "
          "NetworkManager]\n" },
        { "nobody knows who runs", ill_owner_unknown, "" },
        { "files not applied", ill_stale,
          "applied: not as the profile says: /run/0, /run/1, /run/2 and 1 more [wattle apply "
          "home]\n" },
        { "peers not applied", ill_peers,
          "applied: the kernel lacks 1 peers of the mesh, and has 0 that are not of it [wattle "
          "apply home]\n" },
        { "no WireGuard", ill_no_wireguard,
          "interface: this kernel has no WireGuard, and no module of it: Linux has it since "
          "5.6, unless who built it left it out [modprobe wireguard]\n" },
        { "no interface", ill_absent,
          "interface: there is no interface home [wattle apply home]\n" },
        { "another's interface", ill_other,
          "interface: the interface home is there, and is none of WireGuard's [ip -d link show dev "
          "home]\n" },
        { "down", is_down, "interface: note: the interface home is down [wattle up home]\n" },
        { "down, and should not be", ill_down_wanted,
          "interface: the interface home is down, and ActivationPolicy= wants it up [wattle up "
          "home]\n" },
        { "key", ill_key,
          "key: the private key: others can read it [chmod 0640 /etc/wattle/home.key]\n" },
        { "files that take it", ill_taker,
          "fight: /etc/systemd/network/10-all.network matches the interface home, and "
          "systemd-networkd reads it before ours [mv /etc/systemd/network/10-all.network "
          "/etc/systemd/network/90-10-all.network; networkctl reload]\n"
          "fight: /usr/lib/systemd/network/20-vm.network matches the interface home, and "
          "systemd-networkd reads it before ours [cp /usr/lib/systemd/network/20-vm.network "
          "/etc/systemd/network/90-20-vm.network; ln -s /dev/null "
          "/etc/systemd/network/20-vm.network; networkctl reload]\n" },
        { "wg-quick beside networkd", ill_wg_quick,
          "fight: wg-quick@home.service is enabled, and makes the interface home too [systemctl "
          "disable --now wg-quick@home.service]\n" },
        { "a warning", ill_warning,
          "profile: note: there is 1 warning about what is written [wattle check home]\n" },
        { "warnings", ill_warnings,
          "profile: note: there are 3 warnings about what is written [wattle check home]\n" },
        { "VPNs of others", ill_vpn,
          "vpn: systemd-networkd takes away the routing rules of tailscaled and wg-quick@work "
          "whenever it sets up a link of its own [" DROP_IN " ManageForeignNextHops=no "
          ">/etc/systemd/networkd.conf.d/50-foreign.conf; systemctl restart systemd-networkd; "
          "systemctl restart tailscaled wg-quick@work]\n" },
        { "a VPN before networkd starts", ill_vpn_before,
          "vpn: systemd-networkd takes away the routing rules of tailscaled as soon as it starts "
          "[" DROP_IN " >/etc/systemd/networkd.conf.d/50-foreign.conf]\n" },
        { "VPNs that are kept", ill_vpn_kept, "" },
        { "VPNs beside NetworkManager", ill_vpn_of_nm, "" },
        { "a rival's file", ill_rival,
          "fight: /etc/systemd/network/a.netdev is for the interface home too []\n" },
        { "NetworkManager manages it", ill_nm_manages,
          "fight: NetworkManager manages the interface home, which systemd-networkd owns [nmcli "
          "device set home managed no]\n" },
        { "networkd manages it", ill_networkd_manages,
          "fight: systemd-networkd manages the interface home (configured), which NetworkManager "
          "owns [networkctl status home]\n" },
        { "networkd does not", ill_networkd_does_not,
          "fight: systemd-networkd's state of the interface home is 'unmanaged' [networkctl status "
          "home]\n" },
        { "a relay", well_relay, "" },
        { "a port of the router", well_portmap, "" },
        { "nobody asks the router", ill_no_portmap,
          "portmap: wattle-portmap is not installed: the settings have PortMapping=auto, and nobody "
          "asks the router []\n" },
        { "a router without ports", ill_router,
          "portmap: note: the router is asked for a port, and there is none: it is tired [journalctl "
          "-u wattle-portmap@home]\n" },
        { "relayed", ill_relayed,
          "relay: note: what goes to x, z is relayed: one [wattle probe home x]\n"
          "relay: note: what goes to y is relayed: two [wattle probe home y]\n" },
        { "introduced in vain", ill_introduced,
          "relay: note: what goes to x is relayed: one [wattle probe home x]\n"
          "relay: note: there is no way to y: two [give a device that both can call Relay=yes]\n"
          "relay: note: there is no way to z: one [give a device that both can call "
          "Relay=yes]\n" },
        { "no relay", ill_no_relay,
          "relay: wattle-relay is not installed: this device has Relay=, and nobody can meet here "
          "[]\n" },
        { "closed ports of a relay", ill_relay_ports,
          "relay: ufw drops what comes to the UDP ports 21900-21999 of RelayPorts= (inet filter "
          "input) [ufw allow 21900:21999/udp]\n" },
        { "port", ill_port,
          "interface: note: the interface home is down [wattle up home]\n"
          "port: the UDP port 1234 is taken: dnsmasq (process 12) [ss -lunp sport = :1234]\n" },
        { "rp_filter", ill_rp_filter,
          "rp_filter: net.ipv4.conf.home.rp_filter is 1 and not 2: the kernel drops answers that "
          "come by another way [sysctl -w net.ipv4.conf.home.rp_filter=2]\n" },
        { "src-valid-mark", ill_valid_mark,
          "rp_filter: net.ipv4.conf.all.src_valid_mark is 0 and not 1: the kernel drops answers to what "
          "WireGuard itself sends [sysctl -w net.ipv4.conf.all.src_valid_mark=1]\n" },
        { "forwarding", ill_forwarding,
          "forwarding: net.ipv4.conf.home.forwarding is 0 and not 1: this device does not forward "
          "for the others [sysctl -w net.ipv4.conf.home.forwarding=1]\n" },
        { "routes", ill_routes,
          "routes: packets for 10.77.0.2 (gw) go out by docker0 and not by home [ip route get "
          "10.77.0.2]\n"
          "routes: there is no route to 10.77.0.4 (gw3) [ip route get 10.77.0.4]\n" },
        { "routes of an exit node of Tailscale's", ill_routes_of_tailscale,
          "routes: packets for 10.77.0.2 (gw) go out by tailscale0 and not by home: beside an exit node "
          "of Tailscale's write Coexist=tailscale below [Local] [ip route get 10.77.0.2]\n" },
        { "the same with Coexist=", ill_routes_in_spite_of_all,
          "routes: packets for 10.77.0.2 (gw) go out by tailscale0 and not by home [ip route get "
          "10.77.0.2]\n" },
        { "signed", ill_signed, "" },
        { "the last good one", ill_stands_in,
          "signature: the last good profile stands in for the one that is installed: "
          "home is not signed [wattle check home]\n" },
        { "no last good one", ill_no_last_good,
          "signature: note: no last good profile is kept yet: a stray edit of this one would take "
          "the host off at its next boot [wattle apply home]\n" },
        { "taken back", ill_held,
          "update: a newer profile was taken back, for no peer answered under it or it could not be "
          "applied: /etc/wattle/home.next has it [journalctl -u wattle-update@home]\n" },
        { "nobody answers", ill_blind,
          "update: no peer has answered since a newer profile came, nor under the one before: it is "
          "the network []\n" },
        { "a fork", ill_fork,
          "update: two people changed the mesh at once: serial 8 of nas does not follow on what was "
          "here; look for the change that is lost, and sign both with a higher Serial= []\n" },
        { "behind", ill_behind,
          "update: nas runs serial 9, which is newer than what this host has [wattle update home]\n" },
        { "an older profile was put back", ill_floor,
          "update: serial 7 is older than 9, which this host has had: nothing up to that comes by itself; "
          "put the newer one back, or sign this with a higher Serial= [wattle update home]\n" },
        { "as new as all that was", at_floor, "" },
        { "a source that gives nothing", ill_source,
          "update: UpdateFrom= and UpdateURL= gave no profile when they were last asked "
          "[journalctl -u wattle-update-sources@home]\n" },
        { "no witness", ill_witness,
          "update: note: no peer was heard in the last 180 seconds: a newer profile from there would "
          "stay without one that confirms it []\n" },
        { "no source", no_source, "" },
        { "nothing comes by itself", ill_no_update,
          "update: note: newer profiles do not come by themselves, for wattle-update is not installed "
          "[]\n" },
        { "read-only /etc", ill_etc,
          "etc: note: /etc/wattle cannot be written (Read-only file system): change the mesh where "
          "that is made []\n" },
        { "read-only /etc of a signed mesh", ill_etc_signed,
          "etc: note: /etc/wattle cannot be written (Read-only file system): change the mesh where "
          "that is made, and put its .last folder there too, for none can be kept here []\n" },
        { "a managed profile", ill_managed,
          "etc: note: the profile is a link to /nix/store/x-home: what manages that may write "
          "over what is changed here, so change the mesh there []\n" },
        { "clock never set", ill_clock_unset,
          "clock: the clock is in the past: peers refuse handshakes that are older than the last "
          "[timedatectl set-ntp true]\n" },
        { "clock before the profile", ill_clock_old,
          "clock: the clock is in the past: peers refuse handshakes that are older than the last "
          "[timedatectl set-ntp true]\n" },
        { "clock that nobody keeps", ill_clock_loose,
          "clock: note: nothing keeps the clock right: one that is set back stops handshakes "
          "[timedatectl set-ntp true]\n" },
        { "firewall", ill_firewall,
          "firewall: note: ufw drops what comes to the UDP port 1234 (inet filter input) [ufw allow "
          "1234/udp]\n" },
        { "firewall of one who is called", ill_firewall_called,
          "firewall: ufw drops what comes to the UDP port 1234 (inet filter input) [ufw allow "
          "1234/udp]\n" },
        { "firewalld", ill_firewalld,
          "firewall: note: firewalld drops what comes to the UDP port 1234 (inet filter input): "
          "Firewall=auto below [Local] opens it too [firewall-cmd port]\n" },
        { "firewalld that was asked to open it", ill_firewalld_that_was_asked,
          "firewall: note: firewalld drops what comes to the UDP port 1234 (inet filter input) "
          "[firewall-cmd port]\n" },
        { "zones that are not there", ill_zones,
          "firewall: firewalld has not all zones of Firewall= and Trust=: nowhere, never "
          "[firewall-cmd --get-zones]\n" },
        { "firewall on the LAN and in the mesh", ill_firewall_inside,
          "firewall: note: the firewall drops what comes to the UDP port 21821, where devices on the "
          "LAN tell of themselves (inet filter input) [nft beacon]\n"
          "firewall: note: firewalld drops what comes by home to the UDP port 21822, where peers ask "
          "for this host and tell of newer profiles (inet filter input) [firewall-cmd probe]\n"
          "firewall: note: a program that holds its own table drops what comes by home to the TCP "
          "port 21823, where members get the profile (inet filter input) []\n" },
        { "a firewall that does not forward", ill_forward,
          "firewall: the firewall drops what this device passes on for the others (ip filter "
          "FORWARD) [iptables -I DOCKER-USER -i home -j ACCEPT]\n" },
        { "a LAN taken away", ill_lan,
          "routes: packets for 192.168.1.0/24, which wlan0 is in itself, go into the mesh: a route "
          "of wlan0 to it with a metric below 10000000 would win [ip route show table all | grep -e "
          "home -e wlan0]\n" },
        { "endpoints of another family", ill_unreachable,
          "endpoints: note: this host has no way to any endpoint of gw: their family of addresses "
          "is missing here, so they have to call [ip -br address; ip route; ip -6 route]\n" },
        { "an exit node by name", ill_exit_name,
          "names: note: the exit node gw is known by name alone, and the look-up of gw.example goes "
          "through the tunnel that waits for it, to 192.0.2.53: give its PublicEndpoint= an address "
          "too, or have systemd-resolved or wattle-lookup ask the name server of a link [getent "
          "ahosts gw.example]\n" },
        { "an exit node by name, past which servers are asked", ill_exit_name_past, "" },
        { "an exit node by name, past which wattle-lookup asks", well_exit_name, "" },
        { "an exit node by name, of a mesh that is down", ill_exit_name_down,
          "interface: note: the interface home is down [wattle up home]\n"
          "names: note: the exit node gw is known by name alone, and the look-up of gw.example may "
          "have to go through the tunnel that waits for it: give its PublicEndpoint= an address "
          "too, or have systemd-resolved or wattle-lookup ask the name server of a link [getent "
          "ahosts gw.example]\n" },
        { "names", ill_names,
          "names: names of endpoints are not found: vps.example [getent ahosts vps.example]\n" },
        { "module is not asked", ill_nsswitch,
          "nsswitch: note: programs do not find the devices by name: 'wattle' is missing behind 'files' "
          "in the line 'hosts' of /etc/nsswitch.conf [sed]\n" },
        { "module is not wanted", ill_nsswitch_not_wanted, "" },
        { "module is asked first", ill_nsswitch_first,
          "nsswitch: note: 'wattle' stands before 'files' in the line 'hosts' of "
          "/etc/nsswitch.conf: /etc/hosts has no say in the devices' names [sed]\n" },
        { "module is asked too late", ill_nsswitch_behind,
          "nsswitch: 'wattle' stands behind 'resolve' in the line 'hosts' of /etc/nsswitch.conf, "
          "and may never be asked: it belongs right behind 'files' [sed]\n" },
        { "records that are not gone by", ill_record,
          "records: note: systemd-resolved has records of the devices and does not go by them: see "
          "ReadStaticRecords= in resolved.conf(5), and /etc/systemd/resolve/static.d [resolvectl "
          "query gw.home]\n" },
        { "records that are not ours to write", ill_records_closed,
          "records: the folder of systemd-resolved's records is not root's: at boot they stay as "
          "they are, though the mesh changes [systemctl restart systemd-resolved]\n" },
        { "filter not installed", ill_filter_missing,
          "filter: note: wattle-filter is not installed: strict reverse path filters drop answers to "
          "what goes to the exit node []\n" },
        { "filter does not run", ill_filter_stopped,
          "filter: wattle-filter@home does not run: strict reverse path filters drop answers to what "
          "goes to the exit node [systemctl restart wattle-filter@home]\n" },
        { "filter of a mesh that is down", ill_filter_down,
          "interface: note: the interface home is down [wattle up home]\n" },
        { "filter of an exit node not installed", ill_filter_masquerade,
          "filter: wattle-filter is not installed: not all that leaves here has this device's "
          "address []\n" },
        { "filter that is not needed", ill_filter_not_needed, "" },
        { "name servers without resolved", ill_dns,
          "dns: the exit node's name servers are not asked, for systemd-resolved does not run: install "
          "it [systemctl enable --now systemd-resolved]\n" },
        { "name servers of NetworkManager's", ill_dns_of_nm, "" },
        { "name servers of NetworkManager's, and an exit node with a name", ill_dns_of_nm_named,
          "dns: note: a new address of gw.example, the exit node, will not be found, for all names "
          "are looked up through it: install wattle-lookup or systemd-resolved, or write DNS=none "
          "below [Local] [systemctl enable --now systemd-resolved]\n" },
        { "the same, and wattle-lookup does not run", ill_lookup_stopped,
          "dns: note: a new address of gw.example, the exit node, will not be found, for all names "
          "are looked up through it, and wattle-lookup, which would not, does not run [systemctl "
          "start wattle-lookup.socket]\n" },
        { "the same, and wattle-lookup has nobody to ask", ill_lookup_no_servers,
          "dns: note: a new address of gw.example, the exit node, will not be found, for all names "
          "are looked up through it: NetworkManager has no name server of the uplink, which "
          "wattle-lookup would ask; install systemd-resolved, or write DNS=none below [Local] "
          "[nmcli device show]\n" },
        { "the same, and wattle-lookup asks past it", well_lookup, "" },
        { "filter for Mullvad not installed", ill_mullvad_filter,
          "filter: wattle-filter is not installed: Mullvad's kill switch drops the mesh []\n" },
        { "filter beside Tailscale not installed", ill_tailscale_filter,
          "filter: note: wattle-filter is not installed: strict reverse path filters drop answers to "
          "what goes past Tailscale's exit node []\n" },
        { "Mullvad", ill_mullvad,
          "mullvad: note: Mullvad's kill switch is on, and drops what comes to the mesh: write "
          "Coexist=mullvad below [Local] []\n" },
        { "Mullvad on a host that forwards", ill_mullvad_of_a_server, "" },
        { "Mullvad with Coexist=", ill_mullvad_coexists, "" },
        { "Mullvad without its accept", ill_mullvad_drops,
          "mullvad: Mullvad's kill switch drops the mesh, for it lacks the rule that accepts its own "
          "mark: its app makes that only where it can mount the control group net_cls; the command "
          "does until Mullvad connects anew [nft insert rule inet mullvad output ct mark 0xf41 accept; "
          "nft insert rule inet mullvad input ct mark 0xf41 accept]\n" },
        { "wattled", ill_wattled,
          "wattled: wattled does not run: endpoints do not follow the network [systemctl start "
          "wattled]\n" },
        { "wattled has none but that", ill_wattled_down,
          "interface: note: the interface home is down [wattle up home]\n" },
        { "wattled has a problem", ill_wattled_problem,
          "wattled: wattled does not look after the peers: two devices have this key []\n" },
};

static void check(gconstpointer data)
{
        const struct row *row = data;
        g_autoptr(WattleView) view = good_view(MESH, "me", "Interface=home\nOwner=networkd\n");
        g_auto(WattleFacts) facts = { 0 };
        g_autoptr(GArray) findings = wattle_findings_new();
        g_autoptr(GString) text = g_string_new(NULL);

        wattle_facts_init(&facts);
        facts.view = view;
        wattle_status_fill(&facts.status, view, NULL, NULL);
        facts.status.link = WATTLE_LINK_UP;
        facts.kernel_known = facts.root = facts.owner_known = facts.networkd_runs = TRUE;
        facts.networkd_state = g_strdup("configured");
        facts.now_s = facts.profile_s = NOW_S;
        row->fall_ill(&facts);
        wattle_doctor_check(&facts, findings);
        for (guint i = 0; i < findings->len; i++) {
                const WattleFinding *finding = &g_array_index(findings, WattleFinding, i);

                g_string_append_printf(text, "%s: %s%s [%s]\n", finding->check,
                                       finding->kind == WATTLE_FINDING_NOTE ? "note: " : "",
                                       finding->text, finding->command ? finding->command : "");
        }
        g_string_replace(text, "home.mesh", "home", 0);
        g_assert_cmpstr(text->str, ==, row->findings);
}

#define INPUT(policy, rules)                                                                       \
        "table inet filter {\n\tset friends {\n\t\ttype ipv4_addr\n\t\telements = { 192.0.2.1,\n"  \
        "\t\t\t     192.0.2.2 }\n\t}\n\n\tchain input {\n\t\ttype filter hook input priority "     \
        "filter; policy " policy ";\n" rules "\t}\n\n\tchain ours {\n\t\tudp dport 51820 accept\n" \
        "\t}\n\n\tchain theirs {\n\t\tct state established,related accept\n\t\tdrop\n\t}\n\n"      \
        "\tchain output {\n\t\ttype filter hook output priority filter; policy drop;\n\t}\n}\n"

static const struct nft_row {
        const char *name;
        const char *ruleset;
        WattleNftVerdict verdict;
} nft_rows[] = {
        { "no rules", "", WATTLE_NFT_PASSES },
        { "open", INPUT("accept", ""), WATTLE_NFT_PASSES },
        { "closed", INPUT("drop", ""), WATTLE_NFT_DROPS },
        { "our port", INPUT("drop", "\t\tudp dport 51820 accept\n"), WATTLE_NFT_PASSES },
        { "another port", INPUT("drop", "\t\tudp dport 53 accept\n"), WATTLE_NFT_DROPS },
        { "a set of ports", INPUT("drop", "\t\tudp dport { 53, 51820 } accept\n"),
          WATTLE_NFT_PASSES },
        { "a set without it", INPUT("drop", "\t\tudp dport { 53, 54 } accept\n"),
          WATTLE_NFT_DROPS },
        { "a range", INPUT("drop", "\t\tudp dport 51800-51900 counter packets 1 bytes 2 accept\n"),
          WATTLE_NFT_PASSES },
        { "all but", INPUT("accept", "\t\tudp dport != 51820 drop\n"), WATTLE_NFT_PASSES },
        { "all but another", INPUT("accept", "\t\tudp dport != 53 drop\n"), WATTLE_NFT_DROPS },
        { "answers alone",
          INPUT("drop", "\t\tct state established,related accept\n\t\tiifname \"lo\" accept\n"
                        "\t\tct state invalid drop\n\t\ttcp dport 22 accept\n"
                        "\t\tmeta l4proto { icmp, ipv6-icmp } accept\n"),
          WATTLE_NFT_DROPS },
        { "all of UDP", INPUT("drop", "\t\tmeta l4proto udp accept\n"), WATTLE_NFT_PASSES },
        { "a rule that drops", INPUT("accept", "\t\tudp dport 51820 log prefix \"no \" drop\n"),
          WATTLE_NFT_DROPS },
        { "rejected",
          INPUT("accept", "\t\tcounter packets 5 bytes 6 reject with icmpx "
                          "admin-prohibited\n"),
          WATTLE_NFT_DROPS },
        { "from friends", INPUT("drop", "\t\tip saddr @friends udp dport 51820 accept\n"),
          WATTLE_NFT_UNSURE },
        { "by one card", INPUT("drop", "\t\tiifname \"eth0\" accept\n"), WATTLE_NFT_UNSURE },
        { "to friends alone dropped", INPUT("accept", "\t\tip saddr @friends drop\n"),
          WATTLE_NFT_PASSES },
        { "by a chain", INPUT("drop", "\t\tjump ours\n"), WATTLE_NFT_PASSES },
        { "dropped by a chain", INPUT("accept", "\t\tjump theirs\n"), WATTLE_NFT_DROPS },
        { "a chain for others", INPUT("accept", "\t\ttcp dport 22 jump theirs\n"),
          WATTLE_NFT_PASSES },
        { "a map", INPUT("drop", "\t\tudp dport vmap { 51820 : accept }\n"), WATTLE_NFT_UNSURE },
        { "round and round",
          "table ip t {\n\tchain a {\n\t\ttype filter hook input priority 0; policy drop;\n"
          "\t\tjump b\n\t}\n\tchain b {\n\t\tjump a\n\t}\n}\n",
          WATTLE_NFT_UNSURE },
        { "garbage", "}}}{{{\ntable {\nchain {\n\tjump\n\tudp dport\n", WATTLE_NFT_PASSES },
};

static const WattlePort wireguard = { WATTLE_PORT_WIREGUARD, WATTLE_PORT_UDP, WATTLE_PORT_BY_UPLINK,
                                      51820, 51820 };
static const WattlePort relays = { WATTLE_PORT_RELAY, WATTLE_PORT_UDP, WATTLE_PORT_BY_UPLINK, 21900,
                                   21999 };
static const WattlePort probe = { WATTLE_PORT_PROBE, WATTLE_PORT_UDP, WATTLE_PORT_BY_MESH, 21822,
                                  21822 };
static const WattlePort profile = { WATTLE_PORT_PROFILE, WATTLE_PORT_TCP, WATTLE_PORT_BY_MESH,
                                    21823, 21823 };

static void nft(gconstpointer data)
{
        const struct nft_row *row = data;
        g_autofree char *where = NULL;

        g_assert_cmpint(wattle_nft_judge(row->ruleset, &wireguard, "home", &where), ==,
                        row->verdict);
        if (row->verdict == WATTLE_NFT_DROPS)
                g_assert_true(g_str_has_prefix(where, "inet filter "));
        else
                g_assert_null(where);
}

#define MULLVAD(input, output)                                                                     \
        "table ip nat {\n}\ntable inet mullvad {\n\tchain output {\n\t\ttype filter hook output "  \
        "priority filter; policy drop;\n\t\toif \"lo\" accept\n" output                            \
        "\t}\n\n\tchain input {\n\t\ttype filter hook input priority filter; policy drop;\n" input \
        "\t}\n\n\tchain forward {\n\t\tct mark 0x00000f41 accept\n\t}\n}\n"
#define ACCEPT "\t\tct mark 0x00000f41 accept\n"

static const struct mullvad_row {
        const char *name, *ruleset;
        WattleMullvad wanted;
} mullvad_rows[] = {
        { "none", "", WATTLE_MULLVAD_ABSENT },
        { "of another name", "table inet mullvad2 {\n}\n", WATTLE_MULLVAD_ABSENT },
        { "of another family", "table ip mullvad {\n\tchain output {\n" ACCEPT "\t}\n}\n",
          WATTLE_MULLVAD_ABSENT },
        { "cut off", "table inet mullvad {\n\tchain output {\n", WATTLE_MULLVAD_ABSENT },
        { "empty", "table inet mullvad {\n}\n", WATTLE_MULLVAD_DROPS },
        { "accepts", MULLVAD(ACCEPT, ACCEPT), WATTLE_MULLVAD_ACCEPTS },
        { "accepts and counts",
          MULLVAD(ACCEPT, "\t\tct mark 0x00000f41 counter packets 1 bytes 2 accept\n"),
          WATTLE_MULLVAD_ACCEPTS },
        { "accepts nothing", MULLVAD("", ""), WATTLE_MULLVAD_DROPS },
        { "accepts what comes in alone", MULLVAD(ACCEPT, ""), WATTLE_MULLVAD_DROPS },
        { "accepts what goes out alone", MULLVAD("", ACCEPT), WATTLE_MULLVAD_DROPS },
        { "drops it", MULLVAD(ACCEPT, "\t\tct mark 0x00000f41 drop\n"), WATTLE_MULLVAD_DROPS },
        { "accepts another mark", MULLVAD(ACCEPT, "\t\tct mark 0x00000f42 accept\n"),
          WATTLE_MULLVAD_DROPS },
};

static void mullvad(gconstpointer data)
{
        const struct mullvad_row *row = data;

        g_assert_cmpint(wattle_mullvad_judge(row->ruleset), ==, row->wanted);
}

/* As Docker 20 and 28 leave it, with what iptables-nft prints of them. */
#define DOCKER(forward)                                                                            \
        "table ip filter {\n\tchain DOCKER {\n\t\tip daddr 172.17.0.2 iifname != \"docker0\" "     \
        "oifname \"docker0\" tcp dport 80 counter packets 0 bytes 0 accept\n\t}\n"                 \
        "\tchain DOCKER-USER {\n" forward "\t\tcounter packets 0 bytes 0 return\n\t}\n"            \
        "\tchain DOCKER-ISOLATION-STAGE-1 {\n\t\tiifname \"docker0\" oifname != \"docker0\" "      \
        "counter packets 0 bytes 0 jump DOCKER-ISOLATION-STAGE-2\n\t}\n"                           \
        "\tchain DOCKER-ISOLATION-STAGE-2 {\n\t\toifname \"docker0\" counter packets 0 bytes 0 "   \
        "drop\n\t}\n"                                                                              \
        "\tchain FORWARD {\n\t\ttype filter hook forward priority filter; policy drop;\n"          \
        "\t\tcounter packets 0 bytes 0 jump DOCKER-USER\n"                                         \
        "\t\tcounter packets 0 bytes 0 jump DOCKER-ISOLATION-STAGE-1\n"                            \
        "\t\toifname \"docker0\" ct state related,established counter packets 0 bytes 0 accept\n"  \
        "\t\toifname \"docker0\" counter packets 0 bytes 0 jump DOCKER\n"                          \
        "\t\tiifname \"docker0\" oifname != \"docker0\" counter packets 0 bytes 0 accept\n"        \
        "\t}\n}\n"
#define FORWARD(policy, rules)                                                                         \
        "table inet fw {\n\tchain fwd {\n\t\ttype filter hook forward priority filter; policy " policy \
        ";\n" rules "\t}\n}\n"
#define NFT_COMMAND                                                                                  \
        "nft insert rule inet fw fwd iifname home accept; nft insert rule inet fw fwd oifname home " \
        "accept"

static const struct forward_row {
        const char *name, *ruleset;
        int family;
        const char *out;
        WattleNftVerdict verdict;
        const char *command; /* if it drops */
} forward_rows[] = {
        { "no rules", "", AF_INET, "eth0", WATTLE_NFT_PASSES, NULL },
        { "an input chain is none", INPUT("drop", ""), AF_INET, "eth0", WATTLE_NFT_PASSES, NULL },
        { "Docker", DOCKER(""), AF_INET, "eth0", WATTLE_NFT_DROPS,
          "iptables -I DOCKER-USER -i home -j ACCEPT; iptables -I DOCKER-USER -o home -j ACCEPT" },
        { "Docker's table is not of IPv6", DOCKER(""), AF_INET6, "eth0", WATTLE_NFT_PASSES, NULL },
        { "Docker, opened", DOCKER("\t\tiifname \"home\" counter packets 0 bytes 0 accept\n"),
          AF_INET, "eth0", WATTLE_NFT_PASSES, NULL },
        { "Docker, opened for one network",
          DOCKER("\t\tiifname \"home\" ip daddr 192.168.1.0/24 counter packets 0 bytes 0 accept\n"),
          AF_INET, "eth0", WATTLE_NFT_UNSURE, NULL },
        { "closed", FORWARD("drop", ""), AF_INET6, "eth0", WATTLE_NFT_DROPS, NFT_COMMAND },
        { "answers alone", FORWARD("drop", "\t\tct state established,related accept\n"), AF_INET,
          "eth0", WATTLE_NFT_DROPS, NFT_COMMAND },
        { "by the name of ours", FORWARD("drop", "\t\tiifname \"home\" accept\n"), AF_INET, "eth0",
          WATTLE_NFT_PASSES, NULL },
        { "by a glob", FORWARD("drop", "\t\tiifname \"ho*\" oifname \"eth0\" accept\n"), AF_INET,
          "eth0", WATTLE_NFT_PASSES, NULL },
        { "in a set", FORWARD("drop", "\t\tiifname { \"lan0\", \"home\" } accept\n"), AF_INET,
          "eth0", WATTLE_NFT_PASSES, NULL },
        { "by another card", FORWARD("drop", "\t\tiifname \"lan0\" accept\n"), AF_INET, "eth0",
          WATTLE_NFT_DROPS, NFT_COMMAND },
        { "a relay to itself", FORWARD("accept", "\t\tiifname \"home\" oifname \"home\" drop\n"),
          AF_INET, "home", WATTLE_NFT_DROPS, NFT_COMMAND },
        { "a port is not all", FORWARD("drop", "\t\ttcp dport 443 accept\n"), AF_INET, "eth0",
          WATTLE_NFT_UNSURE, NULL },
        { "a port dropped is not all", FORWARD("accept", "\t\tudp dport 53 drop\n"), AF_INET,
          "eth0", WATTLE_NFT_PASSES, NULL },
        { "firewalld",
          "table inet firewalld {\n\tchain filter_FORWARD {\n\t\ttype filter hook forward priority "
          "filter + 10; policy accept;\n\t\tct state { established, related } accept\n\t\treject "
          "with icmpx admin-prohibited\n\t}\n}\n",
          AF_INET, "eth0", WATTLE_NFT_DROPS,
          "firewall-cmd --permanent --zone=trusted --add-interface=home; firewall-cmd --reload" },
        { "ufw",
          "table ip6 filter {\n\tchain ufw6-user-forward {\n\t}\n\tchain FORWARD {\n\t\ttype filter "
          "hook forward priority filter; policy drop;\n\t\tcounter packets 0 bytes 0 jump "
          "ufw6-user-forward\n\t}\n}\n",
          AF_INET6, "eth0", WATTLE_NFT_DROPS,
          "ufw route allow in on home; ufw route allow out on home" },
};

static void forward(gconstpointer data)
{
        const struct forward_row *row = data;
        g_autofree char *where = NULL, *command = NULL;

        g_assert_cmpint(
                wattle_nft_judge_forward(row->ruleset, row->family, "home", row->out, &where), ==,
                row->verdict);
        if (where)
                command = wattle_nft_open_forward(row->ruleset, where, "home");
        g_assert_cmpstr(command, ==, row->command);
}

/* What firewalld 2 makes of a host with one card in the zone public, without what is not met. */
#define FIREWALLD(rules)                                                                            \
        "table inet firewalld {\n\tflags owner,persist\n\n\tchain filter_INPUT {\n\t\ttype filter " \
        "hook input priority filter + 10; policy accept;\n\t\tct state { established, related } "   \
        "accept\n\t\tct status dnat accept\n\t\tiifname \"lo\" accept\n\t\tct state invalid drop\n" \
        "\t\tjump filter_INPUT_ZONES\n\t\treject with icmpx admin-prohibited\n\t}\n\n"              \
        "\tchain filter_INPUT_ZONES {\n\t\tiifname \"eth0\" goto filter_IN_public\n\t\tgoto "       \
        "filter_IN_public\n\t}\n\n\tchain filter_IN_public {\n\t\tjump filter_IN_public_allow\n"    \
        "\t\tmeta l4proto { icmp, ipv6-icmp } accept\n\t\treject with icmpx admin-prohibited\n\t}"  \
        "\n\n\tchain filter_IN_public_allow {\n\t\ttcp dport 22 accept\n" rules "\t}\n}\n"
/* ufw with its defaults, as iptables-nft leaves it. */
#define UFW(rules)                                                                                  \
        "table ip filter {\n\tchain ufw-before-input {\n\t\tct state related,established counter "  \
        "packets 0 bytes 0 accept\n\t\tcounter packets 0 bytes 0 jump ufw-user-input\n\t}\n\n"      \
        "\tchain ufw-user-input {\n" rules                                                          \
        "\t}\n\n\tchain ufw-user-forward {\n\t}\n\n\tchain INPUT "                                  \
        "{\n\t\ttype filter hook input priority filter; policy drop;\n\t\tcounter packets 0 bytes " \
        "0 jump ufw-before-input\n\t}\n}\n"

#define OWNED                                                                                      \
        "table inet theirs {\n\tflags owner\n\n\tchain in {\n\t\ttype filter hook input priority " \
        "filter; policy drop;\n\t}\n}\n"

static const struct port_row {
        const char *name, *ruleset;
        const WattlePort *port;
        const char *owner, *command; /* NULL: nothing is dropped, or no command opens it */
} port_rows[] = {
        { "firewalld", FIREWALLD(""), &wireguard, "firewalld",
          "firewall-cmd --permanent --zone=public --add-port=51820/udp; firewall-cmd --reload" },
        { "firewalld, a range", FIREWALLD(""), &relays, "firewalld",
          "firewall-cmd --permanent --zone=public --add-port=21900-21999/udp; firewall-cmd --reload" },
        { "firewalld, opened", FIREWALLD("\t\tudp dport 51820 accept\n"), &wireguard, NULL, NULL },
        { "firewalld, a range opened in part", FIREWALLD("\t\tudp dport 21900-21998 accept\n"),
          &relays, "firewalld",
          "firewall-cmd --permanent --zone=public --add-port=21900-21999/udp; firewall-cmd --reload" },
        { "firewalld, a range opened", FIREWALLD("\t\tudp dport 21900-21999 accept\n"), &relays,
          NULL, NULL },
        { "firewalld, in the mesh", FIREWALLD(""), &profile, "firewalld",
          "firewall-cmd --permanent --zone=public --add-port=21823/tcp; firewall-cmd --reload" },
        { "firewalld, TCP is not UDP", FIREWALLD("\t\tudp dport 21823 accept\n"), &profile,
          "firewalld",
          "firewall-cmd --permanent --zone=public --add-port=21823/tcp; firewall-cmd --reload" },
        { "firewalld, UDP is not TCP", FIREWALLD("\t\ttcp dport 21822 accept\n"), &probe,
          "firewalld",
          "firewall-cmd --permanent --zone=public --add-port=21822/udp; firewall-cmd --reload" },
        { "firewalld, in the mesh, opened", FIREWALLD("\t\ttcp dport { 80, 21823 } accept\n"),
          &profile, NULL, NULL },
        { "firewalld without nftables",
          "table ip filter {\n\tchain INPUT_ZONES {\n\t}\n\tchain INPUT {\n\t\ttype filter hook "
          "input priority filter; policy accept;\n\t\tcounter packets 0 bytes 0 drop\n\t}\n}\n",
          &wireguard, "firewalld",
          "firewall-cmd --permanent --add-port=51820/udp; firewall-cmd --reload" },
        { "ufw", UFW(""), &wireguard, "ufw", "ufw allow 51820/udp" },
        { "ufw, a range", UFW(""), &relays, "ufw", "ufw allow 21900:21999/udp" },
        { "ufw, in the mesh", UFW(""), &probe, "ufw",
          "ufw allow in on home to any port 21822 proto udp" },
        { "ufw, in the mesh, opened",
          UFW("\t\tiifname \"home\" udp dport 21822 counter packets 0 bytes 0 accept\n"), &probe,
          NULL, NULL },
        { "ufw, in another mesh, opened",
          UFW("\t\tiifname \"work\" udp dport 21822 counter packets 0 bytes 0 accept\n"), &probe,
          "ufw", "ufw allow in on home to any port 21822 proto udp" },
        { "ufw, opened", UFW("\t\tudp dport 51820 counter packets 0 bytes 0 accept\n"), &wireguard,
          NULL, NULL },
        { "an admin's own", INPUT("drop", ""), &wireguard, "the firewall",
          "nft insert rule inet filter input udp dport 51820 accept" },
        { "an admin's own, in the mesh", INPUT("drop", ""), &profile, "the firewall",
          "nft insert rule inet filter input iifname home tcp dport 21823 accept" },
        { "an admin's own beside firewalld", INPUT("drop", "") FIREWALLD(""), &wireguard,
          "the firewall", "nft insert rule inet filter input udp dport 51820 accept" },
        { "a table that a program holds", OWNED, &wireguard, "a program that holds its own table",
          NULL },
        { "a table beside one that is held", OWNED INPUT("drop", ""), &wireguard,
          "a program that holds its own table", NULL },
        { "Docker's table, closed by the admin",
          "table ip filter {\n\tchain DOCKER-USER {\n\t}\n\tchain INPUT {\n\t\ttype filter hook input "
          "priority filter; policy drop;\n\t}\n}\n",
          &wireguard, "the firewall", "nft insert rule ip filter INPUT udp dport 51820 accept" },
};

static void open_port(gconstpointer data)
{
        const struct port_row *row = data;
        g_autofree char *where = NULL, *command = NULL;
        const char *owner = NULL;

        if (wattle_nft_judge(row->ruleset, row->port, "home", &where) == WATTLE_NFT_DROPS) {
                owner = wattle_nft_owner(row->ruleset, where);
                command = wattle_nft_open_port(row->ruleset, where, row->port, "home");
        }
        g_assert_cmpstr(owner, ==, row->owner);
        g_assert_cmpstr(command, ==, row->command);
}

int main(int argc, char **argv)
{
        g_test_init(&argc, &argv, NULL);
        add_rows("/cli-doctor/check", rows, check);
        add_rows("/cli-doctor/nft", nft_rows, nft);
        add_rows("/cli-doctor/mullvad", mullvad_rows, mullvad);
        add_rows("/cli-doctor/forward", forward_rows, forward);
        add_rows("/cli-doctor/open-port", port_rows, open_port);
        return g_test_run();
}
