/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A connection that runs, brought to what its profile says now. Settings are a{sa{sv}}, the peers
 * of [wireguard] aa{sv} in it: nm-settings-dbus(5). */
#include <errno.h>
#include <string.h>

#include "cli/managers/bus.h"
#include "cli/managers/nm-settings.h"
#include "cli/managers/nm.h"

#define NM         "org.freedesktop.NetworkManager"
#define CONNECTION NM ".Settings.Connection"
#define ACTIVE     NM ".Connection.Active"
#define DEVICE     NM ".Device"

static gboolean get_device(sd_bus *bus, const char *active, char **ret, GError **error)
{
        AUTO_BUS_ERROR bus_error = SD_BUS_ERROR_NULL;
        AUTO_BUS_MESSAGE *reply = NULL;
        const char *path = NULL;
        int result =
                sd_bus_get_property(bus, NM, active, ACTIVE, "Devices", &bus_error, &reply, "ao");

        if (result >= 0)
                result = sd_bus_message_enter_container(reply, 'a', "o");
        if (result >= 0)
                result = sd_bus_message_read(reply, "o", &path);
        if (result == 0)
                result = -ENODEV;
        if (result < 0)
                return wattle_bus_fail(error, "NetworkManager", &bus_error, result);
        *ret = g_strdup(path);
        return TRUE;
}

char *wattle_nm_get_interface(sd_bus *bus, const char *active)
{
        g_autofree char *device = NULL, *interface = NULL;

        if (!get_device(bus, active, &device, NULL) ||
            sd_bus_get_property_string(bus, NM, device, DEVICE, "Interface", NULL, &interface) < 0)
                return NULL;
        return g_steal_pointer(&interface);
}

/* The connection as its profile says it, and as it runs; secrets are in neither. */
typedef struct {
        char *device;
        sd_bus_message *profile, *applied;
} Pair;

static void pair_clear(Pair *pair)
{
        g_free(pair->device);
        sd_bus_message_unref(pair->profile);
        sd_bus_message_unref(pair->applied);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Pair, pair_clear)

static gboolean get_pair(sd_bus *bus, const char *connection, const char *active, Pair *ret,
                         GError **error)
{
        AUTO_BUS_ERROR bus_error = SD_BUS_ERROR_NULL;
        int result;

        if (!get_device(bus, active, &ret->device, error))
                return FALSE;
        result = sd_bus_call_method(bus, NM, connection, CONNECTION, "GetSettings", &bus_error,
                                    &ret->profile, NULL);
        if (result >= 0)
                result = sd_bus_call_method(bus, NM, ret->device, DEVICE, "GetAppliedConnection",
                                            &bus_error, &ret->applied, "u", 0);
        return result >= 0 || wattle_bus_fail(error, "NetworkManager", &bus_error, result);
}

gboolean wattle_nm_compare(sd_bus *bus, const char *connection, const char *active,
                           WattleNmDifference *ret, GError **error)
{
        static const char *const name[] = { "interface-name", NULL };
        static const char *const zone[] = { "zone", NULL };
        static const char *const mtu[] = { "mtu", NULL };
        static const char *const routing[] = { "fwmark", "ip4-auto-default-route",
                                               "ip6-auto-default-route", "peer-routes", NULL };
        g_auto(Pair) pair = { 0 };

        if (!get_pair(bus, connection, active, &pair, error))
                return FALSE;
        ret->addresses = !wattle_nm_settings_equal(pair.profile, pair.applied, "ipv4", NULL) ||
                         !wattle_nm_settings_equal(pair.profile, pair.applied, "ipv6", NULL);
        ret->routing = !wattle_nm_settings_equal(pair.profile, pair.applied, "wireguard", routing);
        ret->zone = !wattle_nm_settings_equal(pair.profile, pair.applied, "connection", zone);
        ret->link = !wattle_nm_settings_equal(pair.profile, pair.applied, "connection", name) ||
                    !wattle_nm_settings_equal(pair.profile, pair.applied, "wireguard", mtu);
        return TRUE;
}

static int append_setting(sd_bus_message *call, const char *name, sd_bus_message *from)
{
        int result = sd_bus_message_open_container(call, 'e', "sa{sv}");

        if (result >= 0)
                result = sd_bus_message_append(call, "s", name);
        if (result >= 0)
                result = sd_bus_message_copy(call, from, FALSE);
        return result < 0 ? result : sd_bus_message_close_container(call);
}

/* What the peers of a Reapply are made of. */
typedef struct {
        sd_bus_message *call;
        GHashTable *endpoints; /* the caller's: public key to endpoint */
        GHashTable *known;     /* public keys that are in the call already */
} Peers;

