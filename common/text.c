/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/text.h"

#include <string.h>

#define REPLACEMENT 0xfffd

gboolean wattle_text_is_unprintable(gunichar c)
{
        return (c < 0x20 && c != '\n' && c != '\t') || (c >= 0x7f && c <= 0x9f) || c == 0x200e ||
               c == 0x200f || (c >= 0x202a && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069);
}

/* All bytes above 0x7f are below 0 here. */
static inline guint8 is_odd(gint8 c)
{
        return ((c < 0x20) & (c != '\n') & (c != '\t')) | (c == 0x7f);
}

#define BLOCK 64

/* Blocks of fixed size become vectors: the test of each byte of each line took a tenth of the time
 * of a mesh. */
gboolean wattle_text_is_plain(const char *text, gsize n)
{
        guint8 odd = 0;
        gsize at = 0;

        for (; n - at >= BLOCK; at += BLOCK)
                for (guint i = 0; i < BLOCK; i++)
                        odd |= is_odd((gint8)text[at + i]);
        for (; at < n; at++)
                odd |= is_odd((gint8)text[at]);
        return !odd;
}

char *wattle_text_clean(const char *text)
{
        g_autofree char *valid = NULL;
        const char *begin, *next;
        GString *clean;

        if (wattle_text_is_plain(text, strlen(text)))
                return g_strdup(text);
        valid = g_utf8_make_valid(text, -1);
        clean = g_string_sized_new(strlen(valid));
        begin = valid;
        for (const char *p = valid; *p; p = next) {
                next = g_utf8_next_char(p);
                if (!is_odd((gint8)*p) || !wattle_text_is_unprintable(g_utf8_get_char(p)))
                        continue;
                g_string_append_len(clean, begin, p - begin);
                g_string_append_unichar(clean, REPLACEMENT);
                begin = next;
        }
        g_string_append(clean, begin);
        return g_string_free(clean, FALSE);
}
