/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cli/managers/wattled.h"

#include <errno.h>
#include <string.h>

#include "cli/managers/agent.h"
#include "cli/managers/bus.h"
#include "common/error.h"
#include "common/language.h"
#include "common/said.h"
#include "common/sys/bus-match.h"
#include "common/sys/bus-status.h"

#define NAME "wattled"

/* A person may have to find a password. */
#define CALL_US (300 * G_USEC_PER_SEC)

gboolean wattle_wattled_is_running(sd_bus *bus)
{
        AUTO_BUS_MESSAGE *reply = NULL;
        int running = 0;

        return sd_bus_call_method(bus, "org.freedesktop.DBus", "/org/freedesktop/DBus",
                                  "org.freedesktop.DBus", "NameHasOwner", NULL, &reply, "s",
                                  WATTLE_BUS_NAME) >= 0 &&
               sd_bus_message_read(reply, "b", &running) > 0 && running;
}

/* wattle-relay does so little that it answers at once, or not at all. */
#define COUNT_US (2 * G_USEC_PER_SEC)

static char *mesh_path(const char *mesh)
{
        char *path = NULL;

        return sd_bus_path_encode(WATTLE_BUS_MESHES, mesh, &path) < 0 ? NULL : path;
}

static gboolean fail(GError **error, const sd_bus_error *bus_error, int result)
{
        if (sd_bus_error_has_name(bus_error, SD_BUS_ERROR_UNKNOWN_OBJECT) ||
            sd_bus_error_has_name(bus_error, WATTLE_BUS_ERROR_NO_MESH)) {
                g_set_error_literal(error, WATTLE_ERROR, WATTLE_ERROR_NOT_FOUND,
                                    _("wattled does not have the mesh: is it applied?"));
                return FALSE;
        }
        if (sd_bus_error_has_name(bus_error, WATTLE_BUS_ERROR_NO_PEER)) {
                g_autofree char *why = wattle_said_translate(bus_error->message);

                g_set_error_literal(error, WATTLE_ERROR, WATTLE_ERROR_NOT_FOUND, why);
                return FALSE;
        }
        if (sd_bus_error_has_name(bus_error, SD_BUS_ERROR_SERVICE_UNKNOWN)) {
                g_set_error_literal(error, WATTLE_ERROR, WATTLE_ERROR_FAILED,
                                    _("wattled is not installed, or the bus does not know of it"));
                return FALSE;
        }
        return wattle_bus_fail(error, NAME, bus_error, result);
}

static const char *read_said(WattleStatus *status, const char *text)
{
        g_autofree char *said = wattle_said_translate(text);

        return wattle_arena_strdup(status->arena, said);
}

/* One property into its field. */
static int read_property(sd_bus_message *message, const char *name, WattleStatus *status)
{
        const char *text = "";
        int result, relays = 0;

        if (strcmp(name, "ListenPort") == 0)
                return sd_bus_message_read(message, "v", "q", &status->listen_port);
        if (strcmp(name, "Serial") == 0)
                return sd_bus_message_read(message, "v", "t", &status->serial);
        if (strcmp(name, "Migrating") == 0)
                return sd_bus_message_skip(message, "v");
        if (strcmp(name, "Relaying") == 0) {
                result = sd_bus_message_read(message, "v", "b", &relays);
                status->has_relayed = relays != 0;
                return result;
        }
        result = sd_bus_message_read(message, "v", "s", &text);
        if (result < 0)
                return result == -ENXIO ? sd_bus_message_skip(message, "v") : result;
        if (strcmp(name, "Device") == 0 && *text)
                status->device = wattle_arena_strdup(status->arena, text);
        else if (strcmp(name, "Interface") == 0 && *text)
                status->interface = wattle_arena_strdup(status->arena, text);
        else if (strcmp(name, "Problem") == 0 && *text)
                status->problem = read_said(status, text);
        else if (strcmp(name, "MappingProblem") == 0 && *text)
                status->mapping_problem = wattle_arena_strdup(status->arena, _(text));
        else if (strcmp(name, "Mapped") == 0 &&
                 !wattle_socket_addr_parse(text, &status->mapped, NULL))
                return -EBADMSG;
        else if (strcmp(name, "Owner") == 0 && !wattle_owner_parse(text, &status->owner, NULL))
                return -EBADMSG;
        else if (strcmp(name, "State") == 0 && !wattle_link_state_parse(text, &status->link))
                return -EBADMSG;
        return result;
}

static gboolean load_properties(sd_bus *bus, const char *path, WattleStatus *status, GError **error)
{
        AUTO_BUS_ERROR bus_error = SD_BUS_ERROR_NULL;
        AUTO_BUS_MESSAGE *reply = NULL;
        const char *name;
        int result =
                sd_bus_call_method(bus, WATTLE_BUS_NAME, path, "org.freedesktop.DBus.Properties",
                                   "GetAll", &bus_error, &reply, "s", WATTLE_BUS_MESH);

        if (result >= 0)
                result = sd_bus_message_enter_container(reply, 'a', "{sv}");
        while (result >= 0 && (result = sd_bus_message_enter_container(reply, 'e', "sv")) > 0) {
                result = sd_bus_message_read(reply, "s", &name);
                if (result >= 0)
                        result = read_property(reply, name, status);
                if (result >= 0)
                        result = sd_bus_message_exit_container(reply);
        }
        return result >= 0 || fail(error, &bus_error, result);
}

