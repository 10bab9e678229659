/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Text that is not ours (a file's name, what another program answers) on its way to a terminal,
 * which obeys what it cannot print. */
#pragma once

#include <glib.h>

/* Control characters but newline and tab, U+0080 to U+009F, which terminals obey too, and what
 * turns the direction of text: U+200E, U+200F, U+202A to U+202E and U+2066 to U+2069. */
gboolean wattle_text_is_unprintable(gunichar c);

/* The same text as UTF-8, each character that is unprintable, and each byte that is none, as
 * U+FFFD. */
char *wattle_text_clean(const char *text);

/* Whether all n bytes are printable ASCII, newlines and tabs: as most texts are, and quickly told.
 */
gboolean wattle_text_is_plain(const char *text, gsize n);
