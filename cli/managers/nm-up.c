/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cli/managers/nm-up.h"

#include "cli/managers/nm.h"
#include "common/nm-profile.h"

void wattle_nm_up_clear(WattleNmUp *up)
{
        g_clear_pointer(&up->active, g_free);
        g_clear_pointer(&up->uuid, g_free);
        g_clear_pointer(&up->interface, g_free);
}

static gboolean find_native(WattleNmUp *up, sd_bus *bus, const char *mesh, GError **error)
{
        g_autofree char *uuid = wattle_nm_profile_uuid(mesh);

        if (!wattle_nm_find_active(bus, uuid, &up->active, error))
                return FALSE;
        if (!up->active)
                return TRUE;
        up->kind = WATTLE_CONNECTION_NATIVE;
        up->uuid = g_steal_pointer(&uuid);
        up->interface = wattle_nm_get_interface(bus, up->active);
        return TRUE;
}

/* The interface of a VPN is that of the link which its service has beside it. */
static gboolean find_vpn(WattleNmUp *up, sd_bus *bus, const char *uuid, GError **error)
{
        g_autofree char *link_uuid = wattle_nm_link_uuid(uuid), *link = NULL;

        if (!wattle_nm_find_active(bus, uuid, &up->active, error) ||
            !wattle_nm_find_active(bus, link_uuid, &link, error))
                return FALSE;
        if (link)
                up->interface = wattle_nm_get_interface(bus, link);
        if (!up->active && link) {
                up->link_only = TRUE;
                up->active = g_steal_pointer(&link);
        }
        if (up->active) {
                up->kind = WATTLE_CONNECTION_VPN;
                up->uuid = g_strdup(uuid);
        }
        return TRUE;
}

static gboolean find_our_vpn(WattleNmUp *up, sd_bus *bus, const char *mesh, GError **error)
{
        g_autofree char *uuid = wattle_nm_vpn_uuid(mesh);

        return find_vpn(up, bus, uuid, error);
}

static gboolean find_their_vpn(WattleNmUp *up, sd_bus *bus, const char *mesh, GError **error)
{
        g_autofree char *uuid = NULL;

        if (!wattle_nm_find_vpn(bus, mesh, &uuid, error))
                return FALSE;
        up->is_theirs = uuid != NULL;
        return !uuid || find_vpn(up, bus, uuid, error);
}

gboolean wattle_nm_up_find(WattleNmUp *up, sd_bus *bus, const char *mesh, GError **error)
{
        return find_native(up, bus, mesh, error) &&
               (up->active || find_our_vpn(up, bus, mesh, error)) &&
               (up->active || find_their_vpn(up, bus, mesh, error));
}
