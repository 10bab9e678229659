/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/tailnet-status.h"

#include <stddef.h>
#include <string.h>

#include "common/error.h"
#include "common/ini.h"
#include "common/scalar.h"
#include "common/text.h"
#include "common/value.h"

#define ADDRESSES_MAX WATTLE_DEVICE_MAX_ADDRESSES
#define ROUTES_MAX    WATTLE_DEVICE_MAX_ROUTES

const WattlePrefix wattle_tailnet_ranges[WATTLE_TAILNET_N_RANGES] = {
        { { AF_INET, { 100, 64 } }, 10 },
        { { AF_INET6, { 0xfd, 0x7a, 0x11, 0x5c, 0xa1, 0xe0 } }, 48 },
};

static const char *const state_names[WATTLE_TAILNET_N_STATES] = {
        [WATTLE_TAILNET_NO_STATE] = "NoState",
        [WATTLE_TAILNET_IN_USE_OTHER_USER] = "InUseOtherUser",
        [WATTLE_TAILNET_NEEDS_LOGIN] = "NeedsLogin",
        [WATTLE_TAILNET_NEEDS_MACHINE_AUTH] = "NeedsMachineAuth",
        [WATTLE_TAILNET_STOPPED] = "Stopped",
        [WATTLE_TAILNET_STARTING] = "Starting",
        [WATTLE_TAILNET_RUNNING] = "Running",
};

const char *wattle_tailnet_state_name(WattleTailnetState state)
{
        return state_names[state];
}

gboolean wattle_tailnet_state_parse(const char *text, WattleTailnetState *ret)
{
        for (WattleTailnetState state = 0; state < WATTLE_TAILNET_N_STATES; state++)
                if (strcmp(text, state_names[state]) == 0) {
                        *ret = state;
                        return TRUE;
                }
        return FALSE;
}

void wattle_tailnet_status_init(WattleTailnetStatus *status)
{
        *status = (WattleTailnetStatus){
                .arena = wattle_arena_new(),
                .devices = g_array_new(FALSE, FALSE, sizeof(WattleTailnetDevice)),
        };
}

void wattle_tailnet_status_clear(WattleTailnetStatus *status)
{
        g_clear_pointer(&status->devices, g_array_unref);
        g_clear_pointer(&status->arena, wattle_arena_unref);
}

const WattleTailnetDevice *wattle_tailnet_status_self(const WattleTailnetStatus *status)
{
        for (guint i = 0; i < status->devices->len; i++) {
                const WattleTailnetDevice *device =
                        &g_array_index(status->devices, WattleTailnetDevice, i);

                if (device->is_self)
                        return device;
        }
        return NULL;
}

const char *wattle_tailnet_status_text(WattleTailnetStatus *status, const char *text)
{
        g_autofree char *clean = text ? wattle_text_clean(text) : g_strdup("");

        g_strdelimit(clean, "\n\t", ' ');
        g_strstrip(clean);
        if (strlen(clean) > WATTLE_TAILNET_TEXT_MAX) {
                const char *end;

                clean[WATTLE_TAILNET_TEXT_MAX] = '\0';
                if (!g_utf8_validate(clean, -1, &end))
                        clean[end - clean] = '\0';
        }
        return *clean ? wattle_arena_strdup(status->arena, clean) : NULL;
}

void wattle_tailnet_status_add_health(WattleTailnetStatus *status, const char *text)
{
        const char *clean = wattle_tailnet_status_text(status, text);

        if (clean && status->n_health < WATTLE_TAILNET_MAX_HEALTH)
                status->health[status->n_health++] = clean;
}

static gint compare_devices(gconstpointer a, gconstpointer b)
{
        const WattleTailnetDevice *x = a, *y = b;
        int order = strcmp(x->name, y->name);

        return order != 0 ? order : memcmp(&x->public_key, &y->public_key, sizeof x->public_key);
}

/* A name that is as long as a label may be loses its end for the number. */
static const char *number_name(WattleTailnetStatus *status, const char *name, guint number)
{
        char digits[WATTLE_UINT_TEXT_MAX + 1] = "-";
        gsize n = wattle_uint_format(number, digits + 1) + 1;

        return wattle_arena_printf(status->arena, "%.*s%s", (int)(WATTLE_DNS_LABEL_MAX - n), name,
                                   digits);
}

void wattle_tailnet_status_sort(WattleTailnetStatus *status)
{
        g_autoptr(GHashTable) taken = g_hash_table_new(g_str_hash, g_str_equal);

        g_array_sort(status->devices, compare_devices);
        for (guint i = 0; i < status->devices->len; i++) {
                WattleTailnetDevice *device =
                        &g_array_index(status->devices, WattleTailnetDevice, i);
                const char *name = device->name;

                for (guint number = 2; g_hash_table_contains(taken, device->name); number++)
                        device->name = number_name(status, name, number);
                g_hash_table_add(taken, (gpointer)device->name);
        }
        g_array_sort(status->devices, compare_devices);
}

