/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "nm-plugin/connection.h"

#include <linux/rtnetlink.h>
#include <sodium.h>
#include <string.h>
#include <sys/socket.h>

#include "common/nm-profile.h"

#define DEFAULT_METRIC    (-1)
#define EXIT_DNS_PRIORITY (-50) /* below 0: that of no other connection is asked */

/* What NetworkManager is to do by itself when it starts or the mesh appears. It knows no
 * "always-up": a connection that a user switched off stays off until the next boot. */
static gboolean is_started_by_itself(WattleActivation activation)
{
        switch (activation) {
        case WATTLE_ACTIVATION_MANUAL:
                return FALSE;
        case WATTLE_ACTIVATION_UP:
        case WATTLE_ACTIVATION_ALWAYS_UP:
                return TRUE;
        }
        g_return_val_if_reached(FALSE);
}

static NMSetting *make_connection_setting(const WattleView *view)
{
        NMSetting *setting = nm_setting_connection_new();
        g_autofree char *uuid = wattle_nm_profile_uuid(view->mesh);

        g_object_set(setting, NM_SETTING_CONNECTION_ID, view->mesh, NM_SETTING_CONNECTION_UUID,
                     uuid, NM_SETTING_CONNECTION_TYPE, NM_SETTING_WIREGUARD_SETTING_NAME,
                     NM_SETTING_CONNECTION_INTERFACE_NAME, view->interface,
                     NM_SETTING_CONNECTION_AUTOCONNECT, is_started_by_itself(view->activation),
                     NM_SETTING_CONNECTION_ZONE, view->trust, NULL);
        return setting;
}

static void add_peer(NMSettingWireGuard *setting, const WattlePeer *peer)
{
        NMWireGuardPeer *new = nm_wireguard_peer_new();
        char text[MAX(WATTLE_ENDPOINT_TEXT_MAX, WATTLE_PREFIX_TEXT_MAX)];

        wattle_key_format(&peer->public_key, text);
        nm_wireguard_peer_set_public_key(new, text, FALSE);
        for (guint i = 0; i < peer->n_allowed_ips; i++) {
                wattle_prefix_format(&peer->allowed_ips[i], text);
                nm_wireguard_peer_append_allowed_ip(new, text, FALSE);
        }
        if (peer->endpoint) {
                wattle_socket_addr_format(peer->endpoint, text);
                nm_wireguard_peer_set_endpoint(new, text, FALSE);
        }
        nm_wireguard_peer_set_persistent_keepalive(new, peer->keepalive_s);
        nm_setting_wireguard_append_peer(setting, new);
        nm_wireguard_peer_unref(new);
}

static void set_private_key(NMSetting *setting, const WattleKey *private_key)
{
        char text[WATTLE_KEY_TEXT_MAX];

        wattle_key_format(private_key, text);
        g_object_set(setting, NM_SETTING_WIREGUARD_PRIVATE_KEY, text, NULL);
        sodium_memzero(text, sizeof text);
}

/* peer-routes=no: it would be a route for each peer, and with the metric of a VPN (50) for the
 * accepted ones. The routing table of an exit node is NetworkManager's own affair all the same: its
 * rules, its reverse path filter; only the default route in that table has to be ours then. */
static NMSetting *make_wireguard_setting(const WattleView *view, const WattleKey *private_key)
{
        NMSetting *setting = nm_setting_wireguard_new();
        NMTernary leaves = view->exit_node ? NM_TERNARY_TRUE : NM_TERNARY_FALSE;

        g_object_set(setting, NM_SETTING_WIREGUARD_LISTEN_PORT, (guint)view->listen_port,
                     NM_SETTING_WIREGUARD_PEER_ROUTES, FALSE,
                     NM_SETTING_WIREGUARD_IP4_AUTO_DEFAULT_ROUTE, leaves,
                     NM_SETTING_WIREGUARD_IP6_AUTO_DEFAULT_ROUTE, leaves, NULL);
        if (view->mtu.given)
                g_object_set(setting, NM_SETTING_WIREGUARD_MTU, (guint)view->mtu.value, NULL);
        if (view->firewall_mark.given)
                g_object_set(setting, NM_SETTING_WIREGUARD_FWMARK, view->firewall_mark.value, NULL);
        if (private_key)
                set_private_key(setting, private_key);
        for (guint i = 0; i < view->n_peers; i++)
                add_peer(NM_SETTING_WIREGUARD(setting), &view->peers[i]);
        return setting;
}

