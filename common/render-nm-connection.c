/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* NetworkManager's connection as text, for people, and for a host without wattle: what installs it
 * on one that has wattle is libnm's work (nm-plugin/connection.c), for the key is in it.
 * tests/nm/test-connection.c has libnm say that the two mean the same. */
#include <arpa/inet.h>

#include "common/nm-profile.h"
#include "common/render.h"

static const char *boolean(gboolean value)
{
        return value ? "true" : "false";
}

static void render_wireguard(const WattleView *view, WattleFile *file)
{
        wattle_file_section(file, "wireguard");
        if (view->firewall_mark.given)
                wattle_file_set_uint(file, "fwmark", view->firewall_mark.value);
        wattle_file_set_uint(file, "ip4-auto-default-route", view->exit_node != NULL);
        wattle_file_set_uint(file, "ip6-auto-default-route", view->exit_node != NULL);
        wattle_file_set_uint(file, "listen-port", view->listen_port);
        if (view->mtu.given)
                wattle_file_set_uint(file, "mtu", view->mtu.value);
        wattle_file_set(file, "peer-routes", "false");
}

static void render_peer(const WattleView *view, const WattlePeer *peer, WattleFile *file)
{
        char text[MAX(WATTLE_KEY_TEXT_MAX, WATTLE_PREFIX_TEXT_MAX)];
        g_autofree char *section = NULL;
        g_autoptr(GString) allowed_ips = g_string_new(NULL);

        wattle_key_format(&peer->public_key, text);
        section = g_strconcat("wireguard-peer.", text, NULL);
        wattle_file_section(file, section);
        wattle_file_comment(file, peer->device.name);
        wattle_render_endpoint(view, peer, "endpoint", file);
        if (peer->keepalive_s > 0)
                wattle_file_set_uint(file, "persistent-keepalive", peer->keepalive_s);
        for (guint i = 0; i < peer->n_allowed_ips; i++) {
                wattle_prefix_format(&peer->allowed_ips[i], text);
                g_string_append_printf(allowed_ips, "%s;", text);
        }
        wattle_file_set(file, "allowed-ips", allowed_ips->str);
}

typedef struct {
        WattleFile *file;
        guint n; /* routes so far: each has a number in its key */
} Routes;

/* metric or table 0: NetworkManager's own, and the main one. */
static void add_route(Routes *routes, const WattlePrefix *to, guint32 metric, guint32 table)
{
        char text[WATTLE_PREFIX_TEXT_MAX];
        g_autofree char *key = g_strdup_printf("route%u", ++routes->n);
        g_autofree char *value = NULL, *option = NULL, *options = NULL;

        wattle_prefix_format(to, text);
        value = metric > 0 ? g_strdup_printf("%s,%s,%u", text,
                                             to->addr.family == AF_INET6 ? "::" : "0.0.0.0", metric)
                           : g_strdup(text);
        wattle_file_set(routes->file, key, value);
        if (table == 0)
                return;
        option = g_strconcat(key, "_options", NULL);
        options = g_strdup_printf("table=%u", table);
        wattle_file_set(routes->file, option, options);
}

static void render_routes(const WattleView *view, int family, WattleFile *file)
{
        const WattlePrefix all = { .addr = { .family = (guint8)family } };
        Routes routes = { file, 0 };

        for (guint i = 0; i < view->n_subnets; i++)
                if (view->subnets[i].addr.family == family)
                        add_route(&routes, &view->subnets[i], 0, 0);
        for (guint i = 0; i < view->n_routes; i++)
                if (view->routes[i].addr.family == family)
                        add_route(&routes, &view->routes[i], WATTLE_ACCEPTED_ROUTE_METRIC, 0);
        if (view->exit_node)
                add_route(&routes, &all, 0, view->firewall_mark.value);
}

static void render_rules(const WattleView *view, int family, WattleFile *file)
{
        for (guint i = 0, n = 0; i < view->n_main_first; i++) {
                char text[WATTLE_PREFIX_TEXT_MAX];
                g_autofree char *key = NULL, *value = NULL;

                if (view->main_first[i].addr.family != family)
                        continue;
                wattle_prefix_format(&view->main_first[i], text);
                key = g_strdup_printf("routing-rule%u", ++n);
                value = g_strdup_printf("priority %u to %s suppress_prefixlength 0 table 254",
                                        WATTLE_MAIN_FIRST_PRIORITY, text);
                wattle_file_set(file, key, value);
        }
}

