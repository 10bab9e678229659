/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <arpa/inet.h>

#include "common/render.h"

/* Before the rules of the main table (32766), after those that other programs commonly set. In this
 * order: a route of the main table that is more than a default route wins; all that does not carry
 * the mark takes the exit. */
#define EXIT_MAIN_PRIORITY  30001
#define EXIT_TABLE_PRIORITY 30002

/* What networkd learnt after the oldest version that we support; systemd.netdev(5) and NEWS tell
 * since when. The rest of what we write is older than WATTLE_SYSTEMD_MIN. */
typedef enum {
        KEY_CREDENTIAL, /* a private key from network.wireguard.private.NETDEV-FILE */
} Feature;

static const guint feature_since[] = {
        [KEY_CREDENTIAL] = 256,
};

static gboolean has_feature(guint systemd_version, Feature feature)
{
        return systemd_version >= feature_since[feature];
}

gboolean wattle_networkd_takes_credentials(guint systemd_version)
{
        return has_feature(systemd_version, KEY_CREDENTIAL);
}

/* About as many bytes as most peers take. */
#define PEER_BYTES 160

static void render_peer(const WattleView *view, const WattlePeer *peer, WattleFile *file)
{
        wattle_file_section(file, "WireGuardPeer");
        wattle_file_comment(file, peer->device.name);
        wattle_file_set_key(file, "PublicKey", &peer->public_key);
        wattle_file_set_prefixes(file, "AllowedIPs", peer->allowed_ips, peer->n_allowed_ips);
        wattle_render_endpoint(view, peer, "Endpoint", file);
        if (peer->keepalive_s > 0)
                wattle_file_set_uint(file, "PersistentKeepalive", peer->keepalive_s);
}

/* What stands before the private key, and behind it. */
static void begin_netdev(const WattleView *view, WattleFile *file)
{
        wattle_render_origin(view, file);
        wattle_file_section(file, "NetDev");
        wattle_file_set(file, "Name", view->interface);
        wattle_file_set(file, "Kind", "wireguard");
        wattle_file_section(file, "WireGuard");
}

static void end_netdev(const WattleView *view, WattleFile *file)
{
        wattle_file_set_uint(file, "ListenPort", view->listen_port);
        if (view->firewall_mark.given)
                wattle_file_set_uint(file, "FirewallMark", view->firewall_mark.value);
        wattle_file_expect(file, (gsize)view->n_peers * PEER_BYTES);
        for (guint i = 0; i < view->n_peers; i++)
                render_peer(view, &view->peers[i], file);
}

static void render_netdev(const WattleView *view, WattleFileset *files)
{
        WattleFile *file = wattle_fileset_add(files, WATTLE_FILE_NETDEV, view->mesh, 0640);

        begin_netdev(view, file);
        if (view->private_key_file)
                wattle_file_set(file, "PrivateKeyFile", view->private_key_file);
        end_netdev(view, file);
}

static void render_route(const WattlePrefix *destination, WattleFile *file)
{
        wattle_file_section(file, "Route");
        wattle_file_set_prefix(file, "Destination", destination);
}

static void render_exit(const WattleView *view, WattleFile *file)
{
        static const WattlePrefix defaults[] = { { { .family = AF_INET }, 0 },
                                                 { { .family = AF_INET6 }, 0 } };

        for (guint i = 0; i < G_N_ELEMENTS(defaults); i++) {
                render_route(&defaults[i], file);
                wattle_file_set_uint(file, "Table", view->exit_table);
        }
        wattle_file_section(file, "RoutingPolicyRule");
        wattle_file_set(file, "Family", "both");
        wattle_file_set_uint(file, "Priority", EXIT_MAIN_PRIORITY);
        wattle_file_set(file, "Table", "main");
        wattle_file_set_uint(file, "SuppressPrefixLength", 0);
        wattle_file_section(file, "RoutingPolicyRule");
        wattle_file_set(file, "Family", "both");
        wattle_file_set_uint(file, "Priority", EXIT_TABLE_PRIORITY);
        wattle_file_set_uint(file, "FirewallMark", view->firewall_mark.value);
        wattle_file_set(file, "InvertRule", "yes");
        wattle_file_set_uint(file, "Table", view->exit_table);
}

