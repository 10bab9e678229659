/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/render.h"

static void render_dns(const WattleView *view, WattleFile *file)
{
        g_autoptr(GString) list = g_string_new(NULL);

        for (guint i = 0; i < view->n_dns; i++) {
                char text[WATTLE_ADDR_TEXT_MAX];

                wattle_addr_format(&view->dns[i], text);
                g_string_append_printf(list, "%s%s", i > 0 ? "," : "", text);
        }
        if (view->n_dns > 0)
                wattle_file_set(file, "DNS", list->str);
}

static void render_interface(const WattleView *view, WattleFile *file)
{
        wattle_file_set_prefixes(file, "Address", view->addresses, view->n_addresses);
        wattle_file_set_uint(file, "ListenPort", view->listen_port);
        if (view->mtu.given)
                wattle_file_set_uint(file, "MTU", view->mtu.value);
        render_dns(view, file);
}

static void render_peer(const WattleView *view, const WattlePeer *peer, WattleFile *file)
{
        wattle_file_section(file, "Peer");
        wattle_file_comment(file, peer->device.name);
        wattle_file_set_key(file, "PublicKey", &peer->public_key);
        wattle_file_set_prefixes(file, "AllowedIPs", peer->allowed_ips, peer->n_allowed_ips);
        wattle_render_endpoint(view, peer, "Endpoint", file);
        if (peer->keepalive_s > 0)
                wattle_file_set_uint(file, "PersistentKeepalive", peer->keepalive_s);
}

void wattle_render_wg_quick(const WattleView *view, WattleKeyedFile *file)
{
        wattle_render_origin(view, &file->text);
        wattle_file_section(&file->text, "Interface");
        wattle_keyed_file_place(file, "PrivateKey=", "");
        render_interface(view, &file->text);
        for (guint i = 0; i < view->n_peers; i++)
                render_peer(view, &view->peers[i], &file->text);
}
