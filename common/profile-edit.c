/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/profile-edit.h"

#include <string.h>

#include "common/ini.h"
#include "common/lineage.h"

#define NONE G_MAXUINT

typedef enum {
        LINE_SECTION,
        LINE_KEY,
        LINE_COMMENT,
        LINE_BLANK,
} LineKind;

typedef struct {
        LineKind kind;
        gsize start, end;
} Line;

/* Where things stand in a text; indices of lines, or NONE. */
typedef struct {
        const char *text;
        GArray *lines; /* of Line */
        guint mesh;    /* [Mesh] */
        guint serial;  /* Serial= */
        guint serial_column;
        guint previous; /* Previous= */
        guint previous_column;
        guint device; /* the header of the device in question */
} Layout;

static void edit_clear(gpointer data)
{
        WattleEdit *edit = data;

        g_free(edit->inserted);
}

static GArray *new_edits(void)
{
        GArray *edits = g_array_new(FALSE, FALSE, sizeof(WattleEdit));

        g_array_set_clear_func(edits, edit_clear);
        return edits;
}

static LineKind kind_of_line(const char *text, const WattleIniLine *line)
{
        const char *start = text + line->start;

        switch (line->kind) {
        case WATTLE_INI_SECTION:
                return LINE_SECTION;
        case WATTLE_INI_KEY:
                return LINE_KEY;
        case WATTLE_INI_COMMENT:
                start += strspn(start, " \t");
                return *start == '#' || *start == ';' ? LINE_COMMENT : LINE_BLANK;
        }
        g_return_val_if_reached(LINE_BLANK);
}

static void note_line(Layout *layout, const WattleIniLine *line, const char *device)
{
        guint i = layout->lines->len;
        gboolean in_mesh = line->section && strcmp(line->section, "Mesh") == 0;

        if (line->kind == WATTLE_INI_SECTION && in_mesh)
                layout->mesh = i;
        if (line->kind == WATTLE_INI_SECTION && strcmp(line->section, "Device") == 0 &&
            g_strcmp0(line->name, device) == 0)
                layout->device = i;
        if (line->kind == WATTLE_INI_KEY && in_mesh && strcmp(line->key, "Serial") == 0) {
                layout->serial = i;
                layout->serial_column = line->value_place.column;
        }
        if (line->kind == WATTLE_INI_KEY && in_mesh && strcmp(line->key, "Previous") == 0) {
                layout->previous = i;
                layout->previous_column = line->value_place.column;
        }
}

static void layout_init(Layout *layout, const char *text, const char *device)
{
        g_auto(WattleReport) report = { 0 };
        g_auto(WattleIni) ini = { 0 };
        WattleIniLine line;

        *layout = (Layout){ .text = text,
                            .lines = g_array_new(FALSE, FALSE, sizeof(Line)),
                            .mesh = NONE,
                            .serial = NONE,
                            .previous = NONE,
                            .device = NONE };
        wattle_report_init(&report);
        wattle_ini_init(&ini, text, strlen(text), NULL, &report);
        while (wattle_ini_next(&ini, &line)) {
                Line own = { kind_of_line(text, &line), line.start, line.end };

                note_line(layout, &line, device);
                g_array_append_val(layout->lines, own);
        }
}

static void layout_clear(Layout *layout)
{
        g_array_unref(layout->lines);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Layout, layout_clear)

static const Line *line_at(const Layout *layout, guint i)
{
        return &g_array_index(layout->lines, Line, i);
}

static gboolean is_kind(const Layout *layout, guint i, LineKind kind)
{
        return i < layout->lines->len && line_at(layout, i)->kind == kind;
}

static gboolean ends_in_newline(const char *text, gsize end)
{
        return end == 0 || text[end - 1] == '\n';
}

