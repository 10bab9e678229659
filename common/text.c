/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/text.h"

#define REPLACEMENT 0xfffd

gboolean wattle_text_is_unprintable(gunichar c)
{
        return (c < 0x20 && c != '\n' && c != '\t') || (c >= 0x7f && c <= 0x9f) || c == 0x200e ||
               c == 0x200f || (c >= 0x202a && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069);
}

char *wattle_text_clean(const char *text)
{
        g_autofree char *valid = g_utf8_make_valid(text, -1);
        GString *clean = g_string_sized_new(32);

        for (const char *p = valid; *p; p = g_utf8_next_char(p)) {
                gunichar c = g_utf8_get_char(p);

                g_string_append_unichar(clean, wattle_text_is_unprintable(c) ? REPLACEMENT : c);
        }
        return g_string_free(clean, FALSE);
}
