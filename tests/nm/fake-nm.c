/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/nm/fake-nm.h"

#include <string.h>

static const char xml[] =
        "<node>"
        "<interface name='org.freedesktop.DBus.ObjectManager'>"
        "<method name='GetManagedObjects'><arg type='a{oa{sa{sv}}}' direction='out'/></method>"
        "</interface>"
        "<interface name='org.freedesktop.NetworkManager'>"
        "<method name='ActivateConnection'><arg type='o' direction='in'/>"
        "<arg type='o' direction='in'/><arg type='o' direction='in'/>"
        "<arg type='o' direction='out'/></method>"
        "</interface>"
        "<interface name='org.freedesktop.NetworkManager.Settings'>"
        "<method name='AddConnection2'><arg type='a{sa{sv}}' direction='in'/>"
        "<arg type='u' direction='in'/><arg type='a{sv}' direction='in'/>"
        "<arg type='o' direction='out'/><arg type='a{sv}' direction='out'/></method>"
        "<method name='GetConnectionByUuid'><arg type='s' direction='in'/>"
        "<arg type='o' direction='out'/></method>"
        "</interface>"
        "<interface name='org.freedesktop.NetworkManager.Settings.Connection'>"
        "<method name='Update2'><arg type='a{sa{sv}}' direction='in'/>"
        "<arg type='u' direction='in'/><arg type='a{sv}' direction='in'/>"
        "<arg type='a{sv}' direction='out'/></method>"
        "<method name='GetSettings'><arg type='a{sa{sv}}' direction='out'/></method>"
        "<method name='Delete'/>"
        "</interface>"
        "<interface name='org.freedesktop.NetworkManager.Connection.Active'>"
        "<property name='State' type='u' access='read'/>"
        "<signal name='StateChanged'><arg type='u'/><arg type='u'/></signal>"
        "</interface>"
        "<interface name='org.freedesktop.NetworkManager.Device'>"
        "<method name='Reapply'><arg type='a{sa{sv}}' direction='in'/>"
        "<arg type='t' direction='in'/><arg type='u' direction='in'/></method>"
        "</interface>"
        "</node>";

static const struct {
        const char *path, *interface;
} objects[FAKE_N_OBJECTS] = {
        { "/org/freedesktop", "org.freedesktop.DBus.ObjectManager" },
        { NM_DBUS_PATH, NM_DBUS_INTERFACE },
        { NM_DBUS_PATH_SETTINGS, NM_DBUS_INTERFACE_SETTINGS },
        { FAKE_PROFILE, NM_DBUS_INTERFACE_SETTINGS_CONNECTION },
        { FAKE_ACTIVE, NM_DBUS_INTERFACE_ACTIVE_CONNECTION },
        { FAKE_DEVICE, NM_DBUS_INTERFACE_DEVICE },
};

guint fake_nm_count(const FakeNm *nm, const char *method)
{
        g_auto(GStrv) calls = g_strsplit(nm->calls->str, "\n", -1);
        guint n = 0;

        for (guint i = 0; calls[i]; i++)
                n += strcmp(calls[i], method) == 0 ? 1 : 0;
        return n;
}

static void take_settings(FakeNm *nm, GVariant *parameters)
{
        GVariant *settings = g_variant_get_child_value(parameters, 0);

        if (g_variant_n_children(settings) > 0) {
                g_clear_pointer(&nm->added, g_variant_unref);
                nm->added = g_variant_ref(settings);
        }
        g_variant_unref(settings);
}

static void remember(FakeNm *nm, const char *method, GVariant *parameters)
{
        g_string_append(nm->calls, method);
        if (strcmp(method, "Update2") == 0 || strcmp(method, "AddConnection2") == 0) {
                guint flags;

                g_variant_get_child(parameters, 1, "u", &flags);
                g_string_append_printf(nm->calls, " %#x", flags);
                take_settings(nm, parameters);
        }
        g_string_append_c(nm->calls, '\n');
}

static GVariant *answer_to(const FakeNm *nm, const char *method)
{
        if (strcmp(method, "GetManagedObjects") == 0)
                return g_variant_new("(@a{oa{sa{sv}}})", nm->objects);
        if (strcmp(method, "ActivateConnection") == 0)
                return g_variant_new("(o)", FAKE_ACTIVE);
        if (strcmp(method, "GetConnectionByUuid") == 0)
                return g_variant_new("(o)", FAKE_PROFILE);
        if (strcmp(method, "GetSettings") == 0)
                return g_variant_new("(@a{sa{sv}})", nm->settings);
        if (strcmp(method, "AddConnection2") == 0)
                return g_variant_new_parsed("(%o, @a{sv} {})", FAKE_PROFILE);
        if (strcmp(method, "Update2") == 0)
                return g_variant_new_parsed("(@a{sv} {},)");
        return NULL;
}

