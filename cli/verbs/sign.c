/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/cli.h"
#include "cli/edit.h"
#include "cli/print.h"
#include "cli/signing.h"
#include "common/profile-sign.h"
#include "common/sys/file.h"
#include "common/sys/trust.h"

/* The text stays, so one step is enough: no reader sees a half of it. */
static gboolean write_signature(const WattleEditor *editor, const WattleSigningSecret *secret,
                                WattleReport *report)
{
        g_autofree char *minisig =
                wattle_profile_sign(editor->profile, editor->text, strlen(editor->text), secret);
        g_autofree char *base = g_strconcat(editor->base, WATTLE_SIGNATURE_SUFFIX, NULL);
        g_autofree char *next = g_strconcat(base, WATTLE_SIGNATURE_NEXT_SUFFIX, NULL);
        g_autoptr(GError) error = NULL;

        if (!wattle_write_file(editor->folder_fd, base, 0644, minisig, strlen(minisig), &error) ||
            !wattle_sync_folder(editor->folder_fd, base, &error)) {
                wattle_report_error(report, WATTLE_NO_PLACE, "%s", error->message);
                return FALSE;
        }
        wattle_below_unlink(editor->folder_fd, next);
        return TRUE;
}

static gboolean sign_with(const WattleEditor *editor, const WattleTrust *trust,
                          const WattleSigningSecret *secret, WattleReport *report)
{
        WattleSigningKey key;
        g_autofree char *who = NULL;

        wattle_signing_secret_get_public(secret, &key);
        if (!wattle_signing_check_trusted(&key, trust, report) ||
            !wattle_profile_check_signed(editor->profile, &key, report) ||
            !write_signature(editor, secret, report))
                return FALSE;
        who = wattle_signing_describe(&key);
        wattle_print(stdout,
                     "%s" WATTLE_SIGNATURE_SUFFIX ": signed, serial %" G_GUINT64_FORMAT
                     ", by key %s\n",
                     editor->name, editor->profile->serial, who);
        return TRUE;
}

static gboolean sign(const WattleCli *cli, const char *operand, const char *key_path)
{
        g_auto(WattleReport) report = { 0 };
        g_auto(WattleEditor) editor = { 0 };
        g_auto(WattleTrust) trust = { 0 };
        g_autoptr(WattleSigningSecret) secret = NULL;
        gboolean ok;

        wattle_report_init(&report);
        /* What the key cannot mend is said before its password is asked for. */
        ok = wattle_editor_open(&editor, cli, operand, &report) &&
             wattle_mesh_read_trust(&trust,
                                    wattle_cli_is_mesh_name(cli, operand) ? cli->root_fd : AT_FDCWD,
                                    operand, &report) &&
             wattle_profile_check_signed(editor.profile, NULL, &report);
        if (ok) {
                secret = wattle_signing_open(key_path);
                ok = secret && sign_with(&editor, &trust, secret, &report);
        }
        wattle_print_report(&report);
        if (!ok)
                wattle_print_error("%s is not signed", operand);
        return ok;
}

static int run(WattleCli *cli, char **argv)
{
        g_auto(GStrv) operands = NULL;
        g_autofree char *given = NULL, *path = NULL;
        const GOptionEntry options[] = {
                { "signing-key", 0, 0, G_OPTION_ARG_FILENAME, &given, WATTLE_SIGNING_OPTION_TEXT,
                  "FILE" },
                { 0 },
        };

        if (!wattle_cli_parse(cli, &wattle_verb_sign, options, argv, &operands))
                return cli->status;
        path = wattle_signing_path(given);
        return sign(cli, operands[0], path) ? EXIT_SUCCESS : EXIT_FAILURE;
}

const WattleVerb wattle_verb_sign = {
        .name = "sign",
        .operands = "FILE|MESH",
        .n_min = 1,
        .n_max = 1,
        .summary = "sign a mesh with the admin's key",
        .description = "Checks the profile and signs it: MESH.mesh.minisig beside it, as\n"
                       "'minisign -S' writes it. A password is asked for on the terminal.",
        .example = "wattle sign home",
        .run = run,
};
