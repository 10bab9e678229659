/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cli/print.h"

#include <string.h>
#include <unistd.h>

#include "common/language.h"
#include "common/text.h"

#define COLUMN_GAP 2

typedef struct {
        char **lines;
        WattleStyle style;
} Cell;

struct WattleTable {
        const char *const *headings;
        guint n_columns;
        GArray *cells; /* of Cell, row by row */
};

/* NO_COLOR is about what is added to a text. A code for a camera is one thing with its paper, and
 * on a dark terminal it would be unreadable without. */
static gboolean has_style(FILE *stream, WattleStyle style)
{
        const char *no_color = g_getenv("NO_COLOR");
        gboolean is_unwanted = no_color && *no_color && style != WATTLE_STYLE_PAPER;

        return isatty(fileno(stream)) && !is_unwanted && g_strcmp0(g_getenv("TERM"), "dumb") != 0;
}

void wattle_print_styled(FILE *stream, WattleStyle style, const char *text)
{
        g_autofree char *clean = wattle_text_clean(text);
        static const char *const codes[] = {
                [WATTLE_STYLE_PLAIN] = "",   [WATTLE_STYLE_BOLD] = "1",
                [WATTLE_STYLE_DIM] = "2",    [WATTLE_STYLE_RED] = "31",
                [WATTLE_STYLE_GREEN] = "32", [WATTLE_STYLE_YELLOW] = "33",
                [WATTLE_STYLE_CYAN] = "36",  [WATTLE_STYLE_PAPER] = "30;107",
        };

        if (style != WATTLE_STYLE_PLAIN && *text && has_style(stream, style))
                fprintf(stream, "\033[%sm%s\033[0m", codes[style], clean);
        else
                fputs(clean, stream);
}

void wattle_print_order(FILE *stream, WattleTerminalOrder order)
{
        static const char *const codes[] = {
                [WATTLE_ORDER_ENTER] = "\033[?1049h\033[?25l",
                [WATTLE_ORDER_LEAVE] = "\033[?25h\033[?1049l",
                [WATTLE_ORDER_CLEAR] = "\033[H\033[2J",
        };

        fputs(codes[order], stream);
}

void wattle_print_va(FILE *stream, const char *format, va_list args)
{
        g_autofree char *text = g_strdup_vprintf(_(format), args);

        wattle_print_styled(stream, WATTLE_STYLE_PLAIN, text);
}

void wattle_print(FILE *stream, const char *format, ...)
{
        va_list args;

        va_start(args, format);
        wattle_print_va(stream, format, args);
        va_end(args);
}

void wattle_print_error(const char *format, ...)
{
        va_list args;

        wattle_print_styled(stderr, WATTLE_STYLE_RED, "wattle:");
        fputc(' ', stderr);
        va_start(args, format);
        wattle_print_va(stderr, format, args);
        va_end(args);
        fputc('\n', stderr);
}

static void print_fault(const WattleFault *fault)
{
        g_autofree char *place = wattle_place_format(fault->place);
        gboolean is_warning = fault->kind == WATTLE_FAULT_WARNING;

        /* wattle_fault_format() has the same text; here its parts have styles. */
        wattle_print_styled(stderr, WATTLE_STYLE_BOLD, *place ? place : "wattle");
        fputs(": ", stderr);
        if (is_warning)
                wattle_print_styled(stderr, WATTLE_STYLE_YELLOW, _("warning: "));
        wattle_print(stderr, "%s\n", fault->text);
}

void wattle_print_report(WattleReport *report)
{
        guint n_all = report->n_errors + report->n_warnings;

        wattle_report_sort(report);
        for (guint i = 0; i < report->faults->len; i++)
                print_fault(&g_array_index(report->faults, WattleFault, i));
        if (n_all > report->faults->len)
                wattle_print_error("%u more faults are not shown", n_all - report->faults->len);
}

static void clear_cell(gpointer data)
{
        Cell *cell = data;

        g_strfreev(cell->lines);
}

