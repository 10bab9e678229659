/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/cli.h"
#include "cli/edit.h"
#include "cli/print.h"
#include "cli/signing.h"
#include "common/language.h"
#include "common/profile-set.h"

#define SITE_PREFIX '@' /* as PublicEndpoint=@SITE:PORT has it */

/* [Device NAME], [Site NAME] for @NAME, [Mesh] for @. */
typedef struct {
        const char *section, *name;
} Target;

static Target target_of_operand(const char *operand)
{
        if (operand[0] != SITE_PREFIX)
                return (Target){ "Device", operand };
        return operand[1] ? (Target){ "Site", operand + 1 } : (Target){ "Mesh", NULL };
}

/* By its name alone, as wattle remove: the section has that. */
static gboolean check_target(const WattleProfile *profile, const Target *target,
                             WattleReport *report)
{
        const WattleDevice *device;

        if (strcmp(target->section, "Device") != 0)
                return TRUE;
        device = wattle_profile_find_device(profile, target->name);
        if (!device || strcmp(device->name, target->name) == 0)
                return TRUE; /* that there is none is said where the section is looked for */
        wattle_report_error(report, wattle_profile_place(profile, device->place),
                            "%s is an alias of device %s: name that", target->name, device->name);
        return FALSE;
}

/* What changes by itself with each change, and is not for hands. */
static gboolean is_ours(const Target *target, const char *key)
{
        return strcmp(target->section, "Mesh") == 0 &&
               (strcmp(key, "Serial") == 0 || strcmp(key, "Previous") == 0);
}

/* NULL with an error. */
static char *make_all(const char *text, const Target *target, char *const *words, GError **error)
{
        g_autofree char *changed = g_strdup(text);

        for (guint i = 0; words[i]; i++) {
                g_auto(WattleAssignment) assignment = { 0 };
                g_autofree char *before = g_steal_pointer(&changed);

                if (!wattle_assignment_parse(words[i], &assignment, error))
                        return NULL;
                if (is_ours(target, assignment.key)) {
                        g_set_error(error, G_OPTION_ERROR, G_OPTION_ERROR_FAILED,
                                    _("%s= follows on what was there by itself"), assignment.key);
                        return NULL;
                }
                changed = wattle_profile_set(before, target->section, target->name, &assignment,
                                             error);
                if (!changed)
                        return NULL;
        }
        return g_steal_pointer(&changed);
}

static gboolean open_editor(const WattleCli *cli, const char *operand, const Target *target,
                            WattleEditor *editor, WattleReport *report)
{
        return wattle_editor_open(editor, cli, operand, report) &&
               wattle_editor_check_signature(editor, cli, operand, report) &&
               check_target(editor->profile, target, report);
}

static gboolean set(const WattleCli *cli, char *const *operands, const char *signing_key,
                    gboolean dry_run)
{
        Target target = target_of_operand(operands[1]);
        g_auto(WattleReport) report = { 0 };
        g_auto(WattleEditor) editor = { 0 };
        g_autoptr(GArray) edits = NULL;
        g_autoptr(GError) error = NULL;
        g_autofree char *changed = NULL, *done = NULL;

        wattle_report_init(&report);
        if (open_editor(cli, operands[0], &target, &editor, &report))
                changed = make_all(editor.text, &target, operands + 2, &error);
        if (error)
                wattle_report_error(&report, (WattlePlace){ editor.name, 0, 0 }, "%s",
                                    error->message);
        if (!changed || (strcmp(changed, editor.text) != 0 && !dry_run &&
                         !wattle_editor_open_key(&editor, signing_key, &report))) {
                wattle_print_report(&report);
                wattle_print_error("%s is as it was", operands[0]);
                return FALSE;
        }
        if (strcmp(changed, editor.text) == 0) {
                wattle_print(stderr, "%s: it says so already\n", editor.name);
                return TRUE;
        }
        edits = wattle_profile_edit_rewrite(editor.text, changed, editor.trust.path != NULL);
        done = g_strdup_printf(_("%s changed, serial %ju; 'wattle apply' brings it to this host"),
                               operands[1], wattle_editor_next_serial(&editor));
        return wattle_editor_apply(&editor, edits, dry_run, stdout, done);
}

static int run(WattleCli *cli, char **argv)
{
        g_auto(GStrv) operands = NULL;
        g_autofree char *signing_key = NULL;
        gboolean dry_run = FALSE;
        const GOptionEntry options[] = {
                { "signing-key", 0, 0, G_OPTION_ARG_FILENAME, &signing_key,
                  WATTLE_SIGNING_OPTION_TEXT, "FILE" },
                { "dry-run", 'n', 0, G_OPTION_ARG_NONE, &dry_run,
                  N_("show the change and write nothing"), NULL },
                { 0 },
        };

        if (!wattle_cli_parse(cli, &wattle_verb_set, options, argv, &operands))
                return cli->status;
        return set(cli, operands, signing_key, dry_run) ? EXIT_SUCCESS : EXIT_FAILURE;
}

const WattleVerb wattle_verb_set = {
        .name = "set",
        .operands = "FILE|MESH DEVICE|@SITE|@ KEY=VALUE...",
        .n_min = 3,
        .n_max = G_MAXUINT,
        .summary = N_("change keys of a device, a site or the mesh"),
        .description = N_(
                "KEY=VALUE puts the value in place of all that the key had, and KEY= takes it out.\n"
                "KEY+=VALUE adds one to a list, KEY-=VALUE takes one away. @SITE is a [Site SITE], and @\n"
                "alone [Mesh]. Keys are those of wattle.mesh(5). Comments and order stay as they are, Serial\n"
                "rises, and a signed mesh is signed anew; a profile with faults is not written."),
        .example =
                "wattle set home nas PublicEndpoint=nas.example.org:51820 Routes+=192.168.7.0/24",
        .run = run,
};
