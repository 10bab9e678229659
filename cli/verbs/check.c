/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <stdlib.h>
#include <unistd.h>

#include "cli/cli.h"
#include "cli/print.h"
#include "cli/signing.h"
#include "cli/tailnet/operand.h"
#include "common/language.h"
#include "common/sys/deploy.h"

/* What wattle_deployment_load() leaves to others: whether there is a key to give to NetworkManager,
 * and to say what could not be looked at. */
static void check_key(const WattleCli *cli, const WattleDeployment *deployment, gboolean has_gid,
                      WattleReport *report)
{
        WattlePlace place = { deployment->mesh.profile->file, 0, 0 };
        gboolean by_networkd = deployment->view->owner == WATTLE_OWNER_NETWORKD;
        g_auto(WattleKey) key = { 0 };
        g_autoptr(GError) error = NULL;

        if (by_networkd && !has_gid)
                wattle_report_warning(report, place,
                                      "there is no group systemd-network here: whether "
                                      "systemd-networkd can read the private key is not known");
        else if (!by_networkd &&
                 !wattle_private_key_read(cli->root_fd, deployment->view, &key, &error))
                wattle_report_error(report, place, "%s", error->message);
}

/* What the boot and 'wattle apply' would do: a profile may be good and still leave this host out.
 */
static gboolean check_installed(const WattleCli *cli, const char *name,
                                WattleDeployment *deployment, WattleReport *report)
{
        g_autofree char *path = wattle_cli_find(cli, name, report);
        gboolean is_root = geteuid() == 0, ok;
        gid_t gid;
        gboolean has_gid = is_root && wattle_cli_networkd_gid(cli, &gid);

        if (!path)
                return FALSE;
        ok = wattle_deployment_load(deployment, cli->root_fd, name, has_gid ? &gid : NULL,
                                    WATTLE_LOAD_PRESENT, report);
        if (!is_root && deployment->mesh.local.enable)
                wattle_report_warning(report, (WattlePlace){ path, 0, 0 },
                                      "the private key was not looked at, which takes root");
        else if (ok && deployment->view)
                check_key(cli, deployment, has_gid, report);
        return ok;
}

static void print_good(const WattleMesh *mesh)
{
        wattle_print(stdout,
                     P_("%s: good: %u device", "%s: good: %u devices", mesh->profile->n_devices),
                     mesh->path, mesh->profile->n_devices);
        if (mesh->profile->has_serial)
                wattle_print(stdout, ", serial %ju", mesh->profile->serial);
        if (mesh->is_signed) {
                g_autofree char *who = wattle_signing_describe(&mesh->signer);

                wattle_print(stdout, ", signed by key %s", who);
        }
        wattle_print(stdout, "\n");
}

static gboolean check(const WattleCli *cli, const char *operand, gboolean quiet)
{
        g_auto(WattleReport) report = { 0 };
        g_auto(WattleDeployment) deployment = { 0 };
        gboolean ok;

        wattle_report_init(&report);
        ok = wattle_cli_is_mesh_name(cli, operand)
                     ? check_installed(cli, operand, &deployment, &report)
                     : wattle_mesh_load_file(&deployment.mesh, operand, &report);
        if (deployment.mesh.profile)
                wattle_profile_advise(deployment.mesh.profile, &report);
        wattle_print_report(&report);
        ok = ok && report.n_errors == 0;
        if (ok && !quiet)
                print_good(&deployment.mesh);
        return ok;
}

static gboolean check_tailnet(const WattleCli *cli, const char *operand, gboolean quiet)
{
        g_auto(WattleReport) report = { 0 };
        g_auto(WattleTailnet) tailnet = { 0 };
        gboolean ok;

        wattle_report_init(&report);
        wattle_tailnet_init(&tailnet);
        ok = wattle_cli_load_tailnet(cli, operand, &tailnet, &report);
        if (ok && tailnet.enable)
                wattle_cli_advise_tailnet(cli, &tailnet, &report);
        wattle_print_report(&report);
        if (ok && !quiet)
                wattle_print(stdout, "%s: good%s\n", tailnet.file,
                             tailnet.enable ? "" : _(", and not enabled"));
        return ok;
}

static int run(WattleCli *cli, char **argv)
{
        g_auto(GStrv) operands = NULL;
        gboolean quiet = FALSE, ok = TRUE;
        const GOptionEntry options[] = {
                { "quiet", 'q', 0, G_OPTION_ARG_NONE, &quiet, N_("say nothing of good meshes"),
                  NULL },
                { 0 },
        };

        if (!wattle_cli_parse(cli, &wattle_verb_check, options, argv, &operands))
                return cli->status;
        for (guint i = 0; operands[i]; i++)
                ok = (wattle_cli_is_tailnet(cli, operands[i])
                              ? check_tailnet(cli, operands[i], quiet)
                              : check(cli, operands[i], quiet)) &&
                     ok;
        return ok ? EXIT_SUCCESS : EXIT_FAILURE;
}

const WattleVerb wattle_verb_check = {
        .name = "check",
        .operands = "FILE|MESH|TAILNET...",
        .n_min = 1,
        .n_max = G_MAXUINT,
        .summary = N_("report all that is wrong with meshes and tailnets"),
        .description = N_(
                "Reports every fault, a line each: FILE:LINE:COLUMN: TEXT. A warning alone is no "
                "failure.\n"
                "An installed mesh is checked with this host's settings, and as this host."),
        .example = "wattle check home.mesh",
        .run = run,
};