/* The line with another value, and more behind it; blanks at its ends stay. */
static void replace_value(const Layout *layout, guint i, guint column, const char *value,
                          const char *more, GArray *edits)
{
        const Line *line = line_at(layout, i);
        const char *start = layout->text + line->start, *end = layout->text + line->end;
        const char *old = start + column - 1;
        const char *rest = old + strspn(old, "0123456789abcdef");
        WattleEdit edit = { line->start, line->end - line->start,
                            g_strdup_printf("%.*s%s%.*s%s%s", (int)(old - start), start, value,
                                            (int)(end - rest), rest,
                                            ends_in_newline(layout->text, line->end) ? "" : "\n",
                                            more) };

        g_array_append_val(edits, edit);
}

static char *next_serial(const Layout *layout)
{
        const char *value =
                layout->text + line_at(layout, layout->serial)->start + layout->serial_column - 1;

        return g_strdup_printf("%" G_GUINT64_FORMAT, g_ascii_strtoull(value, NULL, 10) + 1);
}

/* What says that one text follows on another: on before, which is layout's own text or that from
 * which it was made, with this Serial. */
static void follow_on(const Layout *layout, const char *before, const char *serial,
                      gboolean with_previous, GArray *edits)
{
        gboolean is_new = with_previous && layout->previous == NONE;
        char sum_text[WATTLE_TEXT_SUM_TEXT_MAX];
        g_autofree char *line = NULL;
        WattleTextSum sum;

        wattle_text_sum(before, strlen(before), &sum);
        wattle_text_sum_format(&sum, sum_text);
        line = is_new ? g_strdup_printf("Previous=%s\n", sum_text) : g_strdup("");
        if (layout->serial != NONE) {
                replace_value(layout, layout->serial, layout->serial_column, serial, line, edits);
        } else if (layout->mesh != NONE) {
                WattleEdit edit = { line_at(layout, layout->mesh)->end, 0,
                                    g_strconcat("Serial=", serial, "\n", line, NULL) };

                g_array_append_val(edits, edit);
        }
        if (layout->previous != NONE)
                replace_value(layout, layout->previous, layout->previous_column, sum_text, "",
                              edits);
}

static void follow(const Layout *layout, gboolean with_previous, GArray *edits)
{
        g_autofree char *serial = layout->serial != NONE ? next_serial(layout) : g_strdup("1");

        follow_on(layout, layout->text, serial, with_previous, edits);
}

static gint compare_edits(gconstpointer a, gconstpointer b)
{
        const WattleEdit *x = a, *y = b;

        return x->at < y->at ? -1 : x->at > y->at;
}

GArray *wattle_profile_edit_add(const char *text, const WattleDevice *device,
                                gboolean with_previous)
{
        g_auto(Layout) layout = { 0 };
        g_autoptr(GString) inserted = g_string_new(NULL);
        GArray *edits = new_edits();
        WattleEdit edit = { .at = strlen(text) };
        guint last;

        layout_init(&layout, text, device->name);
        follow(&layout, with_previous, edits);
        last = layout.lines->len - 1;
        /* A last line without a line end gets one; one that was replaced has it already. */
        if (!ends_in_newline(text, edit.at) && layout.serial != last && layout.previous != last) {
                edit.at = line_at(&layout, last)->start;
                edit.n_removed = strlen(text + edit.at);
                g_string_append_printf(inserted, "%s\n", text + edit.at);
        }
        if (!is_kind(&layout, last, LINE_BLANK))
                g_string_append_c(inserted, '\n');
        wattle_device_write(device, inserted);
        edit.inserted = g_string_free(g_steal_pointer(&inserted), FALSE);
        g_array_append_val(edits, edit);
        g_array_sort(edits, compare_edits);
        return edits;
}

/* The first of the comment lines right above a header; the header itself if there are none, or if
 * they are the head of the file. */
static guint first_line(const Layout *layout, guint header)
{
        guint first = header;

        while (first > 0 && is_kind(layout, first - 1, LINE_COMMENT))
                first--;
        return first == 0 ? header : first;
}

/* The last line of a section: its last key, or a comment that follows on it and does not stand
 * right above the next header. */
static guint last_line(const Layout *layout, guint header)
{
        guint last = header, end;

        for (guint i = header + 1; i < layout->lines->len && !is_kind(layout, i, LINE_SECTION); i++)
                if (is_kind(layout, i, LINE_KEY))
                        last = i;
        end = last;
        while (is_kind(layout, end + 1, LINE_COMMENT))
                end++;
        return is_kind(layout, end + 1, LINE_SECTION) ? last : end;
}

