/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cli/export/compare.h"

#include <sodium.h>
#include <string.h>

#include "cli/diff.h"
#include "cli/export/key-line.h"
#include "cli/export/output.h"
#include "cli/print.h"
#include "common/language.h"
#include "common/line-diff.h"

#define HIDDEN "(a key)"

static gsize line_length(const char *line)
{
        return strcspn(line, "\n");
}

static gboolean line_has(const char *line, gsize n, const char *word)
{
        gsize length = strlen(word);

        for (gsize i = 0; i + length <= n; i++)
                if (g_ascii_strncasecmp(line + i, word, length) == 0)
                        return TRUE;
        return FALSE;
}

/* Characters of base64 from here on, but for the sign at its end. */
static gsize base64_length(const char *p, gsize n)
{
        gsize i = 0;

        while (i < n && (g_ascii_isalnum(p[i]) || p[i] == '+' || p[i] == '/'))
                i++;
        return i;
}

/* A preshared key that somebody put in, or a private one in a comment, is nothing to be shown. */
static void append_shown(GString *text, const char *line, gsize n)
{
        gboolean is_public = line_has(line, n, "public") || line_has(line, n, "wireguard-peer.");

        for (gsize i = 0; i < n;) {
                gsize run = base64_length(line + i, n - i);

                if (!is_public && run == WATTLE_KEY_TEXT_MAX - 2 && i + run < n &&
                    line[i + run] == '=') {
                        g_string_append(text, HIDDEN);
                        i += run + 1;
                        continue;
                }
                run = MAX(run, 1);
                g_string_append_len(text, line + i, (gssize)run);
                i += run;
        }
}

static void append_key(GString *text, const WattleKeyedFile *file, const char *words)
{
        g_string_append_printf(text, "%s(%s)", file->key_before, words);
}

/* What is in the place of a key says what it is. Without wants_key a right one is as good as the
 * line that says where it goes: that stands here for both. */
static char *describe(const WattleExportCompare *compare, const WattleKeyedFile *file,
                      const char *found, const char *no_key)
{
        GString *text = g_string_new(NULL);

        while (*found) {
                const char *value = wattle_key_line_value(file, found);
                gsize n = line_length(found);

                if (!value)
                        append_shown(text, found, n);
                else if (!wattle_key_line_is_of(value, &compare->view->public_key))
                        append_key(text, file, _("a private key, and not that of this device"));
                else if (compare->wants_key)
                        append_key(text, file, _("the private key of this device"));
                else
                        g_string_append_len(text, no_key, (gssize)line_length(no_key));
                found += n;
                if (*found) {
                        g_string_append_c(text, '\n');
                        found++;
                }
        }
        return g_string_free(text, FALSE);
}

/* What export would write, with the same words. */
static char *describe_wanted(const WattleExportCompare *compare, const WattleKeyedFile *file,
                             const char *text, const char *no_key)
{
        GString *wanted = g_string_new_len(text, no_key - text);

        if (compare->wants_key && file->key_before)
                append_key(wanted, file, _("the private key of this device"));
        else
                g_string_append_len(wanted, no_key, (gssize)line_length(no_key));
        g_string_append(wanted, no_key + line_length(no_key));
        return g_string_free(wanted, FALSE);
}

static gboolean compare_file(const WattleExportCompare *compare, const WattleKeyedFile *file,
                             const char *path)
{
        g_autofree char *shown = NULL, *wanted = NULL;
        g_autoptr(GArray) edits = NULL;
        g_autoptr(GError) error = NULL;
        char *found = wattle_export_read(path, &error), *text;

        if (!found) {
                wattle_print_error("%s", error->message);
                return FALSE;
        }
        text = wattle_keyed_file_join(file, NULL);
        shown = describe(compare, file, found, text + file->key_at);
        wanted = describe_wanted(compare, file, text, text + file->key_at);
        sodium_free(found);
        sodium_free(text);
        edits = wattle_line_diff(shown, wanted);
        if (edits->len == 0)
                return TRUE;
        wattle_print_diff(strcmp(path, "-") == 0 ? _("standard input") : path, shown, edits,
                          stdout);
        return FALSE;
}

gboolean wattle_export_compare(const WattleExportCompare *compare, const char *path)
{
        gboolean same = TRUE;

        for (guint i = 0; i < compare->files->n; i++) {
                g_autofree char *name = wattle_export_files_name(compare->files, i, path);

                same = compare_file(compare, &compare->files->files[i].file, name) && same;
        }
        if (same)
                wattle_print(stdout, "%s is what export would write now\n",
                             strcmp(path, "-") == 0 ? _("standard input") : path);
        return fflush(stdout) == 0 && same;
}
