/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A chain of calls, each begun by the answer to the one before:
 *
 *     add -> activate -> wait for its state -> make volatile
 *     look who has the interface -> adopt, or remove and add, or give up
 *
 * The second line is for an interface or a profile that is there already. */
#include "nm-plugin/service/link.h"

#include <net/if.h>
#include <string.h>

#include "nm-plugin/service/holder.h"

#define VOLATILE (NM_SETTINGS_UPDATE2_FLAG_IN_MEMORY_ONLY | NM_SETTINGS_UPDATE2_FLAG_VOLATILE)

struct WattleLink {
        GDBusConnection *bus;
        WattleGuard *guard;
        const WattleLinkEvents *events;
        gpointer data;
        GCancellable *cancellable; /* of all calls, when we are freed */
        guint n_pending;           /* calls without an answer */
        NMConnection *connection;  /* with secrets; NULL once it is handed over */
        char *uuid;
        char *interface;
        char *owner;   /* NetworkManager's unique name */
        char *profile; /* D-Bus paths at NetworkManager; NULL: not yet, or no longer */
        char *active;
        char *device; /* only of a link that is taken over */
        guint subscription;
        gboolean has_looked;
        gboolean is_up, is_gone, is_stopping;
};

WattleLink *wattle_link_new(GDBusConnection *bus, WattleGuard *guard,
                            const WattleLinkEvents *events, gpointer data)
{
        WattleLink *link = g_new0(WattleLink, 1);

        link->bus = bus;
        link->guard = guard;
        link->events = events;
        link->data = data;
        link->cancellable = g_cancellable_new();
        return link;
}

static void forget_connection(WattleLink *link)
{
        if (!link->connection)
                return;
        nm_connection_clear_secrets(link->connection);
        g_clear_object(&link->connection);
}

void wattle_link_free(WattleLink *link)
{
        if (!link)
                return;
        g_cancellable_cancel(link->cancellable);
        if (link->subscription)
                g_dbus_connection_signal_unsubscribe(link->bus, link->subscription);
        forget_connection(link);
        g_object_unref(link->cancellable);
        g_free(link->uuid);
        g_free(link->interface);
        g_free(link->owner);
        g_free(link->profile);
        g_free(link->active);
        g_free(link->device);
        g_free(link);
}

