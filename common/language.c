/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/language.h"

#include <libintl.h>
#include <string.h>

/* Behind the directive of printf's that begins at p. */
static const char *skip_directive(const char *p)
{
        p += 1 + strcspn(p + 1, "diouxXcsp%");
        return *p ? p + 1 : p;
}

/* What has nothing but directives and signs is in no catalogue (has_words() of po/catalogue.py),
 * and to find that out takes gettext a microsecond, each time. */
static gboolean has_words(const char *text)
{
        while (*text)
                if (*text == '%')
                        text = skip_directive(text);
                else if (g_ascii_isalpha(*text) || (guint8)*text > 0x7f)
                        return TRUE;
                else
                        text++;
        return FALSE;
}

/* The domain is named, for a plugin is in a program that has another. */
const char *wattle_translate(const char *text)
{
        return has_words(text) ? dgettext(WATTLE_LANGUAGE_DOMAIN, text) : text;
}

const char *wattle_translate_count(const char *one, const char *many, gulong n)
{
        return dngettext(WATTLE_LANGUAGE_DOMAIN, one, many, n);
}
