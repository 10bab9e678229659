/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What reads it: OpenWrt's package/network/utils/wireguard-tools/files/wireguard.sh. */
#include <arpa/inet.h>
#include <string.h>

#include "common/render.h"
#include "common/scalar.h"

/* A section of /etc/config/network; each of its options is a line. */
typedef struct {
        WattleFile *file;
        char *name; /* "network.wg_home" */
} Section;

static void section_clear(Section *section)
{
        g_free(section->name);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Section, section_clear)

static Section begin_section(WattleFile *file, char *name, const char *type)
{
        g_autofree char *key = g_strconcat("set ", name, NULL);

        wattle_file_set(file, key, type);
        return (Section){ file, name };
}

/* No value of ours has a quotation mark in it. */
static void add(const Section *section, const char *command, const char *option, const char *value)
{
        g_autofree char *key = g_strdup_printf("%s %s.%s", command, section->name, option);
        g_autofree char *quoted = g_strdup_printf("'%s'", value);

        wattle_file_set(section->file, key, quoted);
}

static void set(const Section *section, const char *option, const char *value)
{
        add(section, "set", option, value);
}

static void set_uint(const Section *section, const char *option, guint64 value)
{
        char text[WATTLE_UINT_TEXT_MAX + 1];

        text[wattle_uint_format(value, text)] = '\0';
        set(section, option, text);
}

static void add_prefixes(const Section *section, const char *option, const WattlePrefix *prefixes,
                         guint n)
{
        char text[WATTLE_PREFIX_TEXT_MAX];

        for (guint i = 0; i < n; i++) {
                wattle_prefix_format(&prefixes[i], text);
                add(section, "add_list", option, text);
        }
}

static void render_interface(const WattleView *view, WattleKeyedFile *file)
{
        g_auto(Section) section = begin_section(
                &file->text, g_strconcat("network.", view->interface, NULL), "interface");
        g_autofree char *key = g_strdup_printf("set %s.private_key='", section.name);
        char text[WATTLE_ADDR_TEXT_MAX];

        set(&section, "proto", "wireguard");
        wattle_keyed_file_place(file, key, "'");
        set_uint(&section, "listen_port", view->listen_port);
        if (view->mtu.given)
                set_uint(&section, "mtu", view->mtu.value);
        add_prefixes(&section, "addresses", view->addresses, view->n_addresses);
        for (guint i = 0; i < view->n_dns; i++) {
                wattle_addr_format(&view->dns[i], text);
                add(&section, "add_list", "dns", text);
        }
}

static void render_endpoint(const Section *section, const WattleEndpoint *endpoint)
{
        char text[WATTLE_ADDR_TEXT_MAX];

        if (!endpoint->name)
                wattle_addr_format(&endpoint->at.addr, text);
        set(section, "endpoint_host", endpoint->name ? endpoint->name : text);
        set_uint(section, "endpoint_port", endpoint->at.port);
}

/* A section with a name, so that a device has the same one whatever comes and goes. A device's name
 * has no underscore, and a section's no hyphen. */
static void render_peer(const WattleView *view, const WattlePeer *peer, WattleFile *file)
{
        g_autofree char *type = g_strconcat("wireguard_", view->interface, NULL);
        char *name = g_strdup_printf("network.%s_%s", view->interface, peer->device.name);
        g_auto(Section) section = { 0 };
        char key[WATTLE_KEY_TEXT_MAX];

        g_strdelimit(name, "-", '_');
        section = begin_section(file, name, type);
        set(&section, "description", peer->device.name);
        wattle_key_format(&peer->public_key, key);
        set(&section, "public_key", key);
        add_prefixes(&section, "allowed_ips", peer->allowed_ips, peer->n_allowed_ips);
        set(&section, "route_allowed_ips", "1");
        if (peer->named_endpoint)
                render_endpoint(&section, peer->named_endpoint);
        if (peer->keepalive_s > 0)
                set_uint(&section, "persistent_keepalive", peer->keepalive_s);
}

/* Lists would grow, and peers that are gone stay, were the old sections not removed before. */
static void render_advice(const WattleView *view, WattleFile *file)
{
        g_autofree char *remove =
                g_strdup_printf("while uci -q delete network.@wireguard_%s[0]; do :; done; uci -q "
                                "delete network.%s",
                                view->interface, view->interface);
        g_autofree char *load = g_strdup_printf("uci batch <FILE && uci commit network && ifup %s",
                                                view->interface);

        wattle_file_comment(file, "On the router, with this file as FILE:");
        wattle_file_comment(file, remove);
        wattle_file_comment(file, load);
}

void wattle_render_openwrt(const WattleView *view, WattleKeyedFile *file)
{
        wattle_render_origin(view, &file->text);
        render_advice(view, &file->text);
        render_interface(view, file);
        for (guint i = 0; i < view->n_peers; i++)
                render_peer(view, &view->peers[i], &file->text);
}
