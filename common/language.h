/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Texts in the language of who reads them. A program that speaks to a person says so at its start,
 * by common/sys/language/catalogue.h; in all others, and where the build has no catalogues, texts
 * are as they are written. doc/hacking.md, "Texts in the reader's language", has what is translated
 * and what is not. */
#pragma once

#include <glib.h>

#define WATTLE_LANGUAGE_DOMAIN "wattle" /* of gettext */

/* The text in the reader's language; borrowed, and for ever. */
const char *wattle_translate(const char *text) G_GNUC_FORMAT(1);

/* One or the other by the number, by the rule of the reader's language. */
const char *wattle_translate_count(const char *one, const char *many, gulong n) G_GNUC_FORMAT(1)
        G_GNUC_FORMAT(2);

/* Both are known to po/keywords; a text in a table is only marked there, and translated where it is
 * used. */
#define _(text)          wattle_translate(text)
#define N_(text)         text
#define P_(one, many, n) wattle_translate_count(one, many, n)
