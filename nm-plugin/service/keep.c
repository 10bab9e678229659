/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A chain of calls: find the connection by its UUID, read its settings, write them. */
#include "nm-plugin/service/keep.h"

#include "nm-plugin/vpn-data.h"

typedef struct {
        char *profile;
        char *connection; /* its path at NetworkManager */
        WattleKept kept;
        gpointer data;
} Keep;

static void finish(Keep *keep, GError *error)
{
        if (error)
                g_dbus_error_strip_remote_error(error);
        keep->kept(error, keep->data);
        g_free(keep->profile);
        g_free(keep->connection);
        g_free(keep);
}

static void call(GDBusConnection *bus, Keep *keep, const char *path, const char *interface,
                 const char *method, GVariant *parameters, const char *answer,
                 GAsyncReadyCallback answered)
{
        g_dbus_connection_call(bus, NM_DBUS_SERVICE, path, interface, method, parameters,
                               G_VARIANT_TYPE(answer), G_DBUS_CALL_FLAGS_NO_AUTO_START, -1, NULL,
                               answered, keep);
}

static void on_written(GObject *bus, GAsyncResult *result, gpointer data)
{
        g_autoptr(GError) error = NULL;
        g_autoptr(GVariant) reply =
                g_dbus_connection_call_finish(G_DBUS_CONNECTION(bus), result, &error);

        (void)reply;
        finish(data, error);
}

/* What is written without any secret keeps those that NetworkManager has. */
static void on_settings(GObject *bus, GAsyncResult *result, gpointer data)
{
        Keep *keep = data;
        g_autoptr(GError) error = NULL;
        g_autoptr(GVariant) settings = NULL;
        g_autoptr(NMConnection) connection = NULL;
        g_autoptr(GVariant) reply =
                g_dbus_connection_call_finish(G_DBUS_CONNECTION(bus), result, &error);

        if (reply) {
                g_variant_get(reply, "(@a{sa{sv}})", &settings);
                connection = nm_simple_connection_new_from_dbus(settings, &error);
        }
        if (!connection || !nm_connection_get_setting_vpn(connection)) {
                finish(keep, error);
                return;
        }
        nm_setting_vpn_add_data_item(nm_connection_get_setting_vpn(connection),
                                     WATTLE_VPN_KEY_PROFILE, keep->profile);
        call(G_DBUS_CONNECTION(bus), keep, keep->connection, NM_DBUS_INTERFACE_SETTINGS_CONNECTION,
             "Update2",
             g_variant_new("(@a{sa{sv}}u@a{sv})",
                           nm_connection_to_dbus(connection, NM_CONNECTION_SERIALIZE_NO_SECRETS),
                           NM_SETTINGS_UPDATE2_FLAG_NO_REAPPLY, g_variant_new_parsed("@a{sv} {}")),
             "(a{sv})", on_written);
}

static void on_found(GObject *bus, GAsyncResult *result, gpointer data)
{
        Keep *keep = data;
        g_autoptr(GError) error = NULL;
        g_autoptr(GVariant) reply =
                g_dbus_connection_call_finish(G_DBUS_CONNECTION(bus), result, &error);

        if (!reply) {
                finish(keep, error);
                return;
        }
        g_variant_get(reply, "(o)", &keep->connection);
        call(G_DBUS_CONNECTION(bus), keep, keep->connection, NM_DBUS_INTERFACE_SETTINGS_CONNECTION,
             "GetSettings", NULL, "(a{sa{sv}})", on_settings);
}

void wattle_keep_profile(GDBusConnection *bus, const char *uuid, const char *profile,
                         WattleKept kept, gpointer data)
{
        Keep *keep = g_new0(Keep, 1);

        *keep = (Keep){ .profile = g_strdup(profile), .kept = kept, .data = data };
        call(bus, keep, NM_DBUS_PATH_SETTINGS, NM_DBUS_INTERFACE_SETTINGS, "GetConnectionByUuid",
             g_variant_new("(s)", uuid), "(o)", on_found);
}