static gboolean load_peers(sd_bus *bus, const char *path, WattleStatus *status, GError **error)
{
        AUTO_BUS_ERROR bus_error = SD_BUS_ERROR_NULL;
        AUTO_BUS_MESSAGE *reply = NULL;
        WattlePeerStatus peer;
        int result = sd_bus_call_method(bus, WATTLE_BUS_NAME, path, WATTLE_BUS_MESH, "ListPeers",
                                        &bus_error, &reply, NULL);

        if (result >= 0)
                result = sd_bus_message_enter_container(reply, 'a', WATTLE_BUS_PEER);
        while (result >= 0 && (result = wattle_bus_read_peer(reply, status->arena, &peer)) > 0)
                g_array_append_val(status->peers, peer);
        return result >= 0 || fail(error, &bus_error, result);
}

/* What it does not say in time is not shown. */
static void load_relayed(sd_bus *bus, const char *path, WattleStatus *status)
{
        WattleRelayCounters *relayed = &status->relayed;
        AUTO_BUS_MESSAGE *call = NULL, *reply = NULL;

        status->has_relayed =
                status->has_relayed &&
                sd_bus_message_new_method_call(bus, &call, WATTLE_BUS_NAME, path, WATTLE_BUS_MESH,
                                               "CountRelay") >= 0 &&
                sd_bus_call(bus, call, COUNT_US, NULL, &reply) >= 0 &&
                sd_bus_message_read(reply, "uuttt", &relayed->pairs, &relayed->ports,
                                    &relayed->packets, &relayed->bytes, &relayed->dropped) >= 0;
}

gboolean wattle_wattled_load(sd_bus *bus, const char *mesh, WattleStatus *status, GError **error)
{
        g_autofree char *path = mesh_path(mesh);

        status->mesh = wattle_arena_strdup(status->arena, mesh);
        status->wattled = TRUE;
        if (!load_properties(bus, path, status, error))
                return FALSE;
        load_relayed(bus, path, status);
        return load_peers(bus, path, status, error);
}

gboolean wattle_wattled_get_peer(sd_bus *bus, const char *mesh, const char *device,
                                 WattleArena *arena, WattlePeerStatus *ret, GError **error)
{
        g_autofree char *path = mesh_path(mesh);
        AUTO_BUS_ERROR bus_error = SD_BUS_ERROR_NULL;
        AUTO_BUS_MESSAGE *reply = NULL;
        int result = sd_bus_call_method(bus, WATTLE_BUS_NAME, path, WATTLE_BUS_MESH, "GetPeer",
                                        &bus_error, &reply, "s", device);

        if (result >= 0)
                result = wattle_bus_read_peer(reply, arena, ret);
        return result >= 0 || fail(error, &bus_error, result);
}

gboolean wattle_wattled_list_ways(sd_bus *bus, const char *mesh, const char *device,
                                  WattleArena *arena, GArray *ret, GError **error)
{
        g_autofree char *path = mesh_path(mesh);
        AUTO_BUS_ERROR bus_error = SD_BUS_ERROR_NULL;
        AUTO_BUS_MESSAGE *reply = NULL;
        const char *at, *learnt, *reached;
        guint64 held_s;
        int result = sd_bus_call_method(bus, WATTLE_BUS_NAME, path, WATTLE_BUS_MESH, "ListWays",
                                        &bus_error, &reply, "s", device);

        if (result >= 0)
                result = sd_bus_message_enter_container(reply, 'a', WATTLE_BUS_WAY);
        while (result >= 0 && (result = sd_bus_message_read(reply, WATTLE_BUS_WAY, &at, &learnt,
                                                            &reached, &held_s)) > 0) {
                WattleWay way = { .learnt = wattle_arena_strdup(arena, learnt),
                                  .reached = wattle_arena_strdup(arena, reached),
                                  .held_s = MIN(held_s, G_MAXINT32) };

                if (!wattle_socket_addr_parse(at, &way.at, NULL))
                        result = -EBADMSG;
                else
                        g_array_append_val(ret, way);
        }
        return result >= 0 || fail(error, &bus_error, result);
}

gboolean wattle_wattled_call(sd_bus *bus, const char *mesh, const char *method, const char *device,
                             const char *endpoint, GError **error)
{
        g_autofree char *path = mesh_path(mesh);
        g_auto(WattleAgent) agent = { 0 };
        AUTO_BUS_ERROR bus_error = SD_BUS_ERROR_NULL;
        AUTO_BUS_MESSAGE *call = NULL;
        int result = sd_bus_message_new_method_call(bus, &call, WATTLE_BUS_NAME, path,
                                                    WATTLE_BUS_MESH, method);

        if (result >= 0 && device)
                result = sd_bus_message_append(call, "s", device);
        if (result >= 0 && endpoint)
                result = sd_bus_message_append(call, "s", endpoint);
        if (result >= 0)
                result = sd_bus_message_set_allow_interactive_authorization(call, 1);
        if (result >= 0) {
                wattle_agent_start(&agent);
                result = sd_bus_call(bus, call, CALL_US, &bus_error, NULL);
        }
        return result >= 0 || fail(error, &bus_error, result);
}

int wattle_wattled_probe(sd_bus *bus, sd_bus_slot **ret_slot, const char *mesh, const char *device,
                         sd_bus_message_handler_t handler, gpointer data)
{
        g_autofree char *path = mesh_path(mesh);

        return sd_bus_call_method_async(bus, ret_slot, WATTLE_BUS_NAME, path, WATTLE_BUS_MESH,
                                        "Probe", handler, data, "s", device);
}

gboolean wattle_wattled_watch(sd_bus *bus, sd_bus_message_handler_t handler, gpointer data,
                              GError **error)
{
        int result =
                wattle_bus_match_hints(bus, NULL, WATTLE_BUS_NAME, WATTLE_BUS_PATH, handler, data);

        return result >= 0 || wattle_bus_fail(error, NAME, NULL, result);
}
