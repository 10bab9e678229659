/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/view.h"

#include <string.h>

#include "tests/unit/fixture.h"

#define MESH                                                                                       \
        "[Mesh]\n"                                                                                 \
        "Subnet=10.77.0.0/24 fd77::/64\n"
#define GW                                                                                         \
        "[Device gw]\n"                                                                            \
        "PublicKey=" KEY_A "\n"                                                                    \
        "Address=10.77.0.1 fd77::1\n"                                                              \
        "PublicEndpoint=gw.example:1 203.0.113.10:2 203.0.113.11:3\n"                              \
        "PrivateEndpoint=192.168.20.1:4\n"                                                         \
        "Routes=192.168.30.0/24 192.168.20.0/24\n"
#define VPS                                                                                        \
        "[Device vps]\n"                                                                           \
        "PublicKey=" KEY_B "\n"                                                                    \
        "Address=10.77.0.2 fd77::2\n"                                                              \
        "PublicEndpoint=198.51.100.7:51820\n"                                                      \
        "ExitNode=yes\n"
#define BEN "[Device ben]\nPublicKey=" KEY_D "\nAddress=10.77.0.11\n"
#define ANNA                                                                                       \
        "[Device anna]\n"                                                                          \
        "PublicKey=" KEY_C "\n"                                                                    \
        "Address=10.77.0.10\n"                                                                     \
        "Alias=anna-laptop\n"
#define OLD                                                                                        \
        "[Device old]\n"                                                                           \
        "PublicKey=" KEY_D "\n"                                                                    \
        "Address=10.77.0.99\n"                                                                     \
        "Routes=192.0.2.0/24\n"                                                                    \
        "PublicEndpoint=198.51.100.9:51820\n"                                                      \
        "ExitNode=yes\n"                                                                           \
        "State=revoked\n"

static void append_prefixes(GString *text, const char *what, const WattlePrefix *prefixes, guint n)
{
        for (guint i = 0; i < n; i++) {
                char prefix[WATTLE_PREFIX_TEXT_MAX];

                wattle_prefix_format(&prefixes[i], prefix);
                g_string_append_printf(text, "%s%s", i == 0 ? what : ",", prefix);
        }
}

static void append_peer(GString *text, const WattlePeer *peer, gboolean has_pair)
{
        char endpoint[WATTLE_SOCKET_ADDR_TEXT_MAX] = "none";

        if (peer->endpoint)
                wattle_socket_addr_format(peer->endpoint, endpoint);
        g_string_append_printf(text, "%s at %s of %u", peer->device.name, endpoint,
                               peer->n_candidates);
        append_prefixes(text, " takes ", peer->allowed_ips, peer->n_allowed_ips);
        if (peer->relay)
                g_string_append(text, " relays");
        if (peer->introduces && has_pair)
                g_string_append(text, " introduces");
        if (peer->can_pair)
                g_string_append(text, peer->introduced ? " is introduced" : " pairs");
        if (peer->kept_open)
                g_string_append(text, ", kept open");
        if (peer->keepalive_s > 0)
                g_string_append_printf(text, " every %u s", peer->keepalive_s);
        g_string_append_c(text, '\n');
}

/* The view in a few lines, as the rows show it. */
static char *view_text(const WattleView *view)
{
        GString *text = g_string_new(NULL);
        gboolean has_pair = FALSE;

        g_string_append_printf(text, "%s on %s, port %u", view->self.name, view->interface,
                               view->listen_port);
        append_prefixes(text, ", address ", view->addresses, view->n_addresses);
        append_prefixes(text, ", subnet ", view->subnets, view->n_subnets);
        append_prefixes(text, ", route ", view->routes, view->n_routes);
        if (view->exit_node)
                g_string_append_printf(text, ", exit %s", view->exit_node);
        for (guint i = 0; i < view->n_dns; i++) {
                char dns[WATTLE_ADDR_TEXT_MAX];

                wattle_addr_format(&view->dns[i], dns);
                g_string_append_printf(text, "%s%s", i > 0 ? "," : ", dns ", dns);
        }
        append_prefixes(text, ", main first for ", view->main_first, view->n_main_first);
        if (view->relay)
                g_string_append_printf(text, ", relay at %u-%u", view->relay_ports.first,
                                       view->relay_ports.last);
        if (view->firewall_mark.given)
                g_string_append_printf(text, ", mark %u", view->firewall_mark.value);
        g_string_append_printf(text, "%s%s%s\n", view->routing_client ? ", client" : "",
                               view->routing_server ? ", server" : "",
                               view->masquerade ? ", masquerade" : "");
        for (guint i = 0; i < view->n_peers; i++)
                has_pair |= view->peers[i].kept_open;
        for (guint i = 0; i < view->n_peers; i++)
                append_peer(text, &view->peers[i], has_pair);
        return g_string_free(text, FALSE);
}

typedef struct {
        const char *name, *profile, *device, *local, *view;
} Row;

#define PEER_GW   "gw at 203.0.113.10:2 of 4 takes 10.77.0.1/32,fd77::1/128"
#define PEER_VPS  "vps at 198.51.100.7:51820 of 1 takes 10.77.0.2/32,fd77::2/128"
#define PEER_ANNA "anna at none of 0 takes 10.77.0.10/32"

