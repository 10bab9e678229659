/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tailscale/status.h"

#include <jansson.h>
#include <string.h>

#include "common/error.h"
#include "common/scalar.h"
#include "common/value.h"

#define KEY_PREFIX "nodekey:"

static const char *get_text(const json_t *object, const char *key)
{
        return json_string_value(json_object_get(object, key));
}

static gboolean get_boolean(const json_t *object, const char *key)
{
        return json_is_true(json_object_get(object, key));
}

static guint64 get_number(const json_t *object, const char *key)
{
        return (guint64)MAX(json_integer_value(json_object_get(object, key)), 0);
}

/* "2026-11-28T10:15:21.9Z"; 0 for Go's time of none, in the year 1. */
static guint64 get_time(const json_t *object, const char *key)
{
        const char *text = get_text(object, key);
        g_autoptr(GDateTime) time = text ? g_date_time_new_from_iso8601(text, NULL) : NULL;

        return time ? (guint64)MAX(g_date_time_to_unix(time), 0) : 0;
}

/* "nodekey:" and 64 hexadecimal digits. */
static void read_key(const char *text, WattleKey *ret)
{
        WattleKey key;

        if (!text || !g_str_has_prefix(text, KEY_PREFIX) ||
            strlen(text) != strlen(KEY_PREFIX) + 2 * WATTLE_KEY_SIZE)
                return;
        text += strlen(KEY_PREFIX);
        for (guint i = 0; i < WATTLE_KEY_SIZE; i++) {
                int high = g_ascii_xdigit_value(text[2 * i]);
                int low = g_ascii_xdigit_value(text[2 * i + 1]);

                if (high < 0 || low < 0)
                        return;
                key.bytes[i] = (guint8)(high << 4 | low);
        }
        *ret = key;
}

static void read_addresses(const json_t *array, WattleArena *arena, WattleTailnetAddresses *ret)
{
        WattleAddr found[WATTLE_DEVICE_MAX_ADDRESSES];
        const json_t *item;
        gsize i;
        guint n = 0;

        json_array_foreach(array, i, item)
        {
                const char *text = json_string_value(item);

                if (n < G_N_ELEMENTS(found) && text && wattle_addr_parse(text, &found[n], NULL))
                        n++;
        }
        *ret = (WattleTailnetAddresses){ wattle_arena_copy(arena, found, n * sizeof *found), n };
}

static void read_routes(const json_t *array, WattleArena *arena, WattleTailnetRoutes *ret)
{
        WattlePrefix found[WATTLE_DEVICE_MAX_ROUTES];
        const json_t *item;
        gsize i;
        guint n = 0;

        json_array_foreach(array, i, item)
        {
                const char *text = json_string_value(item);

                /* Those of an exit node are ExitNodeOption already. */
                if (n < G_N_ELEMENTS(found) && text && wattle_prefix_parse(text, &found[n], NULL) &&
                    found[n].length > 0)
                        n++;
        }
        *ret = (WattleTailnetRoutes){ wattle_arena_copy(arena, found, n * sizeof *found), n };
}

/* Letters, digits and hyphens of the text up to the first dot, as a DNS label; NULL if nothing is
 * left. */
static char *label_of(const char *text)
{
        g_autofree char *label = g_ascii_strdown(text, (gssize)strcspn(text, "."));
        gsize start, end;

        g_strcanon(label, "abcdefghijklmnopqrstuvwxyz0123456789", '-');
        start = strspn(label, "-");
        end = MIN(strlen(label), start + WATTLE_DNS_LABEL_MAX);
        while (end > start && label[end - 1] == '-')
                end--;
        return end > start ? g_strndup(label + start, end - start) : NULL;
}

/* The name in DNS is unique within the tailnet, and the host's own is not. */
static const char *read_name(const json_t *object, WattleArena *arena)
{
        static const char *const names[] = { "DNSName", "HostName", "ID" };

        for (guint i = 0; i < G_N_ELEMENTS(names); i++) {
                const char *text = get_text(object, names[i]);
                g_autofree char *label = text ? label_of(text) : NULL;

                if (label)
                        return wattle_arena_strdup(arena, label);
        }
        return "device";
}

static void add_device(WattleTailnetStatus *status, const json_t *object, gboolean is_self)
{
        WattleTailnetDevice device = {
                .name = read_name(object, status->arena),
                .is_self = is_self,
                .is_online = get_boolean(object, "Online"),
                .is_active = get_boolean(object, "Active"),
                .exit_node = get_boolean(object, "ExitNodeOption"),
                .last_handshake_s = get_time(object, "LastHandshake"),
                .rx_bytes = get_number(object, "RxBytes"),
                .tx_bytes = get_number(object, "TxBytes"),
        };
        const char *endpoint = get_text(object, "CurAddr");
        const char *relay = get_text(object, "PeerRelay");

        if (!relay || !*relay)
                relay = get_text(object, "Relay");
        read_key(get_text(object, "PublicKey"), &device.public_key);
        read_addresses(json_object_get(object, "TailscaleIPs"), status->arena, &device.addresses);
        read_routes(json_object_get(object, "PrimaryRoutes"), status->arena, &device.routes);
        device.os = wattle_tailnet_status_text(status, get_text(object, "OS"));
        device.relay = wattle_tailnet_status_text(status, relay);
        /* One that cannot be read leaves none. */
        if (endpoint && !wattle_socket_addr_parse(endpoint, &device.endpoint, NULL))
                device.endpoint = (WattleSocketAddr){ 0 };
        g_array_append_val(status->devices, device);
}

/* As 'tailscale status' leaves them out: whom a device of ours is shared with, and the places of a
 * VPN provider, which are hundreds. */
static gboolean is_foreign(const json_t *object)
{
        return get_boolean(object, "ShareeNode") ||
               (json_is_object(json_object_get(object, "Location")) &&
                !get_boolean(object, "ExitNode"));
}

static void add_devices(WattleTailnetStatus *status, const json_t *root)
{
        json_t *self = json_object_get(root, "Self"), *peer;
        const char *key;

        if (json_is_object(self))
                add_device(status, self, TRUE);
        json_object_foreach(json_object_get(root, "Peer"), key, peer)
        {
                if (status->devices->len < WATTLE_TAILNET_MAX_DEVICES && !is_foreign(peer))
                        add_device(status, peer, FALSE);
        }
}

static void add_health(WattleTailnetStatus *status, const json_t *root)
{
        const json_t *item;
        gsize i;

        json_array_foreach(json_object_get(root, "Health"), i, item)
                wattle_tailnet_status_add_health(status, json_string_value(item));
}

gboolean wattle_tailscale_status_parse(const char *json, gsize size, WattleTailnetStatus *status,
                                       GError **error)
{
        json_error_t fault;
        json_t *root = json_loadb(json, size, 0, &fault);
        const char *state = get_text(root, "BackendState");
        gboolean ok = state && wattle_tailnet_state_parse(state, &status->state);

        if (!root)
                wattle_error_refuse(error, "line %d: no JSON: %s", fault.line, fault.text);
        else if (!ok)
                wattle_error_refuse(error, "it has no BackendState that is known, as 'tailscale "
                                           "status --json' prints it");
        if (ok) {
                status->auth_url = wattle_tailnet_status_text(status, get_text(root, "AuthURL"));
                add_health(status, root);
                add_devices(status, root);
                wattle_tailnet_status_sort(status);
        }
        json_decref(root);
        return ok;
}
