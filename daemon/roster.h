/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Who is in a mesh, as wattled needs it: what the profile says of us, and a WattleMember for each
 * peer. It stays while the interface is away. A plain value, a copy of what is needed: the profile,
 * several times as large, goes. See doc/hacking.md, "wattled reads profiles when it is told,
 * and watches no folder". */
#pragma once

#include "daemon/member.h"

typedef struct {
        WattleArena *arena;
        const char *device; /* which of the mesh's we are; NULL: not known yet, as all of it */
        WattleKey self;
        gboolean uses_exit;      /* all that is not WireGuard's own goes through the tunnel */
        gboolean introduces;     /* see common/reach.h */
        WattleRelayRole relay;   /* we are one for pairs of members, */
        WattlePorts relay_ports; /* at these ports */
        WattleAddr *addresses;
        guint n_addresses;
        guint n_departures; /* members that are none any more, so far */
        GPtrArray *members; /* of WattleMember, by name */
        GHashTable *by_key; /* owns them */
        GHashTable *by_address;
} WattleRoster;

void wattle_roster_init(WattleRoster *roster);
void wattle_roster_clear(WattleRoster *roster);

/* Takes what the profile says now. Members that stay keep what they learnt; new ones are the
 * loop's. */
void wattle_roster_take(WattleRoster *roster, const WattleView *view, const WattleDevice *self,
                        WattleLoop *loop);

/* What the kernel says of each. */
void wattle_roster_read(WattleRoster *roster, const WattleWgDevice *device);

/* A member whose endpoint is at a port of a relay's has that from a wattled before this one. */
void wattle_roster_find_port(const WattleRoster *roster, WattleMember *member, gint64 now_us);

/* By index, below members->len; NULL: nobody has that key or address. */
WattleMember *wattle_roster_at(const WattleRoster *roster, guint index);
WattleMember *wattle_roster_with_key(const WattleRoster *roster, const WattleKey *key);
WattleMember *wattle_roster_with_address(const WattleRoster *roster, const WattleAddr *address);
