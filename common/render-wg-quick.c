/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/render.h"

#include <sodium.h>
#include <string.h>

static void render_interface(const WattleView *view, WattleFile *file)
{
        wattle_file_set_prefixes(file, "Address", view->addresses, view->n_addresses);
        wattle_file_set_uint(file, "ListenPort", view->listen_port);
        if (view->mtu.given)
                wattle_file_set_uint(file, "MTU", view->mtu.value);
}

static void render_peer(const WattlePeer *peer, WattleFile *file)
{
        wattle_file_section(file, "Peer");
        wattle_file_comment(file, peer->device.name);
        wattle_file_set_key(file, "PublicKey", &peer->public_key);
        wattle_file_set_prefixes(file, "AllowedIPs", peer->allowed_ips, peer->n_allowed_ips);
        /* wg-quick looks names up itself. */
        if (peer->named_endpoint)
                wattle_file_set_endpoint(file, "Endpoint", peer->named_endpoint);
        if (peer->keepalive_s > 0)
                wattle_file_set_uint(file, "PersistentKeepalive", peer->keepalive_s);
}

/* The text is put together in its last place: a buffer that grows would leave copies of the key
 * behind. */
char *wattle_render_wg_quick(const WattleView *view, const WattleKey *private_key)
{
        static const char no_key[] = "# PrivateKey=... : the private key of this device goes here";
        char line[sizeof "PrivateKey=" + WATTLE_KEY_TEXT_MAX] = "PrivateKey=";
        g_auto(WattleFile) head = { 0 };
        g_auto(WattleFile) rest = { 0 };
        gsize size;
        char *text;

        wattle_file_init(&head);
        wattle_render_origin(view, &head);
        wattle_file_section(&head, "Interface");
        wattle_file_init(&rest);
        render_interface(view, &rest);
        for (guint i = 0; i < view->n_peers; i++)
                render_peer(&view->peers[i], &rest);
        if (private_key)
                wattle_key_format(private_key, line + strlen(line));
        size = head.content->len + MAX(sizeof line, sizeof no_key) + rest.content->len + 2;
        text = sodium_malloc(size);
        if (!text)
                g_error("out of memory");
        g_snprintf(text, size, "%s%s\n%s", head.content->str, private_key ? line : no_key,
                   rest.content->str);
        sodium_memzero(line, sizeof line);
        return text;
}
