/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "cli/cli.h"
#include "cli/keyfile.h"
#include "cli/print.h"
#include "common/language.h"
#include "common/scalar.h"
#include "common/sys/secret.h"

static gboolean read_key_of_mesh(const WattleCli *cli, const char *mesh, WattleKey *ret)
{
        g_auto(WattleReport) report = { 0 };
        g_autofree char *file = NULL;
        g_autoptr(GError) error = NULL;

        wattle_report_init(&report);
        file = wattle_key_file_of_mesh(cli, mesh, &report);
        wattle_print_report(&report);
        if (!file)
                return FALSE;
        if (wattle_secret_read(cli->root_fd, file + 1, ret, &error))
                return TRUE;
        wattle_print_error("/%s", error->message);
        return FALSE;
}

static gboolean read_key(const WattleCli *cli, const char *operand, WattleKey *ret)
{
        g_autoptr(GError) error = NULL;
        gboolean ok;

        if (operand && wattle_identifier_check(operand, WATTLE_MESH_NAME_MAX, NULL) &&
            wattle_cli_is_mesh_name(cli, operand))
                return read_key_of_mesh(cli, operand, ret);
        ok = operand ? wattle_secret_read(AT_FDCWD, operand, ret, &error)
                     : wattle_secret_read_fd(STDIN_FILENO, _("standard input"), ret, &error);
        if (!ok)
                wattle_print_error("%s", error->message);
        return ok;
}

static int run(WattleCli *cli, char **argv)
{
        g_auto(GStrv) operands = NULL;
        g_auto(WattleKey) private_key = { 0 };
        const GOptionEntry options[] = { { 0 } };
        char text[WATTLE_KEY_TEXT_MAX];
        WattleKey public_key;

        if (!wattle_cli_parse(cli, &wattle_verb_pubkey, options, argv, &operands))
                return cli->status;
        if (!read_key(cli, operands[0], &private_key))
                return EXIT_FAILURE;
        wattle_key_derive_public(&private_key, &public_key);
        wattle_key_format(&public_key, text);
        wattle_print(stdout, "%s\n", text);
        return EXIT_SUCCESS;
}

const WattleVerb wattle_verb_pubkey = {
        .name = "pubkey",
        .operands = "[FILE|MESH]",
        .n_min = 0,
        .n_max = 1,
        .summary = N_("show the public half of a private key"),
        .description = N_(
                "Prints the public key, which goes into the profile, of the private key in FILE, of this\n"
                "host's key for MESH, or of the one that comes in on standard input."),
        .example = "wattle pubkey home",
        .run = run,
};
