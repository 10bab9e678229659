/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "filter/opened.h"

#include <errno.h>
#include <string.h>

#include "common/error.h"
#include "common/paths.h"
#include "common/sys/file.h"

#define FILE_MAX (1024 * 1024)

void wattle_opened_init(WattleOpened *opened, int root_fd, const char *mesh)
{
        *opened = (WattleOpened){
                .root_fd = root_fd,
                .path = wattle_paths_file(WATTLE_FILE_OPENED, mesh),
                .set = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL),
        };
}

void wattle_opened_clear(WattleOpened *opened)
{
        if (!opened->set)
                return;
        g_hash_table_unref(opened->set);
        g_free(opened->path);
        g_free(opened->owner);
        *opened = (WattleOpened){ 0 };
}

gboolean wattle_opened_load(WattleOpened *opened, GError **error)
{
        g_autoptr(GError) own = NULL;
        g_autoptr(GBytes) bytes = wattle_read_file(opened->root_fd, opened->path, FILE_MAX, &own);
        g_autofree char *text = NULL;
        g_auto(GStrv) lines = NULL;

        if (!bytes) {
                if (!g_error_matches(own, WATTLE_ERROR, WATTLE_ERROR_NOT_FOUND))
                        g_propagate_prefixed_error(error, g_steal_pointer(&own),
                                                   "/%s: ", opened->path);
                return FALSE;
        }
        text = g_strndup(g_bytes_get_data(bytes, NULL), g_bytes_get_size(bytes));
        lines = g_strsplit(text, "\n", -1);
        wattle_opened_forget(opened, lines[0]);
        for (char **line = lines + (lines[0] != NULL); *line; line++)
                if (**line)
                        g_hash_table_add(opened->set, g_strdup(*line));
        return TRUE;
}

static gboolean remove_file(const WattleOpened *opened, GError **error)
{
        if (wattle_below_unlink(opened->root_fd, opened->path) == 0 || errno == ENOENT)
                return TRUE;
        return wattle_error_set_errno(error, errno, "/%s", opened->path);
}

gboolean wattle_opened_save(const WattleOpened *opened, GError **error)
{
        g_autoptr(GString) text = g_string_new(opened->owner);
        GHashTableIter iter;
        gpointer opening;

        if (g_hash_table_size(opened->set) == 0)
                return remove_file(opened, error);
        g_string_append_c(text, '\n');
        g_hash_table_iter_init(&iter, opened->set);
        while (g_hash_table_iter_next(&iter, &opening, NULL))
                g_string_append_printf(text, "%s\n", (const char *)opening);
        return wattle_make_folders(opened->root_fd, opened->path, error) &&
               wattle_write_file(opened->root_fd, opened->path, 0600, text->str, text->len, error);
}

void wattle_opened_forget(WattleOpened *opened, const char *owner)
{
        g_hash_table_remove_all(opened->set);
        g_free(opened->owner);
        opened->owner = g_strdup(owner);
}
