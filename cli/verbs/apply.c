/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/apply/apply.h"
#include "cli/cli.h"
#include "cli/managers/bus.h"
#include "cli/print.h"
#include "cli/wattled-reload.h"
#include "common/scalar.h"

/* "2 files changed, 1 peer added, 1 removed, networkd reloaded", or "nothing to change". */
static char *describe(const WattleApplied *applied)
{
        const struct {
                guint n;
                const char *one, *many;
        } counts[] = {
                { applied->n_changed_files, "file changed", "files changed" },
                { applied->n_removed_files, "file removed", "files removed" },
                { applied->n_new_peers, "peer added", "peers added" },
                { applied->n_changed_peers, "peer changed", "peers changed" },
                { applied->n_removed_peers, "peer removed", "peers removed" },
        };
        g_autoptr(GPtrArray) parts = g_ptr_array_new_with_free_func(g_free);

        for (guint i = 0; i < G_N_ELEMENTS(counts); i++)
                if (counts[i].n > 0)
                        g_ptr_array_add(parts, g_strdup_printf("%u %s", counts[i].n,
                                                               counts[i].n == 1 ? counts[i].one
                                                                                : counts[i].many));
        if (applied->overridden)
                g_ptr_array_add(parts, g_strdup("its .netdev file is overridden, so that the peers "
                                                "are left to systemd-networkd"));
        if (applied->device_changed)
                g_ptr_array_add(parts, g_strdup("key, port or mark set"));
        if (applied->removed_interface)
                g_ptr_array_add(
                        parts, g_strdup_printf("interface %s removed", applied->removed_interface));
        if (applied->networkd_started)
                g_ptr_array_add(parts, g_strdup("systemd-networkd started"));
        else if (applied->networkd_reloaded)
                g_ptr_array_add(parts, g_strdup("systemd-networkd reloaded"));
        if (applied->nm_restarted)
                g_ptr_array_add(parts, g_strdup("interface made anew by NetworkManager"));
        else if (applied->nm_reapplied)
                g_ptr_array_add(parts, g_strdup("addresses and routes set by NetworkManager"));
        if (applied->nm_zone)
                g_ptr_array_add(parts, g_strdup("zone set by NetworkManager"));
        if (parts->len == 0)
                return g_strdup("nothing to change");
        g_ptr_array_add(parts, NULL);
        return g_strjoinv(", ", (char **)parts->pdata);
}

static gboolean apply_one(const WattleApplier *applier, const char *mesh)
{
        g_auto(WattleReport) report = { 0 };
        g_auto(WattleApplied) applied = { 0 };
        g_autofree char *text = NULL;
        g_autoptr(GError) error = NULL;
        gboolean ok;

        wattle_report_init(&report);
        ok = wattle_apply(applier, mesh, &applied, &report, &error);
        wattle_print_report(&report);
        if (!ok) {
                wattle_print_error("%s: %s", mesh,
                                   error ? error->message : "keeping the previous configuration");
                return FALSE;
        }
        if (!applied.known) {
                wattle_print_error("no mesh %s: there is no " WATTLE_CONFDIR "/%s.mesh", mesh,
                                   mesh);
                return FALSE;
        }
        text = describe(&applied);
        wattle_print(stdout, "%s: %s\n", mesh, text);
        return TRUE;
}

/* The name of an installed mesh, of a name or of its path; NULL if that was told to be none. */
static char *mesh_of_operand(const WattleApplier *applier, const char *operand)
{
        gboolean is_path = strchr(operand, '/') || g_str_has_suffix(operand, WATTLE_MESH_SUFFIX);
        g_autofree char *name = is_path ? wattle_mesh_name_of_path(operand) : g_strdup(operand);
        g_autofree char *installed = NULL;
        g_autoptr(GError) error = NULL;
        struct stat given, found;

        if (!wattle_identifier_check(name, WATTLE_MESH_NAME_MAX, &error)) {
                wattle_print_error("%s", error->message);
                return NULL;
        }
        if (!is_path)
                return g_steal_pointer(&name);
        installed = wattle_mesh_find(applier->root_fd, name);
        if (installed && stat(operand, &given) == 0 && stat(installed, &found) == 0 &&
            given.st_dev == found.st_dev && given.st_ino == found.st_ino)
                return g_steal_pointer(&name);
        wattle_print_error("%s is not the mesh %s that is installed: copy it to " WATTLE_CONFDIR
                           "/%s" WATTLE_MESH_SUFFIX ", and apply that",
                           operand, name, name);
        return NULL;
}

