/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "daemon/talk/relayed.h"

gboolean wattle_relayed_moves(const WattleSocketAddr *seen, guint16 listen_port)
{
        return wattle_socket_addr_is_set(seen) && listen_port != 0 && seen->port != listen_port;
}

const char *wattle_relayed_text(const WattleRelayedFacts *facts)
{
        if (!facts->is_seen)
                return "the relay has not told where the peer is";
        if (!facts->has_way)
                return "the relay sees the peer at an address to which there is no way from here";
        if (facts->tries == 0)
                return "no direct way was tried yet";
        if (facts->own_moves && facts->peer_moves)
                return "the NATs of both change the port, as those do that take another for each "
                       "destination, and no direct try was answered";
        if (facts->own_moves)
                return "the NAT here changes the port, as those do that take another for each "
                       "destination, and no direct try was answered";
        if (facts->peer_moves)
                return "the NAT of the peer changes the port, as those do that take another for "
                       "each destination, and no direct try was answered";
        return "no direct try was answered: a firewall of one of the two may drop UDP that it has "
               "not asked for";
}
