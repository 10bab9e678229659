/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cli/diff.h"

#include <string.h>

#include "cli/print.h"
#include "common/language.h"

#define CONTEXT_LINES 3

/* A hunk: the edits from first up to end, and the text around them. */
typedef struct {
        guint first, end;
        gsize from, to; /* offsets in the old text */
} Hunk;

static guint count_lines(const char *text, gsize size)
{
        guint n = 0;

        for (gsize i = 0; i < size; i++)
                n += text[i] == '\n' || i + 1 == size;
        return n;
}

static gsize lines_before(const char *text, gsize at, guint n)
{
        for (; n > 0 && at > 0; n--)
                for (at--; at > 0 && text[at - 1] != '\n';)
                        at--;
        return at;
}

static gsize line_end(const char *text, gsize at)
{
        const char *newline = strchr(text + at, '\n');

        return newline ? (gsize)(newline - text) + 1 : at + strlen(text + at);
}

static gsize lines_after(const char *text, gsize at, guint n)
{
        for (; n > 0 && text[at]; n--)
                at = line_end(text, at);
        return at;
}

static const WattleEdit *edit_at(const GArray *edits, guint i)
{
        return &g_array_index(edits, WattleEdit, i);
}

static void print_lines(const char *text, gsize size, char mark, WattleStyle style, FILE *stream)
{
        for (gsize at = 0; at < size;) {
                gsize end = MIN(line_end(text, at), size);
                gboolean whole = text[end - 1] == '\n';
                g_autofree char *line =
                        g_strdup_printf("%c%.*s", mark, (int)(end - at - whole), text + at);

                wattle_print_styled(stream, style, line);
                wattle_print(stream, "%s", whole ? "\n" : _("\n\\ No newline at end of file\n"));
                at = end;
        }
}

/* Edits whose context would meet make one hunk. */
static Hunk find_hunk(const char *text, const GArray *edits, guint first)
{
        Hunk hunk = { .first = first, .end = first };

        hunk.from = lines_before(text, edit_at(edits, first)->at, CONTEXT_LINES);
        do {
                const WattleEdit *edit = edit_at(edits, hunk.end++);

                hunk.to = lines_after(text, edit->at + edit->n_removed, CONTEXT_LINES);
        } while (hunk.end < edits->len &&
                 lines_before(text, edit_at(edits, hunk.end)->at, CONTEXT_LINES) <= hunk.to);
        return hunk;
}

/* Returns by how many lines the hunk makes the text longer. */
static gint print_heading(const char *text, const GArray *edits, const Hunk *hunk, gint shift,
                          FILE *stream)
{
        guint old_line = count_lines(text, hunk->from) + 1;
        guint n_old = count_lines(text + hunk->from, hunk->to - hunk->from);
        g_autofree char *heading = NULL;
        gint growth = 0;

        for (guint i = hunk->first; i < hunk->end; i++) {
                const WattleEdit *edit = edit_at(edits, i);

                growth += (gint)count_lines(edit->inserted, strlen(edit->inserted));
                growth -= (gint)count_lines(text + edit->at, edit->n_removed);
        }
        heading = g_strdup_printf("@@ -%u,%u +%d,%d @@", old_line, n_old, (gint)old_line + shift,
                                  (gint)n_old + growth);
        wattle_print_styled(stream, WATTLE_STYLE_CYAN, heading);
        wattle_print(stream, "\n");
        return growth;
}

static void print_hunk(const char *text, const GArray *edits, const Hunk *hunk, FILE *stream)
{
        gsize at = hunk->from;

        for (guint i = hunk->first; i < hunk->end; i++) {
                const WattleEdit *edit = edit_at(edits, i);

                print_lines(text + at, edit->at - at, ' ', WATTLE_STYLE_PLAIN, stream);
                print_lines(text + edit->at, edit->n_removed, '-', WATTLE_STYLE_RED, stream);
                print_lines(edit->inserted, strlen(edit->inserted), '+', WATTLE_STYLE_GREEN,
                            stream);
                at = edit->at + edit->n_removed;
        }
        print_lines(text + at, hunk->to - at, ' ', WATTLE_STYLE_PLAIN, stream);
}

void wattle_print_diff(const char *file, const char *text, const GArray *edits, FILE *stream)
{
        g_autofree char *heading = g_strdup_printf("--- %s\n+++ %s", file, file);
        gint shift = 0;

        wattle_print_styled(stream, WATTLE_STYLE_BOLD, heading);
        wattle_print(stream, "\n");
        for (guint i = 0; i < edits->len;) {
                Hunk hunk = find_hunk(text, edits, i);

                shift += print_heading(text, edits, &hunk, shift, stream);
                print_hunk(text, edits, &hunk, stream);
                i = hunk.end;
        }
}
