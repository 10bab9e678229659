/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "daemon/bus/bus.h"

#include "common/error.h"
#include "common/sys/bus-status.h"
#include "common/sys/bus.h"
#include "common/sys/log.h"
#include "daemon/bus/acts.h"
#include "daemon/bus/arguments.h"
#include "daemon/bus/authorize.h"
#include "daemon/bus/mesh.h"

#define NAME_IS_OURS 1 /* DBUS_REQUEST_NAME_REPLY_PRIMARY_OWNER */

/* Calls that are answered later. A mesh has 64 probes, and the bus keeps 512 matches for us, of
 * which each job takes one: who goes beyond that is thrown out. */
#define MAX_UNDER_WAY           256
#define MAX_UNDER_WAY_OF_A_USER 8

/* The units end by themselves after two minutes, and 90 s for the end. */
#define JOB_US (300 * G_USEC_PER_SEC)

struct WattleBus {
        sd_bus *bus;
        WattleBusBack back;
        GHashTable *meshes; /* name to WattleBusMesh, for each that was ever asked for */
        sd_bus_slot *manager_slot, *mesh_slot, *nodes_slot, *name_slot;
};

static int act_get_mesh(sd_bus_message *call, G_GNUC_UNUSED uid_t uid, gpointer data,
                        sd_bus_error *error)
{
        const WattleBus *bus = data;
        g_autoptr(GError) refused = NULL;
        g_autofree char *path = NULL;
        const char *name;
        guint index;

        if (sd_bus_message_read(call, "s", &name) < 0)
                return sd_bus_error_set(error, SD_BUS_ERROR_INVALID_ARGS, "The name is missing");
        if (!wattle_bus_parse_mesh(name, &refused))
                return sd_bus_error_set(error, SD_BUS_ERROR_INVALID_ARGS, refused->message);
        if (!wattle_manager_find(bus->back.manager, name, &index))
                return sd_bus_error_setf(error, WATTLE_BUS_ERROR_NO_MESH, "There is no mesh %s",
                                         name);
        path = wattle_bus_mesh_path(name);
        return sd_bus_reply_method_return(call, "o", path);
}

static int method_get_mesh(sd_bus_message *call, void *data, sd_bus_error *error)
{
        const WattleBus *bus = data;
        const char *const details[] = { NULL };

        return wattle_authorize(bus->back.authorizer, call, details, act_get_mesh, data, error);
}

static int get_version(G_GNUC_UNUSED sd_bus *bus, G_GNUC_UNUSED const char *path,
                       G_GNUC_UNUSED const char *interface, G_GNUC_UNUSED const char *property,
                       sd_bus_message *reply, G_GNUC_UNUSED void *data,
                       G_GNUC_UNUSED sd_bus_error *error)
{
        return sd_bus_message_append(reply, "s", WATTLE_VERSION);
}

static int get_meshes(G_GNUC_UNUSED sd_bus *unused, G_GNUC_UNUSED const char *path,
                      G_GNUC_UNUSED const char *interface, G_GNUC_UNUSED const char *property,
                      sd_bus_message *reply, void *data, G_GNUC_UNUSED sd_bus_error *error)
{
        const WattleBus *bus = data;
        int result = sd_bus_message_open_container(reply, 'a', "(so)");

        for (guint i = 0; result >= 0 && i < wattle_manager_count(bus->back.manager); i++) {
                WattleManagerMesh mesh;
                g_autofree char *object = NULL;

                wattle_manager_get(bus->back.manager, i, &mesh);
                object = wattle_bus_mesh_path(mesh.name);
                result = sd_bus_message_append(reply, "(so)", mesh.name, object);
        }
        return result < 0 ? result : sd_bus_message_close_container(reply);
}

