/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* 'wattle edit': as visudo. The user's editor works on a copy, and what stands there changes only
 * if the copy is a good profile. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cli/cli.h"
#include "cli/diff.h"
#include "cli/edit.h"
#include "cli/print.h"
#include "cli/prompt.h"
#include "cli/signing.h"
#include "common/error.h"
#include "common/ini.h"
#include "common/language.h"
#include "common/profile-sign.h"
#include "common/sys/file.h"

/* A person may think for as long. */
#define ANSWER_S (24 * 3600)

/* The copy, in a folder that nobody else may look into. */
typedef struct {
        char *folder, *path;
} Copy;

static void copy_clear(Copy *copy)
{
        g_free(copy->folder);
        g_free(copy->path);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Copy, copy_clear)

/* It need not outlive a lost machine, and so is not synced. */
static gboolean make_copy(Copy *copy, const char *text, const char *name, GError **error)
{
        g_autofree char *base = g_path_get_basename(name);
        g_auto(WattleFd) fd = -1;

        copy->folder = g_dir_make_tmp("wattle-XXXXXX", error);
        if (!copy->folder)
                return FALSE;
        copy->path = g_build_filename(copy->folder, base, NULL);
        fd = open(copy->path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
        return (fd >= 0 && wattle_write_all(fd, text, strlen(text))) ||
               wattle_error_set_errno(error, errno, "%s", copy->path);
}

/* What editors leave beside it goes too; a folder that is not empty then stays. */
static void remove_copy(const Copy *copy)
{
        g_autofree char *backup = g_strconcat(copy->path, "~", NULL);

        (void)unlink(copy->path);
        (void)unlink(backup);
        (void)rmdir(copy->folder);
}

/* As others look for it: the visual one first; Debian's own choice; and what is always there. */
static const char *find_editor(void)
{
        static const char *const variables[] = { "VISUAL", "EDITOR" };
        static const char *const programs[] = { "editor", "nano", "vi" };

        for (guint i = 0; i < G_N_ELEMENTS(variables); i++) {
                const char *value = g_getenv(variables[i]);

                if (value && *value)
                        return value;
        }
        for (guint i = 0; i < G_N_ELEMENTS(programs); i++) {
                g_autofree char *path = g_find_program_in_path(programs[i]);

                if (path)
                        return programs[i];
        }
        return NULL;
}

/* The variable may have options in it: the shell takes it apart. */
static gboolean run_editor(const char *path, GError **error)
{
        const char *editor = find_editor();
        g_autofree char *script = editor ? g_strconcat(editor, " \"$1\"", NULL) : NULL;
        const char *argv[] = { "/bin/sh", "-c", script, "wattle", path, NULL };
        int status;

        if (!editor)
                return wattle_error_refuse(error, "there is no editor: set EDITOR");
        if (!g_spawn_sync(NULL, (char **)argv, NULL, G_SPAWN_CHILD_INHERITS_STDIN, NULL, NULL, NULL,
                          NULL, &status, error))
                return FALSE;
        if (g_spawn_check_wait_status(status, error))
                return TRUE;
        g_prefix_error(error, "%s: ", editor);
        return FALSE;
}

/* The text of the copy; NULL with an error if it is none that a profile could be. */
static char *read_copy(const Copy *copy, GError **error)
{
        g_autoptr(GBytes) bytes =
                wattle_read_file(AT_FDCWD, copy->path, WATTLE_INI_MAX_BYTES, error);
        gsize size;
        const char *data;

        if (!bytes) {
                g_prefix_error(error, "%s: ", copy->path);
                return NULL;
        }
        data = g_bytes_get_data(bytes, &size);
        if (size > 0 && !memchr(data, '\0', size))
                return g_strndup(data, size);
        wattle_error_refuse(error, size > 0 ? "%s: has a NUL in it" : "%s: is empty", copy->path);
        return NULL;
}

/* What is to stand there in the end: the copy with its Serial= and Previous=. */
typedef struct {
        GArray *edits; /* from the text that there was */
        char *text;
        WattleProfile *profile;
} Final;

static void final_clear(Final *final)
{
        g_clear_pointer(&final->edits, g_array_unref);
        g_free(final->text);
        g_clear_pointer(&final->profile, wattle_profile_free);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Final, final_clear)

static WattleProfile *load_good(const WattleEditor *editor, const char *text, WattleReport *report)
{
        g_autoptr(WattleProfile) profile =
                wattle_profile_load(text, strlen(text), editor->name, report);
        WattleSigningKey key;

        if (!profile || !editor->secret)
                return g_steal_pointer(&profile);
        wattle_signing_secret_get_public(editor->secret, &key);
        if (!wattle_profile_check_signed(profile, &key, report))
                return NULL;
        return g_steal_pointer(&profile);
}

/* Whether it is a good profile that the key may sign. Faults are shown at the lines of the copy,
 * which it may have two less of. */
static gboolean is_good(const WattleEditor *editor, const char *copy, Final *final)
{
        g_auto(WattleReport) report = { 0 }, of_copy = { 0 };
        g_autoptr(WattleProfile) profile = NULL;

        wattle_report_init(&report);
        wattle_report_init(&of_copy);
        final->edits = wattle_profile_edit_rewrite(editor->text, copy, editor->trust.path != NULL);
        final->text = wattle_profile_edit_apply(editor->text, final->edits);
        final->profile = load_good(editor, final->text, &report);
        if (!final->profile)
                profile = load_good(editor, copy, &of_copy);
        wattle_print_report(final->profile || profile ? &report : &of_copy);
        return final->profile != NULL;
}

static gboolean wants_again(void)
{
        return isatty(STDIN_FILENO) &&
               wattle_prompt_confirm(_("Edit it again? Without a yes all stays as it is. [y/N] "),
                                     ANSWER_S);
}

static gboolean keep(const Copy *copy, const WattleEditor *editor)
{
        if (access(copy->path, F_OK) == 0) {
                wattle_print_error("%s is as it was; what you wrote is in %s", editor->name,
                                   copy->path);
        } else {
                remove_copy(copy);
                wattle_print_error("%s is as it was", editor->name);
        }
        return FALSE;
}

static gboolean save(const WattleEditor *editor, const Copy *copy, const Final *final)
{
        g_autofree char *done =
                g_strdup_printf(_("changed, serial %ju; 'wattle apply' brings it to this host"),
                                final->profile->serial);
        g_auto(WattleReport) report = { 0 };

        wattle_report_init(&report);
        if (!wattle_editor_is_current(editor, &report)) {
                wattle_print_report(&report);
                return keep(copy, editor);
        }
        wattle_print_diff(editor->name, editor->text, final->edits, stdout);
        if (!wattle_editor_write(editor, final->profile, final->text, done))
                return keep(copy, editor);
        remove_copy(copy);
        return TRUE;
}

/* Until it is good, unchanged, or given up. */
static gboolean edit_copy(const WattleEditor *editor, const Copy *copy)
{
        for (;;) {
                g_autoptr(GError) error = NULL;
                g_autofree char *text = NULL;
                g_auto(Final) final = { 0 };
                gboolean edited = run_editor(copy->path, &error);

                text = read_copy(copy, edited ? &error : NULL);
                if (text && strcmp(text, editor->text) == 0) {
                        remove_copy(copy);
                        if (edited)
                                wattle_print(stderr, "%s: nothing was changed\n", editor->name);
                        else
                                wattle_print_error("%s; %s is as it was", error->message,
                                                   editor->name);
                        return edited;
                }
                if (!edited || !text) {
                        wattle_print_error("%s", error->message);
                        return keep(copy, editor);
                }
                if (is_good(editor, text, &final))
                        return save(editor, copy, &final);
                if (!wants_again())
                        return keep(copy, editor);
        }
}

static gboolean edit(const WattleCli *cli, const char *operand, const char *signing_key)
{
        g_auto(WattleReport) report = { 0 };
        g_auto(WattleEditor) editor = { 0 };
        g_autoptr(GError) error = NULL;
        g_auto(Copy) copy = { 0 };

        wattle_report_init(&report);
        if (!wattle_editor_open_text(&editor, cli, operand, &report) ||
            !wattle_editor_check_signature(&editor, cli, operand, &report) ||
            !wattle_editor_open_key(&editor, signing_key, &report)) {
                wattle_print_report(&report);
                wattle_print_error("%s is as it was", operand);
                return FALSE;
        }
        if (!make_copy(&copy, editor.text, editor.name, &error)) {
                wattle_print_error("%s", error->message);
                if (copy.path)
                        remove_copy(&copy);
                return FALSE;
        }
        return edit_copy(&editor, &copy);
}

static int run(WattleCli *cli, char **argv)
{
        g_auto(GStrv) operands = NULL;
        g_autofree char *signing_key = NULL;
        const GOptionEntry options[] = {
                { "signing-key", 0, 0, G_OPTION_ARG_FILENAME, &signing_key,
                  WATTLE_SIGNING_OPTION_TEXT, "FILE" },
                { 0 },
        };

        if (!wattle_cli_parse(cli, &wattle_verb_edit, options, argv, &operands))
                return cli->status;
        return edit(cli, operands[0], signing_key) ? EXIT_SUCCESS : EXIT_FAILURE;
}

const WattleVerb wattle_verb_edit = {
        .name = "edit",
        .operands = "FILE|MESH",
        .n_min = 1,
        .n_max = 1,
        .summary = N_("change a mesh in your editor"),
        .description = N_(
                "Opens a copy in $VISUAL or $EDITOR, checks what you made of it, raises Serial, shows the\n"
                "change and signs it. A profile with faults is never installed: you may edit again, and "
                "what\n"
                "you wrote is kept."),
        .example = "wattle edit home",
        .run = run,
};