/* Without its default routes, lest what is for a mesh that is down leave in the clear: networkd
 * from 257 on has the rules of a link in force that was never up. */
static void render_main_first(const WattleView *view, WattleFile *file)
{
        for (guint i = 0; i < view->n_main_first; i++) {
                wattle_file_section(file, "RoutingPolicyRule");
                wattle_file_set_uint(file, "Priority", WATTLE_MAIN_FIRST_PRIORITY);
                wattle_file_set_prefix(file, "To", &view->main_first[i]);
                wattle_file_set(file, "Table", "main");
                wattle_file_set_uint(file, "SuppressPrefixLength", 0);
        }
}

static void render_dns(const WattleView *view, WattleFile *file)
{
        for (guint i = 0; i < view->n_dns; i++) {
                char text[WATTLE_ADDR_TEXT_MAX];

                wattle_addr_format(&view->dns[i], text);
                wattle_file_set(file, "DNS", text);
        }
        if (view->n_dns > 0)
                wattle_file_set(file, "Domains", "~.");
        wattle_file_set(file, "DNSDefaultRoute", view->n_dns > 0 ? "yes" : "no");
}

static void render_network(const WattleView *view, WattleFile *file)
{
        wattle_render_origin(view, file);
        wattle_file_section(file, "Match");
        wattle_file_set(file, "Name", view->interface);
        wattle_file_set(file, "Kind", "wireguard");
        wattle_file_section(file, "Link");
        /* Not in the .netdev, which an interface that is there already does not follow. */
        if (view->mtu.given)
                wattle_file_set_uint(file, "MTUBytes", view->mtu.value);
        wattle_file_set(file, "ActivationPolicy", wattle_activation_name(view->activation));
        wattle_file_set(file, "RequiredForOnline", "no");
        wattle_file_section(file, "Network");
        for (guint i = 0; i < view->n_addresses; i++)
                wattle_file_set_prefix(file, "Address", &view->addresses[i]);
        wattle_file_set(file, "LinkLocalAddressing", "no");
        render_dns(view, file);
        if (view->masquerade)
                wattle_file_set(file, "IPMasquerade", view->has_ipv6 ? "both" : "ipv4");
        for (guint i = 0; i < view->n_subnets; i++)
                render_route(&view->subnets[i], file);
        for (guint i = 0; i < view->n_routes; i++) {
                render_route(&view->routes[i], file);
                wattle_file_set_uint(file, "Metric", WATTLE_ACCEPTED_ROUTE_METRIC);
        }
        render_main_first(view, file);
        if (view->exit_node)
                render_exit(view, file);
}

/* A .network file of the admin that matches all interfaces would otherwise take NetworkManager's
 * one. */
static void render_unmanaged(const WattleView *view, WattleFileset *files)
{
        WattleFile *file = wattle_fileset_add(files, WATTLE_FILE_NETWORK, view->mesh, 0644);

        wattle_render_origin(view, file);
        wattle_file_section(file, "Match");
        wattle_file_set(file, "Name", view->interface);
        wattle_file_section(file, "Link");
        wattle_file_set(file, "Unmanaged", "yes");
}

void wattle_render_networkd(const WattleView *view, guint systemd_version, WattleFileset *files)
{
        switch (view->owner) {
        case WATTLE_OWNER_NETWORKD:
                g_return_if_fail(view->private_key_file ||
                                 has_feature(systemd_version, KEY_CREDENTIAL));
                render_netdev(view, files);
                render_network(view,
                               wattle_fileset_add(files, WATTLE_FILE_NETWORK, view->mesh, 0644));
                break;
        case WATTLE_OWNER_NETWORK_MANAGER:
                render_unmanaged(view, files);
                break;
        case WATTLE_OWNER_AUTO:
                g_assert_not_reached();
        }
}

void wattle_render_plain_networkd(const WattleView *view, WattleKeyedFile *netdev,
                                  WattleKeyedFile *network)
{
        begin_netdev(view, &netdev->text);
        wattle_keyed_file_place(netdev, "PrivateKey=", "");
        end_netdev(view, &netdev->text);
        render_network(view, &network->text);
}
