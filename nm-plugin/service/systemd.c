/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "nm-plugin/service/systemd.h"

static void on_answer(GObject *bus, GAsyncResult *result, gpointer data)
{
        const char *what = data;
        g_autoptr(GError) error = NULL;
        g_autoptr(GVariant) reply =
                g_dbus_connection_call_finish(G_DBUS_CONNECTION(bus), result, &error);

        if (reply)
                return;
        g_dbus_error_strip_remote_error(error);
        g_warning("%s: %s", what, error->message);
}

void wattle_systemd_call(GDBusConnection *bus, const char *method, const char *unit,
                         const char *what)
{
        g_dbus_connection_call(
                bus, "org.freedesktop.systemd1", "/org/freedesktop/systemd1",
                "org.freedesktop.systemd1.Manager", method, g_variant_new("(ss)", unit, "replace"),
                NULL, G_DBUS_CALL_FLAGS_NO_AUTO_START, -1, NULL, on_answer, (gpointer)what);
}