/* Of the blank lines on both sides, those on one side go too, lest they pile up. */
static void take_blank_lines(const Layout *layout, guint *first, guint *last)
{
        guint next = *last + 1;

        while (is_kind(layout, next, LINE_BLANK))
                next++;
        if (next == layout->lines->len) {
                *last = next - 1;
                while (*first > 0 && is_kind(layout, *first - 1, LINE_BLANK))
                        --*first;
        } else if (*first == 0 || is_kind(layout, *first - 1, LINE_BLANK)) {
                *last = next - 1;
        }
}

GArray *wattle_profile_edit_remove(const char *text, const char *name, gboolean with_previous)
{
        g_auto(Layout) layout = { 0 };
        GArray *edits = new_edits();
        WattleEdit edit;
        guint first, last;

        layout_init(&layout, text, name);
        if (layout.device == NONE)
                return edits;
        first = first_line(&layout, layout.device);
        last = last_line(&layout, layout.device);
        take_blank_lines(&layout, &first, &last);
        edit.at = line_at(&layout, first)->start;
        edit.n_removed = line_at(&layout, last)->end - edit.at;
        edit.inserted = g_strdup("");
        g_array_append_val(edits, edit);
        follow(&layout, with_previous, edits);
        g_array_sort(edits, compare_edits);
        return edits;
}

/* One part of a text to the same part of another. */
static void add_difference(const char *text, const char *from, const char *from_end, const char *to,
                           const char *to_end, GArray *edits)
{
        g_autofree char *old = g_strndup(from, (gsize)(from_end - from));
        g_autofree char *new = g_strndup(to, (gsize)(to_end - to));
        g_autoptr(GArray) lines = wattle_line_diff(old, new);

        for (guint i = 0; i < lines->len; i++) {
                WattleEdit *edit = &g_array_index(lines, WattleEdit, i);
                WattleEdit moved = { edit->at + (gsize)(from - text), edit->n_removed,
                                     g_steal_pointer(&edit->inserted) };

                g_array_append_val(edits, moved);
        }
}

/* Where what follows on [Mesh] begins, mostly. */
static const char *find_body(const char *text)
{
        const char *device = strstr(text, "\n[Device");
        const char *site = strstr(text, "\n[Site");

        if (site && (!device || site < device))
                device = site;
        return device ? device + 1 : text + strlen(text);
}

GArray *wattle_profile_edit_rewrite(const char *text, const char *changed, gboolean with_previous)
{
        g_autoptr(GArray) lineage = new_edits();
        g_auto(Layout) layout = { 0 };
        g_autofree char *serial = NULL, *final = NULL;
        GArray *edits = new_edits();
        WattleLineage before, after;

        wattle_lineage_read(text, strlen(text), &before);
        wattle_lineage_read(changed, strlen(changed), &after);
        serial = g_strdup_printf("%" G_GUINT64_FORMAT, MAX(after.serial, before.serial + 1));
        layout_init(&layout, changed, "");
        follow_on(&layout, text, serial, with_previous, lineage);
        g_array_sort(lineage, compare_edits);
        final = wattle_profile_edit_apply(changed, lineage);
        add_difference(text, text, find_body(text), final, find_body(final), edits);
        add_difference(text, find_body(text), text + strlen(text), find_body(final),
                       final + strlen(final), edits);
        return edits;
}

char *wattle_profile_edit_apply(const char *text, const GArray *edits)
{
        GString *result = g_string_sized_new(strlen(text) + 512);
        gsize at = 0;

        for (guint i = 0; i < edits->len; i++) {
                const WattleEdit *edit = &g_array_index(edits, WattleEdit, i);

                g_string_append_len(result, text + at, (gssize)(edit->at - at));
                g_string_append(result, edit->inserted);
                at = edit->at + edit->n_removed;
        }
        g_string_append(result, text + at);
        return g_string_free(result, FALSE);
}
