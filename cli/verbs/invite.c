/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <stdlib.h>

#include "cli/cli.h"
#include "cli/edit.h"
#include "cli/join/invite.h"
#include "cli/print.h"
#include "cli/signing.h"
#include "common/language.h"

static const WattleDevice *find_device(const WattleProfile *profile, const char *name,
                                       WattleReport *report)
{
        const WattleDevice *device = wattle_profile_find_device(profile, name);
        WattlePlace place = { profile->file, 0, 0 };

        if (!device)
                wattle_report_error(report, place,
                                    "there is no device %s: 'wattle add --invite' adds and invites "
                                    "one",
                                    name);
        else if (device->state == WATTLE_DEVICE_REVOKED)
                wattle_report_error(report, wattle_profile_place(profile, device->place),
                                    "%s is revoked: nobody would let it in", name);
        else if (!device->managed)
                wattle_report_error(report, wattle_profile_place(profile, device->place),
                                    "%s runs no wattle (Managed=no): 'wattle export' makes a file "
                                    "for it",
                                    name);
        else
                return device;
        return NULL;
}

static gboolean invite(const WattleCli *cli, const char *operand, const char *name,
                       const char *signing_key, gboolean qr)
{
        g_auto(WattleReport) report = { 0 };
        g_auto(WattleEditor) editor = { 0 };
        g_autofree char *self = NULL;
        WattleInvite what = { .qr = qr };
        gboolean ok;

        wattle_report_init(&report);
        ok = wattle_editor_open(&editor, cli, operand, &report) &&
             wattle_editor_check_signature(&editor, cli, operand, &report) &&
             (what.device = find_device(editor.profile, name, &report)) != NULL &&
             wattle_invite_check_signed(&editor, &report);
        if (ok) {
                wattle_invite_print_words(what.device->name, &what.device->public_key);
                ok = wattle_editor_open_key(&editor, signing_key, &report);
        }
        wattle_print_report(&report);
        if (!ok)
                return FALSE;
        self = wattle_invite_find_self(cli, operand);
        what.profile = editor.profile;
        what.self = self;
        what.secret = editor.secret;
        return wattle_invite_show(&what);
}

static int run(WattleCli *cli, char **argv)
{
        g_auto(GStrv) operands = NULL;
        g_autofree char *signing_key = NULL;
        gboolean qr = FALSE;
        const GOptionEntry options[] = {
                { "qr", 0, 0, G_OPTION_ARG_NONE, &qr, N_("a code for a camera, and not text"),
                  NULL },
                { "signing-key", 0, 0, G_OPTION_ARG_FILENAME, &signing_key,
                  WATTLE_SIGNING_OPTION_TEXT, "FILE" },
                { 0 },
        };

        if (!wattle_cli_parse(cli, &wattle_verb_invite, options, argv, &operands))
                return cli->status;
        return invite(cli, operands[0], operands[1], signing_key, qr) ? EXIT_SUCCESS : EXIT_FAILURE;
}

const WattleVerb wattle_verb_invite = {
        .name = "invite",
        .operands = "FILE|MESH DEVICE",
        .n_min = 2,
        .n_max = 2,
        .summary = N_("let a device of a signed mesh join it"),
        .description = N_(
                "Prints a short text with which 'wattle join' on the device gets into the mesh and has all\n"
                "of it from a member. It is no secret: it is good for the device with that key alone.\n"
                "Compare the six words of both keys on both sides: they tell whether somebody in between\n"
                "has put his own in."),
        .example = "wattle invite home laptop",
        .run = run,
};