static const Row views[] = {
        /* Peers by name and without ourselves or the revoked one; the first literal public
         * endpoint; keepalive only from behind NAT to who can be called; a route to the subnet in
         * whose family we have an address, and to no other. */
        { "behind-nat", MESH VPS GW OLD ANNA, "anna", "",
          "anna on home, port 51820, address 10.77.0.10/24\n" PEER_GW " every 25 s\n" PEER_VPS
          " every 25 s\n" },
        { "public", MESH GW VPS ANNA OLD, "vps", "",
          "vps on home, port 51820, address 10.77.0.2/24,fd77::2/64, server, masquerade\n" PEER_ANNA
          "\n" PEER_GW "\n" },
        { "subnet-router", MESH GW ANNA, "gw", "",
          "gw on home, port 51820, address 10.77.0.1/24,fd77::1/64, server\n" PEER_ANNA "\n" },
        { "relay", MESH ANNA "Relay=yes\n", "anna", "",
          "anna on home, port 51820, address 10.77.0.10/24\n" },
        { "relay-that-can-be-called",
          "[Mesh]\nSubnet=10.77.0.0/24\nRelayPorts=22000-22009\n" ANNA
          "PublicEndpoint=203.0.113.1:1\nRelay=yes\n",
          "anna", "", "anna on home, port 51820, address 10.77.0.10/24, relay at 22000-22009\n" },
        { "relay-with-default-ports", MESH ANNA "PublicEndpoint=203.0.113.1:1\nRelay=retiring\n",
          "anna", "", "anna on home, port 51820, address 10.77.0.10/24, relay at 21900-21999\n" },
        /* Neither can call the other; and who is the only relay relays nothing to itself. */
        { "two-behind-nat-and-a-relay", MESH ANNA VPS "Relay=yes\n" BEN, "anna", "",
          "anna on home, port 51820, address 10.77.0.10/24\n"
          "ben at none of 0 takes 10.77.0.11/32 pairs, kept open\n" PEER_VPS
          " relays every 25 s\n" },
        { "the-other-is-without-wattle", MESH ANNA VPS "Relay=yes\n" BEN "Managed=no\n", "anna", "",
          "anna on home, port 51820, address 10.77.0.10/24\n"
          "ben at none of 0 takes 10.77.0.11/32\n" PEER_VPS " relays every 25 s\n" },
        { "two-behind-nat-and-who-introduces-them", MESH ANNA VPS BEN, "anna", "",
          "anna on home, port 51820, address 10.77.0.10/24\n"
          "ben at none of 0 takes 10.77.0.11/32 is introduced, kept open\n" PEER_VPS
          " introduces every 25 s\n" },
        { "who-can-be-called-needs-nobody", MESH ANNA VPS BEN, "vps", "",
          "vps on home, port 51820, address 10.77.0.2/24,fd77::2/64, server, masquerade\n" PEER_ANNA
          "\nben at none of 0 takes 10.77.0.11/32\n" },
        { "who-would-introduce-them-runs-no-wattle", MESH ANNA VPS "Managed=no\n" BEN, "anna", "",
          "anna on home, port 51820, address 10.77.0.10/24\n"
          "ben at none of 0 takes 10.77.0.11/32\n" PEER_VPS " every 25 s\n" },
        { "a-relay-that-retires", MESH ANNA VPS "Relay=retiring\n" BEN, "anna", "",
          "anna on home, port 51820, address 10.77.0.10/24\n"
          "ben at none of 0 takes 10.77.0.11/32\n" PEER_VPS " relays every 25 s\n" },
        { "alone", MESH ANNA, "anna", "", "anna on home, port 51820, address 10.77.0.10/24\n" },
        { "second-subnet-of-a-family", "[Mesh]\nSubnet=10.77.0.0/24 10.78.0.0/24 fd77::/64\n" ANNA,
          "anna", "", "anna on home, port 51820, address 10.77.0.10/24, subnet 10.78.0.0/24\n" },
        { "accept-routes", MESH GW VPS ANNA OLD, "anna", "AcceptRoutes=yes\n",
          "anna on home, port 51820, address 10.77.0.10/24, route 192.168.20.0/24,"
          "192.168.30.0/24, client\n" PEER_GW
          ",192.168.20.0/24,192.168.30.0/24 every 25 s\n" PEER_VPS " every 25 s\n" },
        { "own-routes-are-not-accepted", MESH GW ANNA, "gw", "AcceptRoutes=yes\n",
          "gw on home, port 51820, address 10.77.0.1/24,fd77::1/64, server\n" PEER_ANNA "\n" },
        { "exit-node", MESH VPS ANNA, "anna", "ExitNode=vps\n",
          "anna on home, port 51820, address 10.77.0.10/24, exit vps, mark 51820, client\n" PEER_VPS
          ",0.0.0.0/0,::/0 every 25 s\n" },
        { "coexist", MESH VPS ANNA, "anna", "Coexist=mullvad\n",
          "anna on home, port 51820, address 10.77.0.10/24, mark 1836018789\n" PEER_VPS
          " every 25 s\n" },
        { "coexist-with-the-same-mark", MESH ANNA, "anna",
          "Coexist=mullvad\nFirewallMark=0x6d6f6c65\n",
          "anna on home, port 51820, address 10.77.0.10/24, mark 1836018789\n" },
        { "coexist-and-no-server", MESH ANNA "Routes=192.0.2.0/24\n", "anna",
          "Coexist=mullvad\nRoutingFeatures=client\n",
          "anna on home, port 51820, address 10.77.0.10/24, mark 1836018789, client\n" },
        { "coexist-with-tailscale", MESH GW ANNA, "anna", "Coexist=tailscale\nAcceptRoutes=yes\n",
          "anna on home, port 51820, address 10.77.0.10/24, route 192.168.20.0/24,192.168.30.0/24, main "
          "first for 10.77.0.0/24,192.168.20.0/24,192.168.30.0/24, mark 524288, client\n" PEER_GW
          ",192.168.20.0/24,192.168.30.0/24 every 25 s\n" },
        { "coexist-with-tailscale-for-others", MESH VPS, "vps",
          "Coexist=tailscale\nFirewallMark=7\n",
          "vps on home, port 51820, address 10.77.0.2/24,fd77::2/64, main first for "
          "10.77.0.0/24,fd77::/64, mark 7, server, masquerade\n" },
        { "coexist-with-tailscale-and-exit-node", MESH VPS ANNA, "anna",
          "Coexist=tailscale\nExitNode=vps\n",
          "anna on home, port 51820, address 10.77.0.10/24, exit vps, main first for 10.77.0.0/24, "
          "mark 524288, client\n" PEER_VPS ",0.0.0.0/0,::/0 every 25 s\n" },
        { "exit-node-with-dns", MESH VPS "DNS=10.77.0.2 192.0.2.53\n" ANNA, "anna",
          "ExitNode=vps\n",
          "anna on home, port 51820, address 10.77.0.10/24, exit vps, dns 10.77.0.2,192.0.2.53, mark "
          "51820, client\n" PEER_VPS ",0.0.0.0/0,::/0 every 25 s\n" },
        { "exit-node-with-dns-of-ours", MESH VPS "DNS=10.77.0.2\n" ANNA, "anna",
          "ExitNode=vps\nDNS=192.0.2.54\n",
          "anna on home, port 51820, address 10.77.0.10/24, exit vps, dns 192.0.2.54, mark 51820, "
          "client\n" PEER_VPS ",0.0.0.0/0,::/0 every 25 s\n" },
        { "exit-node-with-dns-refused", MESH VPS "DNS=10.77.0.2\n" ANNA, "anna",
          "ExitNode=vps\nDNS=none\n",
          "anna on home, port 51820, address 10.77.0.10/24, exit vps, mark 51820, client\n" PEER_VPS
          ",0.0.0.0/0,::/0 every 25 s\n" },
        { "dns-of-an-exit-node-that-is-not-used", MESH VPS "DNS=10.77.0.2\n" ANNA, "anna", "",
          "anna on home, port 51820, address 10.77.0.10/24\n" PEER_VPS " every 25 s\n" },
        { "exit-node-with-mark", MESH VPS ANNA, "anna", "ExitNode=vps\nFirewallMark=0x10\n",
          "anna on home, port 51820, address 10.77.0.10/24, exit vps, mark 16, client\n" PEER_VPS
          ",0.0.0.0/0,::/0 every 25 s\n" },
        { "mark-alone", MESH ANNA, "anna", "FirewallMark=7\n",
          "anna on home, port 51820, address 10.77.0.10/24, mark 7\n" },
        { "routing-none", MESH VPS, "vps", "RoutingFeatures=none\n",
          "vps on home, port 51820, address 10.77.0.2/24,fd77::2/64\n" },
        { "routing-client", MESH VPS, "vps", "RoutingFeatures=client\n",
          "vps on home, port 51820, address 10.77.0.2/24,fd77::2/64, client\n" },
        { "routing-server", MESH ANNA, "anna", "RoutingFeatures=server\n",
          "anna on home, port 51820, address 10.77.0.10/24, server\n" },
        { "routing-both", MESH VPS, "vps", "RoutingFeatures=both\n",
          "vps on home, port 51820, address 10.77.0.2/24,fd77::2/64, client, server, "
          "masquerade\n" },
        { "port-of-mesh", "[Mesh]\nSubnet=10.77.0.0/24\nListenPort=1\n" ANNA, "anna", "",
          "anna on home, port 1, address 10.77.0.10/24\n" },
        { "port-of-device", "[Mesh]\nSubnet=10.77.0.0/24\nListenPort=1\n" ANNA "ListenPort=2\n",
          "anna", "", "anna on home, port 2, address 10.77.0.10/24\n" },
        { "port-of-host", "[Mesh]\nSubnet=10.77.0.0/24\nListenPort=1\n" ANNA "ListenPort=2\n",
          "anna", "ListenPort=3\n", "anna on home, port 3, address 10.77.0.10/24\n" },
        { "keepalive-of-mesh", "[Mesh]\nSubnet=10.77.0.0/24 fd77::/64\nKeepalive=5\n" ANNA VPS,
          "anna", "", "anna on home, port 51820, address 10.77.0.10/24\n" PEER_VPS " every 5 s\n" },
        { "keepalive-of-device",
          "[Mesh]\nSubnet=10.77.0.0/24 fd77::/64\nKeepalive=5\n" ANNA "Keepalive=off\n" VPS, "anna",
          "", "anna on home, port 51820, address 10.77.0.10/24\n" PEER_VPS "\n" },
        { "interface", MESH ANNA, "anna", "Interface=wg0\n",
          "anna on wg0, port 51820, address 10.77.0.10/24\n" },
        { "by-alias", MESH ANNA, "anna-laptop", "",
          "anna on home, port 51820, address 10.77.0.10/24\n" },
        { "name-only-endpoint",
          MESH ANNA "[Device gw]\nPublicKey=" KEY_A
                    "\nAddress=10.77.0.1\nPublicEndpoint=gw.example:1\n",
          "anna", "",
          "anna on home, port 51820, address 10.77.0.10/24\n"
          "gw at none of 1 takes 10.77.0.1/32 every 25 s\n" },
        { "private-endpoint-only",
          MESH ANNA "[Device nas]\nPublicKey=" KEY_A
                    "\nAddress=10.77.0.1\nPrivateEndpoint=192.168.20.9:1\n",
          "anna", "",
          "anna on home, port 51820, address 10.77.0.10/24\n"
          "nas at none of 1 takes 10.77.0.1/32\n" },
};

