/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/sys/bus-status.h"

#include <errno.h>
#include <string.h>

/* A peer has no more of them, see common/profile.h. */
#define MAX_ADDRESSES WATTLE_DEVICE_MAX_ADDRESSES

static int append_addresses(sd_bus_message *message, const WattlePeerStatus *peer)
{
        int result = sd_bus_message_open_container(message, 'a', "s");

        for (guint i = 0; result >= 0 && i < peer->n_addresses; i++) {
                char text[WATTLE_ADDR_TEXT_MAX];

                wattle_addr_format(&peer->addresses[i], text);
                result = sd_bus_message_append(message, "s", text);
        }
        return result < 0 ? result : sd_bus_message_close_container(message);
}

/* What came to the struct later. Left out where nothing is known. */
static int append_more(sd_bus_message *message, const WattlePeerStatus *peer)
{
        int result = sd_bus_message_open_container(message, 'a', "{sv}");

        if (result >= 0 && peer->heard_s > 0)
                result = sd_bus_message_append(message, "{sv}", "Heard", "t",
                                               (guint64)peer->heard_s);
        if (result >= 0 && peer->serial > 0)
                result = sd_bus_message_append(message, "{sv}", "Serial", "t", peer->serial);
        if (result >= 0 && peer->serial > 0)
                result = sd_bus_message_append(message, "{sv}", "Text", "t", peer->sum);
        if (result >= 0 && peer->relay)
                result = sd_bus_message_append(message, "{sv}", "Relay", "s", peer->relay);
        if (result >= 0 && peer->why_relayed)
                result = sd_bus_message_append(message, "{sv}", "WhyRelayed", "s",
                                               peer->why_relayed);
        if (result >= 0 && peer->introduced_by)
                result = sd_bus_message_append(message, "{sv}", "IntroducedBy", "s",
                                               peer->introduced_by);
        return result < 0 ? result : sd_bus_message_close_container(message);
}

int wattle_bus_append_peer(sd_bus_message *message, const WattlePeerStatus *peer)
{
        char key[WATTLE_KEY_TEXT_MAX], endpoint[WATTLE_SOCKET_ADDR_TEXT_MAX];
        int result;

        wattle_key_format(&peer->public_key, key);
        wattle_socket_addr_format(&peer->endpoint, endpoint);
        result = sd_bus_message_open_container(message, 'r', WATTLE_BUS_PEER_FIELDS "a{sv}");
        if (result >= 0)
                result = sd_bus_message_append(message, "ss", peer->device, key);
        if (result >= 0)
                result = append_addresses(message, peer);
        if (result >= 0)
                result = sd_bus_message_append(
                        message, "bssttttts", peer->managed, wattle_path_name(peer->path), endpoint,
                        (guint64)(peer->has_since ? peer->since_us : 0),
                        (guint64)peer->last_handshake_s, peer->rx_bytes, peer->tx_bytes,
                        (guint64)(peer->has_rtt ? peer->rtt_us : 0),
                        peer->reason ? peer->reason : "");
        if (result >= 0)
                result = append_more(message, peer);
        return result < 0 ? result : sd_bus_message_close_container(message);
}

static int read_addresses(sd_bus_message *message, WattleArena *arena, WattlePeerStatus *peer)
{
        WattleAddr addresses[MAX_ADDRESSES];
        const char *text;
        guint n = 0;
        int result = sd_bus_message_enter_container(message, 'a', "s");

        while (result >= 0 && (result = sd_bus_message_read(message, "s", &text)) > 0)
                if (n == MAX_ADDRESSES || !wattle_addr_parse(text, &addresses[n++], NULL))
                        return -EBADMSG;
        if (result < 0)
                return result;
        peer->addresses = wattle_arena_copy(arena, addresses, n * sizeof *addresses);
        peer->n_addresses = n;
        return sd_bus_message_exit_container(message);
}