/* Keys of [Device NAME]. */
typedef enum {
        KIND_BOOLEAN,
        KIND_NUMBER,
        KIND_KEY,
        KIND_ADDRESSES,
        KIND_ROUTES,
        KIND_ENDPOINT,
        KIND_TEXT,
} Kind;

static const struct {
        const char *name;
        Kind kind;
        gsize offset;
} keys[] = {
        { "Self", KIND_BOOLEAN, offsetof(WattleTailnetDevice, is_self) },
        { "Online", KIND_BOOLEAN, offsetof(WattleTailnetDevice, is_online) },
        { "Active", KIND_BOOLEAN, offsetof(WattleTailnetDevice, is_active) },
        { "ExitNode", KIND_BOOLEAN, offsetof(WattleTailnetDevice, exit_node) },
        { "PublicKey", KIND_KEY, offsetof(WattleTailnetDevice, public_key) },
        { "Address", KIND_ADDRESSES, offsetof(WattleTailnetDevice, addresses) },
        { "Routes", KIND_ROUTES, offsetof(WattleTailnetDevice, routes) },
        { "Endpoint", KIND_ENDPOINT, offsetof(WattleTailnetDevice, endpoint) },
        { "OS", KIND_TEXT, offsetof(WattleTailnetDevice, os) },
        { "Relay", KIND_TEXT, offsetof(WattleTailnetDevice, relay) },
        { "LastHandshake", KIND_NUMBER, offsetof(WattleTailnetDevice, last_handshake_s) },
        { "Received", KIND_NUMBER, offsetof(WattleTailnetDevice, rx_bytes) },
        { "Sent", KIND_NUMBER, offsetof(WattleTailnetDevice, tx_bytes) },
};

static void put(GString *out, const char *key, const char *value)
{
        if (value && *value)
                g_string_append_printf(out, "%s=%s\n", key, value);
}

static char *addresses_text(const WattleTailnetAddresses *list)
{
        g_autoptr(GString) text = g_string_new(NULL);

        for (guint i = 0; i < list->n; i++) {
                char one[WATTLE_ADDR_TEXT_MAX];

                wattle_addr_format(&list->addresses[i], one);
                g_string_append_printf(text, "%s%s", i > 0 ? " " : "", one);
        }
        return g_string_free(g_steal_pointer(&text), FALSE);
}

static char *routes_text(const WattleTailnetRoutes *list)
{
        g_autoptr(GString) text = g_string_new(NULL);

        for (guint i = 0; i < list->n; i++) {
                char one[WATTLE_PREFIX_TEXT_MAX];

                wattle_prefix_format(&list->prefixes[i], one);
                g_string_append_printf(text, "%s%s", i > 0 ? " " : "", one);
        }
        return g_string_free(g_steal_pointer(&text), FALSE);
}

static char *key_text(const WattleKey *key)
{
        static const WattleKey none;
        char text[WATTLE_KEY_TEXT_MAX] = "";

        if (!wattle_key_equal(key, &none))
                wattle_key_format(key, text);
        return g_strdup(text);
}

static char *endpoint_text(const WattleSocketAddr *endpoint)
{
        char text[WATTLE_SOCKET_ADDR_TEXT_MAX];

        wattle_socket_addr_format(endpoint, text);
        return g_strdup(text);
}

/* "" for what is not there. */
static char *field_text(Kind kind, gconstpointer field)
{
        switch (kind) {
        case KIND_BOOLEAN:
                return g_strdup(*(const gboolean *)field ? "yes" : "");
        case KIND_NUMBER:
                return *(const guint64 *)field == 0
                               ? g_strdup("")
                               : g_strdup_printf("%" G_GUINT64_FORMAT, *(const guint64 *)field);
        case KIND_KEY:
                return key_text(field);
        case KIND_ADDRESSES:
                return addresses_text(field);
        case KIND_ROUTES:
                return routes_text(field);
        case KIND_ENDPOINT:
                return endpoint_text(field);
        case KIND_TEXT:
                return g_strdup(*(const char *const *)field);
        }
        g_assert_not_reached();
}

char *wattle_tailnet_status_write(const WattleTailnetStatus *status)
{
        GString *out = g_string_new("[Tailnet]\n");

        put(out, "State", wattle_tailnet_state_name(status->state));
        put(out, "AuthURL", status->auth_url);
        for (guint i = 0; i < status->n_health; i++)
                put(out, "Health", status->health[i]);
        for (guint i = 0; i < status->devices->len; i++) {
                const WattleTailnetDevice *device =
                        &g_array_index(status->devices, WattleTailnetDevice, i);

                g_string_append_printf(out, "[Device %s]\n", device->name);
                for (guint key = 0; key < G_N_ELEMENTS(keys); key++) {
                        g_autofree char *text =
                                field_text(keys[key].kind, (const char *)device + keys[key].offset);

                        put(out, keys[key].name, text);
                }
        }
        return g_string_free(out, FALSE);
}

