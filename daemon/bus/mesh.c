/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "daemon/bus/mesh.h"

#include <string.h>

#include "common/sys/bus-status.h"
#include "common/sys/bus.h"
#include "common/sys/clock.h"
#include "daemon/bus/arguments.h"

/* Everybody may ask for the peers as often as they like; the kernel is not asked more often. */
#define REFRESH_US (G_USEC_PER_SEC / 2)

/* Names stay; indexes of the manager's do not. */
struct WattleBusMesh {
        const WattleBusBack *back;
        char *name;
        gint64 refreshed_us; /* CLOCK_BOOTTIME */
};

WattleBusMesh *wattle_bus_mesh_new(const WattleBusBack *back, const char *name)
{
        WattleBusMesh *mesh = g_new(WattleBusMesh, 1);

        *mesh = (WattleBusMesh){ back, g_strdup(name), 0 };
        return mesh;
}

void wattle_bus_mesh_free(WattleBusMesh *mesh)
{
        g_free(mesh->name);
        g_free(mesh);
}

char *wattle_bus_mesh_path(const char *name)
{
        char *path = NULL;

        return sd_bus_path_encode(WATTLE_BUS_MESHES, name, &path) < 0 ? NULL : path;
}

static int fail(sd_bus_error *error, const char *name, const GError *why)
{
        return sd_bus_error_set(error, name, why->message);
}

static gboolean find_mesh(const WattleBusMesh *mesh, guint *ret_index, sd_bus_error *error)
{
        if (wattle_manager_find(mesh->back->manager, mesh->name, ret_index))
                return TRUE;
        sd_bus_error_setf(error, WATTLE_BUS_ERROR_NO_MESH, "There is no mesh %s", mesh->name);
        return FALSE;
}

static gboolean get_mesh(const WattleBusMesh *mesh, WattleManagerMesh *ret, sd_bus_error *error)
{
        guint index;

        if (!find_mesh(mesh, &index, error))
                return FALSE;
        wattle_manager_get(mesh->back->manager, index, ret);
        return TRUE;
}

/* Mesh and peer of a call whose first argument names the peer; the argument is read. */
static gboolean find_peer(const WattleBusMesh *mesh, sd_bus_message *call, guint *ret_mesh,
                          guint *ret_peer, const char **ret_name, sd_bus_error *error)
{
        g_autoptr(GError) refused = NULL;

        if (sd_bus_message_read(call, "s", ret_name) < 0) {
                sd_bus_error_set(error, SD_BUS_ERROR_INVALID_ARGS, "The peer's name is missing");
                return FALSE;
        }
        if (!wattle_bus_parse_peer(*ret_name, &refused)) {
                fail(error, SD_BUS_ERROR_INVALID_ARGS, refused);
                return FALSE;
        }
        if (!find_mesh(mesh, ret_mesh, error))
                return FALSE;
        if (wattle_manager_find_peer(mesh->back->manager, *ret_mesh, *ret_name, ret_peer))
                return TRUE;
        sd_bus_error_setf(error, WATTLE_BUS_ERROR_NO_PEER, "The mesh %s has no peer %s here",
                          mesh->name, *ret_name);
        return FALSE;
}

int wattle_bus_mesh_append_peer(const WattleBusBack *back, sd_bus_message *message, guint mesh,
                                guint index)
{
        WattlePeerStatus peer;

        wattle_manager_get_peer(back->manager, mesh, index, &peer);
        return wattle_bus_append_peer(message, &peer);
}

/* What cannot be had anew is told as it was. */
static void refresh(WattleBusMesh *mesh, guint index)
{
        gint64 now_us = wattle_clock_now_us();

        if (mesh->refreshed_us != 0 && now_us - mesh->refreshed_us < REFRESH_US)
                return;
        mesh->refreshed_us = now_us;
        (void)!wattle_manager_refresh(mesh->back->manager, index, NULL);
}

