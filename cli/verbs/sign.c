/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/cli.h"
#include "cli/edit.h"
#include "cli/print.h"
#include "cli/signing.h"
#include "common/language.h"
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

/* Of the file beside the text; FALSE if there is none. */
static gboolean read_signature(const WattleEditor *editor, WattleSignature *ret)
{
        g_autofree char *base = g_strconcat(editor->base, WATTLE_SIGNATURE_SUFFIX, NULL);
        g_autoptr(GBytes) bytes =
                wattle_read_file(editor->folder_fd, base, WATTLE_SIGNATURE_MAX_BYTES, NULL);
        gsize size = 0;
        const char *data = bytes ? g_bytes_get_data(bytes, &size) : NULL;

        return data && wattle_signature_read(data, size, ret, NULL);
}

/* Two texts with one serial are a fork, and devices that have the one do not take the other. The
 * comment is not verified, for that takes the old text: what it may do is refuse. */
static gboolean check_serial(const WattleEditor *editor, const WattleSigningSecret *secret,
                             WattleReport *report)
{
        const WattleProfile *profile = editor->profile;
        g_auto(WattleSignature) old = { 0 };
        g_auto(WattleSignature) same = { 0 };
        WattleTextHash hash;
        guint64 serial;

        if (!read_signature(editor, &old) ||
            !wattle_profile_comment_serial(old.comment, profile->name, &serial) ||
            serial < profile->serial)
                return TRUE;
        wattle_text_hash(editor->text, strlen(editor->text), &hash);
        wattle_signature_make(secret, &hash, old.comment, &same);
        if (memcmp(same.bytes, old.bytes, sizeof same.bytes) == 0)
                return TRUE; /* Ed25519 says the same of the same, RFC 8032 */
        wattle_report_error(
                report, wattle_profile_place(profile, profile->place),
                "Serial: %ju was signed already, with another text, and who has that would not "
                "take this one: write Serial=%ju, or let 'wattle edit' do it",
                serial, serial + 1);
        return FALSE;
}

static gboolean sign_with(const WattleEditor *editor, const WattleTrust *trust,
                          const WattleSigningSecret *secret, WattleReport *report)
{
        WattleSigningKey key;
        g_autofree char *who = NULL;

        wattle_signing_secret_get_public(secret, &key);
        if (!wattle_signing_check_trusted(&key, trust, report) ||
            !wattle_profile_check_signed(editor->profile, &key, report) ||
            !check_serial(editor, secret, report) || !write_signature(editor, secret, report))
                return FALSE;
        who = wattle_signing_describe(&key);
        wattle_print(stdout, "%s%s: signed, serial %ju, by key %s\n", editor->name,
                     WATTLE_SIGNATURE_SUFFIX, editor->profile->serial, who);
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
        .summary = N_("sign a mesh with the admin's key"),
        .description = N_("Checks the profile and signs it: MESH.mesh.minisig beside it, as\n"
                          "'minisign -S' writes it. A password is asked for on the terminal."),
        .example = "wattle sign home",
        .run = run,
};
