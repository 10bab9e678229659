/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cli/tailnet/operand.h"

#include <string.h>
#include <unistd.h>

#include "cli/print.h"
#include "common/scalar.h"
#include "common/sys/file.h"
#include "common/sys/load.h"
#include "common/sys/tailnet/tailnets.h"

static gboolean is_path(const char *operand)
{
        return g_str_has_suffix(operand, WATTLE_TAILNET_SUFFIX);
}

gboolean wattle_cli_is_tailnet(const WattleCli *cli, const char *operand)
{
        g_autofree char *path = NULL;

        if (is_path(operand))
                return TRUE;
        if (strchr(operand, '/') || !wattle_identifier_check(operand, WATTLE_MESH_NAME_MAX, NULL) ||
            wattle_mesh_exists(cli->root_fd, operand))
                return FALSE;
        path = wattle_tailnet_find(cli->root_fd, operand);
        return path != NULL;
}

char **wattle_cli_networks(const WattleCli *cli, const char *operand)
{
        g_autofree char *tailnet = operand ? NULL : wattle_tailnet_first_enabled(cli->root_fd);
        g_auto(WattleReport) report = { 0 };
        g_auto(GStrv) meshes = NULL;
        g_autoptr(GStrvBuilder) all = g_strv_builder_new();

        if (operand && wattle_cli_is_tailnet(cli, operand))
                return g_strdupv((char *[]){ (char *)operand, NULL });
        if (!tailnet)
                return wattle_cli_meshes(cli, operand);
        wattle_report_init(&report);
        meshes = wattle_mesh_list(cli->root_fd, &report);
        wattle_print_report(&report);
        if (report.n_errors > 0)
                return NULL;
        g_strv_builder_addv(all, (const char **)meshes);
        g_strv_builder_add(all, tailnet);
        return g_strv_builder_end(all);
}

gboolean wattle_cli_load_tailnet(const WattleCli *cli, const char *operand, WattleTailnet *tailnet,
                                 WattleReport *report)
{
        g_autofree char *name = wattle_tailnet_name_of_path(operand);
        g_autoptr(GError) error = NULL;

        if (!is_path(operand))
                return wattle_tailnet_load(tailnet, cli->root_fd, operand, report);
        if (!wattle_identifier_check(name, WATTLE_MESH_NAME_MAX, &error)) {
                wattle_report_error(report, (WattlePlace){ operand, 0, 0 },
                                    "cannot be a tailnet's name: %s", error->message);
                return FALSE;
        }
        return wattle_tailnet_load_file(tailnet, operand, report);
}

static gboolean has_credential(const WattleCli *cli, const WattleTailnet *tailnet)
{
        static const char *const stores[] = { "etc/credstore", "etc/credstore.encrypted",
                                              "run/credstore", "run/credstore.encrypted" };
        g_autofree char *name = wattle_tailnet_name_of_path(tailnet->file);

        for (guint i = 0; i < G_N_ELEMENTS(stores); i++) {
                g_autofree char *path = g_strdup_printf("%s/wattle.%s.auth-key", stores[i], name);

                if (wattle_path_exists(cli->root_fd, path))
                        return TRUE;
        }
        return FALSE;
}

void wattle_cli_advise_tailnet(const WattleCli *cli, const WattleTailnet *tailnet,
                               WattleReport *report)
{
        g_autofree char *unit = wattle_tailnet_find_unit(cli->root_fd);
        const WattleLocalName *key = &tailnet->auth_key_file;

        if (!unit)
                wattle_report_warning(report, (WattlePlace){ tailnet->file, 0, 0 },
                                      "Tailscale is not installed: there is no %s",
                                      WATTLE_UNIT_TAILSCALED);
        if (tailnet->up_flags.n > 0 && !key->value && !has_credential(cli, tailnet))
                wattle_report_warning(report, tailnet->up_flags.words[0].place,
                                      "UpFlags: it counts when wattle-tailscale logs in, and there "
                                      "is neither AuthKeyFile= nor a credential");
        if (geteuid() == 0 && key->value && !wattle_path_exists(cli->root_fd, key->value + 1))
                wattle_report_warning(report, key->place, "AuthKeyFile: there is no %s",
                                      key->value);
}
