/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/fileset.h"

#include <string.h>

#include "common/scalar.h"

void wattle_file_init(WattleFile *file)
{
        *file = (WattleFile){ .content = g_string_sized_new(1024) };
}

void wattle_file_clear(WattleFile *file)
{
        g_free(file->path);
        g_string_free(file->content, TRUE);
}

static void file_free(gpointer data)
{
        wattle_file_clear(data);
        g_free(data);
}

void wattle_fileset_init(WattleFileset *files)
{
        *files = (WattleFileset){ .end = WATTLE_N_MESH_FILES };
        files->files = g_ptr_array_new_with_free_func(file_free);
}

/* What wattle-filter reads. */
void wattle_fileset_init_carried(WattleFileset *files)
{
        wattle_fileset_init(files);
        files->first = WATTLE_FILE_FILTER;
        files->end = WATTLE_N_MESH_FILES;
}

void wattle_fileset_init_carried_names(WattleFileset *files)
{
        wattle_fileset_init(files);
        files->first = WATTLE_FILE_CARRIED_NAMES;
        files->end = WATTLE_FILE_CARRIED_NAMES + 1;
}

void wattle_fileset_init_carried_mesh(WattleFileset *files)
{
        wattle_fileset_init(files);
        files->first = WATTLE_FILE_CARRIED_MESH;
        files->end = WATTLE_FILE_CARRIED_LOCAL + 1;
}

void wattle_fileset_init_tailnet(WattleFileset *files)
{
        wattle_fileset_init(files);
        files->first = WATTLE_N_MESH_FILES;
        files->end = WATTLE_N_RENDERED_FILES;
}

void wattle_fileset_clear(WattleFileset *files)
{
        g_clear_pointer(&files->files, g_ptr_array_unref);
}

/* Room for n more bytes at the end of the content; finish() says how many of them were written. A
 * line is put together in place: with a call of g_string_append() for each of its pieces, rendering
 * took more than twice as long. */
static char *room(WattleFile *file, gsize n)
{
        GString *content = file->content;
        gsize length = content->len;

        if (content->allocated_len - length <= n) {
                g_string_set_size(content, length + n);
                content->len = length;
        }
        return content->str + length;
}

WattleFile *wattle_fileset_add(WattleFileset *files, WattleFileKind kind, const char *mesh,
                               guint mode)
{
        WattleFile *file = g_new(WattleFile, 1);

        wattle_file_init(file);
        file->kind = kind;
        file->path = wattle_paths_file(kind, mesh);
        file->mode = mode;
        g_ptr_array_add(files->files, file);
        return file;
}

void wattle_file_expect(WattleFile *file, gsize n)
{
        room(file, n);
}

const WattleFile *wattle_fileset_find(const WattleFileset *files, WattleFileKind kind)
{
        for (guint i = 0; i < files->files->len; i++) {
                const WattleFile *file = g_ptr_array_index(files->files, i);

                if (file->kind == kind)
                        return file;
        }
        return NULL;
}

guint wattle_file_bits_count(guint bits)
{
        guint n = 0;

        for (; bits; bits &= bits - 1)
                n++;
        return n;
}

static void finish(WattleFile *file, char *end)
{
        *end = '\0';
        file->content->len = (gsize)(end - file->content->str);
}

static char *put(char *p, const char *text, gsize n)
{
        memcpy(p, text, n);
        return p + n;
}

/* 0 for a text that must be left out. */
static gsize printable_length(const char *text)
{
        gsize n = 0;

        for (; text[n]; n++)
                g_return_val_if_fail((guchar)text[n] >= 0x20 && text[n] != 0x7f, 0);
        return n;
}

void wattle_file_comment(WattleFile *file, const char *text)
{
        gsize n = printable_length(text);
        char *p = room(file, n + 3);

        if (file->is_bare)
                return;
        *p++ = '#';
        *p++ = ' ';
        p = put(p, text, n);
        *p++ = '\n';
        finish(file, p);
}

void wattle_file_section(WattleFile *file, const char *name)
{
        gsize n = strlen(name);
        char *p = room(file, n + 4);

        if (file->content->len > 0 && !file->is_bare)
                *p++ = '\n';
        *p++ = '[';
        p = put(p, name, n);
        *p++ = ']';
        *p++ = '\n';
        finish(file, p);
}

/* "KEY=" with room for a value of n bytes and its line end. */
static char *begin_pair(WattleFile *file, const char *key, gsize n)
{
        gsize n_key = strlen(key);
        char *p = put(room(file, n_key + n + 2), key, n_key);

        *p++ = '=';
        return p;
}

static void end_pair(WattleFile *file, char *p)
{
        *p++ = '\n';
        finish(file, p);
}

void wattle_file_set(WattleFile *file, const char *key, const char *value)
{
        gsize n = printable_length(value);

        end_pair(file, put(begin_pair(file, key, n), value, n));
}

void wattle_file_set_uint(WattleFile *file, const char *key, guint64 value)
{
        char *p = begin_pair(file, key, WATTLE_UINT_TEXT_MAX);

        end_pair(file, p + wattle_uint_format(value, p));
}

void wattle_file_set_key(WattleFile *file, const char *key, const WattleKey *public_key)
{
        char *p = begin_pair(file, key, WATTLE_KEY_TEXT_MAX);

        wattle_key_format(public_key, p);
        end_pair(file, p + WATTLE_KEY_TEXT_MAX - 1);
}

void wattle_file_set_socket_addr(WattleFile *file, const char *key, const WattleSocketAddr *at)
{
        char *p = begin_pair(file, key, WATTLE_SOCKET_ADDR_TEXT_MAX);

        end_pair(file, p + wattle_socket_addr_format(at, p));
}

void wattle_file_set_endpoint(WattleFile *file, const char *key, const WattleEndpoint *endpoint)
{
        char *p = begin_pair(file, key, WATTLE_ENDPOINT_TEXT_MAX);

        end_pair(file, p + wattle_endpoint_format(endpoint, p));
}

void wattle_file_set_prefix(WattleFile *file, const char *key, const WattlePrefix *prefix)
{
        wattle_file_set_prefixes(file, key, prefix, 1);
}

void wattle_file_set_prefixes(WattleFile *file, const char *key, const WattlePrefix *prefixes,
                              guint n)
{
        char *p = begin_pair(file, key, (gsize)n * WATTLE_PREFIX_TEXT_MAX);

        for (guint i = 0; i < n; i++) {
                if (i > 0)
                        *p++ = ',';
                p += wattle_prefix_format(&prefixes[i], p);
        }
        end_pair(file, p);
}
