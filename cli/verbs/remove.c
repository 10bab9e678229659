/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/cli.h"
#include "cli/edit.h"
#include "cli/print.h"
#include "cli/signing.h"
#include "common/language.h"
#include "common/scalar.h"

static void report_missing(const WattleProfile *profile, const char *name, WattleReport *report)
{
        g_autofree const char **names = g_new(const char *, profile->n_devices + 1);
        const char *nearest;

        for (guint i = 0; i < profile->n_devices; i++)
                names[i] = profile->devices[i].name;
        nearest = wattle_nearest_word(name, names, profile->n_devices);
        wattle_report_error(report, (WattlePlace){ profile->file, 0, 0 },
                            nearest ? N_("no device %s: did you mean %s?") : N_("no device %s"),
                            name, nearest);
}

/* By its name alone: an alias is too easily another device's in the reader's mind. */
static gboolean find_device(const WattleProfile *profile, const char *name, WattleReport *report)
{
        const WattleDevice *device = wattle_profile_find_device(profile, name);

        if (!device)
                report_missing(profile, name, report);
        else if (strcmp(device->name, name) != 0)
                wattle_report_error(report, wattle_profile_place(profile, device->place),
                                    "%s is an alias of device %s: name that", name, device->name);
        return report->n_errors == 0;
}

static gboolean remove_device(const WattleCli *cli, const char *operand, const char *name,
                              const char *signing_key, gboolean dry_run)
{
        g_auto(WattleReport) report = { 0 };
        g_auto(WattleEditor) editor = { 0 };
        g_autoptr(GArray) edits = NULL;
        g_autofree char *done = NULL;

        wattle_report_init(&report);
        if (!wattle_editor_open(&editor, cli, operand, &report) ||
            !wattle_editor_check_signature(&editor, cli, operand, &report) ||
            !find_device(editor.profile, name, &report) ||
            (!dry_run && !wattle_editor_open_key(&editor, signing_key, &report))) {
                wattle_print_report(&report);
                wattle_print_error("%s is as it was", operand);
                return FALSE;
        }
        edits = wattle_profile_edit_remove(editor.text, name, editor.trust.path != NULL);
        done = g_strdup_printf(
                _("%s removed, serial %ju; it is out when every other device has the new file"),
                name, wattle_editor_next_serial(&editor));
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

        if (!wattle_cli_parse(cli, &wattle_verb_remove, options, argv, &operands))
                return cli->status;
        return remove_device(cli, operands[0], operands[1], signing_key, dry_run) ? EXIT_SUCCESS
                                                                                  : EXIT_FAILURE;
}

const WattleVerb wattle_verb_remove = {
        .name = "remove",
        .operands = "FILE|MESH DEVICE",
        .n_min = 2,
        .n_max = 2,
        .summary = N_("remove a device from a mesh"),
        .description = N_(
                "Removes a device with its comments, raises Serial and shows the change. Its name and\n"
                "addresses are free again; State=revoked in its section shuts it out and keeps them."),
        .example = "wattle remove --dry-run home.mesh tablet",
        .run = run,
};
