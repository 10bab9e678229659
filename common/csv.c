/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/csv.h"

#include <string.h>

#include "common/error.h"

static const char separators[] = { ',', ';', '\t' };

static const char byte_order_mark[] = "\357\273\277";

/* That of them which comes first in the first line. */
static char find_separator(const char *text, const char *end)
{
        for (; text < end && *text != '\n'; text++)
                if (memchr(separators, *text, sizeof separators))
                        return *text;
        return separators[0];
}

void wattle_csv_init(WattleCsv *csv, const char *text, gsize size)
{
        const gsize n = strlen(byte_order_mark);

        *csv = (WattleCsv){ .at = text, .end = text + size, .line = 1 };
        if (size >= n && memcmp(text, byte_order_mark, n) == 0)
                csv->at += n;
        csv->separator = find_separator(csv->at, csv->end);
}

static gboolean is_at(const WattleCsv *csv, char c)
{
        return csv->at < csv->end && *csv->at == c;
}

/* Behind the first quote; TRUE when the last one was found. */
static gboolean read_quoted(WattleCsv *csv, GString *field)
{
        while (csv->at < csv->end) {
                char c = *csv->at++;

                if (c == '"' && !is_at(csv, '"'))
                        return TRUE;
                if (c == '"')
                        csv->at++;
                if (c == '\n')
                        csv->line++;
                g_string_append_c(field, c);
        }
        return FALSE;
}

/* Up to the separator or the end of the line, which stay. */
static gboolean read_field(WattleCsv *csv, GString *field, GError **error)
{
        guint32 line = csv->line;

        while (csv->at < csv->end && *csv->at != csv->separator && *csv->at != '\n') {
                if (*csv->at != '"') {
                        g_string_append_c(field, *csv->at++);
                        continue;
                }
                csv->at++;
                if (!read_quoted(csv, field))
                        return wattle_error_refuse(error, "line %u: a quote does not end", line);
        }
        return TRUE;
}

static gboolean read_record(WattleCsv *csv, GPtrArray *fields, GError **error)
{
        for (;;) {
                g_autoptr(GString) field = g_string_new(NULL);

                if (!read_field(csv, field, error))
                        return FALSE;
                if (!g_utf8_validate(field->str, (gssize)field->len, NULL))
                        return wattle_error_refuse(error, "line %u: is no text (UTF-8)", csv->line);
                g_ptr_array_add(fields, g_strstrip(g_strdup(field->str)));
                if (!is_at(csv, csv->separator))
                        break;
                csv->at++;
        }
        if (is_at(csv, '\n'))
                csv->at++;
        return TRUE;
}

static gboolean is_empty(const GPtrArray *fields)
{
        for (guint i = 0; i < fields->len; i++)
                if (*(const char *)fields->pdata[i])
                        return FALSE;
        return TRUE;
}

char **wattle_csv_next(WattleCsv *csv, guint32 *ret_line, GError **error)
{
        while (csv->at < csv->end) {
                g_autoptr(GPtrArray) fields = g_ptr_array_new_with_free_func(g_free);

                *ret_line = csv->line;
                if (!read_record(csv, fields, error))
                        return NULL;
                csv->line++;
                if (is_empty(fields))
                        continue;
                g_ptr_array_set_free_func(fields, NULL);
                g_ptr_array_add(fields, NULL);
                return (char **)g_ptr_array_free(g_steal_pointer(&fields), FALSE);
        }
        return NULL;
}