static int act_list_peers(sd_bus_message *call, G_GNUC_UNUSED uid_t uid, gpointer data,
                          sd_bus_error *error)
{
        WattleBusMesh *mesh = data;
        AUTO_BUS_MESSAGE *reply = NULL;
        WattleManagerMesh info;
        guint index;
        int result;

        if (!find_mesh(mesh, &index, error))
                return sd_bus_error_get_errno(error);
        refresh(mesh, index);
        wattle_manager_get(mesh->back->manager, index, &info);
        result = sd_bus_message_new_method_return(call, &reply);
        if (result >= 0)
                result = sd_bus_message_open_container(reply, 'a', WATTLE_BUS_PEER);
        for (guint i = 0; result >= 0 && i < info.n_peers; i++)
                result = wattle_bus_mesh_append_peer(mesh->back, reply, index, i);
        if (result >= 0)
                result = sd_bus_message_close_container(reply);
        return result < 0 ? result : sd_bus_send(NULL, reply, NULL);
}

static int act_get_peer(sd_bus_message *call, G_GNUC_UNUSED uid_t uid, gpointer data,
                        sd_bus_error *error)
{
        WattleBusMesh *mesh = data;
        AUTO_BUS_MESSAGE *reply = NULL;
        const char *name;
        guint index, peer;
        int result;

        sd_bus_message_rewind(call, 1);
        if (!find_peer(mesh, call, &index, &peer, &name, error))
                return sd_bus_error_get_errno(error);
        refresh(mesh, index);
        result = sd_bus_message_new_method_return(call, &reply);
        if (result >= 0)
                result = wattle_bus_mesh_append_peer(mesh->back, reply, index, peer);
        return result < 0 ? result : sd_bus_send(NULL, reply, NULL);
}

static int append_ways(sd_bus_message *reply, const WattleMigrateWay *ways, guint n)
{
        int result = sd_bus_message_open_container(reply, 'a', WATTLE_BUS_WAY);

        for (guint i = 0; result >= 0 && i < n; i++) {
                char at[WATTLE_SOCKET_ADDR_TEXT_MAX];

                wattle_socket_addr_format(&ways[i].at, at);
                result = sd_bus_message_append(reply, WATTLE_BUS_WAY, at,
                                               wattle_source_text(ways[i].source),
                                               wattle_reach_text(ways[i].reach),
                                               (guint64)(ways[i].held_us / G_USEC_PER_SEC));
        }
        return result < 0 ? result : sd_bus_message_close_container(reply);
}

static int act_list_ways(sd_bus_message *call, G_GNUC_UNUSED uid_t uid, gpointer data,
                         sd_bus_error *error)
{
        const WattleBusMesh *mesh = data;
        WattleMigrateWay ways[WATTLE_MIGRATE_MAX_CANDIDATES];
        AUTO_BUS_MESSAGE *reply = NULL;
        const char *name;
        guint index, peer;
        int result;

        sd_bus_message_rewind(call, 1);
        if (!find_peer(mesh, call, &index, &peer, &name, error))
                return sd_bus_error_get_errno(error);
        result = sd_bus_message_new_method_return(call, &reply);
        if (result >= 0)
                result = append_ways(
                        reply, ways,
                        wattle_manager_get_ways(mesh->back->manager, index, peer, ways));
        return result < 0 ? result : sd_bus_send(NULL, reply, NULL);
}

static int act_switch(sd_bus_message *call, uid_t uid, const WattleBusMesh *mesh, gboolean up,
                      sd_bus_error *error)
{
        WattleManagerMesh info;

        if (!get_mesh(mesh, &info, error))
                return sd_bus_error_get_errno(error);
        return wattle_act_switch(mesh->back->jobs, call, uid, &info, up, error);
}

static int act_up(sd_bus_message *call, uid_t uid, gpointer data, sd_bus_error *error)
{
        return act_switch(call, uid, data, TRUE, error);
}

static int act_down(sd_bus_message *call, uid_t uid, gpointer data, sd_bus_error *error)
{
        return act_switch(call, uid, data, FALSE, error);
}

static int act_apply(sd_bus_message *call, uid_t uid, gpointer data, sd_bus_error *error)
{
        const WattleBusMesh *mesh = data;

        return wattle_jobs_start(mesh->back->jobs, call, uid, WATTLE_JOB_APPLY, mesh->name, error);
}

static int act_update(sd_bus_message *call, uid_t uid, gpointer data, sd_bus_error *error)
{
        const WattleBusMesh *mesh = data;

        return wattle_jobs_start(mesh->back->jobs, call, uid, WATTLE_JOB_UPDATE, mesh->name, error);
}