/* Nothing may be asked any more of who has been freed. */
static gboolean is_freed(const GError *error)
{
        return g_error_matches(error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
}

static void call(WattleLink *link, const char *path, const char *interface, const char *method,
                 GVariant *parameters, GAsyncReadyCallback answered)
{
        link->n_pending++;
        g_dbus_connection_call(link->bus, link->owner, path, interface, method, parameters, NULL,
                               G_DBUS_CALL_FLAGS_NO_AUTO_START, -1, link->cancellable, answered,
                               link);
}

/* The answer to a call; NULL with an error. If *ret_link is NULL then, the link is no more. */
static GVariant *finish(GObject *bus, GAsyncResult *result, gpointer data, WattleLink **ret_link,
                        GError **error)
{
        GVariant *reply = g_dbus_connection_call_finish(G_DBUS_CONNECTION(bus), result, error);

        *ret_link = NULL;
        if (!reply && is_freed(*error))
                return NULL;
        *ret_link = data;
        (*ret_link)->n_pending--;
        if (!reply)
                g_dbus_error_strip_remote_error(*error);
        return reply;
}

static void tell_stopped(WattleLink *link)
{
        wattle_guard_set(link->guard, NULL);
        forget_connection(link);
        link->events->stopped(link->data);
}

static void on_removed(GObject *bus, GAsyncResult *result, gpointer data)
{
        g_autoptr(GError) error = NULL;
        WattleLink *link;
        g_autoptr(GVariant) reply = finish(bus, result, data, &link, &error);

        if (!reply && !link)
                return;
        /* It may be gone already, or NetworkManager. */
        if (!reply)
                g_debug("removing the link: %s", error->message);
        tell_stopped(link);
}

static void remove_profile(WattleLink *link, GAsyncReadyCallback removed)
{
        g_autofree char *profile = g_steal_pointer(&link->profile);

        call(link, profile, NM_DBUS_INTERFACE_SETTINGS_CONNECTION, "Delete", NULL, removed);
}

/* Goes on with stopping when the calls under way have their answers: one may tell what there is to
 * remove. */
static void stop_step(WattleLink *link)
{
        if (link->n_pending > 0)
                return;
        if (link->profile)
                remove_profile(link, on_removed);
        else
                tell_stopped(link);
}

void wattle_link_stop(WattleLink *link)
{
        if (link->is_stopping)
                return;
        link->is_stopping = TRUE;
        stop_step(link);
}

static void tell_gone(WattleLink *link, const char *why)
{
        if (link->is_gone || link->is_stopping)
                return;
        link->is_gone = TRUE;
        link->events->gone(why, link->data);
}

/* After an answer: whether the chain goes on. */
static gboolean proceed(WattleLink *link, GVariant *reply, const char *what, const GError *error)
{
        g_autofree char *why = NULL;

        if (!link)
                return FALSE;
        if (link->is_stopping) {
                stop_step(link);
                return FALSE;
        }
        if (reply)
                return !link->is_gone;
        why = g_strdup_printf("%s: %s", what, error->message);
        tell_gone(link, why);
        return FALSE;
}

static void on_updated(GObject *bus, GAsyncResult *result, gpointer data)
{
        g_autoptr(GError) error = NULL;
        WattleLink *link;
        g_autoptr(GVariant) reply = finish(bus, result, data, &link, &error);

        proceed(link, reply, "making the connection volatile", error);
}

/* Not sooner: while it is down, volatile means to be gone at once; and on its way up NetworkManager
 * has enough to do. The settings are as they were. */
static void make_volatile(WattleLink *link)
{
        call(link, link->profile, NM_DBUS_INTERFACE_SETTINGS_CONNECTION, "Update2",
             g_variant_new_parsed("(@a{sa{sv}} {}, %u, @a{sv} {})", VOLATILE), on_updated);
}

static char *say_down(const WattleLink *link, guint reason)
{
        g_autofree char *word =
                nm_utils_enum_to_str(NM_TYPE_ACTIVE_CONNECTION_STATE_REASON, (int)reason);

        if (reason <= NM_ACTIVE_CONNECTION_STATE_REASON_NONE)
                return g_strdup_printf("NetworkManager took the interface %s down",
                                       link->interface);
        return g_strdup_printf("NetworkManager took the interface %s down (%s)", link->interface,
                               word);
}

static void take_state(WattleLink *link, guint state, guint reason)
{
        g_autofree char *why = NULL;

        if (link->is_gone || link->is_stopping)
                return;
        switch (state) {
        case NM_ACTIVE_CONNECTION_STATE_ACTIVATED:
                if (!link->is_up) {
                        link->is_up = TRUE;
                        forget_connection(link);
                        link->events->up(link->data);
                        make_volatile(link);
                }
                return;
        case NM_ACTIVE_CONNECTION_STATE_DEACTIVATING:
        case NM_ACTIVE_CONNECTION_STATE_DEACTIVATED:
                why = say_down(link, reason);
                tell_gone(link, why);
                return;
        default:
                return;
        }
}

static void watch(WattleLink *link);

/* The bus gives us what is sent to us alone, whoever sends it; NetworkManager's own name is known
 * before the path of any object of its. That the link is up is asked for once more. */
static void on_state_changed(G_GNUC_UNUSED GDBusConnection *bus, const char *sender,
                             const char *path, G_GNUC_UNUSED const char *interface,
                             G_GNUC_UNUSED const char *signal, GVariant *parameters, gpointer data)
{
        WattleLink *link = data;
        guint state, reason;

        if (g_strcmp0(sender, link->owner) != 0 || g_strcmp0(path, link->active) != 0 ||
            !g_variant_is_of_type(parameters, G_VARIANT_TYPE("(uu)")))
                return;
        g_variant_get(parameters, "(uu)", &state, &reason);
        if (state == NM_ACTIVE_CONNECTION_STATE_ACTIVATED && !link->is_up && !link->is_stopping)
                watch(link);
        else
                take_state(link, state, reason);
}

static void on_state(GObject *bus, GAsyncResult *result, gpointer data)
{
        g_autoptr(GError) error = NULL;
        WattleLink *link;
        g_autoptr(GVariant) reply = finish(bus, result, data, &link, &error);
        g_autoptr(GVariant) value = NULL;

        if (!proceed(link, reply, "asking NetworkManager how the interface is", error))
                return;
        g_variant_get(reply, "(v)", &value);
        if (g_variant_is_of_type(value, G_VARIANT_TYPE_UINT32))
                take_state(link, g_variant_get_uint32(value),
                           NM_ACTIVE_CONNECTION_STATE_REASON_UNKNOWN);
}

/* A signal may have come before we knew whose it was. */
static void watch(WattleLink *link)
{
        call(link, link->active, "org.freedesktop.DBus.Properties", "Get",
             g_variant_new("(ss)", NM_DBUS_INTERFACE_ACTIVE_CONNECTION, "State"), on_state);
}

static void on_activated(GObject *bus, GAsyncResult *result, gpointer data)
{
        g_autoptr(GError) error = NULL;
        WattleLink *link;
        g_autoptr(GVariant) reply = finish(bus, result, data, &link, &error);

        if (!proceed(link, reply, "NetworkManager does not activate the interface", error))
                return;
        g_variant_get(reply, "(o)", &link->active);
        watch(link);
}

static void look(WattleLink *link);

static gboolean is_there_already(const GError *error)
{
        return g_error_matches(error, NM_SETTINGS_ERROR, NM_SETTINGS_ERROR_UUID_EXISTS);
}

static void on_added(GObject *bus, GAsyncResult *result, gpointer data)
{
        g_autoptr(GError) error = NULL;
        WattleLink *link;
        g_autoptr(GVariant) reply = finish(bus, result, data, &link, &error);

        if (reply)
                g_variant_get(reply, "(o@a{sv})", &link->profile, NULL);
        if (!reply && link && !link->is_stopping && !link->has_looked && is_there_already(error)) {
                look(link);
                return;
        }
        if (!proceed(link, reply, "NetworkManager does not take the connection", error))
                return;
        call(link, NM_DBUS_PATH, NM_DBUS_INTERFACE, "ActivateConnection",
             g_variant_new("(ooo)", link->profile, "/", "/"), on_activated);
}

static GVariant *settings_of(WattleLink *link)
{
        return nm_connection_to_dbus(link->connection, NM_CONNECTION_SERIALIZE_ALL);
}

static void add(WattleLink *link)
{
        wattle_guard_set(link->guard, link->uuid);
        call(link, NM_DBUS_PATH_SETTINGS, NM_DBUS_INTERFACE_SETTINGS, "AddConnection2",
             g_variant_new("(@a{sa{sv}}u@a{sv})", settings_of(link),
                           NM_SETTINGS_ADD_CONNECTION2_FLAG_IN_MEMORY |
                                   NM_SETTINGS_ADD_CONNECTION2_FLAG_BLOCK_AUTOCONNECT,
                           g_variant_new_parsed("@a{sv} {}")),
             on_added);
}

/* An old one of ours is away: on with a new one. */
static void on_cleared(GObject *bus, GAsyncResult *result, gpointer data)
{
        g_autoptr(GError) error = NULL;
        WattleLink *link;
        g_autoptr(GVariant) reply = finish(bus, result, data, &link, &error);

        if (proceed(link, reply, "removing an old connection of this link", error))
                add(link);
}

static void on_profile(GObject *bus, GAsyncResult *result, gpointer data)
{
        g_autoptr(GError) error = NULL;
        WattleLink *link;
        g_autoptr(GVariant) reply = finish(bus, result, data, &link, &error);

        /* That there is none is the rule. */
        if (!reply && link && !link->is_stopping) {
                add(link);
                return;
        }
        if (!proceed(link, reply, NULL, error))
                return;
        g_variant_get(reply, "(o)", &link->profile);
        remove_profile(link, on_cleared);
}

static void clear_and_add(WattleLink *link)
{
        call(link, NM_DBUS_PATH_SETTINGS, NM_DBUS_INTERFACE_SETTINGS, "GetConnectionByUuid",
             g_variant_new("(s)", link->uuid), on_profile);
}

/* What cannot be changed on a link that is up, its MTU for one, needs a new link. */
static void on_reapplied(GObject *bus, GAsyncResult *result, gpointer data)
{
        g_autoptr(GError) error = NULL;
        WattleLink *link;
        g_autoptr(GVariant) reply = finish(bus, result, data, &link, &error);

        if (!reply && link && !link->is_stopping && !link->is_gone) {
                g_clear_pointer(&link->active, g_free);
                remove_profile(link, on_cleared);
                return;
        }
        if (proceed(link, reply, NULL, error))
                watch(link);
}

static void on_adopted(GObject *bus, GAsyncResult *result, gpointer data)
{
        g_autoptr(GError) error = NULL;
        WattleLink *link;
        g_autoptr(GVariant) reply = finish(bus, result, data, &link, &error);

        if (proceed(link, reply, "taking over the link that is up", error))
                call(link, link->device, NM_DBUS_INTERFACE_DEVICE, "Reapply",
                     g_variant_new_parsed("(@a{sa{sv}} {}, uint64 0, uint32 0)"), on_reapplied);
}

/* What it is to be may have changed since. */
static void adopt(WattleLink *link, WattleHolder *holder)
{
        wattle_guard_set(link->guard, link->uuid);
        link->profile = g_steal_pointer(&holder->profile);
        link->active = g_steal_pointer(&holder->active);
        link->device = g_steal_pointer(&holder->device);
        call(link, link->profile, NM_DBUS_INTERFACE_SETTINGS_CONNECTION, "Update2",
             g_variant_new("(@a{sa{sv}}u@a{sv})", settings_of(link), VOLATILE,
                           g_variant_new_parsed("@a{sv} {}")),
             on_adopted);
}

static void refuse_interface(WattleLink *link, const char *holder)
{
        g_autofree char *why = g_strdup_printf(
                "there is an interface %s already, and %s has it: take that down first",
                link->interface, holder);

        tell_gone(link, why);
}

static void on_objects(GObject *bus, GAsyncResult *result, gpointer data)
{
        g_auto(WattleHolder) holder = { 0 };
        g_autoptr(GVariant) objects = NULL;
        g_autoptr(GError) error = NULL;
        WattleLink *link;
        g_autoptr(GVariant) reply = finish(bus, result, data, &link, &error);

        if (!proceed(link, reply, "asking NetworkManager who has the interface", error))
                return;
        g_variant_get(reply, "(@a{oa{sa{sv}}})", &objects);
        wattle_holder_find(objects, link->interface, link->uuid, &holder);
        if (holder.is_up)
                adopt(link, &holder);
        else if (holder.other)
                refuse_interface(link, holder.other);
        else
                clear_and_add(link);
}

static void look(WattleLink *link)
{
        link->has_looked = TRUE;
        call(link, "/org/freedesktop", "org.freedesktop.DBus.ObjectManager", "GetManagedObjects",
             NULL, on_objects);
}

/* Comes before NetworkManager's own answers: the bus has less to do for it. */
static void on_owner(GObject *bus, GAsyncResult *result, gpointer data)
{
        g_autoptr(GError) error = NULL;
        WattleLink *link;
        g_autoptr(GVariant) reply = finish(bus, result, data, &link, &error);

        if (!proceed(link, reply, "looking for NetworkManager", error))
                return;
        g_clear_pointer(&link->owner, g_free);
        g_variant_get(reply, "(s)", &link->owner);
}

static void ask_owner(WattleLink *link)
{
        link->owner = g_strdup("org.freedesktop.DBus");
        call(link, "/org/freedesktop/DBus", "org.freedesktop.DBus", "GetNameOwner",
             g_variant_new("(s)", NM_DBUS_SERVICE), on_owner);
        g_free(link->owner);
        link->owner = g_strdup(NM_DBUS_SERVICE);
        link->subscription = g_dbus_connection_signal_subscribe(
                link->bus, NM_DBUS_SERVICE, NM_DBUS_INTERFACE_ACTIVE_CONNECTION, "StateChanged",
                NULL, NULL, G_DBUS_SIGNAL_FLAGS_NONE, on_state_changed, link, NULL);
}

void wattle_link_start(WattleLink *link, NMConnection *connection)
{
        link->connection = g_object_ref(connection);
        link->uuid = g_strdup(nm_connection_get_uuid(connection));
        link->interface = g_strdup(nm_connection_get_interface_name(connection));
        ask_owner(link);
        if (if_nametoindex(link->interface) > 0)
                look(link);
        else
                add(link);
}
