/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cli/managers/wattled-reload.h"

#include "cli/managers/systemd.h"
#include "common/paths.h"
#include "common/sys/load.h"

/* As wattle-generator decides for the next boot. */
static gboolean is_wanted_by(int root_fd, const char *mesh)
{
        g_auto(WattleReport) report = { 0 };
        g_auto(WattleLocal) local = { 0 };

        wattle_report_init(&report);
        wattle_local_init(&local);
        return wattle_local_load(&local, root_fd, mesh, &report) && local.enable && local.migrate;
}

static gboolean is_wanted(int root_fd)
{
        g_auto(WattleReport) report = { 0 };
        g_auto(GStrv) meshes = NULL;

        wattle_report_init(&report);
        meshes = wattle_mesh_list(root_fd, &report);
        for (guint i = 0; meshes[i]; i++)
                if (is_wanted_by(root_fd, meshes[i]))
                        return TRUE;
        return FALSE;
}

gboolean wattle_wattled_reload(int root_fd, sd_bus *bus, GError **error)
{
        /* The first starts what does not run yet. */
        const char *method = is_wanted(root_fd) ? "ReloadOrRestartUnit" : "ReloadOrTryRestartUnit";
        gboolean loaded;

        if (!wattle_systemd_is_loaded(bus, WATTLE_UNIT_WATTLED, &loaded, error))
                return FALSE;
        return !loaded || wattle_systemd_run_job(bus, method, WATTLE_UNIT_WATTLED, error);
}