/* The arguments of Migrate; all of them are read. */
static gboolean read_migration(const WattleBusMesh *mesh, sd_bus_message *call, guint *ret_mesh,
                               guint *ret_peer, const char **ret_name, WattleSocketAddr *ret_to,
                               sd_bus_error *error)
{
        g_autoptr(GError) refused = NULL;
        const char *text;

        if (!find_peer(mesh, call, ret_mesh, ret_peer, ret_name, error))
                return FALSE;
        if (sd_bus_message_read(call, "s", &text) < 0) {
                sd_bus_error_set(error, SD_BUS_ERROR_INVALID_ARGS, "The endpoint is missing");
                return FALSE;
        }
        if (wattle_bus_parse_endpoint(text, ret_to, &refused))
                return TRUE;
        fail(error, SD_BUS_ERROR_INVALID_ARGS, refused);
        return FALSE;
}

static int act_migrate(sd_bus_message *call, G_GNUC_UNUSED uid_t uid, gpointer data,
                       sd_bus_error *error)
{
        const WattleBusMesh *mesh = data;
        g_autoptr(GError) refused = NULL;
        WattleSocketAddr to;
        const char *name;
        guint index, peer;

        /* Once more: what was there may have gone while polkit asked. */
        sd_bus_message_rewind(call, 1);
        if (!read_migration(mesh, call, &index, &peer, &name, &to, error))
                return sd_bus_error_get_errno(error);
        if (!wattle_manager_migrate(mesh->back->manager, index, peer,
                                    wattle_socket_addr_is_set(&to) ? &to : NULL, &refused))
                return fail(error, WATTLE_BUS_ERROR_FAILED, refused);
        return sd_bus_reply_method_return(call, NULL);
}

/* A caller who waits for the answer of a probe, or of wattle-relay. */
typedef struct {
        WattleQuota *quota;
        uid_t uid;
        sd_bus_message *call;
} WaitingCall;

/* NULL with the error set: the user has too many. */
static WaitingCall *waiting_call_new(const WattleBusMesh *mesh, sd_bus_message *call, uid_t uid,
                                     sd_bus_error *error)
{
        WattleQuota *quota = mesh->back->under_way;
        WaitingCall *waiting;

        if (!wattle_quota_take(quota, uid, error))
                return NULL;
        waiting = g_new(WaitingCall, 1);
        *waiting = (WaitingCall){ wattle_quota_ref(quota), uid, sd_bus_message_ref(call) };
        return waiting;
}

static void waiting_call_free(WaitingCall *waiting)
{
        wattle_quota_give_back(waiting->quota, waiting->uid);
        wattle_quota_unref(waiting->quota);
        sd_bus_message_unref(waiting->call);
        g_free(waiting);
}

static void on_probed(gboolean answered, guint32 rtt_us, const char *why, gpointer data)
{
        WaitingCall *probing = data;

        if (answered)
                sd_bus_reply_method_return(probing->call, "t", (guint64)rtt_us);
        else
                sd_bus_reply_method_errorf(probing->call, WATTLE_BUS_ERROR_FAILED, "%s", why);
        waiting_call_free(probing);
}

static int act_probe(sd_bus_message *call, uid_t uid, gpointer data, sd_bus_error *error)
{
        const WattleBusMesh *mesh = data;
        g_autoptr(GError) refused = NULL;
        WaitingCall *probing;
        const char *name;
        guint index, peer;

        sd_bus_message_rewind(call, 1);
        if (!find_peer(mesh, call, &index, &peer, &name, error))
                return sd_bus_error_get_errno(error);
        probing = waiting_call_new(mesh, call, uid, error);
        if (!probing)
                return sd_bus_error_get_errno(error);
        if (wattle_manager_probe(mesh->back->manager, index, peer, on_probed, probing, &refused))
                return 0;
        waiting_call_free(probing);
        return fail(error, WATTLE_BUS_ERROR_FAILED, refused);
}

static void on_counted(const WattleRelayCounters *counters, gpointer data)
{
        WaitingCall *waiting = data;

        if (counters)
                sd_bus_reply_method_return(waiting->call, "uuttt", counters->pairs, counters->ports,
                                           counters->packets, counters->bytes, counters->dropped);
        else
                sd_bus_reply_method_errorf(waiting->call, WATTLE_BUS_ERROR_FAILED,
                                           "wattle-relay does not answer");
        waiting_call_free(waiting);
}

