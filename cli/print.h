/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What people read: reports, tables, and colour where it is wanted. Whatever is printed here is
 * clean: the name of a connection or the error of another program gives no order to the terminal.
 * So nothing else in cli/ prints, which tests/check-includes holds.
 */
#pragma once

#include <glib.h>
#include <stdio.h>

#include "common/report.h"

typedef enum {
        WATTLE_STYLE_PLAIN,
        WATTLE_STYLE_BOLD,
        WATTLE_STYLE_DIM,
        WATTLE_STYLE_RED,
        WATTLE_STYLE_GREEN,
        WATTLE_STYLE_YELLOW,
        WATTLE_STYLE_CYAN,
        WATTLE_STYLE_PAPER, /* black on white, whatever colours the terminal has */
} WattleStyle;

/* The text in a style, if the stream is a terminal that knows colour and NO_COLOR is not set
 * (no-color.org); PAPER does not ask for that. */
void wattle_print_styled(FILE *stream, WattleStyle style, const char *text);

/* Orders to the terminal, for who draws on all of it; no text has any. */
typedef enum {
        WATTLE_ORDER_ENTER, /* another screen, without a cursor */
        WATTLE_ORDER_LEAVE,
        WATTLE_ORDER_CLEAR,
} WattleTerminalOrder;

void wattle_print_order(FILE *stream, WattleTerminalOrder order);

void wattle_print(FILE *stream, const char *format, ...) G_GNUC_PRINTF(2, 3);
void wattle_print_va(FILE *stream, const char *format, va_list args) G_GNUC_PRINTF(2, 0);

/* "wattle: TEXT" on stderr. */
void wattle_print_error(const char *format, ...) G_GNUC_PRINTF(1, 2);

/* All faults on stderr, sorted, a line each. */
void wattle_print_report(WattleReport *report);

/* Rows of cells under headings. A cell may have several lines; a column without any text is left
 * out with its heading. Widths are those of the content. */
typedef struct WattleTable WattleTable;

/* headings ends with NULL and is borrowed; they are translated where they are printed. */
WattleTable *wattle_table_new(const char *const *headings);
void wattle_table_free(WattleTable *table);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(WattleTable, wattle_table_free)

/* The next cell, row by row; takes over text. */
void wattle_table_add(WattleTable *table, char *text);
void wattle_table_add_styled(WattleTable *table, WattleStyle style, char *text);

/* Of its longest line, in characters. */
guint wattle_table_width(const WattleTable *table);
void wattle_table_print(const WattleTable *table, FILE *stream);
