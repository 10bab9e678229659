/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The router that this host leaves its network by, as NAT-PMP and UPnP know it. All of it waits for
 * answers, and reads what a stranger sends: only a child does so (portmap/exchange.h). */
#pragma once

#include "portmap/lease.h"

typedef struct {
        guint16 port;     /* ours */
        WattleLease held; /* what there is to be renewed, or given back */
        gboolean give_back;
} WattleRouterJob;

/* Asks the protocol that answered last first. */
void wattle_router_run(const WattleRouterJob *job, WattleLeaseAnswer *ret);
