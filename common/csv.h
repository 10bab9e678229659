/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A table as spreadsheets write it (RFC 4180): a record a line, fields between commas, or what the
 * first line has in their place (semicolons, tabs); a field in double quotes may have these and
 * line ends in it, and a double quote as two. UTF-8, with a byte order mark or without. */
#pragma once

#include <glib.h>

typedef struct {
        const char *at, *end; /* borrowed */
        char separator;
        guint32 line;
} WattleCsv;

/* text is borrowed. */
void wattle_csv_init(WattleCsv *csv, const char *text, gsize size);

/* The next record that is not empty, as a list of fields without blanks at their ends; *ret_line is
 * where it begins. NULL at the end without an error, or with one: a quote that does not end, or
 * bytes that are no text. */
char **wattle_csv_next(WattleCsv *csv, guint32 *ret_line, GError **error);
