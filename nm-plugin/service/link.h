/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The link of a mesh: a connection of type wireguard that NetworkManager makes, owns and removes
 * for us, and that lives as long as our VPN connection. It is in memory and volatile:
 * NetworkManager forgets it once it is down. */
#pragma once

#include <NetworkManager.h>

#include "nm-plugin/service/guard.h"

typedef struct WattleLink WattleLink;

/* Called from the main loop, each at most once, and none of them after wattle_link_free(). */
typedef struct {
        void (*up)(gpointer data);
        /* It could not be made, or went away; why is for people. After up() only if somebody took
         * it down. Not called for wattle_link_stop(). */
        void (*gone)(const char *why, gpointer data);
        /* What wattle_link_stop() began is done. */
        void (*stopped)(gpointer data);
} WattleLinkEvents;

/* All three are borrowed and must outlive the link. */
WattleLink *wattle_link_new(GDBusConnection *bus, WattleGuard *guard,
                            const WattleLinkEvents *events, gpointer data);
void wattle_link_free(WattleLink *link);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(WattleLink, wattle_link_free)

/* Has NetworkManager make the link, or takes over the one with the connection's UUID that is up
 * since before NetworkManager or we restarted. An interface of that name that somebody else has is
 * left alone. The connection and its secrets are the link's until it is up. Once in a life. */
void wattle_link_start(WattleLink *link, NMConnection *connection);

/* Takes the link down. Where NetworkManager ended, so that nobody can, it stays up: who owned it
 * when we began is asked and no other. */
void wattle_link_stop(WattleLink *link);