/* Who can be called in which family. */
#define BOTH      "[Mesh]\nSubnet=10.77.0.0/24\n"
#define SELF_HEAD "[Device self]\nPublicKey=" KEY_A "\nAddress=10.77.0.1\n"
#define PEER_HEAD "[Device peer]\nPublicKey=" KEY_B "\nAddress=10.77.0.2\n"
#define SNEAR     "PublicEndpoint=192.168.1.1:5\n"
#define NEAR      "PublicEndpoint=192.168.1.7:5\n"
#define S4        "PublicEndpoint=203.0.113.1:4\n"
#define S6        "PublicEndpoint=[2001:db8:1::1]:6\n"
#define SNAME     "PublicEndpoint=home.example:1\n"
#define V4        "PublicEndpoint=198.51.100.7:4\n"
#define V6        "PublicEndpoint=[2001:db8::7]:6\n"
#define NAME      "PublicEndpoint=gw.example:1\n"

static const struct {
        const char *name, *mesh, *self, *peer;
        guint keepalive_s;
        const char *endpoint, *named;
} reaches[] = {
        { "nobody", "", "", "", 0, "none", "none" },
        { "self-alone", "", S4, "", 0, "none", "none" },
        { "peer-alone", "", "", V4, 25, "198.51.100.7:4", "198.51.100.7:4" },
        { "both-in-a-family", "", S4, V4, 0, "198.51.100.7:4", "198.51.100.7:4" },
        { "both-in-the-other", "", S6, V6, 0, "[2001:db8::7]:6", "[2001:db8::7]:6" },
        /* DS-Lite at home, and a peer that has IPv4 alone; and the other way round. */
        { "no-family-in-common", "", S6, V4, 25, "198.51.100.7:4", "198.51.100.7:4" },
        { "no-family-in-common-2", "", S4, V6, 25, "[2001:db8::7]:6", "[2001:db8::7]:6" },
        { "peer-has-both", "", S6, V4 V6, 0, "[2001:db8::7]:6", "[2001:db8::7]:6" },
        { "peer-has-both-2", "", S4, V6 V4, 0, "198.51.100.7:4", "198.51.100.7:4" },
        { "self-has-both", "", S6 S4, V4 V6, 0, "198.51.100.7:4", "198.51.100.7:4" },
        { "nothing-known-of-self", "", "", V6 V4, 25, "[2001:db8::7]:6", "[2001:db8::7]:6" },
        { "a-private-endpoint-says-nothing", "", "PrivateEndpoint=192.168.1.2:3\n", V6 V4, 25,
          "[2001:db8::7]:6", "[2001:db8::7]:6" },
        /* A name may have any family, so nobody can rely on it. */
        { "name-of-self", "", SNAME, V4, 25, "198.51.100.7:4", "198.51.100.7:4" },
        { "name-of-peer", "", S4, NAME, 25, "none", "gw.example:1" },
        { "name-and-literals-of-peer", "", S4, NAME V6 V4, 0, "198.51.100.7:4", "gw.example:1" },
        { "literals-before-a-name", "", S4, V6 NAME, 25, "[2001:db8::7]:6", "gw.example:1" },
        /* Others can call a private address only from its own network. */
        { "private-self", "", SNEAR, V4, 25, "198.51.100.7:4", "198.51.100.7:4" },
        { "private-peer", "", S4, NEAR, 0, "192.168.1.7:5", "192.168.1.7:5" },
        { "private-both", "", SNEAR, NEAR, 0, "192.168.1.7:5", "192.168.1.7:5" },
        { "private-behind-public", "", S4, NEAR V4, 0, "198.51.100.7:4", "198.51.100.7:4" },
        { "private-before-public", "", SNEAR, NEAR V4, 0, "192.168.1.7:5", "192.168.1.7:5" },
        /* What is said wins. */
        { "said-for-the-device", "", S4 "Keepalive=7\n", V4, 7, "198.51.100.7:4",
          "198.51.100.7:4" },
        { "said-for-the-device-dslite", "", S6 "Keepalive=7\n", V4, 7, "198.51.100.7:4",
          "198.51.100.7:4" },
        { "said-for-the-device-peer-anywhere", "", S4 "Keepalive=7\n", "", 7, "none", "none" },
        { "said-to-be-off", "", "Keepalive=off\n", V4, 0, "198.51.100.7:4", "198.51.100.7:4" },
        { "said-for-the-mesh", "Keepalive=9\n", S4, V4, 9, "198.51.100.7:4", "198.51.100.7:4" },
        { "said-for-the-mesh-peer-anywhere", "Keepalive=9\n", S4, "", 0, "none", "none" },
        { "said-for-the-mesh-to-be-off", "Keepalive=0\n", S6, V4, 0, "198.51.100.7:4",
          "198.51.100.7:4" },
        { "device-before-mesh", "Keepalive=9\n", "Keepalive=7\n", V4, 7, "198.51.100.7:4",
          "198.51.100.7:4" },
};