static gboolean apply_operands(const WattleApplier *applier, char **operands)
{
        gboolean ok = TRUE;

        for (guint i = 0; operands[i]; i++) {
                g_autofree char *mesh = mesh_of_operand(applier, operands[i]);

                if (!mesh || !apply_one(applier, mesh))
                        ok = FALSE;
        }
        return ok;
}

static gboolean apply_list(const WattleApplier *applier, char **meshes)
{
        gboolean ok = TRUE;

        for (guint i = 0; meshes[i]; i++)
                ok = apply_one(applier, meshes[i]) && ok;
        return ok;
}

static gboolean apply_all(const WattleApplier *applier)
{
        g_auto(WattleReport) report = { 0 };
        g_auto(GStrv) meshes = NULL, leftovers = NULL;
        gboolean ok;

        wattle_report_init(&report);
        meshes = wattle_mesh_list(applier->root_fd, &report);
        leftovers = wattle_apply_list_leftovers(applier->root_fd);
        wattle_print_report(&report);
        if (!meshes[0] && !leftovers[0])
                puts("no mesh is installed: 'wattle init' makes one");
        ok = apply_list(applier, meshes) && report.n_errors == 0;
        return apply_list(applier, leftovers) && ok;
}

static int apply(const WattleCli *cli, char **operands)
{
        WattleApplier applier = { .root_fd = cli->root_fd };
        g_autoptr(GError) error = NULL;
        gboolean ok;

        if (geteuid() != 0) {
                wattle_print_error("apply changes this host's network: run it as root");
                return EXIT_FAILURE;
        }
        if (!wattle_cli_networkd_gid(cli, &applier.networkd_gid)) {
                wattle_print_error(
                        "there is no group systemd-network: is systemd-networkd installed?");
                return EXIT_FAILURE;
        }
        if (!wattle_bus_open(&applier.bus, &error)) {
                wattle_print_error("%s", error->message);
                return EXIT_FAILURE;
        }
        ok = operands[0] ? apply_operands(&applier, operands) : apply_all(&applier);
        wattle_wattled_reload(applier.root_fd, applier.bus);
        sd_bus_flush_close_unref(applier.bus);
        return ok ? EXIT_SUCCESS : EXIT_FAILURE;
}

static int run(WattleCli *cli, char **argv)
{
        g_auto(GStrv) operands = NULL;
        const GOptionEntry options[] = { { 0 } };

        if (!wattle_cli_parse(cli, &wattle_verb_apply, options, argv, &operands))
                return cli->status;
        if (strcmp(cli->root, "/") != 0)
                return wattle_cli_usage(&wattle_verb_apply,
                                        "--root= is of no use here: a network that runs is "
                                        "changed; 'wattle render' writes files elsewhere");
        return apply(cli, operands);
}

const WattleVerb wattle_verb_apply = {
        .name = "apply",
        .operands = "[MESH...]",
        .n_min = 0,
        .n_max = G_MAXUINT,
        .summary = "bring this host to what its meshes say now",
        .description =
                "Writes the files that changed, and changes the running interface as little as "
                "possible:\n"
                "peers that stay keep their session and the endpoint that was learnt. A bad mesh "
                "changes\n"
                "nothing. A mesh that is gone or disabled goes away with its interface. Without MESH, "
                "all.",
        .example = "wattle apply home",
        .run = run,
};
