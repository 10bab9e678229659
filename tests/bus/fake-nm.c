/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/bus/fake-nm.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "common/sys/bus.h"

#define NM         "org.freedesktop.NetworkManager"
#define SENDER     ":1.7"
#define FORGER     ":1.66"
#define ROOT       "/org/freedesktop/NetworkManager"
#define CONNECTION ROOT "/Settings/"
#define ACTIVE     ROOT "/ActiveConnection/"
#define DEVICE     ROOT "/Devices/"

enum {
        UP = 2,
        GONE = 4
};

static gboolean index_of(const char *path, const char *prefix, guint *ret)
{
        if (!g_str_has_prefix(path, prefix))
                return FALSE;
        *ret = (guint)atoi(path + strlen(prefix));
        return TRUE;
}

static int append_path(sd_bus_message *reply, const char *prefix, guint i)
{
        g_autofree char *path = g_strdup_printf("%s%u", prefix, i);

        return sd_bus_message_append(reply, "o", path);
}

static void send_as(sd_bus_message *message, const char *sender)
{
        g_assert_cmpint(sd_bus_message_set_sender(message, sender), >=, 0);
        g_assert_cmpint(sd_bus_send(NULL, message, NULL), >=, 0);
}

static void send_reply(sd_bus_message *reply)
{
        send_as(reply, SENDER);
}

/* A change of state, as NetworkManager tells it, or somebody who would like to be it. */
static void tell_state(FakeNm *nm, guint i, guint32 state, guint32 reason, const char *sender)
{
        g_autofree char *path = g_strdup_printf(ACTIVE "%u", i);
        AUTO_BUS_MESSAGE *signal = NULL;

        g_assert_cmpint(sd_bus_message_new_signal(nm->server, &signal, path,
                                                  NM ".Connection.Active", "StateChanged"),
                        >=, 0);
        g_assert_cmpint(sd_bus_message_append(signal, "uu", state, reason), >=, 0);
        send_as(signal, sender);
}

/* A state is told after it was asked for, so that nobody who asks misses it. */
static void move(FakeNm *nm, guint i)
{
        FakeActive *active = &nm->actives[i];

        if (active->then == 0)
                return;
        if (active->forged)
                tell_state(nm, i, active->forged, 1, FORGER);
        active->state = active->then;
        active->then = 0;
        tell_state(nm, i, active->state, active->reason, SENDER);
        if (active->state == GONE)
                g_clear_pointer(&active->uuid, g_free);
}

static int reply_value(sd_bus_message *call, const char *type, const void *value)
{
        AUTO_BUS_MESSAGE *reply = NULL;

        sd_bus_message_new_method_return(call, &reply);
        sd_bus_message_open_container(reply, 'v', type);
        sd_bus_message_append_basic(reply, *type, value);
        sd_bus_message_close_container(reply);
        send_reply(reply);
        return 1;
}

static int reply_paths(sd_bus_message *call, gboolean is_variant, const char *prefix,
                       gboolean (*is_there)(const FakeNm *, guint), const FakeNm *nm)
{
        AUTO_BUS_MESSAGE *reply = NULL;

        sd_bus_message_new_method_return(call, &reply);
        if (is_variant)
                sd_bus_message_open_container(reply, 'v', "ao");
        sd_bus_message_open_container(reply, 'a', "o");
        for (guint i = 0; i < FAKE_MAX; i++)
                if (is_there(nm, i))
                        append_path(reply, prefix, i);
        sd_bus_message_close_container(reply);
        if (is_variant)
                sd_bus_message_close_container(reply);
        send_reply(reply);
        return 1;
}

static gboolean is_active(const FakeNm *nm, guint i)
{
        return nm->actives[i].uuid != NULL;
}

static gboolean is_connection(const FakeNm *nm, guint i)
{
        return nm->connections[i].uuid != NULL;
}

static int fail(sd_bus_message *call, const char *name)
{
        AUTO_BUS_ERROR error = SD_BUS_ERROR_NULL;

        sd_bus_error_set(&error, name, "the fake says no");
        return sd_bus_reply_method_error(call, &error) < 0 ? -EIO : 1;
}

static int get_of_active(FakeNm *nm, sd_bus_message *call, guint i, const char *property)
{
        FakeActive *active = &nm->actives[i];
        AUTO_BUS_MESSAGE *reply = NULL;
        g_autofree char *device = g_strdup_printf(DEVICE "%u", i);

        if (!active->uuid)
                return fail(call, SD_BUS_ERROR_UNKNOWN_OBJECT);
        if (strcmp(property, "Uuid") == 0)
                return reply_value(call, "s", active->uuid);
        if (strcmp(property, "State") == 0) {
                reply_value(call, "u", &active->state);
                move(nm, i);
                return 1;
        }
        g_assert_cmpstr(property, ==, "Devices");
        sd_bus_message_new_method_return(call, &reply);
        sd_bus_message_append(reply, "v", "ao", 1, device);
        send_reply(reply);
        return 1;
}