static void check_endpoints(const WattlePeer *peer, const char *literal, const char *named)
{
        char literal_text[WATTLE_SOCKET_ADDR_TEXT_MAX] = "none";
        char named_text[WATTLE_ENDPOINT_TEXT_MAX] = "none";

        if (peer->endpoint)
                wattle_socket_addr_format(peer->endpoint, literal_text);
        if (peer->named_endpoint)
                wattle_endpoint_format(peer->named_endpoint, named_text);
        g_assert_cmpstr(literal_text, ==, literal);
        g_assert_cmpstr(named_text, ==, named);
}

/* These meshes have warnings, which are not what this is about. */
static WattleView *doubtful_view(const char *text, const char *device)
{
        g_auto(WattleReport) report = { 0 };
        g_auto(WattleLocal) local = { 0 };
        g_autoptr(WattleProfile) profile = NULL;
        WattleHost host = { .local = &local, .owner = WATTLE_OWNER_NETWORKD };

        wattle_report_init(&report);
        good_local(&local, "");
        profile = wattle_profile_load(text, strlen(text), "home.mesh", &report);
        g_assert_nonnull(profile);
        return wattle_resolve(profile, wattle_profile_find_device(profile, device), &host, &report);
}

static void who_calls_whom(void)
{
        for (guint i = 0; i < G_N_ELEMENTS(reaches); i++) {
                g_autofree char *profile =
                        g_strconcat(BOTH, reaches[i].mesh, SELF_HEAD, reaches[i].self, PEER_HEAD,
                                    reaches[i].peer, NULL);
                g_autoptr(WattleView) view = doubtful_view(profile, "self");
                const WattlePeer *peer = &view->peers[0];

                g_test_message("%s", reaches[i].name);
                g_assert_cmpuint(peer->keepalive_s, ==, reaches[i].keepalive_s);
                check_endpoints(peer, reaches[i].endpoint, reaches[i].named);
        }
}

static void row(gconstpointer data)
{
        const Row *row = data;
        g_autoptr(WattleView) view = good_view(row->profile, row->device, row->local);
        g_autofree char *text = view_text(view);

        g_assert_cmpstr(text, ==, row->view);
}

/* The same devices in another order give the same view. */
static void order_of_devices(void)
{
        g_autoptr(WattleView) a = good_view(MESH GW VPS ANNA, "anna", "AcceptRoutes=yes\n");
        g_autoptr(WattleView) b = good_view(MESH ANNA VPS GW, "anna", "AcceptRoutes=yes\n");
        g_autofree char *a_text = view_text(a), *b_text = view_text(b);

        g_assert_cmpstr(a_text, ==, b_text);
}

/* However alike the names are: those that begin with another, and those that differ late. */
static void order_of_names(void)
{
        static const char *const names[] = { "host-9",           "host-10", "host-1",
                                             "host-long-name-2", "host",    "host-long-name-10",
                                             "host-long-name-1", "host-a" };
        static const char *const sorted[] = {
                "host",   "host-1",           "host-10",           "host-9",
                "host-a", "host-long-name-1", "host-long-name-10", "host-long-name-2"
        };
        g_autoptr(GString) text = g_string_new(MESH ANNA);
        g_autoptr(WattleView) view = NULL;

        for (guint i = 0; i < G_N_ELEMENTS(names); i++) {
                WattleKey key = { { (guint8)(100 + i) } };
                char key_text[WATTLE_KEY_TEXT_MAX];

                wattle_key_format(&key, key_text);
                g_string_append_printf(text, "[Device %s]\nPublicKey=%s\nAddress=10.77.0.%u\n",
                                       names[i], key_text, 100 + i);
        }
        view = good_view(text->str, "anna", "");
        g_assert_cmpuint(view->n_peers, ==, G_N_ELEMENTS(sorted));
        for (guint i = 0; i < G_N_ELEMENTS(sorted); i++)
                g_assert_cmpstr(view->peers[i].device.name, ==, sorted[i]);
}

typedef struct {
        const char *name, *profile, *local, *faults;
} RefusedRow;

#define FOR_ITSELF                                                                                 \
        ", and Mullvad gives an address of its own to all that has its mark, so that this host "   \
        "can only speak for itself: "