static int act_count_relay(sd_bus_message *call, uid_t uid, gpointer data, sd_bus_error *error)
{
        const WattleBusMesh *mesh = data;
        WaitingCall *waiting;
        guint index;

        if (!find_mesh(mesh, &index, error))
                return sd_bus_error_get_errno(error);
        waiting = waiting_call_new(mesh, call, uid, error);
        if (!waiting)
                return sd_bus_error_get_errno(error);
        wattle_manager_count_relay(mesh->back->manager, index, on_counted, waiting);
        return 0;
}

static int authorize(WattleBusMesh *mesh, sd_bus_message *call, const char *peer, WattleAct act,
                     sd_bus_error *error)
{
        const char *details[] = { "mesh", mesh->name, peer ? "peer" : NULL, peer, NULL };

        return wattle_authorize(mesh->back->authorizer, call, details, act, mesh, error);
}

static int method_list_peers(sd_bus_message *call, void *data, sd_bus_error *error)
{
        return authorize(data, call, NULL, act_list_peers, error);
}

static int method_get_peer(sd_bus_message *call, void *data, sd_bus_error *error)
{
        return authorize(data, call, NULL, act_get_peer, error);
}

static int method_list_ways(sd_bus_message *call, void *data, sd_bus_error *error)
{
        return authorize(data, call, NULL, act_list_ways, error);
}

static int method_count_relay(sd_bus_message *call, void *data, sd_bus_error *error)
{
        return authorize(data, call, NULL, act_count_relay, error);
}

static int method_up(sd_bus_message *call, void *data, sd_bus_error *error)
{
        return authorize(data, call, NULL, act_up, error);
}

static int method_down(sd_bus_message *call, void *data, sd_bus_error *error)
{
        return authorize(data, call, NULL, act_down, error);
}

static int method_apply(sd_bus_message *call, void *data, sd_bus_error *error)
{
        return authorize(data, call, NULL, act_apply, error);
}

static int method_update(sd_bus_message *call, void *data, sd_bus_error *error)
{
        return authorize(data, call, NULL, act_update, error);
}

/* Nobody is asked for a password on account of arguments that are wrong. */
static int method_migrate(sd_bus_message *call, void *data, sd_bus_error *error)
{
        WattleSocketAddr to;
        const char *name;
        guint index, peer;

        if (!read_migration(data, call, &index, &peer, &name, &to, error))
                return sd_bus_error_get_errno(error);
        return authorize(data, call, name, act_migrate, error);
}

static int method_probe(sd_bus_message *call, void *data, sd_bus_error *error)
{
        const char *name;
        guint index, peer;

        if (!find_peer(data, call, &index, &peer, &name, error))
                return sd_bus_error_get_errno(error);
        return authorize(data, call, name, act_probe, error);
}

/* NULL: there is none. */
static const char *text_of(const WattleManagerMesh *mesh, const char *property)
{
        if (strcmp(property, "Name") == 0)
                return mesh->name;
        if (strcmp(property, "Device") == 0)
                return mesh->device;
        if (strcmp(property, "Interface") == 0)
                return mesh->interface;
        if (strcmp(property, "Owner") == 0)
                return wattle_owner_name(mesh->owner);
        if (strcmp(property, "State") == 0)
                return wattle_link_state_name(!mesh->exists ? WATTLE_LINK_ABSENT
                                              : mesh->up    ? WATTLE_LINK_UP
                                                            : WATTLE_LINK_DOWN);
        if (strcmp(property, "Problem") == 0)
                return mesh->problem;
        if (strcmp(property, "MappingProblem") == 0)
                return mesh->mapping_problem;
        g_return_val_if_reached(NULL);
}

static int get_property(G_GNUC_UNUSED sd_bus *bus, G_GNUC_UNUSED const char *path,
                        G_GNUC_UNUSED const char *interface, const char *property,
                        sd_bus_message *reply, void *data, sd_bus_error *error)
{
        const WattleBusMesh *mesh = data;
        WattleManagerMesh info;
        const char *text;

        if (!get_mesh(mesh, &info, error))
                return sd_bus_error_get_errno(error);
        if (strcmp(property, "ListenPort") == 0)
                return sd_bus_message_append(reply, "q", info.listen_port);
        if (strcmp(property, "Serial") == 0)
                return sd_bus_message_append(reply, "t", info.serial);
        if (strcmp(property, "Migrating") == 0)
                return sd_bus_message_append(reply, "b", info.migrate);
        if (strcmp(property, "Relaying") == 0)
                return sd_bus_message_append(reply, "b", info.relays);
        if (strcmp(property, "Mapped") == 0) {
                char mapped[WATTLE_SOCKET_ADDR_TEXT_MAX];

                wattle_socket_addr_format(&info.mapped, mapped);
                return sd_bus_message_append(reply, "s", mapped);
        }
        text = text_of(&info, property);
        return sd_bus_message_append(reply, "s", text ? text : "");
}