static const sd_bus_vtable manager_vtable[] = {
        SD_BUS_VTABLE_START(0),
        SD_BUS_METHOD_WITH_ARGS("GetMesh", SD_BUS_ARGS("s", name), SD_BUS_RESULT("o", mesh),
                                method_get_mesh, SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_PROPERTY("Version", "s", get_version, 0, SD_BUS_VTABLE_PROPERTY_CONST),
        SD_BUS_PROPERTY("Meshes", "a(so)", get_meshes, 0, SD_BUS_VTABLE_PROPERTY_EMITS_CHANGE),
        SD_BUS_VTABLE_END,
};

static WattleBusMesh *get_mesh(WattleBus *bus, const char *name)
{
        WattleBusMesh *mesh = g_hash_table_lookup(bus->meshes, name);

        if (!mesh) {
                mesh = wattle_bus_mesh_new(&bus->back, name);
                g_hash_table_insert(bus->meshes, g_strdup(name), mesh);
        }
        return mesh;
}

/* sd-bus asks whether there is such an object. */
static int on_find(G_GNUC_UNUSED sd_bus *unused, const char *path,
                   G_GNUC_UNUSED const char *interface, void *data, void **ret_found,
                   G_GNUC_UNUSED sd_bus_error *error)
{
        WattleBus *bus = data;
        g_autofree char *name = NULL;
        guint index;

        if (sd_bus_path_decode(path, WATTLE_BUS_MESHES, &name) <= 0 ||
            !wattle_bus_parse_mesh(name, NULL) ||
            !wattle_manager_find(bus->back.manager, name, &index))
                return 0;
        *ret_found = get_mesh(bus, name);
        return 1;
}

/* And which there are. sd-bus frees the list with free(3), as GLib's allocation allows. */
static int on_nodes(G_GNUC_UNUSED sd_bus *unused, G_GNUC_UNUSED const char *prefix, void *data,
                    char ***ret_nodes, G_GNUC_UNUSED sd_bus_error *error)
{
        const WattleBus *bus = data;
        guint n = wattle_manager_count(bus->back.manager);
        char **nodes = g_new0(char *, n + 1);

        for (guint i = 0; i < n; i++) {
                WattleManagerMesh mesh;

                wattle_manager_get(bus->back.manager, i, &mesh);
                nodes[i] = wattle_bus_mesh_path(mesh.name);
        }
        *ret_nodes = nodes;
        return 1;
}

static void emit_mesh(WattleBus *bus, guint index)
{
        g_autofree char *path = NULL;
        WattleManagerMesh mesh;

        wattle_manager_get(bus->back.manager, index, &mesh);
        path = wattle_bus_mesh_path(mesh.name);
        sd_bus_emit_properties_changed(bus->bus, path, WATTLE_BUS_MESH, "Device", "Interface",
                                       "Owner", "State", "ListenPort", "Serial", "Migrating",
                                       "Relaying", "Mapped", "MappingProblem", "Problem", NULL);
}

static void emit_peer(WattleBus *bus, guint index, guint peer)
{
        AUTO_BUS_MESSAGE *signal = NULL;
        g_autofree char *path = NULL;
        WattleManagerMesh mesh;
        int result;

        wattle_manager_get(bus->back.manager, index, &mesh);
        path = wattle_bus_mesh_path(mesh.name);
        result = sd_bus_message_new_signal(bus->bus, &signal, path, WATTLE_BUS_MESH, "PeerChanged");
        if (result >= 0)
                result = wattle_bus_mesh_append_peer(&bus->back, signal, index, peer);
        if (result >= 0)
                sd_bus_send(bus->bus, signal, NULL);
}

static void on_changed(WattleChanged changed, guint mesh, guint peer, gpointer data)
{
        WattleBus *bus = data;

        /* Whom nobody can have asked tells nobody; libsystemd would keep it all for the bus. */
        if (sd_bus_is_ready(bus->bus) <= 0)
                return;
        switch (changed) {
        case WATTLE_CHANGED_LIST:
                sd_bus_emit_properties_changed(bus->bus, WATTLE_BUS_PATH, WATTLE_BUS_MANAGER,
                                               "Meshes", NULL);
                for (guint i = 0; i < wattle_manager_count(bus->back.manager); i++)
                        emit_mesh(bus, i);
                break;
        case WATTLE_CHANGED_MESH:
                emit_mesh(bus, mesh);
                break;
        case WATTLE_CHANGED_PEER:
                emit_peer(bus, mesh, peer);
                break;
        }
}

static void on_job_done(WattleJobKind kind, gpointer data)
{
        const WattleBus *bus = data;

        if (kind == WATTLE_JOB_APPLY || kind == WATTLE_JOB_UPDATE)
                wattle_manager_reload(bus->back.manager);
}

/* Without its name nobody finds it; endpoints are moved all the same. */
static int on_name(sd_bus_message *answer, G_GNUC_UNUSED void *data,
                   G_GNUC_UNUSED sd_bus_error *error)
{
        const sd_bus_error *failure = sd_bus_message_get_error(answer);
        guint32 result = 0;

        if (!failure && sd_bus_message_read(answer, "u", &result) > 0 && result == NAME_IS_OURS)
                return 0;
        wattle_log(WATTLE_LOG_WARNING, "the name %s on the bus: %s", WATTLE_BUS_NAME,
                   failure && failure->message ? failure->message : "another has it");
        return 0;
}

static int add_objects(WattleBus *bus)
{
        int result = sd_bus_add_object_vtable(bus->bus, &bus->manager_slot, WATTLE_BUS_PATH,
                                              WATTLE_BUS_MANAGER, manager_vtable, bus);

        if (result >= 0)
                result = sd_bus_add_fallback_vtable(bus->bus, &bus->mesh_slot, WATTLE_BUS_MESHES,
                                                    WATTLE_BUS_MESH, wattle_bus_mesh_vtable,
                                                    on_find, bus);
        if (result >= 0)
                result = sd_bus_add_node_enumerator(bus->bus, &bus->nodes_slot, WATTLE_BUS_MESHES,
                                                    on_nodes, bus);
        if (result >= 0)
                result = sd_bus_request_name_async(bus->bus, &bus->name_slot, WATTLE_BUS_NAME, 0,
                                                   on_name, NULL);
        return result;
}

WattleBus *wattle_bus_new(sd_bus *connection, WattleManager *manager, uid_t trusted_uid,
                          GError **error)
{
        WattleQuota *quota = wattle_quota_new(MAX_UNDER_WAY_OF_A_USER, MAX_UNDER_WAY, trusted_uid);
        WattleBus *bus = g_new(WattleBus, 1);
        int result;

        *bus = (WattleBus){
                .bus = sd_bus_ref(connection),
                .back = { manager, wattle_authorizer_new(trusted_uid),
                          wattle_jobs_new(connection, quota, JOB_US, on_job_done, bus), quota },
                .meshes = g_hash_table_new_full(g_str_hash, g_str_equal, g_free,
                                                (GDestroyNotify)wattle_bus_mesh_free),
        };
        result = add_objects(bus);
        if (result >= 0) {
                wattle_manager_on_changed(manager, on_changed, bus);
                return bus;
        }
        g_set_error(error, WATTLE_ERROR, WATTLE_ERROR_FAILED, "the system bus: %s",
                    g_strerror(-result));
        wattle_bus_free(bus);
        return NULL;
}

void wattle_bus_free(WattleBus *bus)
{
        if (!bus)
                return;
        wattle_manager_on_changed(bus->back.manager, NULL, NULL);
        sd_bus_slot_unref(bus->manager_slot);
        sd_bus_slot_unref(bus->mesh_slot);
        sd_bus_slot_unref(bus->nodes_slot);
        sd_bus_slot_unref(bus->name_slot);
        wattle_authorizer_free(bus->back.authorizer);
        wattle_jobs_free(bus->back.jobs);
        wattle_quota_unref(bus->back.under_way);
        g_hash_table_unref(bus->meshes);
        sd_bus_unref(bus->bus);
        g_free(bus);
}