/* Copies the entries of a peer's a{sv}, its endpoint left out and told. */
static int copy_peer(Peers *peers, sd_bus_message *from, const char **ret_key,
                     const char **ret_endpoint)
{
        const char *name;
        int result;

        while ((result = sd_bus_message_enter_container(from, 'e', "sv")) > 0) {
                result = sd_bus_message_read(from, "s", &name);
                if (result < 0)
                        break;
                if (strcmp(name, "endpoint") == 0) {
                        result = sd_bus_message_read(from, "v", "s", ret_endpoint);
                } else if (strcmp(name, "public-key") == 0) {
                        result = sd_bus_message_read(from, "v", "s", ret_key);
                        if (result >= 0)
                                result = sd_bus_message_append(peers->call, "{sv}", name, "s",
                                                               *ret_key);
                } else {
                        result = sd_bus_message_open_container(peers->call, 'e', "sv");
                        if (result >= 0)
                                result = sd_bus_message_append(peers->call, "s", name);
                        if (result >= 0)
                                result = sd_bus_message_copy(peers->call, from, FALSE);
                        if (result >= 0)
                                result = sd_bus_message_close_container(peers->call);
                }
                if (result < 0 || (result = sd_bus_message_exit_container(from)) < 0)
                        break;
        }
        return result;
}

/* A peer of the profile, with the endpoint that it has now. */
static int append_peer(Peers *peers, sd_bus_message *from)
{
        const char *key = NULL, *endpoint = NULL, *running;
        int result = sd_bus_message_open_container(peers->call, 'a', "{sv}");

        if (result >= 0)
                result = copy_peer(peers, from, &key, &endpoint);
        if (result < 0 || !key)
                return result < 0 ? result : -EBADMSG;
        g_hash_table_add(peers->known, g_strdup(key));
        running = g_hash_table_lookup(peers->endpoints, key);
        if (running || endpoint)
                result = sd_bus_message_append(peers->call, "{sv}", "endpoint", "s",
                                               running ? running : endpoint);
        return result < 0 ? result : sd_bus_message_close_container(peers->call);
}

/* A peer of what runs that the profile has no more: it stays without any address, for if one is
 * missing NetworkManager replaces them all, and ends every session. The caller removes it from the
 * kernel. */
static int append_gone_peer(Peers *peers, sd_bus_message *from)
{
        const char *name, *key = NULL;
        int result;

        while ((result = sd_bus_message_enter_container(from, 'e', "sv")) > 0) {
                result = sd_bus_message_read(from, "s", &name);
                if (result >= 0)
                        result = strcmp(name, "public-key") == 0
                                         ? sd_bus_message_read(from, "v", "s", &key)
                                         : sd_bus_message_skip(from, "v");
                if (result < 0 || (result = sd_bus_message_exit_container(from)) < 0)
                        break;
        }
        if (result < 0 || !key || g_hash_table_contains(peers->known, key))
                return result;
        return sd_bus_message_append(peers->call, "a{sv}", 1, "public-key", "s", key);
}

static int append_peers_of(Peers *peers, sd_bus_message *from,
                           int (*append)(Peers *, sd_bus_message *))
{
        const char *key;
        int result;

        if (!wattle_nm_settings_go_to(from, "wireguard") ||
            sd_bus_message_enter_container(from, 'a', "{sv}") <= 0)
                return -EBADMSG;
        while ((result = sd_bus_message_enter_container(from, 'e', "sv")) > 0) {
                result = sd_bus_message_read(from, "s", &key);
                if (result < 0)
                        return result;
                if (strcmp(key, "peers") == 0)
                        break;
                sd_bus_message_skip(from, "v");
                sd_bus_message_exit_container(from);
        }
        if (result <= 0) /* there are none */
                return result;
        if ((result = sd_bus_message_enter_container(from, 'v', "aa{sv}")) < 0 ||
            (result = sd_bus_message_enter_container(from, 'a', "a{sv}")) < 0)
                return result;
        while ((result = sd_bus_message_enter_container(from, 'a', "{sv}")) > 0)
                if ((result = append(peers, from)) < 0 ||
                    (result = sd_bus_message_exit_container(from)) < 0)
                        return result;
        return result;
}

static int append_peers(Peers *peers, const Pair *pair)
{
        int result = sd_bus_message_open_container(peers->call, 'e', "sv");

        if (result >= 0)
                result = sd_bus_message_append(peers->call, "s", "peers");
        if (result >= 0)
                result = sd_bus_message_open_container(peers->call, 'v', "aa{sv}");
        if (result >= 0)
                result = sd_bus_message_open_container(peers->call, 'a', "a{sv}");
        if (result >= 0)
                result = append_peers_of(peers, pair->profile, append_peer);
        if (result >= 0)
                result = append_peers_of(peers, pair->applied, append_gone_peer);
        for (guint i = 0; i < 3 && result >= 0; i++)
                result = sd_bus_message_close_container(peers->call);
        return result;
}

