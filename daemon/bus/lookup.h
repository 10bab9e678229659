/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Asks for names by the name servers of one link, where all others go through the tunnel that an
 * endpoint is looked for: systemd-resolved (org.freedesktop.resolve1(5)); and where that does not
 * run, wattle-lookup, at the servers that NetworkManager has of the link. */
#pragma once

#include <systemd/sd-bus.h>

#include "daemon/manager.h"

typedef struct WattleBusLookup WattleBusLookup;

/* For the manager, which must outlive it; bus must be attached to an event loop. socket, which is
 * borrowed, is where wattle-lookup is asked. */
WattleBusLookup *wattle_bus_lookup_new(sd_bus *bus, WattleManager *manager, const char *socket);

/* What is under way is answered: with nothing. */
void wattle_bus_lookup_free(WattleBusLookup *lookup);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(WattleBusLookup, wattle_bus_lookup_free)