static int get(FakeNm *nm, sd_bus_message *call, const char *path)
{
        const char *interface, *property;
        guint i = 0;

        g_assert_cmpint(sd_bus_message_read(call, "ss", &interface, &property), >, 0);
        if (strcmp(property, "ActiveConnections") == 0)
                return reply_paths(call, TRUE, ACTIVE, is_active, nm);
        if (index_of(path, ACTIVE, &i))
                return get_of_active(nm, call, i, property);
        if (index_of(path, DEVICE, &i))
                return reply_value(call, "s", nm->actives[i].interface);
        g_assert_true(index_of(path, CONNECTION, &i));
        return reply_value(call, "s", nm->connections[i].file);
}

static int find(FakeNm *nm, sd_bus_message *call)
{
        const char *uuid;
        AUTO_BUS_MESSAGE *reply = NULL;

        g_assert_cmpint(sd_bus_message_read(call, "s", &uuid), >, 0);
        for (guint i = 0; i < FAKE_MAX; i++)
                if (g_strcmp0(nm->connections[i].uuid, uuid) == 0) {
                        sd_bus_message_new_method_return(call, &reply);
                        append_path(reply, CONNECTION, i);
                        send_reply(reply);
                        return 1;
                }
        return fail(call, NM ".Settings.InvalidConnection");
}

static void append_connection_setting(sd_bus_message *reply, const char *uuid, const char *zone)
{
        sd_bus_message_open_container(reply, 'e', "sa{sv}");
        sd_bus_message_append(reply, "s", "connection");
        sd_bus_message_open_container(reply, 'a', "{sv}");
        sd_bus_message_append(reply, "{sv}{sv}", "id", "s", "home", "uuid", "s", uuid);
        if (zone)
                sd_bus_message_append(reply, "{sv}", "zone", "s", zone);
        sd_bus_message_close_container(reply);
        sd_bus_message_close_container(reply);
}

/* A VPN, if it names a mesh, and else WireGuard. */
static void append_rest(sd_bus_message *reply, const FakeConnection *connection)
{
        const char *service =
                connection && connection->other_service ? connection->other_service : NM ".wattle";

        if (connection && connection->mesh)
                sd_bus_message_append(reply, "{sa{sv}}", "vpn", 2, "service-type", "s", service,
                                      "data", "a{ss}", connection->profile ? 2 : 1, "mesh",
                                      connection->mesh, "profile", connection->profile);
        else
                sd_bus_message_append(reply, "{sa{sv}}", "wireguard", 1, "listen-port", "u", 51820);
}

static int get_settings(sd_bus_message *call, const char *uuid, const char *zone,
                        const FakeConnection *connection)
{
        AUTO_BUS_MESSAGE *reply = NULL;

        sd_bus_message_new_method_return(call, &reply);
        sd_bus_message_open_container(reply, 'a', "{sa{sv}}");
        append_connection_setting(reply, uuid, zone);
        append_rest(reply, connection);
        sd_bus_message_close_container(reply);
        if (!connection)
                sd_bus_message_append(reply, "t", (guint64)1);
        send_reply(reply);
        return 1;
}

static int activate(FakeNm *nm, sd_bus_message *call)
{
        const char *path;
        AUTO_BUS_MESSAGE *reply = NULL;
        guint i = 0, slot = 0;

        g_assert_cmpint(sd_bus_message_read(call, "o", &path), >, 0);
        g_assert_true(index_of(path, CONNECTION, &i));
        g_string_append_printf(nm->calls, "activate %u\n", i);
        while (nm->actives[slot].uuid)
                slot++;
        nm->actives[slot] = (FakeActive){ .uuid = g_strdup(nm->connections[i].uuid),
                                          .state = 1,
                                          .then = nm->fails_for ? GONE : UP,
                                          .reason = nm->fails_for };
        sd_bus_message_new_method_return(call, &reply);
        append_path(reply, ACTIVE, slot);
        send_reply(reply);
        return 1;
}

static int reply_nothing(sd_bus_message *call)
{
        AUTO_BUS_MESSAGE *reply = NULL;

        sd_bus_message_new_method_return(call, &reply);
        send_reply(reply);
        return 1;
}

static int deactivate(FakeNm *nm, sd_bus_message *call)
{
        const char *path;
        guint i = 0;

        g_assert_cmpint(sd_bus_message_read(call, "o", &path), >, 0);
        g_assert_true(index_of(path, ACTIVE, &i));
        g_string_append_printf(nm->calls, "deactivate %u\n", i);
        nm->actives[i].then = GONE;
        return reply_nothing(call);
}

static int delete_connection(FakeNm *nm, sd_bus_message *call, guint i)
{
        if (nm->connections[i].is_kept)
                return fail(call, NM ".Settings.Failed");
        g_string_append_printf(nm->calls, "delete %u\n", i);
        g_clear_pointer(&nm->connections[i].uuid, g_free);
        return reply_nothing(call);
}

