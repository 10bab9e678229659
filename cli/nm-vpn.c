/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* VPN connections that a user made for a mesh that is installed: they name it, and carry none. */
#include <string.h>

#include "cli/bus.h"
#include "cli/nm-settings.h"
#include "cli/nm.h"

#define NM         "org.freedesktop.NetworkManager"
#define SETTINGS   "/org/freedesktop/NetworkManager/Settings", NM ".Settings"
#define CONNECTION NM ".Settings.Connection"
#define SERVICE    NM ".wattle"

/* An empty key of vpn.data is none, as for the service. */
static gboolean names_mesh(sd_bus_message *settings, const char *mesh)
{
        const char *profile;

        if (g_strcmp0(wattle_nm_settings_get(settings, "vpn", "service-type"), SERVICE) != 0 ||
            g_strcmp0(wattle_nm_settings_get_vpn_data(settings, "mesh"), mesh) != 0)
                return FALSE;
        profile = wattle_nm_settings_get_vpn_data(settings, "profile");
        return !profile || *profile == '\0';
}

/* One that is removed meanwhile has no settings any more. */
static void add_if_named(sd_bus *bus, const char *connection, const char *mesh, GPtrArray *uuids)
{
        AUTO_BUS_MESSAGE *settings = NULL;
        const char *uuid;

        if (sd_bus_call_method(bus, NM, connection, CONNECTION, "GetSettings", NULL, &settings,
                               NULL) < 0 ||
            !names_mesh(settings, mesh))
                return;
        uuid = wattle_nm_settings_get(settings, "connection", "uuid");
        if (uuid)
                g_ptr_array_add(uuids, g_strdup(uuid));
}

gboolean wattle_nm_list_vpns(sd_bus *bus, const char *mesh, char ***ret, GError **error)
{
        AUTO_BUS_ERROR bus_error = SD_BUS_ERROR_NULL;
        AUTO_BUS_MESSAGE *reply = NULL;
        g_autoptr(GPtrArray) uuids = g_ptr_array_new_with_free_func(g_free);
        const char *path;
        int result =
                sd_bus_call_method(bus, NM, SETTINGS, "ListConnections", &bus_error, &reply, NULL);

        if (result >= 0)
                result = sd_bus_message_enter_container(reply, 'a', "o");
        while (result >= 0 && (result = sd_bus_message_read(reply, "o", &path)) > 0)
                add_if_named(bus, path, mesh, uuids);
        if (result < 0)
                return wattle_bus_fail(error, "NetworkManager", &bus_error, result);
        g_ptr_array_add(uuids, NULL);
        *ret = (char **)g_ptr_array_free(g_steal_pointer(&uuids), FALSE);
        return TRUE;
}