/* As NetworkManager imports it from wg-quick: nobody else is asked. */
static void render_dns(const WattleView *view, int family, WattleFile *file)
{
        g_autoptr(GString) list = g_string_new(NULL);

        for (guint i = 0; i < view->n_dns; i++) {
                char text[WATTLE_ADDR_TEXT_MAX];

                if (view->dns[i].family != family)
                        continue;
                wattle_addr_format(&view->dns[i], text);
                g_string_append_printf(list, "%s;", text);
        }
        if (list->len == 0)
                return;
        wattle_file_set(file, "dns", list->str);
        wattle_file_set(file, "dns-priority", "-50");
        wattle_file_set(file, "dns-search", "~;");
}

static const char *choose_method(const WattleView *view, int family, guint n_addresses)
{
        if (n_addresses > 0)
                return "manual";
        return family == AF_INET6 && view->exit_node ? "link-local" : "disabled";
}

static void render_ip(const WattleView *view, int family, WattleFile *file)
{
        char text[WATTLE_PREFIX_TEXT_MAX];
        guint n_addresses = 0;
        const char *method;

        wattle_file_section(file, family == AF_INET6 ? "ipv6" : "ipv4");
        /* A file without it means eui64. */
        if (family == AF_INET6)
                wattle_file_set(file, "addr-gen-mode", "default");
        for (guint i = 0; i < view->n_addresses; i++) {
                g_autofree char *key = NULL;

                if (view->addresses[i].addr.family != family)
                        continue;
                key = g_strdup_printf("address%u", ++n_addresses);
                wattle_prefix_format(&view->addresses[i], text);
                wattle_file_set(file, key, text);
        }
        render_dns(view, family, file);
        method = choose_method(view, family, n_addresses);
        wattle_file_set(file, "method", method);
        if (!view->exit_node)
                wattle_file_set(file, "never-default", "true");
        if (g_str_equal(method, "disabled"))
                return;
        render_routes(view, family, file);
        render_rules(view, family, file);
}

/* What stands before the private key, and behind it. */
static void begin_native(const WattleView *view, WattleFile *file)
{
        g_autofree char *uuid = wattle_nm_profile_uuid(view->mesh);

        wattle_file_section(file, "connection");
        wattle_file_set(file, "id", view->mesh);
        wattle_file_set(file, "uuid", uuid);
        wattle_file_set(file, "type", "wireguard");
        wattle_file_set(file, "autoconnect", boolean(view->activation != WATTLE_ACTIVATION_MANUAL));
        wattle_file_set(file, "interface-name", view->interface);
        if (view->trust)
                wattle_file_set(file, "zone", view->trust);
        render_wireguard(view, file);
}

static void end_native(const WattleView *view, WattleFile *file)
{
        for (guint i = 0; i < view->n_peers; i++)
                render_peer(view, &view->peers[i], file);
        render_ip(view, AF_INET, file);
        render_ip(view, AF_INET6, file);
}

static void render_native(const WattleView *view, WattleFile *file)
{
        begin_native(view, file);
        wattle_file_comment(file, "private-key= is left out here");
        end_native(view, file);
}

/* What the installed one has beside, in [user], is a digest of the link that the service makes. */
static void render_vpn(const WattleView *view, WattleFile *file)
{
        static const char *const families[] = { "ipv4", "ipv6" };
        g_autofree char *uuid = wattle_nm_vpn_uuid(view->mesh);

        wattle_file_section(file, "connection");
        wattle_file_set(file, "id", view->mesh);
        wattle_file_set(file, "uuid", uuid);
        wattle_file_set(file, "type", "vpn");
        wattle_file_set(file, "autoconnect", "false");
        if (view->trust)
                wattle_file_set(file, "zone", view->trust);
        wattle_file_section(file, "vpn");
        wattle_file_set(file, WATTLE_VPN_KEY_MESH, view->mesh);
        wattle_file_set(file, "persistent", "true");
        wattle_file_set(file, "service-type", WATTLE_VPN_SERVICE);
        for (guint i = 0; i < G_N_ELEMENTS(families); i++) {
                wattle_file_section(file, families[i]);
                if (i > 0)
                        wattle_file_set(file, "addr-gen-mode", "default");
                wattle_file_set(file, "method", "auto");
                wattle_file_set(file, "never-default", "true");
        }
}

void wattle_render_nm_connection(const WattleView *view, WattleFileset *files)
{
        WattleFile *file;

        if (view->owner != WATTLE_OWNER_NETWORK_MANAGER)
                return;
        file = wattle_fileset_add(files, WATTLE_FILE_NM_PROFILE, view->mesh, 0600);
        wattle_render_origin(view, file);
        if (view->connection == WATTLE_CONNECTION_VPN)
                render_vpn(view, file);
        else
                render_native(view, file);
}

void wattle_render_plain_nm(const WattleView *view, WattleKeyedFile *file)
{
        wattle_render_origin(view, &file->text);
        begin_native(view, &file->text);
        wattle_keyed_file_place(file, "private-key=", "");
        end_native(view, &file->text);
}