/* The name of the error of this call, which is remembered already; NULL: none. */
static const char *find_failure(const FakeNm *nm, const char *method)
{
        g_autofree char *first = g_strconcat(method, "@1", NULL);
        gboolean again = strstr(strstr(nm->calls->str, method) + strlen(method), method) != NULL;

        for (const FakeFailure *failure = nm->failures; failure && failure->method; failure++)
                if (strcmp(failure->method, method) == 0 ||
                    (strcmp(failure->method, first) == 0 && !again))
                        return failure->error;
        return NULL;
}

static void on_call(G_GNUC_UNUSED GDBusConnection *bus, G_GNUC_UNUSED const char *sender,
                    G_GNUC_UNUSED const char *path, G_GNUC_UNUSED const char *interface,
                    const char *method, GVariant *parameters, GDBusMethodInvocation *invocation,
                    gpointer data)
{
        FakeNm *nm = data;
        const char *failure;

        remember(nm, method, parameters);
        failure = find_failure(nm, method);
        if (failure)
                g_dbus_method_invocation_return_dbus_error(invocation, failure, "not today");
        else if (g_strcmp0(nm->holds, method) == 0)
                nm->held = invocation;
        else
                g_dbus_method_invocation_return_value(invocation, answer_to(nm, method));
}

static GVariant *on_get(G_GNUC_UNUSED GDBusConnection *bus, G_GNUC_UNUSED const char *sender,
                        G_GNUC_UNUSED const char *path, G_GNUC_UNUSED const char *interface,
                        G_GNUC_UNUSED const char *property, G_GNUC_UNUSED GError **error,
                        gpointer data)
{
        FakeNm *nm = data;

        g_string_append(nm->calls, "State\n");
        return g_variant_new_uint32(nm->state);
}

void fake_nm_release(FakeNm *nm)
{
        GDBusMethodInvocation *held = g_steal_pointer(&nm->held);

        nm->holds = NULL;
        g_dbus_method_invocation_return_value(
                held, answer_to(nm, g_dbus_method_invocation_get_method_name(held)));
}

void fake_nm_tell_state(FakeNm *nm, NMActiveConnectionState state,
                        NMActiveConnectionStateReason reason)
{
        nm->state = state;
        g_assert_true(g_dbus_connection_emit_signal(
                nm->bus, NULL, FAKE_ACTIVE, NM_DBUS_INTERFACE_ACTIVE_CONNECTION, "StateChanged",
                g_variant_new("(uu)", (guint32)state, (guint32)reason), NULL));
}

static void own_name(FakeNm *nm)
{
        g_autoptr(GError) error = NULL;
        g_autoptr(GVariant) reply = g_dbus_connection_call_sync(
                nm->bus, "org.freedesktop.DBus", "/org/freedesktop/DBus", "org.freedesktop.DBus",
                "RequestName", g_variant_new("(su)", NM_DBUS_SERVICE, 0), NULL,
                G_DBUS_CALL_FLAGS_NONE, -1, NULL, &error);

        g_assert_no_error(error);
}

void fake_nm_init(FakeNm *nm, const char *address)
{
        static const GDBusInterfaceVTable table = { on_call, on_get, NULL, { 0 } };
        g_autoptr(GDBusNodeInfo) node = g_dbus_node_info_new_for_xml(xml, NULL);
        g_autoptr(GError) error = NULL;

        *nm = (FakeNm){ .calls = g_string_new(NULL),
                        .state = NM_ACTIVE_CONNECTION_STATE_ACTIVATING };
        nm->objects = g_variant_ref_sink(g_variant_new_parsed("@a{oa{sa{sv}}} {}"));
        nm->bus = g_dbus_connection_new_for_address_sync(
                address,
                G_DBUS_CONNECTION_FLAGS_AUTHENTICATION_CLIENT |
                        G_DBUS_CONNECTION_FLAGS_MESSAGE_BUS_CONNECTION,
                NULL, NULL, &error);
        g_assert_no_error(error);
        for (guint i = 0; i < G_N_ELEMENTS(objects); i++) {
                GDBusInterfaceInfo *info =
                        g_dbus_node_info_lookup_interface(node, objects[i].interface);

                nm->objects_on_bus[i] = g_dbus_connection_register_object(
                        nm->bus, objects[i].path, info, &table, nm, NULL, NULL);
                g_assert_cmpuint(nm->objects_on_bus[i], >, 0);
        }
        own_name(nm);
}

/* A call that came last may wait in the main loop still: it finds no object then. */
void fake_nm_clear(FakeNm *nm)
{
        for (guint i = 0; i < FAKE_N_OBJECTS; i++)
                g_assert_true(g_dbus_connection_unregister_object(nm->bus, nm->objects_on_bus[i]));
        g_dbus_connection_close_sync(nm->bus, NULL, NULL);
        g_object_unref(nm->bus);
        g_string_free(nm->calls, TRUE);
        g_variant_unref(nm->objects);
        g_clear_pointer(&nm->added, g_variant_unref);
        g_clear_pointer(&nm->settings, g_variant_unref);
}
