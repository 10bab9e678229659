/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "daemon/unproved.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "common/error.h"
#include "common/profile.h"
#include "common/scalar.h"
#include "common/sys/file.h"

#define HEADER "# wattled: moves under way\n"

static gboolean refuse(GError **error, guint line, const char *what)
{
        g_set_error(error, WATTLE_ERROR, WATTLE_ERROR_INVALID, "line %u: %s", line, what);
        return FALSE;
}

static gboolean read_endpoint(const char *text, WattleSocketAddr *ret)
{
        return wattle_socket_addr_parse(text, ret, NULL) && wattle_socket_addr_is_set(ret);
}

/* IFINDEX KEY FROM TO */
static gboolean read_line(const char *text, guint number, WattleUnproved *ret, GError **error)
{
        g_auto(GStrv) words = g_strsplit(text, " ", 5);
        guint64 ifindex;

        *ret = (WattleUnproved){ 0 };
        if (g_strv_length(words) != 4)
                return refuse(error, number, "not an interface, a key and two endpoints");
        if (!wattle_uint_parse(words[0], 1, G_MAXINT32, &ifindex, NULL))
                return refuse(error, number, "not the number of an interface");
        if (!wattle_key_parse(words[1], &ret->peer, NULL))
                return refuse(error, number, "not a key");
        if (!read_endpoint(words[2], &ret->from) || !read_endpoint(words[3], &ret->to))
                return refuse(error, number, "not an endpoint");
        ret->ifindex = (guint32)ifindex;
        return TRUE;
}

static gboolean read_lines(char *text, GArray *moves, GError **error)
{
        guint number = 2;

        for (char *line = text, *end; *line; line = end + 1, number++) {
                WattleUnproved move;

                end = strchr(line, '\n');
                if (!end)
                        return refuse(error, number, "the end is missing");
                *end = '\0';
                if (!read_line(line, number, &move, error))
                        return FALSE;
                if (number - 2 == WATTLE_PROFILE_MAX_DEVICES)
                        return refuse(error, number, "more lines than a mesh has devices");
                g_array_append_val(moves, move);
        }
        return TRUE;
}

gboolean wattle_unproved_read(gconstpointer bytes, gsize size, GArray *moves, GError **error)
{
        g_autofree char *text = size > 0 ? g_strndup(bytes, size) : g_strdup("");
        guint n = moves->len;

        if (strlen(text) != size || !g_str_has_prefix(text, HEADER))
                return refuse(error, 1, "not written by wattled");
        if (read_lines(text + strlen(HEADER), moves, error))
                return TRUE;
        g_array_set_size(moves, n);
        return FALSE;
}

char *wattle_unproved_write(const GArray *moves)
{
        GString *text = g_string_new(HEADER);

        for (guint i = 0; i < moves->len; i++) {
                const WattleUnproved *move = &g_array_index(moves, WattleUnproved, i);
                char key[WATTLE_KEY_TEXT_MAX], from[WATTLE_SOCKET_ADDR_TEXT_MAX],
                        to[WATTLE_SOCKET_ADDR_TEXT_MAX];

                wattle_key_format(&move->peer, key);
                wattle_socket_addr_format(&move->from, from);
                wattle_socket_addr_format(&move->to, to);
                g_string_append_printf(text, "%u %s %s %s\n", move->ifindex, key, from, to);
        }
        return g_string_free(text, FALSE);
}

static char *file_name(const char *mesh)
{
        return g_strdup_printf("%s.moves", mesh);
}

gboolean wattle_unproved_load(int dir_fd, const char *mesh, GArray *moves, GError **error)
{
        g_autofree char *name = file_name(mesh);
        g_autoptr(GError) own_error = NULL;
        g_autoptr(GBytes) bytes =
                wattle_read_file(dir_fd, name, WATTLE_UNPROVED_MAX_BYTES, &own_error);
        gconstpointer data = NULL;
        gsize size = 0;

        if (g_error_matches(own_error, WATTLE_ERROR, WATTLE_ERROR_NOT_FOUND))
                return TRUE;
        if (bytes)
                data = g_bytes_get_data(bytes, &size);
        if (bytes && wattle_unproved_read(data, size, moves, &own_error))
                return TRUE;
        g_propagate_prefixed_error(error, g_steal_pointer(&own_error), "%s: ", name);
        return FALSE;
}

gboolean wattle_unproved_store(int dir_fd, const char *mesh, const GArray *moves, GError **error)
{
        g_autofree char *name = file_name(mesh), *text = wattle_unproved_write(moves);

        if (moves->len > 0)
                return wattle_write_file(dir_fd, name, 0600, text, strlen(text), error);
        return wattle_below_unlink(dir_fd, name) == 0 || errno == ENOENT ||
               wattle_error_set_errno(error, errno, "%s", name);
}