const sd_bus_vtable wattle_bus_mesh_vtable[] = {
        SD_BUS_VTABLE_START(0),
        SD_BUS_METHOD_WITH_ARGS("Up", SD_BUS_NO_ARGS, SD_BUS_NO_RESULT, method_up,
                                SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_METHOD_WITH_ARGS("Down", SD_BUS_NO_ARGS, SD_BUS_NO_RESULT, method_down,
                                SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_METHOD_WITH_ARGS("Apply", SD_BUS_NO_ARGS, SD_BUS_NO_RESULT, method_apply,
                                SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_METHOD_WITH_ARGS("Update", SD_BUS_NO_ARGS, SD_BUS_NO_RESULT, method_update,
                                SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_METHOD_WITH_ARGS("ListPeers", SD_BUS_NO_ARGS,
                                SD_BUS_RESULT("a" WATTLE_BUS_PEER, peers), method_list_peers,
                                SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_METHOD_WITH_ARGS("GetPeer", SD_BUS_ARGS("s", peer),
                                SD_BUS_RESULT(WATTLE_BUS_PEER, state), method_get_peer,
                                SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_METHOD_WITH_ARGS("ListWays", SD_BUS_ARGS("s", peer),
                                SD_BUS_RESULT("a" WATTLE_BUS_WAY, ways), method_list_ways,
                                SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_METHOD_WITH_ARGS(
                "CountRelay", SD_BUS_NO_ARGS,
                SD_BUS_RESULT("u", pairs, "u", ports, "t", packets, "t", bytes, "t", dropped),
                method_count_relay, SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_METHOD_WITH_ARGS("Migrate", SD_BUS_ARGS("s", peer, "s", endpoint), SD_BUS_NO_RESULT,
                                method_migrate, SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_METHOD_WITH_ARGS("Probe", SD_BUS_ARGS("s", peer), SD_BUS_RESULT("t", round_trip_us),
                                method_probe, SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_SIGNAL_WITH_ARGS("PeerChanged", SD_BUS_ARGS(WATTLE_BUS_PEER, state), 0),
        SD_BUS_PROPERTY("Name", "s", get_property, 0, SD_BUS_VTABLE_PROPERTY_CONST),
        SD_BUS_PROPERTY("Device", "s", get_property, 0, SD_BUS_VTABLE_PROPERTY_EMITS_CHANGE),
        SD_BUS_PROPERTY("Interface", "s", get_property, 0, SD_BUS_VTABLE_PROPERTY_EMITS_CHANGE),
        SD_BUS_PROPERTY("Owner", "s", get_property, 0, SD_BUS_VTABLE_PROPERTY_EMITS_CHANGE),
        SD_BUS_PROPERTY("State", "s", get_property, 0, SD_BUS_VTABLE_PROPERTY_EMITS_CHANGE),
        SD_BUS_PROPERTY("ListenPort", "q", get_property, 0, SD_BUS_VTABLE_PROPERTY_EMITS_CHANGE),
        SD_BUS_PROPERTY("Serial", "t", get_property, 0, SD_BUS_VTABLE_PROPERTY_EMITS_CHANGE),
        SD_BUS_PROPERTY("Migrating", "b", get_property, 0, SD_BUS_VTABLE_PROPERTY_EMITS_CHANGE),
        SD_BUS_PROPERTY("Relaying", "b", get_property, 0, SD_BUS_VTABLE_PROPERTY_EMITS_CHANGE),
        SD_BUS_PROPERTY("Mapped", "s", get_property, 0, SD_BUS_VTABLE_PROPERTY_EMITS_CHANGE),
        SD_BUS_PROPERTY("MappingProblem", "s", get_property, 0,
                        SD_BUS_VTABLE_PROPERTY_EMITS_CHANGE),
        SD_BUS_PROPERTY("Problem", "s", get_property, 0, SD_BUS_VTABLE_PROPERTY_EMITS_CHANGE),
        SD_BUS_VTABLE_END,
};
