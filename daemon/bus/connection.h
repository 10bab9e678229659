/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* wattled's connection to the system bus, made anew when the bus is restarted. Endpoints are moved
 * all the same while there is none. */
#pragma once

#include <systemd/sd-event.h>

#include "daemon/manager.h"

typedef struct WattleBusConnection WattleBusConnection;

/* Offers the manager at a bus of that address, now or when one listens there; trusted_uid as for
 * wattle_authorizer_new(). Never fails: what does not work is logged. */
WattleBusConnection *wattle_bus_connection_new(sd_event *event, const char *address,
                                               WattleManager *manager, uid_t trusted_uid);
void wattle_bus_connection_free(WattleBusConnection *connection);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(WattleBusConnection, wattle_bus_connection_free)
