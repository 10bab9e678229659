/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "nm-plugin/service/holder.h"

#include <string.h>

void wattle_holder_clear(WattleHolder *holder)
{
        g_free(holder->active);
        g_free(holder->profile);
        g_free(holder->device);
        g_free(holder->other);
        *holder = (WattleHolder){ 0 };
}

/* What an object has of an interface: a{sv}, or NULL. */
static GVariant *get_interface(GVariant *objects, const char *path, const char *interface)
{
        g_autoptr(GVariant) object = NULL;

        if (!g_variant_lookup(objects, path, "@a{sa{sv}}", &object))
                return NULL;
        return g_variant_lookup_value(object, interface, G_VARIANT_TYPE_VARDICT);
}

static gboolean is_called(GVariant *device, const char *name)
{
        const char *interface;

        return g_variant_lookup(device, "Interface", "&s", &interface) &&
               strcmp(interface, name) == 0;
}

/* The path of the first device that an active connection has; NULL: none yet. */
static char *get_device(GVariant *active)
{
        g_autofree char **devices = NULL;

        if (!g_variant_lookup(active, "Devices", "^ao", &devices))
                return NULL;
        for (guint i = 1; devices[0] && devices[i]; i++)
                g_clear_pointer(&devices[i], g_free);
        return devices[0];
}

static gboolean is_on(GVariant *objects, GVariant *active, const char *interface)
{
        g_autofree char *path = get_device(active);
        g_autoptr(GVariant) device =
                path ? get_interface(objects, path, NM_DBUS_INTERFACE_DEVICE) : NULL;

        return device && is_called(device, interface);
}

static guint get_state(GVariant *properties)
{
        guint state = 0;

        g_variant_lookup(properties, "State", "u", &state);
        return state;
}

static gboolean is_coming_or_up(GVariant *active)
{
        guint state = get_state(active);

        return state == NM_ACTIVE_CONNECTION_STATE_ACTIVATING ||
               state == NM_ACTIVE_CONNECTION_STATE_ACTIVATED;
}

static void take_ours(GVariant *objects, const char *path, GVariant *active, const char *interface,
                      WattleHolder *ret)
{
        wattle_holder_clear(ret);
        ret->active = g_strdup(path);
        g_variant_lookup(active, "Connection", "o", &ret->profile);
        ret->device = get_device(active);
        ret->is_up = is_coming_or_up(active) && is_on(objects, active, interface);
}

/* The devices of a VPN connection are those that it goes out through. */
static void look_at_active(GVariant *objects, const char *path, GVariant *active,
                           const char *interface, const char *uuid, WattleHolder *ret)
{
        const char *id = "", *its_uuid = "";
        gboolean vpn = FALSE;

        g_variant_lookup(active, "Uuid", "&s", &its_uuid);
        g_variant_lookup(active, "Vpn", "b", &vpn);
        g_variant_lookup(active, "Id", "&s", &id);
        if (strcmp(its_uuid, uuid) == 0)
                take_ours(objects, path, active, interface, ret);
        else if (!vpn && !ret->active && !ret->other && is_coming_or_up(active) &&
                 is_on(objects, active, interface))
                ret->other = g_strdup_printf("the connection %s", id);
}

/* A link that NetworkManager is about to remove is no longer in its hands as UNMANAGED is. */
static void look_at_device(GVariant *device, const char *interface, WattleHolder *ret)
{
        if (!ret->active && !ret->other && is_called(device, interface) &&
            get_state(device) == NM_DEVICE_STATE_UNMANAGED)
                ret->other = g_strdup("another program");
}

void wattle_holder_find(GVariant *objects, const char *interface, const char *uuid,
                        WattleHolder *ret)
{
        GVariantIter iter;
        GVariant *object;
        const char *path;

        g_variant_iter_init(&iter, objects);
        while (g_variant_iter_loop(&iter, "{&o@a{sa{sv}}}", &path, &object)) {
                g_autoptr(GVariant) active = g_variant_lookup_value(
                        object, NM_DBUS_INTERFACE_ACTIVE_CONNECTION, G_VARIANT_TYPE_VARDICT);
                g_autoptr(GVariant) device = g_variant_lookup_value(
                        object, NM_DBUS_INTERFACE_DEVICE, G_VARIANT_TYPE_VARDICT);

                if (active)
                        look_at_active(objects, path, active, interface, uuid, ret);
                if (device)
                        look_at_device(device, interface, ret);
        }
        if (ret->active)
                g_clear_pointer(&ret->other, g_free);
}
