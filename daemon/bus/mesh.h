/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The object of one mesh on the bus: what org.wattle1.Mesh does when it is called. Its peers are no
 * objects: see doc/hacking.md, "Peers on the bus are an array of structs, no objects". */
#pragma once

#include <glib.h>
#include <systemd/sd-bus.h>

#include "daemon/bus/acts.h"
#include "daemon/bus/authorize.h"
#include "daemon/bus/quota.h"
#include "daemon/manager.h"

/* Whom its methods turn to; all of them outlive it. */
typedef struct {
        WattleManager *manager;
        WattleAuthorizer *authorizer;
        WattleJobs *jobs;
        WattleQuota *under_way; /* probes, counts and jobs that users wait for */
} WattleBusBack;

typedef struct WattleBusMesh WattleBusMesh;

WattleBusMesh *wattle_bus_mesh_new(const WattleBusBack *back, const char *name);
void wattle_bus_mesh_free(WattleBusMesh *mesh);

/* Of a WattleBusMesh. */
extern const sd_bus_vtable wattle_bus_mesh_vtable[];

/* /org/wattle1/mesh/NAME */
char *wattle_bus_mesh_path(const char *name);

/* The struct of a peer, by its indexes; below 0 on failure. */
int wattle_bus_mesh_append_peer(const WattleBusBack *back, sd_bus_message *message, guint mesh,
                                guint index);
