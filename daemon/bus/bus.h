/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* org.wattle1: the manager's meshes as objects on the bus, for everybody to read, and to change
 * with polkit's consent (daemon/bus/authorize.h). daemon/bus/org.wattle1.xml is its contract,
 * org.wattle1(5) describes it. */
#pragma once

#include <glib.h>
#include <systemd/sd-bus.h>

#include "daemon/manager.h"

typedef struct WattleBus WattleBus;

/* Takes the name on the bus, which must be attached to an event loop, and is told of the manager's
 * changes from then on. trusted_uid needs no consent: 0, but for tests. The manager must outlive
 * it. */
WattleBus *wattle_bus_new(sd_bus *bus, WattleManager *manager, uid_t trusted_uid,
                          GError **error) G_GNUC_WARN_UNUSED_RESULT;
void wattle_bus_free(WattleBus *bus);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(WattleBus, wattle_bus_free)
