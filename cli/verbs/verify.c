/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <fcntl.h>
#include <stdlib.h>

#include "cli/cli.h"
#include "cli/print.h"
#include "cli/signing.h"
#include "common/invitation.h"
#include "common/language.h"
#include "common/sys/file.h"
#include "common/sys/trust.h"

/* FALSE: the file has none, and nothing was done. Without keys it is the one in it, whose words are
 * for people to compare. */
static gboolean read_invitation(int dir_fd, const char *path, const WattleTrust *trust,
                                WattleMesh *mesh, WattleReport *report)
{
        g_autoptr(GBytes) bytes = wattle_read_file(dir_fd, dir_fd == AT_FDCWD ? path : path + 1,
                                                   WATTLE_INVITATION_MAX_BYTES, NULL);
        g_auto(WattleInvitation) invitation = { 0 };
        gsize size = 0;
        const char *text = bytes ? g_bytes_get_data(bytes, &size) : NULL;

        if (size == 0 || !wattle_invitation_is_whole(text, size) ||
            !wattle_invitation_parse(text, size, &invitation, NULL))
                return FALSE;
        wattle_local_init(&mesh->local);
        mesh->path = g_strdup(path);
        mesh->profile = wattle_invitation_load(&invitation, trust->path ? trust->keys : NULL, path,
                                               &mesh->signer, report);
        mesh->is_signed = mesh->is_invitation = mesh->profile != NULL;
        return TRUE;
}

static gboolean load(const WattleCli *cli, const char *operand, const WattleTrust *trust,
                     WattleMesh *mesh, WattleReport *report)
{
        gboolean is_installed = wattle_cli_is_mesh_name(cli, operand);
        g_autofree char *path =
                is_installed ? wattle_cli_find(cli, operand, report) : g_strdup(operand);

        if (!path)
                return FALSE;
        if ((trust->path || !is_installed) &&
            read_invitation(is_installed ? cli->root_fd : AT_FDCWD, path, trust, mesh, report))
                return mesh->profile != NULL;
        if (trust->path)
                return wattle_mesh_load_trusting(mesh, is_installed ? cli->root_fd : AT_FDCWD, path,
                                                 trust, report);
        return is_installed
                       ? wattle_mesh_load(mesh, cli->root_fd, operand, WATTLE_LOAD_PRESENT, report)
                       : wattle_mesh_load_file(mesh, operand, report);
}

static gboolean verify(const WattleCli *cli, const char *operand, const WattleTrust *trust)
{
        g_auto(WattleReport) report = { 0 };
        g_auto(WattleMesh) mesh = { 0 };
        g_autofree char *who = NULL;
        gboolean ok;

        wattle_report_init(&report);
        ok = load(cli, operand, trust, &mesh, &report);
        if (ok && !mesh.is_signed)
                wattle_report_error(&report, (WattlePlace){ mesh.path, 0, 0 },
                                    "there is no .pub file that says whose signature is good: "
                                    "--key= says it");
        wattle_print_report(&report);
        if (!ok || !mesh.is_signed)
                return FALSE;
        who = wattle_signing_describe(&mesh.signer);
        if (mesh.is_invitation)
                wattle_print(stdout,
                             "%s: no profile, but an invitation to %s for %s, signed, serial "
                             "%ju, by key %s\n",
                             mesh.path, mesh.profile->name, mesh.profile->invited,
                             mesh.profile->serial, who);
        else
                wattle_print(stdout, "%s: signed, serial %ju, by key %s\n", mesh.path,
                             mesh.profile->serial, who);
        return TRUE;
}

static int run(WattleCli *cli, char **argv)
{
        g_auto(GStrv) operands = NULL;
        g_auto(WattleTrust) trust = { 0 };
        g_autofree char *key_text = NULL;
        g_autoptr(GError) error = NULL;
        WattleSigningKey key;
        const GOptionEntry options[] = {
                { "key", 'k', 0, G_OPTION_ARG_FILENAME, &key_text,
                  N_("the public key that must have signed it; else those of MESH.pub"), "KEY" },
                { 0 },
        };

        if (!wattle_cli_parse(cli, &wattle_verb_verify, options, argv, &operands))
                return cli->status;
        if (key_text) {
                if (!wattle_signing_key_parse(key_text, &key, &error))
                        return wattle_cli_usage(&wattle_verb_verify, "--key: %s", error->message);
                trust.path = g_strdup("--key");
                trust.keys = g_array_new(FALSE, FALSE, sizeof key);
                g_array_append_val(trust.keys, key);
        }
        return verify(cli, operands[0], &trust) ? EXIT_SUCCESS : EXIT_FAILURE;
}

const WattleVerb wattle_verb_verify = {
        .name = "verify",
        .operands = "FILE|MESH",
        .n_min = 1,
        .n_max = 1,
        .summary = N_("say who signed a mesh"),
        .description =
                N_("Fails unless the profile is signed by a key of MESH.pub, or by the one of "
                   "--key=, and\n"
                   "shows the six words of the key that did."),
        .example = "wattle verify home",
        .run = run,
};