static const RefusedRow refused[] = {
        { "exit-node-unknown", MESH ANNA, "ExitNode=nowhere\n",
          "local.conf:2:10: ExitNode: nowhere is no device of the mesh" },
        { "exit-node-self", MESH ANNA "ExitNode=yes\n", "ExitNode=anna\n",
          "local.conf:2:10: ExitNode: anna is this device itself" },
        { "exit-node-revoked", MESH ANNA OLD, "ExitNode=old\n",
          "local.conf:2:10: ExitNode: old is revoked" },
        { "exit-node-that-is-none", MESH ANNA GW, "ExitNode=gw\n",
          "local.conf:2:10: ExitNode: gw offers no way out: it has no ExitNode=yes in the "
          "profile" },
        { "long-name", MESH "Name=sixteen-letters1\n" ANNA, "",
          "home.mesh:1:1: the interface would be called as the mesh, but 'sixteen-letters1' has "
          "16 characters, at most 15 are possible: write Interface= below [Local]" },
        { "name-of-digits", MESH "Name=42\n" ANNA, "",
          "home.mesh:1:1: the interface would be called as the mesh, but '42' is all digits, "
          "which no interface may be: write Interface= below [Local]" },
        { "mtu-with-ipv6", MESH ANNA "Address=fd77::10\n", "MTU=1220\n",
          "local.conf:2:5: MTU: 1220 is too small: this device has an IPv6 address, and IPv6 needs "
          "1280 at least" },
        { "mtu-with-exit-node",
          "[Mesh]\nSubnet=10.77.0.0/24\nMTU=1220\n" ANNA "[Device vps]\nPublicKey=" KEY_B
          "\nAddress=10.77.0.2\nExitNode=yes\n",
          "ExitNode=vps\n",
          "home.mesh:3:5: MTU: 1220 is too small: with ExitNode= IPv6 goes into the mesh too, and "
          "IPv6 needs 1280 at least" },
        { "coexist-with-a-mark", MESH ANNA, "FirewallMark=7\nCoexist=mullvad\n",
          "local.conf:3:9: Coexist: what WireGuard sends has Mullvad's mark then: leave FirewallMark= "
          "out" },
        { "coexist-with-exit-node", MESH ANNA VPS, "ExitNode=vps\nCoexist=mullvad\n",
          "local.conf:3:9: Coexist: with ExitNode= there are two that want all traffic, and a "
          "connection has one mark: leave one of them out" },
        { "coexist-on-an-exit-node", MESH ANNA "ExitNode=yes\n", "Coexist=mullvad\n",
          "local.conf:2:9: Coexist: device anna is an exit node (line 3 of the profile)" FOR_ITSELF
          "write RoutingFeatures=client below [Local], or leave Coexist= out" },
        { "coexist-on-a-subnet-router", MESH ANNA "Routes=192.0.2.0/24\n", "Coexist=mullvad\n",
          "local.conf:2:9: Coexist: device anna is a subnet router (line 7 of the profile)" FOR_ITSELF
          "write RoutingFeatures=client below [Local], or leave Coexist= out" },
        { "coexist-on-a-relay", MESH ANNA "PublicEndpoint=203.0.113.1:1\nRelay=yes\n",
          "Coexist=mullvad\n",
          "local.conf:2:9: Coexist: device anna is a relay (line 3 of the profile)" FOR_ITSELF
          "take Relay= from it, or leave Coexist= out" },
        { "coexist-in-somebody's-via",
          MESH ANNA "PublicEndpoint=203.0.113.1:1\n" BEN "Managed=no\nVia=anna\n",
          "Coexist=mullvad\n",
          "local.conf:2:9: Coexist: device anna passes on what goes by Via= (line 12 of the "
          "profile)" FOR_ITSELF
          "write RoutingFeatures=client below [Local], or leave Coexist= out" },
        { "coexist-on-what-forwards", MESH ANNA, "RoutingFeatures=both\nCoexist=mullvad\n",
          "local.conf:3:9: Coexist: device anna forwards by RoutingFeatures=" FOR_ITSELF
          "write RoutingFeatures=client below [Local], or leave Coexist= out" },
        { "both", MESH "Name=sixteen-letters1\n" ANNA, "ExitNode=x\n",
          "local.conf:2:10: ExitNode: x is no device of the mesh\n"
          "home.mesh:1:1: the interface would be called as the mesh, but 'sixteen-letters1' has "
          "16 characters, at most 15 are possible: write Interface= below [Local]" },
};

static void refused_row(gconstpointer data)
{
        const RefusedRow *row = data;
        g_auto(WattleReport) report = { 0 };
        g_auto(WattleLocal) local = { 0 };
        g_autoptr(WattleProfile) profile = NULL;
        WattleHost host = { .local = &local, .owner = WATTLE_OWNER_NETWORKD };

        wattle_report_init(&report);
        good_local(&local, row->local);
        profile = wattle_profile_load(row->profile, strlen(row->profile), "home.mesh", &report);
        g_assert_nonnull(profile);
        g_array_set_size(report.faults, 0);
        g_assert_null(wattle_resolve(profile, wattle_profile_find_device(profile, "anna"), &host,
                                     &report));
        check_faults(&report, row->faults);
}

static void settings_of_host(void)
{
        static const struct {
                const char *local;
                WattleOwner host_owner, owner;
                gboolean credential;
                const char *key_file;
                WattleActivation activation;
                guint mtu; /* 0: not given */
        } rows[] = {
                { "", WATTLE_OWNER_NETWORKD, WATTLE_OWNER_NETWORKD, FALSE,
                  WATTLE_CONFDIR "/home.key", WATTLE_ACTIVATION_MANUAL, 1300 },
                { "", WATTLE_OWNER_NETWORK_MANAGER, WATTLE_OWNER_NETWORK_MANAGER, FALSE,
                  WATTLE_CONFDIR "/home.key", WATTLE_ACTIVATION_MANUAL, 1300 },
                { "Owner=networkd\nMTU=1420\n", WATTLE_OWNER_NETWORK_MANAGER, WATTLE_OWNER_NETWORKD,
                  FALSE, WATTLE_CONFDIR "/home.key", WATTLE_ACTIVATION_MANUAL, 1420 },
                { "PrivateKeyFile=/etc/k\nActivationPolicy=up\n", WATTLE_OWNER_NETWORKD,
                  WATTLE_OWNER_NETWORKD, FALSE, "/etc/k", WATTLE_ACTIVATION_UP, 1300 },
                { "", WATTLE_OWNER_NETWORKD, WATTLE_OWNER_NETWORKD, TRUE, NULL,
                  WATTLE_ACTIVATION_MANUAL, 1300 },
                { "MTU=1220\n", WATTLE_OWNER_NETWORKD, WATTLE_OWNER_NETWORKD, TRUE, NULL,
                  WATTLE_ACTIVATION_MANUAL, 1220 },
        };
        g_autoptr(WattleProfile) profile =
                good_profile("[Mesh]\nSubnet=10.77.0.0/24\nMTU=1300\n" ANNA);

        for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
                g_auto(WattleReport) report = { 0 };
                g_auto(WattleLocal) local = { 0 };
                WattleHost host = { .local = &local,
                                    .owner = rows[i].host_owner,
                                    .key_credential = rows[i].credential };
                g_autoptr(WattleView) view = NULL;

                wattle_report_init(&report);
                good_local(&local, rows[i].local);
                view = wattle_resolve(profile, &profile->devices[0], &host, &report);
                g_assert_cmpint(view->owner, ==, rows[i].owner);
                g_assert_cmpstr(view->private_key_file, ==, rows[i].key_file);
                g_assert_cmpint(view->activation, ==, rows[i].activation);
                g_assert_cmpuint(view->mtu.value, ==, rows[i].mtu);
        }
}

