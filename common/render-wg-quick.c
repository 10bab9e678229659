/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/render.h"

#include <string.h>

/* What a peer takes at most, if its name and addresses are as usual. */
#define PEER_BYTES 160

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

/* By what render_peer() looks at. Names and endpoints are the profile's, so they are the same if
 * they stand in the same place. */
static gboolean is_same(const WattlePeer *a, const WattlePeer *b)
{
        if (a->device.name != b->device.name || a->named_endpoint != b->named_endpoint ||
            a->endpoint != b->endpoint || a->keepalive_s != b->keepalive_s ||
            a->n_allowed_ips != b->n_allowed_ips)
                return FALSE;
        for (guint i = 0; i < a->n_allowed_ips; i++)
                if (wattle_prefix_compare(&a->allowed_ips[i], &b->allowed_ips[i]) != 0)
                        return FALSE;
        return TRUE;
}

/* The first peer from there on that does not stand before that name. */
static guint find_from(const WattleView *view, guint i, const char *name)
{
        while (i < view->n_peers && view->peers[i].device.name != name &&
               strcmp(view->peers[i].device.name, name) < 0)
                i++;
        return i;
}

static void copy_part(const WattleKeyedFile *from, guint part, WattleFile *to)
{
        const gsize *ends = (const gsize *)(const void *)from->part_ends->data;
        gsize begin = ends[part];

        g_string_append_len(to->content, from->text.content->str + begin,
                            (gssize)(ends[part + 1] - begin));
}

/* Part 0 is all that stands before the peers. */
static void render_peers(const WattleView *view, const WattleRendered *before,
                         WattleKeyedFile *file)
{
        guint there = 0;

        file->part_ends = g_array_sized_new(FALSE, FALSE, sizeof(gsize), view->n_peers + 1);
        g_array_append_val(file->part_ends, file->text.content->len);
        wattle_file_expect(&file->text, (gsize)view->n_peers * PEER_BYTES);
        for (guint i = 0; i < view->n_peers; i++) {
                const WattlePeer *peer = &view->peers[i];

                if (before)
                        there = find_from(before->view, there, peer->device.name);
                if (before && there < before->view->n_peers &&
                    is_same(peer, &before->view->peers[there]))
                        copy_part(before->file, there, &file->text);
                else
                        render_peer(view, peer, &file->text);
                g_array_append_val(file->part_ends, file->text.content->len);
        }
}

void wattle_render_wg_quick(const WattleView *view, const WattleRendered *before,
                            WattleKeyedFile *file)
{
        wattle_render_origin(view, &file->text);
        wattle_file_section(&file->text, "Interface");
        wattle_keyed_file_place(file, "PrivateKey=", "");
        render_interface(view, &file->text);
        render_peers(view, before, file);
}
