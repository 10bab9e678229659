/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/fileset.h"

#include <string.h>

static void file_free(gpointer data)
{
        WattleFile *file = data;

        g_free(file->path);
        g_string_free(file->content, TRUE);
        g_free(file);
}

void wattle_fileset_init(WattleFileset *files)
{
        files->files = g_ptr_array_new_with_free_func(file_free);
}

void wattle_fileset_clear(WattleFileset *files)
{
        g_clear_pointer(&files->files, g_ptr_array_unref);
}

WattleFile *wattle_fileset_add(WattleFileset *files, char *path, guint mode)
{
        WattleFile *file = g_new(WattleFile, 1);

        *file = (WattleFile){ path, mode, g_string_sized_new(1024) };
        g_ptr_array_add(files->files, file);
        return file;
}

const WattleFile *wattle_fileset_find(const WattleFileset *files, const char *path)
{
        for (guint i = 0; i < files->files->len; i++) {
                const WattleFile *file = g_ptr_array_index(files->files, i);

                if (strcmp(file->path, path) == 0)
                        return file;
        }
        return NULL;
}

static void append(WattleFile *file, const char *text, gsize n)
{
        for (gsize i = 0; i < n; i++)
                g_return_if_fail((guchar)text[i] >= 0x20 && text[i] != 0x7f);
        g_string_append_len(file->content, text, (gssize)n);
}

static void append_pair(WattleFile *file, const char *key, const char *value, gsize n)
{
        append(file, key, strlen(key));
        g_string_append_c(file->content, '=');
        append(file, value, n);
        g_string_append_c(file->content, '\n');
}

void wattle_file_comment(WattleFile *file, const char *text)
{
        g_string_append(file->content, "# ");
        append(file, text, strlen(text));
        g_string_append_c(file->content, '\n');
}

void wattle_file_section(WattleFile *file, const char *name)
{
        if (file->content->len > 0)
                g_string_append_c(file->content, '\n');
        g_string_append_c(file->content, '[');
        append(file, name, strlen(name));
        g_string_append(file->content, "]\n");
}

void wattle_file_set(WattleFile *file, const char *key, const char *value)
{
        append_pair(file, key, value, strlen(value));
}

void wattle_file_set_uint(WattleFile *file, const char *key, guint64 value)
{
        char text[24];
        gint n = g_snprintf(text, sizeof text, "%" G_GUINT64_FORMAT, value);

        append_pair(file, key, text, (gsize)n);
}

void wattle_file_set_key(WattleFile *file, const char *key, const WattleKey *public_key)
{
        char text[WATTLE_KEY_TEXT_MAX];

        wattle_key_format(public_key, text);
        append_pair(file, key, text, sizeof text - 1);
}

void wattle_file_set_endpoint(WattleFile *file, const char *key, const WattleEndpoint *endpoint)
{
        char text[WATTLE_ENDPOINT_TEXT_MAX];
        gsize n = wattle_endpoint_format(endpoint, text);

        append_pair(file, key, text, n);
}

void wattle_file_set_prefix(WattleFile *file, const char *key, const WattlePrefix *prefix)
{
        wattle_file_set_prefixes(file, key, prefix, 1);
}

void wattle_file_set_prefixes(WattleFile *file, const char *key, const WattlePrefix *prefixes,
                              guint n)
{
        append(file, key, strlen(key));
        for (guint i = 0; i < n; i++) {
                char text[WATTLE_PREFIX_TEXT_MAX];
                gsize length = wattle_prefix_format(&prefixes[i], text);

                g_string_append_c(file->content, i == 0 ? '=' : ',');
                append(file, text, length);
        }
        g_string_append_c(file->content, '\n');
}
