/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/profile-set.h"

#include <string.h>

#include "common/error.h"
#include "common/ini.h"
#include "common/language.h"

void wattle_assignment_clear(WattleAssignment *assignment)
{
        g_clear_pointer(&assignment->key, g_free);
        g_clear_pointer(&assignment->value, g_free);
}

gboolean wattle_assignment_parse(const char *text, WattleAssignment *assignment, GError **error)
{
        const char *equals = strchr(text, '=');
        gsize n = equals ? (gsize)(equals - text) : 0;

        if (!equals || n == 0)
                return wattle_error_refuse(error, "'%s' is not KEY=VALUE, KEY+=VALUE or KEY-=VALUE",
                                           text);
        if (text[n - 1] == '+' || text[n - 1] == '-') {
                n--;
                assignment->kind = text[n] == '+' ? WATTLE_ASSIGN_ADD : WATTLE_ASSIGN_TAKE;
        }
        assignment->key = g_strndup(text, n);
        assignment->value = g_strstrip(g_strdup(equals + 1));
        if (assignment->key[strspn(assignment->key, G_CSET_A_2_Z G_CSET_a_2_z G_CSET_DIGITS)] ||
            n == 0)
                return wattle_error_refuse(error, "'%s' is no name of a key", assignment->key);
        if (strpbrk(assignment->value, "\r\n"))
                return wattle_error_refuse(error, "%s: a value is one line", assignment->key);
        if (assignment->kind != WATTLE_ASSIGN_SET && !*assignment->value)
                return wattle_error_refuse(
                        error, "%s: what is to be %s is missing", assignment->key,
                        assignment->kind == WATTLE_ASSIGN_ADD ? "added" : "taken");
        return TRUE;
}

/* A line of the key; its value is a list of words. */
typedef struct {
        gsize start, end;
        char **words;
} KeyLine;

static void key_line_clear(gpointer data)
{
        g_strfreev(((KeyLine *)data)->words);
}

/* What a text has of one key in one section. */
typedef struct {
        gboolean exists;
        GArray *lines;  /* of KeyLine */
        gsize last_key; /* behind the last key of the section, or its header */
} Found;

static void found_clear(Found *found)
{
        g_clear_pointer(&found->lines, g_array_unref);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Found, found_clear)

static char **split_words(const char *value)
{
        g_autofree char *blank = g_strdelimit(g_strdup(value), "\t", ' ');
        g_auto(GStrv) parts = g_strsplit(blank, " ", -1);
        g_autoptr(GPtrArray) words = g_ptr_array_new();

        for (guint i = 0; parts[i]; i++)
                if (*parts[i])
                        g_ptr_array_add(words, g_strdup(parts[i]));
        g_ptr_array_add(words, NULL);
        return (char **)g_ptr_array_free(g_steal_pointer(&words), FALSE);
}

static void find(const char *text, const char *section, const char *name, const char *key,
                 Found *found)
{
        g_auto(WattleReport) unheard = { 0 };
        g_auto(WattleIni) ini = { 0 };
        WattleIniLine line;

        found->lines = g_array_new(FALSE, FALSE, sizeof(KeyLine));
        g_array_set_clear_func(found->lines, key_line_clear);
        wattle_report_init(&unheard);
        wattle_ini_init(&ini, text, strlen(text), NULL, &unheard);
        while (wattle_ini_next(&ini, &line)) {
                if (line.kind == WATTLE_INI_COMMENT || g_strcmp0(line.section, section) != 0 ||
                    g_strcmp0(line.name, name) != 0)
                        continue;
                found->exists = TRUE;
                found->last_key = line.end;
                if (line.kind == WATTLE_INI_KEY && strcmp(line.key, key) == 0) {
                        KeyLine own = { line.start, line.end, split_words(line.value) };

                        g_array_append_val(found->lines, own);
                }
        }
}

static const KeyLine *line_at(const Found *found, guint i)
{
        return &g_array_index(found->lines, KeyLine, i);
}

/* The text with its lines of the key replaced by these, of char *; NULL: the line goes. more comes
 * behind the last of them, or behind the last key of the section; NULL: nothing. */
static char *replace_lines(const char *text, const Found *found, const GPtrArray *lines,
                           const char *more)
{
        GString *result = g_string_new(NULL);
        guint n = found->lines->len;
        gsize at = 0, behind = n > 0 ? line_at(found, n - 1)->end : found->last_key;

        for (guint i = 0; i < n; i++) {
                const KeyLine *line = line_at(found, i);

                g_string_append_len(result, text + at, (gssize)(line->start - at));
                if (lines->pdata[i])
                        g_string_append_printf(result, "%s\n", (const char *)lines->pdata[i]);
                at = line->end;
        }
        g_string_append_len(result, text + at, (gssize)(behind - at));
        if (more && result->len > 0 && result->str[result->len - 1] != '\n')
                g_string_append_c(result, '\n');
        if (more)
                g_string_append_printf(result, "%s\n", more);
        g_string_append(result, text + behind);
        return g_string_free(result, FALSE);
}

