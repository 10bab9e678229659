/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cli/json.h"
#include "cli/status/screen.h"

#define FORMAT 1

static void write_addresses(WattleJson *json, const WattleAddr *addresses, guint n)
{
        wattle_json_begin(json, "addresses", '[');
        for (guint i = 0; i < n; i++) {
                char text[WATTLE_ADDR_TEXT_MAX];

                wattle_addr_format(&addresses[i], text);
                wattle_json_string(json, NULL, text);
        }
        wattle_json_end(json, ']');
}

static void write_optional(WattleJson *json, const char *key, gboolean given, guint64 value)
{
        if (given)
                wattle_json_uint(json, key, value);
        else
                wattle_json_string(json, key, NULL);
}

static void write_peer(WattleJson *json, const WattlePeerStatus *peer)
{
        char key[WATTLE_KEY_TEXT_MAX], endpoint[WATTLE_SOCKET_ADDR_TEXT_MAX];

        wattle_key_format(&peer->public_key, key);
        wattle_socket_addr_format(&peer->endpoint, endpoint);
        wattle_json_begin(json, NULL, '{');
        wattle_json_string(json, "device", peer->device);
        wattle_json_string(json, "public_key", key);
        write_addresses(json, peer->addresses, peer->n_addresses);
        wattle_json_boolean(json, "managed", peer->managed);
        wattle_json_boolean(json, "revoked", peer->revoked);
        wattle_json_boolean(json, "missing", peer->missing);
        wattle_json_string(json, "path", wattle_path_name(peer->path));
        wattle_json_string(json, "relay", peer->relay);
        wattle_json_string(json, "why_relayed", peer->why_relayed);
        wattle_json_string(json, "introduced_by", peer->introduced_by);
        wattle_json_string(json, "endpoint", *endpoint ? endpoint : NULL);
        write_optional(json, "since", peer->has_since,
                       (guint64)MAX(peer->since_us / G_USEC_PER_SEC, 0));
        write_optional(json, "last_handshake", peer->last_handshake_s > 0,
                       (guint64)MAX(peer->last_handshake_s, 0));
        wattle_json_uint(json, "rx_bytes", peer->rx_bytes);
        wattle_json_uint(json, "tx_bytes", peer->tx_bytes);
        write_optional(json, "rtt_us", peer->has_rtt, peer->rtt_us);
        write_optional(json, "heard", peer->heard_s > 0, (guint64)MAX(peer->heard_s, 0));
        write_optional(json, "serial", peer->serial > 0, peer->serial);
        wattle_json_string(json, "reason", peer->reason);
        wattle_json_end(json, '}');
}

/* null for a host that is no relay. */
static void write_relayed(WattleJson *json, const WattleStatus *status)
{
        const WattleRelayCounters *relayed = &status->relayed;

        if (!status->has_relayed) {
                wattle_json_string(json, "relayed", NULL);
                return;
        }
        wattle_json_begin(json, "relayed", '{');
        wattle_json_uint(json, "pairs", relayed->pairs);
        wattle_json_uint(json, "ports", relayed->ports);
        wattle_json_uint(json, "packets", relayed->packets);
        wattle_json_uint(json, "bytes", relayed->bytes);
        wattle_json_uint(json, "dropped", relayed->dropped);
        wattle_json_end(json, '}');
}

static void write_mesh(WattleJson *json, const WattleStatus *status, const GPtrArray *notes)
{
        char mapped[WATTLE_SOCKET_ADDR_TEXT_MAX];

        wattle_json_begin(json, NULL, '{');
        wattle_json_string(json, "mesh", status->mesh);
        wattle_json_string(json, "device", status->device);
        write_addresses(json, status->addresses, status->n_addresses);
        wattle_json_string(json, "interface", status->interface);
        wattle_json_string(json, "state", wattle_link_state_name(status->link));
        wattle_json_string(json, "owner", wattle_status_owner_name(status));
        write_optional(json, "serial", status->serial > 0, status->serial);
        write_optional(json, "listen_port", status->listen_port > 0, status->listen_port);
        wattle_json_boolean(json, "wattled", status->wattled);
        wattle_socket_addr_format(&status->mapped, mapped);
        wattle_json_string(json, "mapped", *mapped ? mapped : NULL);
        write_relayed(json, status);
        wattle_json_begin(json, "peers", '[');
        for (guint i = 0; i < status->peers->len; i++)
                write_peer(json, &g_array_index(status->peers, WattlePeerStatus, i));
        wattle_json_end(json, ']');
        wattle_json_begin(json, "notes", '[');
        for (guint i = 0; i < notes->len; i++)
                wattle_json_string(json, NULL, g_ptr_array_index(notes, i));
        wattle_json_end(json, ']');
        wattle_json_end(json, '}');
}

void wattle_status_json(const WattleStatus *const *statuses, GPtrArray *const *notes, guint n,
                        FILE *stream)
{
        WattleJson json = { .stream = stream };

        wattle_json_begin(&json, NULL, '{');
        wattle_json_uint(&json, "format", FORMAT);
        wattle_json_begin(&json, "meshes", '[');
        for (guint i = 0; i < n; i++)
                write_mesh(&json, statuses[i], notes[i]);
        wattle_json_end(&json, ']');
        wattle_json_end(&json, '}');
}
