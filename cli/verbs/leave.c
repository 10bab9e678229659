/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cli/cli.h"
#include "cli/join/leave.h"
#include "cli/keyfile.h"
#include "cli/managers/systemd.h"
#include "cli/print.h"
#include "cli/prompt.h"
#include "cli/update/settle.h"
#include "common/error.h"
#include "common/language.h"
#include "common/paths.h"
#include "common/scalar.h"
#include "common/sys/file.h"

/* For the answer. */
#define CONFIRM_S 600

static gboolean remove_key(const WattleCli *cli, const char *mesh, WattleReport *report,
                           GError **error)
{
        g_autofree char *file = wattle_key_file_of_mesh(cli, mesh, report);

        return file && (wattle_below_unlink(cli->root_fd, file + 1) == 0 || errno == ENOENT ||
                        errno == ENOTDIR || wattle_error_set_errno(error, errno, "%s", file));
}

/* What goes on for the mesh by itself, and before it what starts that. */
static void stop_services(sd_bus *bus, const char *mesh)
{
        static const WattleUnitKind kinds[] = {
                WATTLE_UNIT_UPDATE_SOCKET,  WATTLE_UNIT_UPDATE_TIMER, WATTLE_UNIT_JOIN,
                WATTLE_UNIT_UPDATE,         WATTLE_UNIT_RELAY_SOCKET, WATTLE_UNIT_RELAY,
                WATTLE_UNIT_PORTMAP_SOCKET, WATTLE_UNIT_PORTMAP
        };

        for (guint i = 0; i < G_N_ELEMENTS(kinds); i++) {
                g_autofree char *unit = wattle_paths_unit(kinds[i], mesh);
                g_autoptr(GError) error = NULL;
                gboolean active;

                if (!wattle_systemd_is_active(bus, unit, &active, &error) ||
                    (active && !wattle_systemd_run_job(bus, "StopUnit", unit, &error)))
                        wattle_print_error("warning: %s", error->message);
        }
}

/* A vendor's file is not ours to remove. */
static gboolean check_ours(const WattleCli *cli, const char *mesh)
{
        g_autofree char *path = wattle_mesh_find(cli->root_fd, mesh);

        if (path && !g_str_has_prefix(path, WATTLE_CONFDIR "/")) {
                wattle_print_error(
                        "%s is not yours to remove: 'ln -s /dev/null %s/%s.mesh' and 'wattle apply %s' take this host out",
                        path, WATTLE_CONFDIR, mesh, mesh);
                return FALSE;
        }
        if (wattle_mesh_exists(cli->root_fd, mesh) || wattle_leave_is_due(cli->root_fd, mesh))
                return TRUE;
        wattle_print_error("no mesh %s: there is no %s/%s.mesh", mesh, WATTLE_CONFDIR, mesh);
        return FALSE;
}

static gboolean confirm(const char *mesh, gboolean yes, gboolean with_key)
{
        g_autofree char *question =
                g_strdup_printf(_("Take this host out of %s, and remove its profile%s? [y/N] "),
                                mesh, with_key ? _(" and its private key") : "");

        if (yes)
                return TRUE;
        if (!wattle_prompt_is_possible()) {
                wattle_print_error(
                        "there is no terminal to ask on: with --yes it is not asked. Nothing "
                        "was changed");
                return FALSE;
        }
        if (wattle_prompt_confirm(question, CONFIRM_S))
                return TRUE;
        wattle_print_error("nothing was changed");
        return FALSE;
}

static gboolean leave(const WattleCli *cli, const WattleApplier *applier, const char *mesh,
                      gboolean with_key)
{
        const WattleUpdater updater = { .root_fd = cli->root_fd, .mesh = mesh };
        g_auto(WattleReport) report = { 0 };
        g_auto(WattleFd) lock = -1;
        g_autoptr(GError) error = NULL;
        gboolean ok;

        wattle_report_init(&report);
        stop_services(applier->bus, mesh);
        /* PrivateKeyFile= is in the settings, which may go. */
        ok = wattle_update_lock(&updater, &lock, &error) &&
             (!with_key || remove_key(cli, mesh, &report, &error)) &&
             wattle_leave_remove(cli->root_fd, mesh, &error);
        wattle_print_report(&report);
        if (!ok) {
                if (error)
                        wattle_print_error("%s: %s", mesh, error->message);
                return FALSE;
        }
        return wattle_cli_run(cli, &wattle_verb_apply, mesh) == EXIT_SUCCESS;
}

static int run(WattleCli *cli, char **argv)
{
        g_auto(GStrv) operands = NULL;
        g_autoptr(GError) error = NULL;
        gboolean yes = FALSE, with_key = FALSE, ok;
        WattleApplier applier = { 0 };
        const GOptionEntry options[] = {
                { "key", 0, 0, G_OPTION_ARG_NONE, &with_key, N_("remove the private key, too"),
                  NULL },
                { "yes", 'y', 0, G_OPTION_ARG_NONE, &yes, N_("do not ask"), NULL },
                { 0 },
        };

        if (!wattle_cli_parse(cli, &wattle_verb_leave, options, argv, &operands))
                return cli->status;
        if (strcmp(cli->root, "/") != 0)
                return wattle_cli_usage(
                        &wattle_verb_leave,
                        "--root= is of no use here: a network that runs is changed");
        if (!wattle_identifier_check(operands[0], WATTLE_MESH_NAME_MAX, &error))
                return wattle_cli_usage(&wattle_verb_leave, "MESH: %s", error->message);
        if (!check_ours(cli, operands[0]) ||
            !wattle_cli_open_applier(cli, &wattle_verb_leave, &applier))
                return EXIT_FAILURE;
        ok = confirm(operands[0], yes, with_key) && leave(cli, &applier, operands[0], with_key);
        sd_bus_flush_close_unref(applier.bus);
        if (ok)
                wattle_print(
                        stdout,
                        "%s: left%s; the other devices know this one until 'wattle remove' there\n",
                        operands[0], with_key ? "" : _(", the key stays for 'wattle join'"));
        return ok ? EXIT_SUCCESS : EXIT_FAILURE;
}

const WattleVerb wattle_verb_leave = {
        .name = "leave",
        .operands = "MESH",
        .n_min = 1,
        .n_max = 1,
        .summary = N_("take this host out of a mesh"),
        .description = N_(
                "Takes the interface down and removes the profile, its signature, the signers that are\n"
                "trusted, and an invitation that waits. The private key stays unless --key is given, and\n"
                "settings in CONFDIR/MESH.mesh.d that wattle did not write."),
        .example = "wattle leave home",
        .run = run,
};