static void add_address(NMSettingIPConfig *setting, const WattlePrefix *prefix)
{
        NMIPAddress *address = nm_ip_address_new_binary(prefix->addr.family, prefix->addr.bytes,
                                                        prefix->length, NULL);

        g_return_if_fail(address);
        nm_setting_ip_config_add_address(setting, address);
        nm_ip_address_unref(address);
}

/* table may be NULL: the main one. */
static void add_route(NMSettingIPConfig *setting, const WattlePrefix *prefix, gint64 metric,
                      const guint32 *table)
{
        NMIPRoute *route = nm_ip_route_new_binary(prefix->addr.family, prefix->addr.bytes,
                                                  prefix->length, NULL, metric, NULL);

        g_return_if_fail(route);
        if (table)
                nm_ip_route_set_attribute(route, NM_IP_ROUTE_ATTRIBUTE_TABLE,
                                          g_variant_new_uint32(*table));
        nm_setting_ip_config_add_route(setting, route);
        nm_ip_route_unref(route);
}

static void add_routes(NMSettingIPConfig *setting, const WattleView *view, int family)
{
        const WattlePrefix all = { .addr = { .family = (guint8)family } };

        for (guint i = 0; i < view->n_subnets; i++)
                if (view->subnets[i].addr.family == family)
                        add_route(setting, &view->subnets[i], DEFAULT_METRIC, NULL);
        for (guint i = 0; i < view->n_routes; i++)
                if (view->routes[i].addr.family == family)
                        add_route(setting, &view->routes[i], WATTLE_ACCEPTED_ROUTE_METRIC, NULL);
        if (view->exit_node)
                add_route(setting, &all, DEFAULT_METRIC, &view->firewall_mark.value);
}

static void add_rule(NMSettingIPConfig *setting, const WattlePrefix *to)
{
        NMIPRoutingRule *rule = nm_ip_routing_rule_new(to->addr.family);
        char text[WATTLE_ADDR_TEXT_MAX];

        wattle_addr_format(&to->addr, text);
        nm_ip_routing_rule_set_priority(rule, WATTLE_MAIN_FIRST_PRIORITY);
        nm_ip_routing_rule_set_to(rule, text, to->length);
        nm_ip_routing_rule_set_table(rule, RT_TABLE_MAIN);
        nm_ip_routing_rule_set_suppress_prefixlength(rule, 0);
        nm_setting_ip_config_add_routing_rule(setting, rule);
        nm_ip_routing_rule_unref(rule);
}

static void add_rules(NMSettingIPConfig *setting, const WattleView *view, int family)
{
        for (guint i = 0; i < view->n_main_first; i++)
                if (view->main_first[i].addr.family == family)
                        add_rule(setting, &view->main_first[i]);
}

/* Without an address of the family there is nothing to configure. But IPv6 must not leave beside
 * the exit node: its default route needs a link that speaks IPv6 at all. */
static const char *choose_method(const WattleView *view, int family, gboolean has_address)
{
        if (family == AF_INET)
                return has_address ? NM_SETTING_IP4_CONFIG_METHOD_MANUAL
                                   : NM_SETTING_IP4_CONFIG_METHOD_DISABLED;
        if (has_address)
                return NM_SETTING_IP6_CONFIG_METHOD_MANUAL;
        return view->exit_node ? NM_SETTING_IP6_CONFIG_METHOD_LINK_LOCAL
                               : NM_SETTING_IP6_CONFIG_METHOD_DISABLED;
}

