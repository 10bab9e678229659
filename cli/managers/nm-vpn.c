/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* VPN connections of wattle's type: those that a user made for a mesh that is installed, which name
 * it and carry none, and those that carry one. */
#include <string.h>

#include "cli/managers/bus.h"
#include "cli/managers/nm-settings.h"
#include "cli/managers/nm.h"
#include "common/nm-profile.h"

#define NM         "org.freedesktop.NetworkManager"
#define SETTINGS   "/org/freedesktop/NetworkManager/Settings", NM ".Settings"
#define CONNECTION NM ".Settings.Connection"
#define SERVICE    NM ".wattle"

/* What may be wanted of the settings of a connection; the texts are the message's. */
typedef struct {
        sd_bus *bus;
        sd_bus_message *settings;
        const char *mesh; /* NULL: it is no VPN of ours */
        gboolean carries;
} Vpn;

static const char *get(const Vpn *vpn, const char *key)
{
        return wattle_nm_settings_get(vpn->settings, "connection", key);
}

/* An empty key of vpn.data is none, as for the service. */
static void read_vpn(Vpn *vpn)
{
        const char *profile;

        if (g_strcmp0(wattle_nm_settings_get(vpn->settings, "vpn", "service-type"), SERVICE) != 0)
                return;
        vpn->mesh = wattle_nm_settings_get_vpn_data(vpn->settings, "mesh");
        profile = wattle_nm_settings_get_vpn_data(vpn->settings, "profile");
        vpn->carries = profile && *profile != '\0';
}

typedef gboolean (*TakeVpn)(const Vpn *vpn, gpointer data, GError **error);

/* One that is removed meanwhile has no settings any more, and one that is another user's shows none
 * but to root. */
static gboolean look_at(sd_bus *bus, const char *connection, TakeVpn take, gpointer data,
                        GError **error)
{
        AUTO_BUS_MESSAGE *settings = NULL;
        Vpn vpn = { .bus = bus };

        if (sd_bus_call_method(bus, NM, connection, CONNECTION, "GetSettings", NULL, &settings,
                               NULL) < 0)
                return TRUE;
        vpn.settings = settings;
        read_vpn(&vpn);
        return !vpn.mesh || take(&vpn, data, error);
}

static gboolean look_at_all(sd_bus *bus, TakeVpn take, gpointer data, GError **error)
{
        AUTO_BUS_ERROR bus_error = SD_BUS_ERROR_NULL;
        AUTO_BUS_MESSAGE *reply = NULL;
        const char *path;
        int result =
                sd_bus_call_method(bus, NM, SETTINGS, "ListConnections", &bus_error, &reply, NULL);

        if (result >= 0)
                result = sd_bus_message_enter_container(reply, 'a', "o");
        while (result >= 0 && (result = sd_bus_message_read(reply, "o", &path)) > 0)
                if (!look_at(bus, path, take, data, error))
                        return FALSE;
        return result >= 0 || wattle_bus_fail(error, "NetworkManager", &bus_error, result);
}

static void carried_free(gpointer data)
{
        WattleNmInlineMesh *carried = data;

        g_free(carried->mesh);
        g_free(carried->connection);
        g_free(carried);
}

/* The link may be there without the VPN: NetworkManager was restarted. */
static gboolean is_on(const Vpn *vpn, const char *uuid, gboolean *ret, GError **error)
{
        g_autofree char *link = wattle_nm_link_uuid(uuid), *active = NULL;

        if (!wattle_nm_find_active(vpn->bus, uuid, &active, error) ||
            (!active && !wattle_nm_find_active(vpn->bus, link, &active, error)))
                return FALSE;
        *ret = active != NULL;
        return TRUE;
}

typedef struct {
        const char *mesh;
        char *uuid; /* NULL: not found yet */
} Named;

static gboolean take_named(const Vpn *vpn, gpointer data, GError **error)
{
        Named *named = data;
        const char *uuid = get(vpn, "uuid");
        gboolean on;

        if (named->uuid || vpn->carries || strcmp(vpn->mesh, named->mesh) != 0 || !uuid)
                return TRUE;
        if (!is_on(vpn, uuid, &on, error))
                return FALSE;
        if (on)
                named->uuid = g_strdup(uuid);
        return TRUE;
}

gboolean wattle_nm_find_vpn(sd_bus *bus, const char *mesh, char **ret, GError **error)
{
        Named named = { mesh, NULL };

        if (!look_at_all(bus, take_named, &named, error)) {
                g_free(named.uuid);
                return FALSE;
        }
        *ret = named.uuid;
        return TRUE;
}

static gboolean take_carried(const Vpn *vpn, gpointer data, GError **error)
{
        GPtrArray *list = data;
        const char *uuid = get(vpn, "uuid"), *id = get(vpn, "id");
        WattleNmInlineMesh *carried;
        gboolean on = FALSE;

        if (!vpn->carries || !uuid || !id)
                return TRUE;
        if (!is_on(vpn, uuid, &on, error))
                return FALSE;
        if (!on)
                return TRUE;
        carried = g_new(WattleNmInlineMesh, 1);
        *carried = (WattleNmInlineMesh){ g_strdup(vpn->mesh), g_strdup(id) };
        g_ptr_array_add(list, carried);
        return TRUE;
}

gboolean wattle_nm_list_inline_meshes(sd_bus *bus, GPtrArray **ret, GError **error)
{
        g_autoptr(GPtrArray) list = g_ptr_array_new_with_free_func(carried_free);

        if (!look_at_all(bus, take_carried, list, error))
                return FALSE;
        *ret = g_steal_pointer(&list);
        return TRUE;
}
