/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cli/cli.h"
#include "cli/keyfile.h"
#include "cli/managers/systemd.h"
#include "cli/print.h"
#include "cli/prompt.h"
#include "cli/update/joined.h"
#include "cli/update/pair.h"
#include "cli/update/settle.h"
#include "common/error.h"
#include "common/paths.h"
#include "common/profile-sign.h"
#include "common/scalar.h"
#include "common/sys/file.h"

/* For the answer. */
#define CONFIRM_S 600

static gboolean remove_file(int root_fd, const char *path, GError **error)
{
        return wattle_below_unlink(root_fd, path + 1) == 0 || errno == ENOENT || errno == ENOTDIR ||
               wattle_error_set_errno(error, errno, "%s", path);
}

static gboolean remove_in_etc(int root_fd, const char *mesh, const char *suffix, GError **error)
{
        g_autofree char *path = g_strconcat(WATTLE_CONFDIR "/", mesh, suffix, NULL);

        return remove_file(root_fd, path, error);
}

/* One with files of others in it stays. */
static void remove_folder(int root_fd, const char *mesh, const char *suffix)
{
        g_autofree char *path = g_strconcat(WATTLE_CONFDIR "/", mesh, suffix, NULL);

        (void)wattle_below_rmdir(root_fd, path + 1);
}

/* MESH.pub last: as long as it is there, no other text passes for the mesh, and whoever is
 * interrupted says 'wattle leave' again. What was written by hand into MESH.mesh.d stays. */
static gboolean remove_files(int root_fd, const char *mesh, GError **error)
{
        static const char *const suffixes[] = {
                WATTLE_INVITATION_SUFFIX,
                ".mesh",
                ".mesh" WATTLE_SIGNATURE_SUFFIX,
                ".mesh" WATTLE_SIGNATURE_SUFFIX WATTLE_SIGNATURE_NEXT_SUFFIX,
                WATTLE_JOINED_SUFFIX,
                WATTLE_LEFT_SUFFIX,
        };
        static const char *const folders[] = { ".last", ".next", ".mesh.d" };
        g_autofree char *last = wattle_paths_last_good(mesh), *next = wattle_paths_candidate(mesh);
        g_autofree char *revoked = wattle_paths_revocations(mesh);

        for (guint i = 0; i < G_N_ELEMENTS(suffixes); i++)
                if (!remove_in_etc(root_fd, mesh, suffixes[i], error))
                        return FALSE;
        if (!wattle_pair_remove(root_fd, last, error) ||
            !wattle_pair_remove(root_fd, next, error) || !remove_file(root_fd, revoked, error))
                return FALSE;
        for (guint i = 0; i < G_N_ELEMENTS(folders); i++)
                remove_folder(root_fd, mesh, folders[i]);
        return remove_in_etc(root_fd, mesh, WATTLE_TRUST_SUFFIX, error);
}

/* Which Serial= it had got to stays, so that nobody gives this host an older one if it comes back.
 */
static gboolean forget_candidate(int root_fd, const char *mesh, GError **error)
{
        g_autofree char *path = wattle_paths_update_state(mesh);
        g_auto(WattleUpdateState) state = { 0 };

        if (!wattle_path_exists(root_fd, path + 1))
                return TRUE;
        if (!wattle_update_state_load(root_fd, mesh, &state, error))
                return FALSE;
        state.confirm = (WattleConfirm){ .phase = WATTLE_CONFIRM_DONE };
        g_clear_pointer(&state.witnesses, g_strfreev);
        return wattle_update_state_save(root_fd, mesh, &state, error);
}

static gboolean remove_key(const WattleCli *cli, const char *mesh, WattleReport *report,
                           GError **error)
{
        g_autofree char *file = wattle_key_file_of_mesh(cli, mesh, report);

        return file && remove_file(cli->root_fd, file, error);
}

/* What goes on for the mesh by itself, and before it what starts that. */
static void stop_services(sd_bus *bus, const char *mesh)
{
        static const WattleUnitKind kinds[] = { WATTLE_UNIT_UPDATE_SOCKET, WATTLE_UNIT_UPDATE_TIMER,
                                                WATTLE_UNIT_JOIN,          WATTLE_UNIT_UPDATE,
                                                WATTLE_UNIT_RELAY_SOCKET,  WATTLE_UNIT_RELAY };

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
        g_autofree char *pub = g_strdup_printf(WATTLE_CONFDIR "/%s" WATTLE_TRUST_SUFFIX, mesh);
        g_autofree char *invitation = wattle_paths_invitation(mesh);

        if (path && !g_str_has_prefix(path, WATTLE_CONFDIR "/")) {
                wattle_print_error("%s is not yours to remove: 'ln -s /dev/null " WATTLE_CONFDIR
                                   "/%s.mesh' and 'wattle apply %s' take this host out",
                                   path, mesh, mesh);
                return FALSE;
        }
        if (wattle_mesh_exists(cli->root_fd, mesh) || wattle_path_exists(cli->root_fd, pub + 1) ||
            wattle_path_exists(cli->root_fd, invitation + 1))
                return TRUE;
        wattle_print_error("no mesh %s: there is no " WATTLE_CONFDIR "/%s.mesh", mesh, mesh);
        return FALSE;
}

static gboolean confirm(const char *mesh, gboolean yes, gboolean with_key)
{
        g_autofree char *question =
                g_strdup_printf("Take this host out of %s, and remove its profile%s? [y/N] ", mesh,
                                with_key ? " and its private key" : "");

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
             remove_files(cli->root_fd, mesh, &error) &&
             forget_candidate(cli->root_fd, mesh, &error);
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
                { "key", 0, 0, G_OPTION_ARG_NONE, &with_key, "remove the private key, too", NULL },
                { "yes", 'y', 0, G_OPTION_ARG_NONE, &yes, "do not ask", NULL },
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
                        operands[0], with_key ? "" : ", the key stays for 'wattle join'");
        return ok ? EXIT_SUCCESS : EXIT_FAILURE;
}

const WattleVerb wattle_verb_leave = {
        .name = "leave",
        .operands = "MESH",
        .n_min = 1,
        .n_max = 1,
        .summary = "take this host out of a mesh",
        .description =
                "Takes the interface down and removes the profile, its signature, the signers that are\n"
                "trusted, and an invitation that waits. The private key stays unless --key is given, and\n"
                "settings in " WATTLE_CONFDIR "/MESH.mesh.d that wattle did not write.",
        .example = "wattle leave home",
        .run = run,
};
