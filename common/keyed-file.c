/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/keyed-file.h"

#include <sodium.h>
#include <string.h>

/* In place of the line, behind its beginning. */
#define NO_KEY_BEFORE "# "
#define NO_KEY_AFTER  "... : the private key of this device goes here"

void wattle_keyed_file_init(WattleKeyedFile *file)
{
        *file = (WattleKeyedFile){ 0 };
        wattle_file_init(&file->text);
}

void wattle_keyed_file_clear(WattleKeyedFile *file)
{
        wattle_file_clear(&file->text);
        g_free(file->key_before);
        g_clear_pointer(&file->part_ends, g_array_unref);
}

void wattle_keyed_file_place(WattleKeyedFile *file, const char *before, const char *after)
{
        file->key_at = file->text.content->len;
        file->key_before = g_strdup(before);
        file->key_after = after;
}

static char *put(char *p, const char *text, gsize n)
{
        memcpy(p, text, n);
        return p + n;
}

static char *put_line(const WattleKeyedFile *file, const WattleKey *private_key, char *p)
{
        if (!file->key_before || (!private_key && file->text.is_bare))
                return p;
        if (!private_key)
                p = put(p, NO_KEY_BEFORE, strlen(NO_KEY_BEFORE));
        p = put(p, file->key_before, strlen(file->key_before));
        if (private_key) {
                wattle_key_format(private_key, p);
                p = put(p + WATTLE_KEY_TEXT_MAX - 1, file->key_after, strlen(file->key_after));
        } else {
                p = put(p, NO_KEY_AFTER, strlen(NO_KEY_AFTER));
        }
        return put(p, "\n", 1);
}

/* Of the text with its NUL, and no less than it needs. */
static gsize room_of(const WattleKeyedFile *file)
{
        gsize n_line = sizeof NO_KEY_BEFORE + sizeof NO_KEY_AFTER + WATTLE_KEY_TEXT_MAX;

        if (file->key_before)
                n_line += strlen(file->key_before) + strlen(file->key_after);
        return file->text.content->len + n_line + 1;
}

static void put_text(const WattleKeyedFile *file, const WattleKey *private_key, char *p)
{
        const GString *content = file->text.content;

        p = put(p, content->str, file->key_at);
        p = put_line(file, private_key, p);
        p = put(p, content->str + file->key_at, content->len - file->key_at);
        *p = '\0';
}

/* The text is put together in its last place: a buffer that grows would leave copies of the key
 * behind. */
char *wattle_keyed_file_join(const WattleKeyedFile *file, const WattleKey *private_key)
{
        char *text = sodium_malloc(room_of(file));

        if (!text)
                g_error("out of memory");
        put_text(file, private_key, text);
        return text;
}

char *wattle_keyed_file_without_key(const WattleKeyedFile *file)
{
        char *text = g_malloc(room_of(file));

        put_text(file, NULL, text);
        return text;
}