WattleTable *wattle_table_new(const char *const *headings)
{
        WattleTable *table = g_new(WattleTable, 1);

        *table = (WattleTable){ headings, g_strv_length((char **)headings),
                                g_array_new(FALSE, FALSE, sizeof(Cell)) };
        g_array_set_clear_func(table->cells, clear_cell);
        return table;
}

void wattle_table_free(WattleTable *table)
{
        if (!table)
                return;
        g_array_unref(table->cells);
        g_free(table);
}

void wattle_table_add_styled(WattleTable *table, WattleStyle style, char *text)
{
        g_autofree char *owned = text, *clean = wattle_text_clean(text);
        Cell cell = { g_strsplit(clean, "\n", -1), style };

        g_array_append_val(table->cells, cell);
}

void wattle_table_add(WattleTable *table, char *text)
{
        wattle_table_add_styled(table, WATTLE_STYLE_PLAIN, text);
}

static guint text_width(const char *text)
{
        return (guint)g_utf8_strlen(text, -1);
}

/* 0 for a column that holds nothing but its heading. */
static guint column_width(const WattleTable *table, guint column)
{
        guint width = 0;

        for (guint i = column; i < table->cells->len; i += table->n_columns) {
                char **lines = g_array_index(table->cells, Cell, i).lines;

                for (guint j = 0; lines[j]; j++)
                        width = MAX(width, text_width(lines[j]));
        }
        return width > 0 ? MAX(width, text_width(_(table->headings[column]))) : 0;
}

/* One line of texts, each in its style; blanks are owed, and paid only when more text follows. */
static void print_line(const WattleTable *table, const guint *widths, const char *const *texts,
                       const WattleStyle *styles, FILE *stream)
{
        guint owed = 0;

        for (guint i = 0; i < table->n_columns; i++) {
                if (widths[i] == 0)
                        continue;
                if (*texts[i]) {
                        fprintf(stream, "%*s", (int)owed, "");
                        wattle_print_styled(stream, styles[i], texts[i]);
                        owed = 0;
                }
                owed += widths[i] - text_width(texts[i]) + COLUMN_GAP;
        }
        fputc('\n', stream);
}

static void print_row(const WattleTable *table, const guint *widths, guint first_cell, FILE *stream)
{
        g_autofree const char **texts = g_new0(const char *, table->n_columns);
        g_autofree WattleStyle *styles = g_new0(WattleStyle, table->n_columns);
        guint height = 1;

        for (guint line = 0; line < height; line++) {
                for (guint i = 0; i < table->n_columns; i++) {
                        const Cell *cell = &g_array_index(table->cells, Cell, first_cell + i);
                        guint n = g_strv_length(cell->lines);

                        height = MAX(height, n);
                        texts[i] = line < n ? cell->lines[line] : "";
                        styles[i] = cell->style;
                }
                print_line(table, widths, texts, styles, stream);
        }
}

guint wattle_table_width(const WattleTable *table)
{
        guint width = 0;

        for (guint i = 0; i < table->n_columns; i++) {
                guint column = column_width(table, i);

                if (column > 0)
                        width += column + (width > 0 ? COLUMN_GAP : 0);
        }
        return width;
}

void wattle_table_print(const WattleTable *table, FILE *stream)
{
        g_autofree guint *widths = g_new(guint, table->n_columns);
        g_autofree WattleStyle *bold = g_new(WattleStyle, table->n_columns);
        g_autofree const char **headings = g_new(const char *, table->n_columns);

        for (guint i = 0; i < table->n_columns; i++) {
                widths[i] = column_width(table, i);
                bold[i] = WATTLE_STYLE_BOLD;
                headings[i] = _(table->headings[i]);
        }
        print_line(table, widths, headings, bold, stream);
        for (guint i = 0; i < table->cells->len; i += table->n_columns)
                print_row(table, widths, i, stream);
}