/* What does not come to be is said: no masquerading at NetworkManager, and no route of a family
 * that this device cannot speak. */
static void left_out(void)
{
        static const struct {
                const char *device, *local;
                WattleOwner asked_owner;
                gboolean no_filter, masquerade;
                guint n_routes, n_allowed_ips; /* of the one peer */
                const char *faults;
        } rows[] = {
                { "way-out", "Owner=networkd\n", WATTLE_OWNER_AUTO, TRUE, TRUE, 0, 1, "" },
                { "way-out", "", WATTLE_OWNER_AUTO, FALSE, TRUE, 0, 1, "" },
                { "way-out", "", WATTLE_OWNER_AUTO, TRUE, FALSE, 0, 1,
                  "home.mesh:3:1: warning: device way-out is an exit node, and NetworkManager "
                  "masquerades nothing: install the mesh and wattle-filter, or have the firewall of "
                  "this host do it" },
                { "way-out", "", WATTLE_OWNER_NETWORKD, TRUE, TRUE, 0, 1, "" },
                { "way-out", "RoutingFeatures=none\n", WATTLE_OWNER_AUTO, TRUE, FALSE, 0, 1, "" },
                { "laptop", "", WATTLE_OWNER_AUTO, TRUE, FALSE, 0, 1, "" },
                { "laptop", "AcceptRoutes=yes\n", WATTLE_OWNER_AUTO, TRUE, FALSE, 1, 2,
                  "home.mesh:6:8: warning: Routes: 2001:db8:a::/48 of device way-out is not "
                  "accepted here, nor are others like it: device laptop has no IPv6 address in the "
                  "mesh" },
        };
        g_autoptr(WattleProfile) profile =
                good_profile("[Mesh]\nSubnet=10.77.0.0/24\n"
                             "[Device way-out]\nPublicKey=" KEY_A "\nAddress=10.77.0.1\n"
                             "Routes=2001:db8:a::/48 192.0.2.0/24 2001:db8:b::/48\nExitNode=yes\n"
                             "[Device laptop]\nPublicKey=" KEY_B "\nAddress=10.77.0.2\n");

        for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
                g_auto(WattleReport) report = { 0 };
                g_auto(WattleLocal) local = { 0 };
                WattleHost host = { .local = &local,
                                    .owner = WATTLE_OWNER_NETWORK_MANAGER,
                                    .asked_owner = rows[i].asked_owner,
                                    .no_filter = rows[i].no_filter };
                g_autoptr(WattleView) view = NULL;

                wattle_report_init(&report);
                good_local(&local, rows[i].local);
                view = wattle_resolve(profile, wattle_profile_find_device(profile, rows[i].device),
                                      &host, &report);
                g_assert_cmpint(view->masquerade, ==, rows[i].masquerade);
                g_assert_cmpuint(view->n_routes, ==, rows[i].n_routes);
                g_assert_cmpuint(view->peers[0].n_allowed_ips, ==, rows[i].n_allowed_ips);
                check_faults(&report, rows[i].faults);
        }
}

#define UNASKED(server, family)                                                                    \
        "local.conf:3:5: warning: DNS: " server                                                    \
        " is not asked: this device or the exit node has no " family " address in the mesh"

#define VPS_BY_NAME "PublicEndpoint=vps.example:1\n"
#define UNFOUND(place)                                                                             \
        "local.conf:" place                                                                        \
        ": warning: DNS: a new address of vps.example, the exit node, will not be found, for all " \
        "names are looked up through it: install the package wattle-lookup or systemd-resolved, "  \
        "or write DNS=none below [Local]"

/* Which of systemd-resolved and wattle-lookup. */
typedef enum {
        RESOLVED,
        NEITHER,
        LOOKUP,
} Installed;

