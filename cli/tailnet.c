/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cli/tailnet.h"

#include <string.h>
#include <unistd.h>

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

void wattle_cli_advise_tailnet(const WattleCli *cli, const WattleTailnet *tailnet,
                               WattleReport *report)
{
        g_autofree char *unit = wattle_tailnet_find_unit(cli->root_fd);
        const WattleLocalName *key = &tailnet->auth_key_file;

        if (!unit)
                wattle_report_warning(
                        report, (WattlePlace){ tailnet->file, 0, 0 },
                        "Tailscale is not installed: there is no " WATTLE_UNIT_TAILSCALED);
        if (geteuid() == 0 && key->value && !wattle_path_exists(cli->root_fd, key->value + 1))
                wattle_report_warning(report, key->place, "AuthKeyFile: there is no %s",
                                      key->value);
}