/* Entries of an a{sv}, but for the one of that key. */
static int append_entries_but(sd_bus_message *call, sd_bus_message *from, const char *but)
{
        const char *key;
        int result = sd_bus_message_enter_container(from, 'a', "{sv}");

        while (result >= 0 && (result = sd_bus_message_enter_container(from, 'e', "sv")) > 0) {
                result = sd_bus_message_read(from, "s", &key);
                if (result >= 0 && strcmp(key, but) == 0) {
                        result = sd_bus_message_skip(from, "v");
                } else if (result >= 0) {
                        result = sd_bus_message_open_container(call, 'e', "sv");
                        if (result >= 0)
                                result = sd_bus_message_append(call, "s", key);
                        if (result >= 0)
                                result = sd_bus_message_copy(call, from, FALSE);
                        if (result >= 0)
                                result = sd_bus_message_close_container(call);
                }
                if (result >= 0)
                        result = sd_bus_message_exit_container(from);
        }
        return result < 0 ? result : sd_bus_message_exit_container(from);
}

/* [wireguard] of the profile, but for its peers. */
static int append_wireguard(Peers *peers, const Pair *pair)
{
        int result = sd_bus_message_open_container(peers->call, 'e', "sa{sv}");

        if (result >= 0)
                result = sd_bus_message_append(peers->call, "s", "wireguard");
        if (result >= 0)
                result = sd_bus_message_open_container(peers->call, 'a', "{sv}");
        if (result < 0 || !wattle_nm_settings_go_to(pair->profile, "wireguard"))
                return result < 0 ? result : -EBADMSG;
        result = append_entries_but(peers->call, pair->profile, "peers");
        if (result >= 0)
                result = append_peers(peers, pair);
        for (guint i = 0; i < 2 && result >= 0; i++)
                result = sd_bus_message_close_container(peers->call);
        return result;
}

/* [ipv4] and [ipv6] of the profile; all that is neither addresses, WireGuard nor the zone stays as
 * it runs. */
static int append_setting_of(Peers *peers, const Pair *pair, const char *name)
{
        if (strcmp(name, "wireguard") == 0)
                return append_wireguard(peers, pair);
        if ((strcmp(name, "ipv4") == 0 || strcmp(name, "ipv6") == 0) &&
            wattle_nm_settings_go_to(pair->profile, name))
                return append_setting(peers->call, name, pair->profile);
        return 0;
}

/* [connection] as it runs, in the zone of the profile. */
static int append_connection_setting(sd_bus_message *call, const Pair *pair)
{
        const char *zone = wattle_nm_settings_get(pair->profile, "connection", "zone");
        int result = sd_bus_message_open_container(call, 'e', "sa{sv}");

        if (result >= 0)
                result = sd_bus_message_append(call, "s", "connection");
        if (result >= 0)
                result = sd_bus_message_open_container(call, 'a', "{sv}");
        if (result >= 0)
                result = append_entries_but(call, pair->applied, "zone");
        if (result >= 0 && zone)
                result = sd_bus_message_append(call, "{sv}", "zone", "s", zone);
        for (guint i = 0; i < 2 && result >= 0; i++)
                result = sd_bus_message_close_container(call);
        return result;
}

static int append_connection(Peers *peers, const Pair *pair)
{
        const char *name;
        int result = sd_bus_message_open_container(peers->call, 'a', "{sa{sv}}");

        sd_bus_message_rewind(pair->applied, TRUE);
        if (result >= 0)
                result = sd_bus_message_enter_container(pair->applied, 'a', "{sa{sv}}");
        while (result >= 0 &&
               (result = sd_bus_message_enter_container(pair->applied, 'e', "sa{sv}")) > 0) {
                result = sd_bus_message_read(pair->applied, "s", &name);
                if (result < 0)
                        break;
                if (g_str_has_prefix(name, "ip") || strcmp(name, "wireguard") == 0)
                        result = sd_bus_message_skip(pair->applied, "a{sv}");
                else if (strcmp(name, "connection") == 0)
                        result = append_connection_setting(peers->call, pair);
                else
                        result = append_setting(peers->call, name, pair->applied);
                if (result >= 0)
                        result = sd_bus_message_exit_container(pair->applied);
        }
        for (guint i = 0; i < 3 && result >= 0; i++)
                result = append_setting_of(peers, pair,
                                           (const char *[]){ "wireguard", "ipv4", "ipv6" }[i]);
        return result < 0 ? result : sd_bus_message_close_container(peers->call);
}

gboolean wattle_nm_reapply(sd_bus *bus, const char *connection, const char *active,
                           GHashTable *endpoints, GError **error)
{
        AUTO_BUS_ERROR bus_error = SD_BUS_ERROR_NULL;
        AUTO_BUS_MESSAGE *call = NULL;
        g_autoptr(GHashTable) known = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
        g_auto(Pair) pair = { 0 };
        int result;

        if (!get_pair(bus, connection, active, &pair, error))
                return FALSE;
        result = sd_bus_message_new_method_call(bus, &call, NM, pair.device, DEVICE, "Reapply");
        if (result >= 0)
                result = append_connection(&(Peers){ call, endpoints, known }, &pair);
        if (result >= 0)
                result = sd_bus_message_append(call, "tu", (guint64)0, (guint32)0);
        if (result >= 0)
                result = sd_bus_call(bus, call, 0, &bus_error, NULL);
        return result >= 0 || wattle_bus_fail(error, "nmcli device reapply", &bus_error, result);
}
