/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cli/apply/filter.h"

#include "cli/managers/systemd.h"
#include "common/paths.h"
#include "common/sys/host.h"

WattleFilterStep wattle_filter_plan(const WattleFilterFacts *facts)
{
        if (!facts->wanted)
                return facts->running ? WATTLE_FILTER_STOP : WATTLE_FILTER_LEAVE;
        if (facts->running)
                return facts->changed ? WATTLE_FILTER_RELOAD : WATTLE_FILTER_LEAVE;
        /* An interface that comes later starts it itself. */
        return facts->has_device ? WATTLE_FILTER_START : WATTLE_FILTER_LEAVE;
}

static gboolean look(sd_bus *bus, const char *unit, const char *interface, WattleFilterFacts *facts,
                     GError **error)
{
        g_autofree char *device = interface ? wattle_device_unit(interface) : NULL;
        gboolean loaded;

        if (!wattle_systemd_is_active(bus, unit, &facts->running, error))
                return FALSE;
        if (!device)
                return TRUE;
        /* Without the package there is nothing to start: the view's warnings have said so. */
        if (!wattle_systemd_is_active(bus, device, &facts->has_device, error) ||
            !wattle_systemd_is_loaded(bus, unit, &loaded, error))
                return FALSE;
        facts->has_device = facts->has_device && loaded;
        return TRUE;
}

gboolean wattle_filter_apply(sd_bus *bus, const char *mesh, const char *interface, gboolean wanted,
                             gboolean changed, GError **error)
{
        static const char *const methods[] = {
                [WATTLE_FILTER_LEAVE] = NULL,
                [WATTLE_FILTER_START] = "StartUnit",
                [WATTLE_FILTER_RELOAD] = "ReloadOrRestartUnit",
                [WATTLE_FILTER_STOP] = "StopUnit",
        };
        g_autofree char *unit = wattle_paths_unit(WATTLE_UNIT_FILTER, mesh);
        WattleFilterFacts facts = { .wanted = wanted, .changed = changed };
        const char *method;

        if (!look(bus, unit, interface, &facts, error))
                return FALSE;
        method = methods[wattle_filter_plan(&facts)];
        return !method || wattle_systemd_run_job(bus, method, unit, error);
}