/* As NetworkManager imports it from wg-quick: nobody else is asked, and with systemd-resolved all
 * names are of this link. Without a server DNS is not touched: what "manual" and "disabled" mean is
 * that none comes from elsewhere. */
static void add_name_servers(NMSettingIPConfig *setting, const WattleView *view, int family)
{
        for (guint i = 0; i < view->n_dns; i++) {
                char text[WATTLE_ADDR_TEXT_MAX];

                if (view->dns[i].family != family)
                        continue;
                wattle_addr_format(&view->dns[i], text);
                nm_setting_ip_config_add_dns(setting, text);
        }
        if (nm_setting_ip_config_get_num_dns(setting) == 0)
                return;
        nm_setting_ip_config_add_dns_search(setting, "~");
        g_object_set(setting, NM_SETTING_IP_CONFIG_DNS_PRIORITY, EXIT_DNS_PRIORITY, NULL);
}

static NMSetting *make_ip_setting(const WattleView *view, int family)
{
        NMSetting *new =
                family == AF_INET ? nm_setting_ip4_config_new() : nm_setting_ip6_config_new();
        NMSettingIPConfig *setting = NM_SETTING_IP_CONFIG(new);
        const char *method;

        for (guint i = 0; i < view->n_addresses; i++)
                if (view->addresses[i].addr.family == family)
                        add_address(setting, &view->addresses[i]);
        method = choose_method(view, family, nm_setting_ip_config_get_num_addresses(setting) > 0);
        g_object_set(new, NM_SETTING_IP_CONFIG_METHOD, method, NM_SETTING_IP_CONFIG_NEVER_DEFAULT,
                     view->exit_node == NULL, NULL);
        if (strcmp(method, NM_SETTING_IP6_CONFIG_METHOD_DISABLED) != 0) {
                add_routes(setting, view, family);
                add_rules(setting, view, family);
        }
        add_name_servers(setting, view, family);
        return new;
}

NMConnection *wattle_connection_new(const WattleView *view, const WattleKey *private_key)
{
        NMConnection *connection = nm_simple_connection_new();
        g_autoptr(GError) error = NULL;

        nm_connection_add_setting(connection, make_connection_setting(view));
        nm_connection_add_setting(connection, make_wireguard_setting(view, private_key));
        nm_connection_add_setting(connection, make_ip_setting(view, AF_INET));
        nm_connection_add_setting(connection, make_ip_setting(view, AF_INET6));
        if (!nm_connection_normalize(connection, NULL, NULL, &error))
                g_critical("connection of mesh %s: %s", view->mesh, error->message);
        return connection;
}

static void add_comments(GKeyFile *file, const WattleView *view)
{
        g_autofree char *origin = g_strdup_printf(
                " Made by wattle from %s for device %s. Change the mesh, not this file.",
                view->source, view->self.name);

        g_key_file_set_comment(file, NULL, NULL, origin, NULL);
        for (guint i = 0; i < view->n_peers; i++) {
                char key[WATTLE_KEY_TEXT_MAX];
                g_autofree char *group = NULL, *name = NULL;

                wattle_key_format(&view->peers[i].public_key, key);
                group = g_strconcat("wireguard-peer.", key, NULL);
                name = g_strconcat(" ", view->peers[i].device.name, NULL);
                g_key_file_set_comment(file, group, NULL, name, NULL);
        }
}

char *wattle_connection_format(NMConnection *connection, const WattleView *view, gsize *ret_size,
                               GError **error)
{
        g_autoptr(GKeyFile) file =
                nm_keyfile_write(connection, NM_KEYFILE_HANDLER_FLAGS_NONE, NULL, NULL, error);

        if (!file)
                return NULL;
        add_comments(file, view);
        return g_key_file_to_data(file, ret_size, NULL);
}
