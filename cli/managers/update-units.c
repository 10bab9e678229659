/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cli/managers/update-units.h"

#include "cli/managers/systemd.h"
#include "common/paths.h"
#include "common/sys/host.h"

/* The interface starts it when it appears. One that was there before the mesh was signed does not,
 * nor has wattle-generator written the unit then. */
static gboolean follow_serving(sd_bus *bus, const char *mesh, const char *interface, GError **error)
{
        g_autofree char *unit = wattle_paths_unit(WATTLE_UNIT_SERVE_SOCKET, mesh);
        g_autofree char *device = wattle_device_unit(interface);
        gboolean is_there, loaded;

        if (!wattle_systemd_is_active(bus, device, &is_there, error))
                return FALSE;
        if (!is_there)
                return TRUE;
        return wattle_systemd_is_loaded(bus, unit, &loaded, error) &&
               (loaded || wattle_systemd_reload(bus, error)) &&
               wattle_systemd_follow(bus, unit, TRUE, error);
}

gboolean wattle_update_units_follow(sd_bus *bus, const char *mesh, gboolean is_signed,
                                    const char *interface, GError **error)
{
        static const WattleUnitKind kinds[] = { WATTLE_UNIT_UPDATE_SOCKET,
                                                WATTLE_UNIT_UPDATE_TIMER };
        g_autofree char *service = wattle_paths_unit(WATTLE_UNIT_UPDATE, mesh);
        gboolean installed, wanted = is_signed && interface, ok = TRUE;

        if (!wattle_systemd_is_loaded(bus, service, &installed, error))
                return FALSE;
        if (!installed)
                return TRUE;
        for (guint i = 0; i < G_N_ELEMENTS(kinds); i++) {
                g_autofree char *unit = wattle_paths_unit(kinds[i], mesh);

                ok = wattle_systemd_follow(bus, unit, wanted, ok ? error : NULL) && ok;
        }
        if (!wanted)
                return ok;
        ok = wattle_systemd_follow(bus, WATTLE_UNIT_FETCH_SOCKET, TRUE, ok ? error : NULL) && ok;
        return follow_serving(bus, mesh, interface, ok ? error : NULL) && ok;
}
