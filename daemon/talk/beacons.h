/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The sockets by which this host sends and hears beacons on its LANs, for all of its meshes. When
 * and where is decided by beat.h, what is believed by hints.h. Nothing is open while no mesh wants
 * it. */
#pragma once

#include "common/message.h"
#include "daemon/talk/beat.h"

typedef struct WattleBeacons WattleBeacons;

/* A mesh that sends beacons, and hears those of others. */
typedef struct {
        /* Makes one to be sent from there; FALSE: there is none now. */
        gboolean (*make)(const WattleBeatPlace *place, WattleBeacon *ret, gpointer data);
        /* One has come from there, of this mesh or not. */
        void (*heard)(const WattleBeacon *beacon, const WattleAddr *from, guint32 ifindex,
                      gpointer data);
        gpointer data;
} WattleBeaconsUser;

/* links and route are borrowed. */
WattleBeacons *wattle_beacons_new(sd_event *event, const WattleLinks *links, WattleNetlink *route);
void wattle_beacons_free(WattleBeacons *beacons);

/* A user begins with a burst on all links, and ends; it is known by its data. */
void wattle_beacons_join(WattleBeacons *beacons, const WattleBeaconsUser *user);
void wattle_beacons_leave(WattleBeacons *beacons, gconstpointer data);

/* Links or addresses are others than before. */
void wattle_beacons_links_changed(WattleBeacons *beacons);

/* Nobody has heard us for a while, nor we them: a burst on all links. */
void wattle_beacons_again(WattleBeacons *beacons);

/* Whether the links with a way out are metered. */
void wattle_beacons_set_metered(WattleBeacons *beacons, gboolean is_metered);
gboolean wattle_beacons_is_metered(const WattleBeacons *beacons, guint32 ifindex);

/* See wattle_beat_answer(). */
void wattle_beacons_answer(WattleBeacons *beacons, guint32 ifindex);

const WattleBeat *wattle_beacons_beat(const WattleBeacons *beacons);
