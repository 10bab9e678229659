/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <stdlib.h>

#include "cli/cli.h"
#include "cli/print.h"
#include "common/sys/host.h"

/* What the boot would do with an installed mesh: a profile may be good and still leave this host
 * out. */
static void check_host(const WattleCli *cli, const WattleMesh *mesh, WattleReport *report)
{
        g_autoptr(WattleView) view =
                wattle_host_view(cli->root_fd, mesh, NULL, WATTLE_OWNER_AUTO, report);
}

static void print_good(const WattleMesh *mesh)
{
        printf("%s: good: %u device%s", mesh->path, mesh->profile->n_devices,
               mesh->profile->n_devices == 1 ? "" : "s");
        if (mesh->profile->has_serial)
                printf(", serial %" G_GUINT64_FORMAT, mesh->profile->serial);
        putchar('\n');
}

static gboolean check(const WattleCli *cli, const char *operand, gboolean quiet)
{
        g_auto(WattleReport) report = { 0 };
        g_auto(WattleMesh) mesh = { 0 };

        wattle_report_init(&report);
        if (wattle_cli_load(cli, operand, &mesh, &report) && mesh.local.enable &&
            wattle_cli_is_mesh_name(cli, operand))
                check_host(cli, &mesh, &report);
        wattle_print_report(&report);
        if (report.n_errors == 0 && !quiet)
                print_good(&mesh);
        return report.n_errors == 0;
}

static int run(WattleCli *cli, char **argv)
{
        g_auto(GStrv) operands = NULL;
        gboolean quiet = FALSE, ok = TRUE;
        const GOptionEntry options[] = {
                { "quiet", 'q', 0, G_OPTION_ARG_NONE, &quiet, "say nothing of good meshes", NULL },
                { 0 },
        };

        if (!wattle_cli_parse(cli, &wattle_verb_check, options, argv, &operands))
                return cli->status;
        for (guint i = 0; operands[i]; i++)
                ok = check(cli, operands[i], quiet) && ok;
        return ok ? EXIT_SUCCESS : EXIT_FAILURE;
}

const WattleVerb wattle_verb_check = {
        .name = "check",
        .operands = "FILE|MESH...",
        .n_min = 1,
        .n_max = G_MAXUINT,
        .summary = "report all that is wrong with meshes",
        .description =
                "Reports every fault, a line each: FILE:LINE:COLUMN: TEXT. A warning alone is no "
                "failure.\n"
                "An installed mesh is checked with this host's settings, and as this host.",
        .example = "wattle check home.mesh",
        .run = run,
};
