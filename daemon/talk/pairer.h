/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Asks the relays of one mesh for the ports of pairs, or somebody to be introduced, and hears their
 * word. pairings.h decides. */
#pragma once

#include "daemon/surroundings.h"
#include "daemon/talk/pairings.h"

typedef struct WattlePairer WattlePairer;

/* roster is borrowed. */
WattlePairer *wattle_pairer_new(WattleSurroundings *around, const WattleRoster *roster,
                                const char *mesh);
void wattle_pairer_free(WattlePairer *pairer);

/* By what it speaks: borrowed; NULL while the interface is away, which ends all questions. */
void wattle_pairer_use(WattlePairer *pairer, WattleProber *prober);

/* Asks for a port for us and that peer, until there is an answer or no relay is left. */
void wattle_pairer_ask(WattlePairer *pairer, const WattleMember *peer);

/* A relay's word, or that of who introduces, which was asked for or not. Returns the peer that it
 * is about if that has a port now, or was seen somewhere (in its port), else NULL. */
WattleMember *wattle_pairer_heard(WattlePairer *pairer, const WattleMember *relay,
                                  const WattlePairing *pairing);
