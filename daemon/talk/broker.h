/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* On a device with Relay=: members ask for the port of a pair, wattle-relay has it, and both of the
 * pair are told. */
#pragma once

#include "daemon/mesh.h"
#include "daemon/roster.h"
#include "daemon/surroundings.h"

typedef struct WattleBroker WattleBroker;

/* roster is borrowed. */
WattleBroker *wattle_broker_new(WattleSurroundings *around, const WattleRoster *roster,
                                const char *mesh);
void wattle_broker_free(WattleBroker *broker);

/* By what it speaks: borrowed; NULL while the interface is away. */
void wattle_broker_use(WattleBroker *broker, WattleProber *prober);

/* As wattle_manager_count_relay(). It starts no wattle-relay. */
void wattle_broker_count(WattleBroker *broker, WattleRelayCounted counted, gpointer data);

/* A member asks for a port for itself and another one. The kernel was read just now, so that the
 * endpoints of both are those of now. The answer goes to the member, and if there is a port to the
 * other as well. */
void wattle_broker_ask(WattleBroker *broker, const WattleMember *member, const WattleKey *other);
