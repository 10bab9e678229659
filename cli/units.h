/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Amounts as people read them: two or three digits and a unit. All return a text to free. */
#pragma once

#include <glib.h>

/* "0 s", "59 s", "3 min", "2 h", "5 d"; below 0, for a clock that was set, is 0 s. */
char *wattle_format_age(gint64 seconds);

/* "0 B", "1023 B", "1.5 KiB", "12 MiB": as wg(8). */
char *wattle_format_bytes(guint64 bytes);

/* "0.3 ms", "12 ms", "1.2 s". */
char *wattle_format_duration(guint64 us);
