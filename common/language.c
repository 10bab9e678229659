/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/language.h"

#include <libintl.h>

/* The domain is named, for a plugin is in a program that has another. Of "" a catalogue has its
 * head. */
const char *wattle_translate(const char *text)
{
        return *text ? dgettext(WATTLE_LANGUAGE_DOMAIN, text) : text;
}

const char *wattle_translate_count(const char *one, const char *many, gulong n)
{
        return dngettext(WATTLE_LANGUAGE_DOMAIN, one, many, n);
}
