/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "daemon/endpoint-file.h"

#include <string.h>

#include "common/endpoint.h"
#include "common/error.h"
#include "common/profile.h"
#include "common/scalar.h"
#include "common/sys/file.h"

/* The first line says which version the lines are of. This is 1, as all wattleds have written it;
 * that of a later one begins with LATER and its number, and those before pass over the file. */
#define HEADER "# wattled: where each peer was reached last\n"
#define LATER  "# wattled "

static gboolean refuse(GError **error, guint line, const char *what)
{
        g_set_error(error, WATTLE_ERROR, WATTLE_ERROR_INVALID, "line %u: %s", line, what);
        return FALSE;
}

/* KEY ENDPOINT SECONDS */
static gboolean read_line(const char *text, guint number, WattleGoodEndpoint *ret, GError **error)
{
        g_auto(GStrv) words = g_strsplit(text, " ", 4);
        guint64 proved_s;

        if (g_strv_length(words) != 3)
                return refuse(error, number, "not a key, an endpoint and a time");
        *ret = (WattleGoodEndpoint){ 0 };
        if (!wattle_key_parse(words[0], &ret->peer, NULL))
                return refuse(error, number, "not a key");
        if (!wattle_socket_addr_parse(words[1], &ret->at, NULL) ||
            !wattle_socket_addr_is_set(&ret->at) || ret->at.scope != 0)
                return refuse(error, number, "not an endpoint");
        if (!wattle_uint_parse(words[2], 0, G_MAXINT64, &proved_s, NULL))
                return refuse(error, number, "not a time");
        ret->proved_s = (gint64)proved_s;
        return TRUE;
}

static gboolean read_lines(char *text, GArray *endpoints, GError **error)
{
        g_autoptr(GHashTable) seen =
                g_hash_table_new((GHashFunc)wattle_key_hash, (GEqualFunc)wattle_key_equal);
        g_autoptr(WattleArena) arena = wattle_arena_new();
        guint number = 2;

        for (char *line = text + strlen(HEADER), *end; *line; line = end + 1, number++) {
                WattleGoodEndpoint read;

                end = strchr(line, '\n');
                if (!end)
                        return refuse(error, number, "the end is missing");
                *end = '\0';
                if (!read_line(line, number, &read, error))
                        return FALSE;
                if (!g_hash_table_add(seen, wattle_arena_copy(arena, &read.peer, sizeof read.peer)))
                        return refuse(error, number, "a key comes twice");
                if (endpoints->len == WATTLE_PROFILE_MAX_DEVICES)
                        return refuse(error, number, "more lines than a mesh has devices");
                g_array_append_val(endpoints, read);
        }
        return TRUE;
}

gboolean wattle_endpoint_file_read(gconstpointer bytes, gsize size, GArray *endpoints,
                                   GError **error)
{
        g_autofree char *text = size > 0 ? g_strndup(bytes, size) : g_strdup("");
        guint n = endpoints->len;

        if (g_str_has_prefix(text, LATER) && g_ascii_isdigit(text[strlen(LATER)]))
                return refuse(error, 1, "of a later version of wattled");
        if (strlen(text) != size || !g_str_has_prefix(text, HEADER))
                return refuse(error, 1, "not written by wattled");
        if (read_lines(text, endpoints, error))
                return TRUE;
        g_array_set_size(endpoints, n);
        return FALSE;
}

char *wattle_endpoint_file_write(const GArray *endpoints)
{
        GString *text = g_string_new(HEADER);

        for (guint i = 0; i < endpoints->len; i++) {
                const WattleGoodEndpoint *good = &g_array_index(endpoints, WattleGoodEndpoint, i);
                char key[WATTLE_KEY_TEXT_MAX], at[WATTLE_SOCKET_ADDR_TEXT_MAX];

                wattle_key_format(&good->peer, key);
                wattle_socket_addr_format(&good->at, at);
                g_string_append_printf(text, "%s %s %" G_GINT64_FORMAT "\n", key, at,
                                       good->proved_s);
        }
        return g_string_free(text, FALSE);
}

static char *file_name(const char *mesh)
{
        return g_strdup_printf("%s.endpoints", mesh);
}

gboolean wattle_endpoint_file_load(int dir_fd, const char *mesh, gint64 now_s, GArray *endpoints,
                                   GError **error)
{
        g_autofree char *name = file_name(mesh);
        g_autoptr(GError) own_error = NULL;
        g_autoptr(GBytes) bytes =
                wattle_read_file(dir_fd, name, WATTLE_ENDPOINT_FILE_MAX_BYTES, &own_error);
        gconstpointer data;
        gsize size;

        if (g_error_matches(own_error, WATTLE_ERROR, WATTLE_ERROR_NOT_FOUND))
                return TRUE;
        if (bytes)
                data = g_bytes_get_data(bytes, &size);
        if (!bytes || !wattle_endpoint_file_read(data, size, endpoints, &own_error)) {
                g_propagate_prefixed_error(error, g_steal_pointer(&own_error), "%s: ", name);
                return FALSE;
        }
        for (guint i = endpoints->len; i-- > 0;)
                if (g_array_index(endpoints, WattleGoodEndpoint, i).proved_s <
                    now_s - WATTLE_ENDPOINT_FILE_MAX_AGE_S)
                        g_array_remove_index(endpoints, i);
        return TRUE;
}

gboolean wattle_endpoint_file_store(int dir_fd, const char *mesh, const GArray *endpoints,
                                    GError **error)
{
        g_autofree char *name = file_name(mesh), *text = wattle_endpoint_file_write(endpoints);

        return wattle_write_file(dir_fd, name, 0600, text, strlen(text), error);
}