/* As it stands there, without its line end. */
static char *copy_line(const char *text, const KeyLine *line)
{
        gsize n = line->end - line->start;

        return g_strndup(text + line->start, n > 0 && text[line->end - 1] == '\n' ? n - 1 : n);
}

static char *add(const char *text, const Found *found, const char *line)
{
        g_autoptr(GPtrArray) lines = g_ptr_array_new_with_free_func(g_free);

        for (guint i = 0; i < found->lines->len; i++)
                g_ptr_array_add(lines, copy_line(text, line_at(found, i)));
        return replace_lines(text, found, lines, line);
}

/* The first of several lines keeps its place. */
static char *set(const char *text, const Found *found, const char *line)
{
        g_autoptr(GPtrArray) lines = g_ptr_array_new_with_free_func(g_free);

        for (guint i = 0; i < found->lines->len; i++)
                g_ptr_array_add(lines, i == 0 ? g_strdup(line) : NULL);
        return replace_lines(text, found, lines, found->lines->len == 0 ? line : NULL);
}

/* The words without one; TRUE if it was among them. */
static gboolean take_word(GPtrArray *words, const char *word)
{
        for (guint i = 0; i < words->len; i++)
                if (strcmp(words->pdata[i], word) == 0) {
                        g_ptr_array_remove_index(words, i);
                        return TRUE;
                }
        return FALSE;
}

static GPtrArray *copy_words(const KeyLine *line)
{
        GPtrArray *words = g_ptr_array_new();

        for (guint i = 0; line->words[i]; i++)
                g_ptr_array_add(words, line->words[i]);
        return words;
}

static gboolean refuse_missing(const Found *found, const char *key, const char *word,
                               GError **error)
{
        g_autoptr(GString) there = g_string_new(NULL);

        for (guint i = 0; i < found->lines->len; i++) {
                g_autofree char *words = g_strjoinv(" ", line_at(found, i)->words);

                g_string_append_printf(there, "%s%s", i > 0 ? " " : "", words);
        }
        return wattle_error_refuse(error, "%s has no %s: it has %s", key, word,
                                   there->len > 0 ? there->str : "none");
}

/* A line of which nothing is left goes. */
static char *take(const char *text, const Found *found, const char *key, char *const *gone,
                  GError **error)
{
        g_autoptr(GPtrArray) lines = g_ptr_array_new_with_free_func(g_free);
        g_autofree gboolean *taken = g_new0(gboolean, g_strv_length((char **)gone) + 1);

        for (guint i = 0; i < found->lines->len; i++) {
                const KeyLine *line = line_at(found, i);
                g_autoptr(GPtrArray) words = copy_words(line);
                gboolean any = FALSE;

                for (guint j = 0; gone[j]; j++)
                        if (!taken[j] && take_word(words, gone[j]))
                                any = taken[j] = TRUE;
                g_ptr_array_add(words, NULL);
                if (!any)
                        g_ptr_array_add(lines, copy_line(text, line));
                else if (words->len == 1)
                        g_ptr_array_add(lines, NULL);
                else {
                        g_autofree char *left = g_strjoinv(" ", (char **)words->pdata);

                        g_ptr_array_add(lines, g_strdup_printf("%s=%s", key, left));
                }
        }
        for (guint j = 0; gone[j]; j++)
                if (!taken[j] && !refuse_missing(found, key, gone[j], error))
                        return NULL;
        return replace_lines(text, found, lines, NULL);
}

char *wattle_profile_set(const char *text, const char *section, const char *name,
                         const WattleAssignment *assignment, GError **error)
{
        g_auto(Found) found = { 0 };
        g_auto(GStrv) words = split_words(assignment->value);
        g_autofree char *line =
                *assignment->value ? g_strdup_printf("%s=%s", assignment->key, assignment->value)
                                   : NULL;

        find(text, section, name, assignment->key, &found);
        if (!found.exists) {
                g_set_error(error, WATTLE_ERROR, WATTLE_ERROR_NOT_FOUND, _("there is no [%s%s%s]"),
                            section, name ? " " : "", name ? name : "");
                return NULL;
        }
        switch (assignment->kind) {
        case WATTLE_ASSIGN_SET:
                return set(text, &found, line);
        case WATTLE_ASSIGN_ADD:
                return add(text, &found, line);
        case WATTLE_ASSIGN_TAKE:
                return take(text, &found, assignment->key, words, error);
        }
        g_return_val_if_reached(NULL);
}
