/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cli/export/key-line.h"

#include <sodium.h>
#include <string.h>

static const char *skip_blanks(const char *p)
{
        return p + strspn(p, " \t");
}

/* wg-quick(8) and others take "PrivateKey = " too, in letters of any case. */
const char *wattle_key_line_value(const WattleKeyedFile *file, const char *line)
{
        if (!file->key_before)
                return NULL;
        for (const char *p = file->key_before; *p; p++) {
                if (*p == ' ')
                        continue;
                line = skip_blanks(line);
                if (g_ascii_tolower(*line++) != g_ascii_tolower(*p))
                        return NULL;
        }
        return skip_blanks(line);
}

static gboolean is_key_of(const char *value, const WattleKey *public_key, WattleKey *ret)
{
        char text[WATTLE_KEY_TEXT_MAX] = "";
        WattleKey derived;
        gboolean ok;

        memcpy(text, value, strnlen(value, sizeof text - 1));
        ok = wattle_key_parse(text, ret, NULL);
        sodium_memzero(text, sizeof text);
        if (!ok)
                return FALSE;
        wattle_key_derive_public(ret, &derived);
        return wattle_key_equal(&derived, public_key);
}

gboolean wattle_key_line_is_of(const char *value, const WattleKey *public_key)
{
        g_auto(WattleKey) unused = { 0 };

        return is_key_of(value, public_key, &unused);
}

gboolean wattle_key_line_find(const WattleKeyedFile *file, const char *text,
                              const WattleKey *public_key, WattleKey *ret)
{
        WattleKey key;

        for (const char *line = text; line; line = strchr(line, '\n')) {
                const char *value = wattle_key_line_value(file, line += *line == '\n');

                if (!value || !is_key_of(value, public_key, &key))
                        continue;
                *ret = key;
                sodium_memzero(&key, sizeof key);
                return TRUE;
        }
        sodium_memzero(&key, sizeof key);
        return FALSE;
}
