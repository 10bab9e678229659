/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Whom wattled tells which text of the mesh it runs, and when; and what it makes of what others
 * say. Pure: time and chance come in, herald.h sends. See doc/hacking.md, "Who is told". */
#pragma once

#include "common/message.h"
#include "daemon/roster.h"

/* Members that are told a second: half of those that are left, at least and at most so many. A
 * change of a large mesh makes no flood so, and one at a hub, which has all the sessions, is there
 * in time.
 */
#define WATTLE_GOSSIP_MIN_BATCH 4
#define WATTLE_GOSSIP_MAX_BATCH 50

/* Who has no more sessions than FEW tells a new text to the first ones, and waits until these can
 * have told others: or all of them would come for it to the same few. */
#define WATTLE_GOSSIP_FEW         64
#define WATTLE_GOSSIP_FIRST_BATCH 5

/* Who said an older one, and nothing since it was told, is told again: a HELLO may be lost. */
#define WATTLE_GOSSIP_REPEAT_S     15
#define WATTLE_GOSSIP_MAX_REPEAT_S 3600

/* Who was asked has so long; then another is. */
#define WATTLE_GOSSIP_RETRY_S     2
#define WATTLE_GOSSIP_MAX_RETRY_S 3600

/* Who has come to a network calls so many members, one after another, as long as none answers: the
 * first within WATTLE_GOSSIP_CALL_S, the next after as much, then doubled. */
#define WATTLE_GOSSIP_CALLS  6
#define WATTLE_GOSSIP_CALL_S 0.5

/* A session of WireGuard's lives so long (REJECT_AFTER_TIME). */
#define WATTLE_GOSSIP_SESSION_S 180

typedef struct {
        WattleHello own; /* serial 0: it is not signed; asks is not used */
        guint version;   /* of all that we tell; what members have of it stands in told_version */
        gint64 next_us;  /* when the next of them are; G_MAXINT64: nobody is */
        gboolean is_new_text; /* nobody was told of it */
        guint n_repeats;      /* how often who did not hear of it was told again */
        gint64 ask_us;   /* when a member is to be asked for a higher Serial=; G_MAXINT64: not */
        gint64 text_us;  /* since when we run our text */
        gint64 asked_us; /* when one was last; 0: none was since then */
        guint n_rounds;  /* how often one was asked once more */
        guint64 forked;  /* the Serial= of which another text was heard, and told of */
        gint64 call_us;  /* when a member is to be called; G_MAXINT64: none is */
        guint n_calls;   /* since we are where we are */
} WattleGossip;

void wattle_gossip_init(WattleGossip *gossip);

/* We run that text from now on. If it is a new one, all members with a session are told, and who is
 * behind then and says no more, is told again. The addresses in own are not looked at. */
void wattle_gossip_set(WattleGossip *gossip, const WattleHello *own, gint64 now_us);

/* We are at these addresses from now on. If they are others than before, all members with a session
 * are told. */
void wattle_gossip_set_links(WattleGossip *gossip, const WattleAddr *links, guint n_links,
                             gint64 now_us);

/* Our beacons are known by these keys from now on; likewise. */
void wattle_gossip_set_keys(WattleGossip *gossip, const WattleBeaconKey *keys, guint n_keys,
                            gint64 now_us);

/* A router passes on to us what comes there, from now on; not set: none does. */
void wattle_gossip_set_mapped(WattleGossip *gossip, const WattleSocketAddr *mapped, gint64 now_us);

/* Up to max members that are to be told now, by chance; returns how many. They count as told. */
guint wattle_gossip_tell(WattleGossip *gossip, const WattleRoster *roster, guint n_members,
                         GRand *rand, gint64 now_us, gint64 now_s, WattleMember **ret, guint max);

/* Whether the member has a session, as far as the counters say that the kernel gave last. */
gboolean wattle_gossip_has_session(const WattleMember *member, gint64 now_s);

/* Whether the member has a session in which it was not told yet; it then counts as told. */
gboolean wattle_gossip_greet(WattleGossip *gossip, WattleMember *member, gint64 now_s);

typedef enum {
        WATTLE_GOSSIP_NOTHING,
        WATTLE_GOSSIP_ANSWER, /* it asks, or is behind */
        WATTLE_GOSSIP_FORK,   /* it has another text of our Serial=: to be told to wattle-update */
} WattleGossipAnswer;

/* What a member said, which is remembered. A higher Serial= is asked for within min(N/50, 2)
 * seconds, by chance, so that not all come to the first that has it. */
WattleGossipAnswer wattle_gossip_heard(WattleGossip *gossip, WattleMember *member,
                                       const WattleHello *hello, guint n_members, GRand *rand,
                                       gint64 now_us, gint64 now_s);

/* The member that is to be asked now for the text of its Serial=, or NULL. If that comes to nothing
 * another is asked: each that has a higher one, and then all of them ever more seldom. So nobody
 * who says that he has what he has not, and be it the highest of all, keeps the others' from us. */
WattleMember *wattle_gossip_ask(WattleGossip *gossip, const WattleRoster *roster, GRand *rand,
                                gint64 now_us, gint64 now_s);

/* We have an interface, are in another network, or have slept. Who runs a signed mesh and has no
 * session then calls somebody, and does not wait for traffic to hear what was changed meanwhile. */
void wattle_gossip_arrive(WattleGossip *gossip, const WattleRoster *roster, GRand *rand,
                          gint64 now_us);

/* The member that is to be asked now what it has, although it has no session; or NULL. */
WattleMember *wattle_gossip_call(WattleGossip *gossip, const WattleRoster *roster, GRand *rand,
                                 gint64 now_us, gint64 now_s);

/* When wattle_gossip_tell(), _ask() or _call() is due next; G_MAXINT64: never. */
gint64 wattle_gossip_due_us(const WattleGossip *gossip);