/* Name servers are those that can be asked, by somebody who is told of them. */
static void name_servers(void)
{
        static const struct {
                const char *local;
                WattleOwner owner;
                Installed installed;
                guint n;
                const char *faults;
                const char *more; /* lines of the exit node's */
        } rows[] = {
                { "DNS=192.0.2.53\n", WATTLE_OWNER_NETWORKD, RESOLVED, 0,
                  "local.conf:2:5: warning: DNS: of no effect without ExitNode=", "" },
                { "DNS=none\n", WATTLE_OWNER_NETWORKD, RESOLVED, 0, "", "" },
                { "ExitNode=vps\n", WATTLE_OWNER_NETWORKD, RESOLVED, 1, "", "" },
                { "ExitNode=vps\nDNS=10.77.0.9 2001:db8::53\n", WATTLE_OWNER_NETWORKD, RESOLVED, 1,
                  UNASKED("2001:db8::53", "IPv6"), "" },
                { "ExitNode=vps\nDNS=fd77::9\n", WATTLE_OWNER_NETWORKD, RESOLVED, 0,
                  UNASKED("fd77::9", "IPv6"), "" },
                { "ExitNode=vps\n", WATTLE_OWNER_NETWORKD, NEITHER, 1,
                  "local.conf:2:10: warning: DNS: of no effect, for systemd-networkd sets name servers "
                  "by systemd-resolved alone: install the package systemd-resolved, or write DNS=none "
                  "below [Local]",
                  "" },
                { "ExitNode=vps\n", WATTLE_OWNER_NETWORK_MANAGER, NEITHER, 1, "", "" },
                { "ExitNode=vps\n", WATTLE_OWNER_NETWORK_MANAGER, NEITHER, 1, UNFOUND("2:10"),
                  VPS_BY_NAME },
                { "ExitNode=vps\nDNS=10.77.0.9\n", WATTLE_OWNER_NETWORK_MANAGER, NEITHER, 1,
                  UNFOUND("3:5"), VPS_BY_NAME },
                { "ExitNode=vps\nDNS=none\n", WATTLE_OWNER_NETWORK_MANAGER, NEITHER, 0, "",
                  VPS_BY_NAME },
                { "ExitNode=vps\n", WATTLE_OWNER_NETWORK_MANAGER, RESOLVED, 1, "", VPS_BY_NAME },
                { "ExitNode=vps\nDNS=none\n", WATTLE_OWNER_NETWORKD, NEITHER, 0, "", "" },
                { "ExitNode=vps\n", WATTLE_OWNER_NETWORK_MANAGER, LOOKUP, 1, "", VPS_BY_NAME },
                { "ExitNode=vps\n", WATTLE_OWNER_NETWORKD, LOOKUP, 1,
                  "local.conf:2:10: warning: DNS: of no effect, for systemd-networkd sets name servers "
                  "by systemd-resolved alone: install the package systemd-resolved, or write DNS=none "
                  "below [Local]",
                  VPS_BY_NAME },
        };

        for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
                g_autofree char *text =
                        g_strconcat(MESH VPS "DNS=10.77.0.2\n", rows[i].more, ANNA, NULL);
                g_autoptr(WattleProfile) profile = good_profile(text);
                g_auto(WattleReport) report = { 0 };
                g_auto(WattleLocal) local = { 0 };
                WattleHost host = { .local = &local,
                                    .owner = rows[i].owner,
                                    .no_resolved = rows[i].installed != RESOLVED,
                                    .has_lookup = rows[i].installed == LOOKUP };
                g_autoptr(WattleView) view = NULL;

                wattle_report_init(&report);
                good_local(&local, rows[i].local);
                view = wattle_resolve(profile, wattle_profile_find_device(profile, "anna"), &host,
                                      &report);
                g_assert_cmpuint(view->n_dns, ==, rows[i].n);
                check_faults(&report, rows[i].faults);
        }
}

/* With NetworkManager the table has the number of the mark; else it is the mesh's own. */
static void exit_table(void)
{
        static const struct {
                const char *local;
                guint32 table;
        } rows[] = { { "", 0 },
                     { "ExitNode=vps\n", 0x776f9d6e },
                     { "ExitNode=vps\nFirewallMark=7\n", 0x776f9d6e },
                     { "ExitNode=vps\nOwner=NetworkManager\nFirewallMark=7\n", 7 } };

        for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
                g_autoptr(WattleView) view = good_view(MESH VPS ANNA, "anna", rows[i].local);

                g_assert_cmphex(view->exit_table, ==, rows[i].table);
        }
}

#define THREE_SUBNETS "[Mesh]\nSubnet=10.77.0.0/24 10.78.0.0/24 fd77::/64\n"

/* An exit node serves the subnets in which it has no address too, or it is said which it does not;
 * who uses it has a way out in the families that both have. */
static void way_out(void)
{
        static const struct {
                const char *device, *local;
                gboolean no_filter, exit_ipv4, exit_ipv6;
                const char *faults;
        } rows[] = {
                { "way-out", "", FALSE, FALSE, FALSE, "" },
                { "way-out", "", TRUE, FALSE, FALSE,
                  "home.mesh:2:21: warning: Subnet: device way-out (line 3) is an exit node without "
                  "an address in 10.78.0.0/24, and systemd-networkd masquerades only where it has "
                  "one: install wattle-filter\n"
                  "home.mesh:2:34: warning: Subnet: device way-out (line 3) is an exit node without "
                  "an address in fd77::/64, and systemd-networkd masquerades only where it has one: "
                  "install wattle-filter" },
                { "both", "", TRUE, FALSE, FALSE, "" },
                { "both", "ExitNode=way-out\n", FALSE, TRUE, FALSE,
                  "local.conf:2:10: warning: ExitNode: device way-out (line 3 of the profile) has no "
                  "IPv6 address in the mesh: what would leave by IPv6 is refused here" },
                { "laptop", "ExitNode=way-out\n", FALSE, TRUE, FALSE, "" },
                { "laptop", "ExitNode=six\n", FALSE, FALSE, FALSE,
                  "local.conf:2:10: warning: ExitNode: device six (line 13 of the profile) has no "
                  "IPv4 address in the mesh: what would leave by IPv4 is refused here" },
                { "both", "ExitNode=six\n", FALSE, FALSE, TRUE,
                  "local.conf:2:10: warning: ExitNode: device six (line 13 of the profile) has no "
                  "IPv4 address in the mesh: what would leave by IPv4 is refused here" },
        };
        g_autoptr(WattleProfile) profile = good_profile(
                THREE_SUBNETS "[Device way-out]\nPublicKey=" KEY_A
                              "\nAddress=10.77.0.1\nExitNode=yes\n"
                              "[Device laptop]\nPublicKey=" KEY_B "\nAddress=10.78.0.2\n"
                              "[Device both]\nPublicKey=" KEY_C "\nAddress=10.77.0.3 fd77::3\n"
                              "[Device six]\nPublicKey=" KEY_D "\nAddress=fd77::4\nExitNode=yes\n");

        for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
                g_auto(WattleReport) report = { 0 };
                g_auto(WattleLocal) local = { 0 };
                WattleHost host = { .local = &local,
                                    .owner = WATTLE_OWNER_NETWORKD,
                                    .no_filter = rows[i].no_filter };
                g_autoptr(WattleView) view = NULL;

                wattle_report_init(&report);
                good_local(&local, rows[i].local);
                view = wattle_resolve(profile, wattle_profile_find_device(profile, rows[i].device),
                                      &host, &report);
                g_assert_cmpint(view->exit_ipv4, ==, rows[i].exit_ipv4);
                g_assert_cmpint(view->exit_ipv6, ==, rows[i].exit_ipv6);
                check_faults(&report, rows[i].faults);
        }
}