/* Reapply: the zone that it is given. */
static int reapply(FakeNm *nm, sd_bus_message *call)
{
        const char *setting, *key, *zone = "none";

        sd_bus_message_enter_container(call, 'a', "{sa{sv}}");
        while (sd_bus_message_enter_container(call, 'e', "sa{sv}") > 0) {
                sd_bus_message_read(call, "s", &setting);
                sd_bus_message_enter_container(call, 'a', "{sv}");
                while (sd_bus_message_enter_container(call, 'e', "sv") > 0) {
                        sd_bus_message_read(call, "s", &key);
                        if (strcmp(setting, "connection") == 0 && strcmp(key, "zone") == 0)
                                sd_bus_message_read(call, "v", "s", &zone);
                        else
                                sd_bus_message_skip(call, "v");
                        sd_bus_message_exit_container(call);
                }
                sd_bus_message_exit_container(call);
                sd_bus_message_exit_container(call);
        }
        g_string_append_printf(nm->calls, "reapply, zone %s\n", zone);
        return reply_nothing(call);
}

static int on_call(sd_bus_message *call, void *data, G_GNUC_UNUSED sd_bus_error *error)
{
        FakeNm *nm = data;
        const char *member = sd_bus_message_get_member(call), *path = sd_bus_message_get_path(call);
        AUTO_BUS_MESSAGE *reply = NULL;
        guint i = 0;

        if (g_strcmp0(member, "Get") == 0)
                return get(nm, call, path);
        if (g_strcmp0(member, "NameHasOwner") == 0)
                return sd_bus_reply_method_return(call, "b", 1);
        if (g_strcmp0(member, "GetNameOwner") == 0)
                return sd_bus_reply_method_return(call, "s", SENDER);
        if (g_strcmp0(member, "GetConnectionByUuid") == 0)
                return find(nm, call);
        if (g_strcmp0(member, "ListConnections") == 0)
                return reply_paths(call, FALSE, CONNECTION, is_connection, nm);
        if (g_strcmp0(member, "ActivateConnection") == 0)
                return activate(nm, call);
        if (g_strcmp0(member, "DeactivateConnection") == 0)
                return deactivate(nm, call);
        if (g_strcmp0(member, "GetSettings") == 0 && index_of(path, CONNECTION, &i) &&
            nm->connections[i].is_hidden)
                return fail(call, NM ".Settings.PermissionDenied");
        if (g_strcmp0(member, "GetSettings") == 0 && index_of(path, CONNECTION, &i))
                return get_settings(call, nm->connections[i].uuid, nm->connections[i].zone,
                                    &nm->connections[i]);
        if (g_strcmp0(member, "GetAppliedConnection") == 0 && index_of(path, DEVICE, &i))
                return get_settings(call, nm->actives[i].uuid, nm->actives[i].zone, NULL);
        if (g_strcmp0(member, "Delete") == 0 && index_of(path, CONNECTION, &i))
                return delete_connection(nm, call, i);
        if (g_strcmp0(member, "Reapply") == 0)
                return reapply(nm, call);
        if (g_strcmp0(member, "ReloadConnections") == 0) {
                g_string_append(nm->calls, "reload\n");
                return sd_bus_reply_method_return(call, "b", 1);
        }
        return 0;
}

/* Until the other end of the socket is closed. */
static gpointer serve(gpointer data)
{
        FakeNm *nm = data;
        int result;

        do {
                result = sd_bus_process(nm->server, NULL);
                if (result == 0)
                        result = sd_bus_wait(nm->server, UINT64_MAX);
        } while (result >= 0);
        return NULL;
}

void fake_nm_start(FakeNm *nm)
{
        int fds[2];
        sd_id128_t id;

        nm->calls = g_string_new(NULL);
        g_assert_cmpint(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), ==, 0);
        g_assert_cmpint(sd_id128_randomize(&id), >=, 0);
        g_assert_cmpint(sd_bus_new(&nm->server), >=, 0);
        g_assert_cmpint(sd_bus_set_fd(nm->server, fds[0], fds[0]), >=, 0);
        g_assert_cmpint(sd_bus_set_server(nm->server, 1, id), >=, 0);
        g_assert_cmpint(sd_bus_add_filter(nm->server, NULL, on_call, nm), >=, 0);
        g_assert_cmpint(sd_bus_start(nm->server), >=, 0);
        g_assert_cmpint(sd_bus_new(&nm->bus), >=, 0);
        g_assert_cmpint(sd_bus_set_fd(nm->bus, fds[1], fds[1]), >=, 0);
        g_assert_cmpint(sd_bus_start(nm->bus), >=, 0);
        nm->thread = g_thread_new("NetworkManager", serve, nm);
}

void fake_nm_stop(FakeNm *nm)
{
        if (!nm->thread)
                return;
        sd_bus_close(nm->bus);
        g_thread_join(g_steal_pointer(&nm->thread));
}

void fake_nm_clear(FakeNm *nm)
{
        fake_nm_stop(nm);
        nm->bus = sd_bus_unref(nm->bus);
        nm->server = sd_bus_unref(nm->server);
        for (guint i = 0; i < FAKE_MAX; i++) {
                g_free(nm->connections[i].uuid);
                g_free(nm->actives[i].uuid);
        }
        g_string_free(nm->calls, TRUE);
}
