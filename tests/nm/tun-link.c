/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Preloaded into nm-wattle-service where the kernel has no WireGuard: the link that it asks
 * NetworkManager for becomes one of type tun, with the same name, UUID, addresses and routes. All
 * else is the service as it was built.
 *
 * With WATTLE_TEST_KILL_AT=METHOD the service is killed as soon as the bus has that call of its. */
#include <NetworkManager.h>
#include <dlfcn.h>
#include <signal.h>
#include <string.h>

/* The function that ours covers. */
static gpointer find_real(const char *name)
{
        gpointer function = dlsym(RTLD_NEXT, name);

        if (!function)
                g_error("%s: there is none behind this one", name);
        return function;
}

static NMConnection *make_tun(NMConnection *link)
{
        NMConnection *copy = nm_simple_connection_new_clone(link);
        NMSetting *tun = nm_setting_tun_new();

        g_object_set(nm_connection_get_setting_connection(copy), NM_SETTING_CONNECTION_TYPE,
                     NM_SETTING_TUN_SETTING_NAME, NULL);
        g_object_set(tun, NM_SETTING_TUN_MODE, NM_SETTING_TUN_MODE_TUN, NULL);
        nm_connection_remove_setting(copy, NM_TYPE_SETTING_WIREGUARD);
        nm_connection_add_setting(copy, tun);
        return copy;
}

GVariant *nm_connection_to_dbus(NMConnection *connection, NMConnectionSerializationFlags flags)
{
        GVariant *(*real)(NMConnection *, NMConnectionSerializationFlags) =
                find_real("nm_connection_to_dbus");
        g_autoptr(NMConnection) tun = NULL;

        /* What the VPN connection itself is to be from now on. */
        if (nm_connection_is_type(connection, NM_SETTING_VPN_SETTING_NAME))
                return real(connection, flags);
        if (!nm_connection_is_type(connection, NM_SETTING_WIREGUARD_SETTING_NAME))
                g_error("the link is not of type wireguard");
        tun = make_tun(connection);
        return real(tun, flags);
}

void g_dbus_connection_call(GDBusConnection *bus, const char *name, const char *path,
                            const char *interface, const char *method, GVariant *parameters,
                            const GVariantType *reply_type, GDBusCallFlags flags, int timeout_ms,
                            GCancellable *cancellable, GAsyncReadyCallback answered, gpointer data)
{
        void (*real)(GDBusConnection *, const char *, const char *, const char *, const char *,
                     GVariant *, const GVariantType *, GDBusCallFlags, int, GCancellable *,
                     GAsyncReadyCallback, gpointer) = find_real("g_dbus_connection_call");

        real(bus, name, path, interface, method, parameters, reply_type, flags, timeout_ms,
             cancellable, answered, data);
        if (g_strcmp0(method, g_getenv("WATTLE_TEST_KILL_AT")) != 0)
                return;
        g_dbus_connection_flush_sync(bus, NULL, NULL);
        raise(SIGKILL);
}
