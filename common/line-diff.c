/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/line-diff.h"

#include <string.h>

/* Of the table of the longest common subsequence, 4 bytes each. */
#define MAX_CELLS (4U << 20)

typedef struct {
        const char *text;
        guint length; /* with its newline */
} Line;

static GArray *split(const char *text)
{
        GArray *lines = g_array_new(FALSE, FALSE, sizeof(Line));

        while (*text) {
                const char *end = strchr(text, '\n');
                Line line = { text, (guint)(end ? (gsize)(end - text) + 1 : strlen(text)) };

                g_array_append_val(lines, line);
                text += line.length;
        }
        return lines;
}

static const Line *line_at(const GArray *lines, guint i)
{
        return &g_array_index(lines, Line, i);
}

static gboolean equal(const GArray *old, guint i, const GArray *new, guint j)
{
        const Line *a = line_at(old, i), *b = line_at(new, j);

        return a->length == b->length && memcmp(a->text, b->text, a->length) == 0;
}

/* Lines from first to before end of each text. */
typedef struct {
        guint old_first, old_end, new_first, new_end;
} Range;

static void clear_edit(gpointer data)
{
        g_free(((WattleEdit *)data)->inserted);
}

static void add_edit(GArray *edits, const char *text, const GArray *old, const GArray *new,
                     const Range *range)
{
        const char *end = text + strlen(text);
        const char *from = range->old_first < old->len ? line_at(old, range->old_first)->text : end;
        const char *to = range->old_end < old->len ? line_at(old, range->old_end)->text : end;
        WattleEdit edit = { (gsize)(from - text), (gsize)(to - from), NULL };
        GString *inserted = g_string_new(NULL);

        for (guint j = range->new_first; j < range->new_end; j++)
                g_string_append_len(inserted, line_at(new, j)->text, line_at(new, j)->length);
        edit.inserted = g_string_free(inserted, FALSE);
        if (edit.n_removed > 0 || *edit.inserted)
                g_array_append_val(edits, edit);
        else
                g_free(edit.inserted);
}

/* Without the lines at the begin and the end that are equal. */
static Range trim(const GArray *old, const GArray *new)
{
        Range range = { 0, old->len, 0, new->len };

        while (range.old_first < range.old_end && range.new_first < range.new_end &&
               equal(old, range.old_first, new, range.new_first)) {
                range.old_first++;
                range.new_first++;
        }
        while (range.old_first < range.old_end && range.new_first < range.new_end &&
               equal(old, range.old_end - 1, new, range.new_end - 1)) {
                range.old_end--;
                range.new_end--;
        }
        return range;
}

/* How long the longest common subsequence is from each pair of lines on, row by row. */
static guint32 *measure(const GArray *old, const GArray *new, const Range *range)
{
        guint n = range->old_end - range->old_first, m = range->new_end - range->new_first;
        gsize width = m + 1;
        guint32 *common = g_new0(guint32, (n + 1) * width);

        for (guint i = n; i-- > 0;)
                for (guint j = m; j-- > 0;) {
                        guint32 *cell = &common[i * width + j];

                        if (equal(old, range->old_first + i, new, range->new_first + j))
                                *cell = cell[width + 1] + 1;
                        else
                                *cell = MAX(cell[width], cell[1]);
                }
        return common;
}

static void walk(GArray *edits, const char *text, const GArray *old, const GArray *new,
                 const Range *range)
{
        guint n = range->old_end - range->old_first, m = range->new_end - range->new_first;
        gsize width = m + 1;
        g_autofree guint32 *common = measure(old, new, range);
        guint i = 0, j = 0;

        while (i < n || j < m) {
                Range part = { range->old_first + i, 0, range->new_first + j, 0 };

                while ((i < n || j < m) &&
                       !(i < n && j < m &&
                         equal(old, range->old_first + i, new, range->new_first + j))) {
                        if (j == m ||
                            (i < n && common[(i + 1) * width + j] >= common[i * width + j + 1]))
                                i++;
                        else
                                j++;
                }
                part.old_end = range->old_first + i;
                part.new_end = range->new_first + j;
                add_edit(edits, text, old, new, &part);
                while (i < n && j < m &&
                       equal(old, range->old_first + i, new, range->new_first + j)) {
                        i++;
                        j++;
                }
        }
}

GArray *wattle_line_diff(const char *old, const char *new)
{
        g_autoptr(GArray) old_lines = split(old), new_lines = split(new);
        GArray *edits = g_array_new(FALSE, FALSE, sizeof(WattleEdit));
        Range range = trim(old_lines, new_lines);
        guint64 n_cells = ((guint64)range.old_end - range.old_first + 1) *
                          (range.new_end - range.new_first + 1);

        g_array_set_clear_func(edits, clear_edit);
        if (n_cells > MAX_CELLS)
                add_edit(edits, old, old_lines, new_lines, &range);
        else
                walk(edits, old, old_lines, new_lines, &range);
        return edits;
}
