/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The meshes of this host as wattled keeps them: which peers there are, how each is reached now,
 * and the engine of common/migrate/migrate.h that moves them. It knows nothing of the bus; who
 * shows the meshes to others (daemon/bus/bus.h) looks at them here and is told of changes. */
#pragma once

#include <systemd/sd-event.h>

#include "common/status.h"
#include "daemon/mesh.h"
#include "daemon/probe-request.h"
#include "daemon/resolver.h"

typedef struct WattleManager WattleManager;

/* Where things are. */
typedef struct {
        int root_fd;             /* stands for "/": profiles are looked for below it */
        const char *state_dir;   /* of the last good endpoints; NULL: nothing is kept */
        const char *runtime_dir; /* of moves under way, likewise */
} WattleManagerOptions;

/* Begins to watch: event is referenced. NULL with an error if the kernel's netlink is closed to
 * us. No mesh is read before the first wattle_manager_reload(). */
WattleManager *wattle_manager_new(sd_event *event, const WattleManagerOptions *options,
                                  GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Writes what is to be kept, and lets go. A peer whose endpoint nothing has proved yet gets the one
 * before again; else nothing of any interface changes. */
void wattle_manager_free(WattleManager *manager);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(WattleManager, wattle_manager_free)

/* Reads profiles and local settings, at first, and after 'wattle apply' or SIGHUP. A mesh whose
 * profile is bad keeps the one it had. One whose profile is bad, or whose interface is not there,
 * is no error: it is listed, with the reason in problem. */
void wattle_manager_reload(WattleManager *manager);

guint wattle_manager_count(const WattleManager *manager);

/* By index, in the order of names; index must be below the count. */
void wattle_manager_get(const WattleManager *manager, guint index, WattleManagerMesh *ret);

/* FALSE if there is no such mesh. */
gboolean wattle_manager_find(const WattleManager *manager, const char *name,
                             guint *ret_index) G_GNUC_WARN_UNUSED_RESULT;

/* By index, in the order of names; index must be below n_peers of that mesh. What it points to is
 * the manager's, and good until the event loop goes on. missing and revoked are FALSE: the
 * manager's peers are neither. */
void wattle_manager_get_peer(const WattleManager *manager, guint mesh, guint index,
                             WattlePeerStatus *ret);

/* The ways to a peer that are known; returns how many, 0 where wattled does not look after it. */
guint wattle_manager_get_ways(const WattleManager *manager, guint mesh, guint index,
                              WattleMigrateWay ret[WATTLE_MIGRATE_MAX_CANDIDATES]);

/* FALSE if the mesh has no such peer; name is the device's, not an alias. */
gboolean wattle_manager_find_peer(const WattleManager *manager, guint mesh, const char *name,
                                  guint *ret_index) G_GNUC_WARN_UNUSED_RESULT;

/* Asks the kernel, so that handshakes and bytes are those of now and not of the last poll. */
gboolean wattle_manager_refresh(WattleManager *manager, guint mesh,
                                GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Moves a peer by hand: there, or with NULL to the best candidate that is not the current
 * one. The engine verifies it as any move and goes back if nothing answers; what came of it is in
 * path and reason, and told as a change. FALSE with an error if it cannot even be tried: the
 * interface is down, there is nothing to move to. */
gboolean wattle_manager_migrate(WattleManager *manager, guint mesh, guint peer,
                                const WattleSocketAddr *to,
                                GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Sends a probe through the tunnel. FALSE with an error if it cannot be sent; then probed is not
 * called. When the manager goes, it is called with answered FALSE. */
gboolean wattle_manager_probe(WattleManager *manager, guint mesh, guint peer, WattleProbed probed,
                              gpointer data, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Asks wattle-relay of that mesh, and calls counted once, by now or later. A device that is no
 * relay has no ports; a relay that does not run has no pairs. */
void wattle_manager_count_relay(WattleManager *manager, guint mesh, WattleRelayCounted counted,
                                gpointer data);

/* Whether the host's way out is metered, as somebody found out: FALSE to begin with. Beacons stay
 * away from it then. */
void wattle_manager_set_metered(WattleManager *manager, gboolean is_metered);

/* What a change is about. Indexes are of now. */
typedef enum {
        WATTLE_CHANGED_LIST, /* meshes came, went, or were read anew: forget all indexes */
        WATTLE_CHANGED_MESH, /* exists, up, problem */
        WATTLE_CHANGED_PEER, /* path, endpoint, reason; not bytes, handshakes or round trips */
} WattleChanged;

/* The one who is told of changes, from the event loop. mesh and peer are of no meaning beyond what
 * changed. */
typedef void (*WattleManagerChanged)(WattleChanged changed, guint mesh, guint peer, gpointer data);
void wattle_manager_on_changed(WattleManager *manager, WattleManagerChanged changed, gpointer data);

/* Who is asked for names of endpoints by one link alone; NULL: nobody any more, and what was under
 * way is still to be answered. */
void wattle_manager_set_lookup(WattleManager *manager, WattleLookup lookup, gpointer data);

/* One sentence on the whole, for sd_notify(3): "2 meshes, 14 peers: 3 on a LAN, 8 public". */
char *wattle_manager_sentence(const WattleManager *manager);