static int read_rest(sd_bus_message *message, WattleArena *arena, WattlePeerStatus *peer)
{
        const char *path, *endpoint, *reason;
        guint64 since_us, handshake_s, rtt_us;
        int managed, result;

        result = sd_bus_message_read(message, "bssttttts", &managed, &path, &endpoint, &since_us,
                                     &handshake_s, &peer->rx_bytes, &peer->tx_bytes, &rtt_us,
                                     &reason);
        if (result < 0)
                return result;
        if (!wattle_path_parse(path, &peer->path) ||
            !wattle_socket_addr_parse(endpoint, &peer->endpoint, NULL) || since_us > G_MAXINT64 ||
            handshake_s > G_MAXINT64)
                return -EBADMSG;
        peer->managed = managed != 0;
        peer->has_since = since_us > 0;
        peer->since_us = (gint64)since_us;
        peer->last_handshake_s = (gint64)handshake_s;
        peer->has_rtt = rtt_us > 0;
        peer->rtt_us = rtt_us;
        peer->reason = *reason ? wattle_arena_strdup(arena, reason) : NULL;
        return 1;
}

static int read_text(sd_bus_message *message, WattleArena *arena, const char **ret)
{
        const char *text;
        int result = sd_bus_message_read(message, "v", "s", &text);

        if (result >= 0)
                *ret = wattle_arena_strdup(arena, text);
        return result;
}

static int read_one_more(sd_bus_message *message, WattleArena *arena, WattlePeerStatus *peer)
{
        const char *name;
        guint64 heard_s;
        int result = sd_bus_message_read(message, "s", &name);

        if (result < 0)
                return result;
        if (strcmp(name, "Serial") == 0)
                return sd_bus_message_read(message, "v", "t", &peer->serial);
        if (strcmp(name, "Text") == 0)
                return sd_bus_message_read(message, "v", "t", &peer->sum);
        if (strcmp(name, "Relay") == 0)
                return read_text(message, arena, &peer->relay);
        if (strcmp(name, "WhyRelayed") == 0)
                return read_text(message, arena, &peer->why_relayed);
        if (strcmp(name, "IntroducedBy") == 0)
                return read_text(message, arena, &peer->introduced_by);
        if (strcmp(name, "Heard") != 0)
                return sd_bus_message_skip(message, "v");
        result = sd_bus_message_read(message, "v", "t", &heard_s);
        if (result >= 0 && heard_s > G_MAXINT64)
                return -EBADMSG;
        peer->heard_s = result >= 0 ? (gint64)heard_s : 0;
        return result;
}

/* Names that are not known here are those of a later wattled. */
static int read_more(sd_bus_message *message, WattleArena *arena, WattlePeerStatus *peer)
{
        int result = sd_bus_message_enter_container(message, 'a', "{sv}");

        while (result >= 0 && (result = sd_bus_message_enter_container(message, 'e', "sv")) > 0) {
                result = read_one_more(message, arena, peer);
                if (result >= 0)
                        result = sd_bus_message_exit_container(message);
        }
        return result < 0 ? result : sd_bus_message_exit_container(message);
}

int wattle_bus_read_peer(sd_bus_message *message, WattleArena *arena, WattlePeerStatus *peer)
{
        WattlePeerStatus read = { 0 };
        const char *device, *key;
        int result = sd_bus_message_enter_container(message, 'r', WATTLE_BUS_PEER_FIELDS "a{sv}");

        if (result <= 0)
                return result;
        result = sd_bus_message_read(message, "ss", &device, &key);
        if (result < 0)
                return result;
        if (!wattle_key_parse(key, &read.public_key, NULL))
                return -EBADMSG;
        read.device = wattle_arena_strdup(arena, device);
        result = read_addresses(message, arena, &read);
        if (result >= 0)
                result = read_rest(message, arena, &read);
        if (result >= 0)
                result = read_more(message, arena, &read);
        if (result >= 0)
                result = sd_bus_message_exit_container(message);
        if (result < 0)
                return result;
        *peer = read;
        return 1;
}
