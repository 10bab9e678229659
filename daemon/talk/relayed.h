/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Why what goes between us and a peer still goes over a relay: what each router was seen to do, and
 * what became of the tries to do without. Pure. */
#pragma once

#include "common/endpoint.h"

typedef struct {
        gboolean is_seen;               /* the relay has told where the peer is */
        gboolean has_way;               /* and there is a route to it from here */
        guint tries;                    /* to open both NATs, since the network here changed last */
        gboolean own_moves, peer_moves; /* see wattle_relayed_moves() */
} WattleRelayedFacts;

/* Whether a NAT has put another port in the place of the device's own: where a relay saw it, and
 * its ListenPort=, 0 if that is not known. Such a NAT mostly takes a new one for each
 * destination. */
gboolean wattle_relayed_moves(const WattleSocketAddr *seen, guint16 listen_port);

/* A sentence without capital and full stop. */
const char *wattle_relayed_text(const WattleRelayedFacts *facts);