/* Only NetworkManager has VPNs, and zones without wattle-filter. */
static void connection(void)
{
        static const struct {
                const char *local;
                WattleConnectionKind kind;
                const char *trust, *faults;
                gboolean no_filter;
                WattleFirewallKind firewall;
        } rows[] = {
                { "Owner=NetworkManager\n", WATTLE_CONNECTION_NATIVE, NULL, "", FALSE,
                  WATTLE_FIREWALL_NO },
                { "Owner=NetworkManager\nFirewall=auto\nTrust=home\n", WATTLE_CONNECTION_NATIVE,
                  "home",
                  "local.conf:3:10: warning: Firewall: of no effect without wattle-filter: install "
                  "it",
                  TRUE, WATTLE_FIREWALL_AUTO },
                { "Owner=networkd\nFirewall=public work\nTrust=home\n", WATTLE_CONNECTION_NATIVE,
                  "home", "", FALSE, WATTLE_FIREWALL_ZONES },
                { "Owner=networkd\nTrust=home\n", WATTLE_CONNECTION_NATIVE, "home",
                  "local.conf:3:7: warning: Trust: of no effect without wattle-filter, for "
                  "systemd-networkd owns the interface and knows no zones: install it",
                  TRUE, WATTLE_FIREWALL_NO },
                { "Owner=NetworkManager\nConnection=vpn\nTrust=home\n", WATTLE_CONNECTION_VPN,
                  "home", "", FALSE, WATTLE_FIREWALL_NO },
                { "Owner=NetworkManager\nActivationPolicy=up\nConnection=vpn\n",
                  WATTLE_CONNECTION_VPN, NULL,
                  "local.conf:4:12: warning: Connection: NetworkManager starts no VPN by itself, so "
                  "that ActivationPolicy= is of no effect",
                  FALSE, WATTLE_FIREWALL_NO },
                { "Owner=networkd\nConnection=vpn\nTrust=home\n", WATTLE_CONNECTION_NATIVE, "home",
                  "local.conf:3:12: warning: Connection: of no effect, for systemd-networkd owns the "
                  "interface",
                  FALSE, WATTLE_FIREWALL_NO },
        };
        g_autoptr(WattleProfile) profile = good_profile(MESH ANNA);

        for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
                g_auto(WattleReport) report = { 0 };
                g_auto(WattleLocal) local = { 0 };
                WattleHost host = { .local = &local,
                                    .owner = WATTLE_OWNER_NETWORKD,
                                    .no_filter = rows[i].no_filter };
                g_autoptr(WattleView) view = NULL;

                wattle_report_init(&report);
                good_local(&local, rows[i].local);
                view = wattle_resolve(profile, &profile->devices[0], &host, &report);
                g_assert_cmpint(view->connection, ==, rows[i].kind);
                g_assert_cmpstr(view->trust, ==, rows[i].trust);
                g_assert_cmpint(view->firewall.kind, ==, rows[i].firewall);
                check_faults(&report, rows[i].faults);
        }
}

/* The first line of each file names the profile, whatever its file is called. */
static void source(void)
{
        static const struct {
                const char *file, *source;
        } rows[] = { { "/etc/wattle/home.mesh", "home.mesh" },
                     { "dir/a b.mesh", "a b.mesh" },
                     { NULL, "x.mesh" },
                     { "a\nb.mesh", "x.mesh" },
                     { "\xff.mesh", "x.mesh" } };
        static const char text[] = "[Mesh]\nName=x\nSubnet=10.77.0.0/24\n" ANNA;

        for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
                g_auto(WattleReport) report = { 0 };
                g_auto(WattleLocal) local = { 0 };
                WattleHost host = { .local = &local, .owner = WATTLE_OWNER_NETWORKD };
                g_autoptr(WattleProfile) profile = NULL;
                g_autoptr(WattleView) view = NULL;

                wattle_report_init(&report);
                good_local(&local, "");
                profile = wattle_profile_load(text, strlen(text), rows[i].file, &report);
                view = wattle_resolve(profile, &profile->devices[0], &host, &report);
                g_assert_cmpstr(view->source, ==, rows[i].source);
        }
}

/* Which of the table count, by what the host does. */
static void ports(void)
{
        static const struct {
                const char *device, *local, *ports;
                gboolean serves;
        } rows[] = {
                { "", "", "51820 21821 21822 ", FALSE },
                { "", "Discovery=no\n", "51820 21822 ", FALSE },
                { "", "ListenPort=4000\nMigrate=no\n", "4000 ", FALSE },
                { "", "", "51820 21821 21822 21823 ", TRUE },
                { "Relay=yes\nPublicEndpoint=192.0.2.1:51820\n", "", "51820 21900 21821 21822 ",
                  FALSE },
                { "Relay=retiring\nPublicEndpoint=192.0.2.1:51820\n", "Discovery=yes\n",
                  "51820 21900 21821 21822 ", FALSE },
        };

        for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
                g_autofree char *text = g_strconcat("[Mesh]\nName=x\nSubnet=10.77.0.0/24\n" ANNA,
                                                    rows[i].device, NULL);
                g_autoptr(WattleProfile) profile = good_profile(text);
                g_auto(WattleLocal) local = { 0 };
                g_auto(WattleReport) report = { 0 };
                WattleHost host = { .local = &local,
                                    .owner = WATTLE_OWNER_NETWORKD,
                                    .serves = rows[i].serves };
                g_autoptr(GString) said = g_string_new(NULL);
                g_autoptr(WattleView) view = NULL;

                wattle_report_init(&report);
                good_local(&local, rows[i].local);
                view = wattle_resolve(profile, &profile->devices[0], &host, &report);
                for (guint j = 0; j < view->n_ports; j++)
                        g_string_append_printf(said, "%u ", view->ports[j].first);
                g_assert_cmpstr(said->str, ==, rows[i].ports);
        }
}

int main(int argc, char **argv)
{
        g_test_init(&argc, &argv, NULL);
        add_rows("/resolve/view", views, row);
        add_rows("/resolve/refused", refused, refused_row);
        g_test_add_func("/resolve/who-calls-whom", who_calls_whom);
        g_test_add_func("/resolve/order-of-devices", order_of_devices);
        g_test_add_func("/resolve/order-of-names", order_of_names);
        g_test_add_func("/resolve/settings-of-host", settings_of_host);
        g_test_add_func("/resolve/left-out", left_out);
        g_test_add_func("/resolve/way-out", way_out);
        g_test_add_func("/name-servers", name_servers);
        g_test_add_func("/exit-table", exit_table);
        g_test_add_func("/resolve/connection", connection);
        g_test_add_func("/resolve/source", source);
        g_test_add_func("/resolve/ports", ports);
        return g_test_run();
}
