/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/csv.h"

#include <string.h>

#include "tests/unit/fixture.h"

/* What comes of a text: "LINE:FIELD|FIELD", a record each, and the error. */
static const struct row {
        const char *name, *text, *expected, *error;
} rows[] = {
        { "nothing", "", "", NULL },
        { "one", "a", "1:a\n", NULL },
        { "commas", "a,b\nc,d\n", "1:a|b\n2:c|d\n", NULL },
        { "semicolons", "a;b,c\nd;e\n", "1:a|b,c\n2:d|e\n", NULL },
        { "tabs", "a\tb\nc\td", "1:a|b\n2:c|d\n", NULL },
        { "Windows", "\357\273\277a,b\r\nc,d\r\n", "1:a|b\n2:c|d\n", NULL },
        { "blanks", " a , b\t\n", "1:a|b\n", NULL },
        { "empty fields", "a,,\n,b,\n", "1:a||\n2:|b|\n", NULL },
        { "empty records", "a\n\n , ,\n\nb\n", "1:a\n5:b\n", NULL },
        { "quotes", "\"a,b\",\"c\"\"d\"\n\"e\nf\",g\nh\n", "1:a,b|c\"d\n2:e\nf|g\n4:h\n", NULL },
        { "a quote that does not end", "a\n\"b\nc", "1:a\n", "line 2: a quote does not end" },
        { "no text", "a\n\377\n", "1:a\n", "line 2: is no text (UTF-8)" },
};

static void read_rows(gconstpointer data)
{
        const struct row *row = data;
        g_autoptr(GString) said = g_string_new(NULL);
        g_autoptr(GError) error = NULL;
        WattleCsv csv;
        guint32 line;
        char **fields;

        wattle_csv_init(&csv, row->text, strlen(row->text));
        while ((fields = wattle_csv_next(&csv, &line, &error))) {
                g_autofree char *joined = g_strjoinv("|", fields);

                g_string_append_printf(said, "%u:%s\n", line, joined);
                g_strfreev(fields);
        }
        g_assert_cmpstr(said->str, ==, row->expected);
        check_error(error == NULL, &error, row->error);
}

int main(int argc, char **argv)
{
        g_test_init(&argc, &argv, NULL);
        add_rows("/csv", rows, read_rows);
        return g_test_run();
}