static gboolean read_addresses(const WattleIniLine *line, WattleArena *arena,
                               WattleTailnetAddresses *ret, GError **error)
{
        WattleAddr found[ADDRESSES_MAX];
        WattlePlace place;
        char *rest = NULL, *word;
        guint n = 0;

        while ((word = wattle_ini_next_word(line, &rest, &place))) {
                if (n == G_N_ELEMENTS(found))
                        return wattle_error_refuse(error, "more than %u", n);
                if (!wattle_addr_parse(word, &found[n++], error))
                        return FALSE;
        }
        *ret = (WattleTailnetAddresses){ wattle_arena_copy(arena, found, n * sizeof *found), n };
        return TRUE;
}

static gboolean read_routes(const WattleIniLine *line, WattleArena *arena, WattleTailnetRoutes *ret,
                            GError **error)
{
        WattlePrefix found[ROUTES_MAX];
        WattlePlace place;
        char *rest = NULL, *word;
        guint n = 0;

        while ((word = wattle_ini_next_word(line, &rest, &place))) {
                if (n == G_N_ELEMENTS(found))
                        return wattle_error_refuse(error, "more than %u", n);
                if (!wattle_prefix_parse(word, &found[n++], error))
                        return FALSE;
        }
        *ret = (WattleTailnetRoutes){ wattle_arena_copy(arena, found, n * sizeof *found), n };
        return TRUE;
}

static gboolean read_field(const WattleIniLine *line, Kind kind, WattleTailnetStatus *status,
                           gpointer field, GError **error)
{
        switch (kind) {
        case KIND_BOOLEAN:
                return wattle_boolean_parse(line->value, field, error);
        case KIND_NUMBER:
                return wattle_uint_parse(line->value, 0, G_MAXUINT64, field, error);
        case KIND_KEY:
                return wattle_key_parse(line->value, field, error);
        case KIND_ADDRESSES:
                return read_addresses(line, status->arena, field, error);
        case KIND_ROUTES:
                return read_routes(line, status->arena, field, error);
        case KIND_ENDPOINT:
                return wattle_socket_addr_parse(line->value, field, error);
        case KIND_TEXT:
                *(const char **)field = wattle_tailnet_status_text(status, line->value);
                return TRUE;
        }
        g_assert_not_reached();
}

/* A key of a later version is passed over. */
static gboolean read_device_key(WattleTailnetStatus *status, const WattleIniLine *line,
                                GError **error)
{
        WattleTailnetDevice *device =
                &g_array_index(status->devices, WattleTailnetDevice, status->devices->len - 1);

        for (guint i = 0; i < G_N_ELEMENTS(keys); i++)
                if (strcmp(keys[i].name, line->key) == 0)
                        return read_field(line, keys[i].kind, status,
                                          (char *)device + keys[i].offset, error);
        return TRUE;
}

static gboolean read_tailnet_key(WattleTailnetStatus *status, const WattleIniLine *line,
                                 GError **error)
{
        if (strcmp(line->key, "State") == 0 &&
            !wattle_tailnet_state_parse(line->value, &status->state))
                return wattle_error_refuse(error, "'%s' is no state", line->value);
        if (strcmp(line->key, "AuthURL") == 0)
                status->auth_url = wattle_tailnet_status_text(status, line->value);
        if (strcmp(line->key, "Health") == 0)
                wattle_tailnet_status_add_health(status, line->value);
        return TRUE;
}

static gboolean add_device(WattleTailnetStatus *status, const WattleIniLine *line, GError **error)
{
        WattleTailnetDevice device = { .name = wattle_arena_strdup(status->arena, line->name) };

        if (status->devices->len == WATTLE_TAILNET_MAX_DEVICES)
                return wattle_error_refuse(error, "more than %d devices",
                                           WATTLE_TAILNET_MAX_DEVICES);
        if (!wattle_label_check(line->name, error))
                return FALSE;
        g_array_append_val(status->devices, device);
        return TRUE;
}

static gboolean read_line(WattleTailnetStatus *status, const WattleIniLine *line, GError **error)
{
        gboolean is_device = line->section && strcmp(line->section, "Device") == 0 && line->name;
        gboolean is_tailnet = line->section && strcmp(line->section, "Tailnet") == 0;

        switch (line->kind) {
        case WATTLE_INI_COMMENT:
                return TRUE;
        case WATTLE_INI_SECTION:
                return !is_device || add_device(status, line, error);
        case WATTLE_INI_KEY:
                if (is_device)
                        return read_device_key(status, line, error);
                return !is_tailnet || read_tailnet_key(status, line, error);
        }
        g_assert_not_reached();
}

gboolean wattle_tailnet_status_read(WattleTailnetStatus *status, gconstpointer bytes, gsize size,
                                    const char *file, WattleReport *report)
{
        guint n_errors = report->n_errors;
        g_auto(WattleIni) ini = { 0 };
        WattleIniLine line;

        wattle_ini_init(&ini, bytes, size, file, report);
        while (report->n_errors == n_errors && wattle_ini_next(&ini, &line)) {
                g_autoptr(GError) error = NULL;

                if (!read_line(status, &line, &error))
                        wattle_report_error(report, line.place, "%s", error->message);
        }
        if (report->n_errors == n_errors)
                wattle_tailnet_status_sort(status);
        return report->n_errors == n_errors;
}
