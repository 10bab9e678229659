/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A peer of a mesh as wattled follows it: what the profile says of it, what the kernel said last,
 * and its engine. A plain value; who asks and sends for it is daemon/loop.h. */
#pragma once

#include "common/migrate/migrate.h"
#include "common/view.h"
#include "common/wg-message.h"
#include "daemon/prober.h"
#include "daemon/resolver.h"
#include "daemon/talk/hints.h"
#include "daemon/unproved.h"

#define WATTLE_MEMBER_MAX_SENT 16 /* probes without an answer that are remembered */

typedef struct WattleLoop WattleLoop;
typedef struct WattleMember WattleMember;

/* A DNS name among its endpoints. */
typedef struct {
        char *name;
        guint16 port;
        gboolean wanted;         /* still in the profile */
        WattleResolving *asking; /* the question that is under way, or NULL */
        WattleMember *owner;
        WattleAddr addresses[WATTLE_RESOLVER_MAX_ADDRESSES]; /* of the last answer that had some */
        guint n_addresses;
} WattleMemberName;

/* A relay's port for us and a member, as it was offered last; or what somebody said who introduced
 * the two. */
typedef struct {
        WattleKey relay;       /* or of who introduced us */
        WattleSocketAddr at;   /* or none: we were introduced */
        WattleSocketAddr seen; /* the member, by the relay; or none */
        guint16 listen_port;   /* of the member, by who introduced us; 0: not known */
        gint64 at_us;
} WattleMemberPort;

struct WattleMember {
        WattleLoop *loop; /* that it is followed by */
        WattleKey key;
        const char *name;
        gboolean managed;
        WattleAddr *addresses;
        guint n_addresses;
        WattleCandidate *candidates;
        guint n_candidates;
        WattleSocketAddr configured;
        GPtrArray *names;      /* of WattleMemberName; NULL: the profile has none */
        WattleRelayRole relay; /* it can be asked for ports of pairs */
        guint introduced : 1, introduces : 1, can_pair : 1, kept_open : 1; /* see WattlePeer */
        guint16 keepalive_s, kernel_keepalive_s; /* as the profile has it, and as it is */
        guint32 knock;                           /* its place, see daemon/knock.h */

        WattleMigration *engine; /* NULL: Migrate=no, or the kernel does not have the peer */
        gint64 deadline_us, read_us;

        gboolean in_kernel;
        WattleSocketAddr endpoint;
        WattleReach reach; /* of endpoint */
        guint reach_of;    /* number of the link change that reach was found out after; 0: never */
        guint64 way;       /* a digest of the route to endpoint, likewise */
        guint64 ways;      /* and of those to all candidates, as the engine was told of them last */
        gint64 last_handshake_s;
        guint64 rx_bytes, tx_bytes;

        WattleMemberPort *port; /* NULL: no relay has one for us and it */
        gint64 next_port_us;    /* see wattle_member_take_port() */
        gboolean goes_on;       /* as who introduced us said last */

        WattleSocketAddr last_good; /* or none */
        gint64 last_good_s;

        gboolean speaks; /* its wattled has answered */
        gint64 heard_s; /* CLOCK_REALTIME of the last answer or HELLO through the tunnel; 0: none */
        guint64 serial; /* of the text that it runs, by its HELLO; 0: not known, or none */
        guint8 sum[WATTLE_HELLO_SUM_BYTES];
        gint64 newer_us;       /* when its HELLO had a higher one than ours last */
        gint64 asked_us;       /* when it was asked for one last; 0: never */
        gboolean is_asked;     /* and for this very one */
        gboolean is_called;    /* without a session, and has not answered yet */
        guint told_version;    /* of what we tell of ourselves, that it was told last; 0: nothing */
        guint told_repeat;     /* in which of the repeats that was */
        guint16 n_links;       /* where it is on LANs, by its HELLO, */
        guint16 port_of_links; /* with its ListenPort=; 0: not said */
        WattleAddr *links;
        WattleSocketAddr mapped; /* where its router passes on what comes for it, by its HELLO */
        WattleHints *hints;      /* of its beacons; NULL: it told of no keys for them */
        gint64 greeted_s;        /* the handshake of the session in which we told it of ourselves */
        struct {
                guint64 id; /* 0: none */
                gint64 at_us;
        } * sent; /* WATTLE_MEMBER_MAX_SENT of them, or NULL */
        guint n_sent;
        gint64 next_answer_us; /* see wattle_member_may_answer() */

        WattleUnproved *unproved; /* its move that nothing has proved yet; NULL: there is none */
        WattleMigrateStatus told; /* as the log and the watchers know it */
};

WattleMember *wattle_member_new(WattleLoop *loop, const WattleKey *key);
void wattle_member_free(WattleMember *member);

/* Takes what the profile says now; texts and lists go into the arena. Names that stay keep their
 * addresses. */
void wattle_member_update(WattleMember *member, const WattlePeer *peer, WattleArena *arena);

/* A relay has a port for us and the member: at the address where the relay itself is reached now.
 * FALSE if that is not known, or the member's ports change too often: once in two seconds, after a
 * burst of four. */
gboolean wattle_member_take_port(WattleMember *member, const WattleMember *relay,
                                 const WattlePairing *pairing, gint64 now_us);

/* Somebody introduced us to the member. FALSE if it is not so, for it can be called or has a relay;
 * if nobody can be there; or it comes too often, as above. */
gboolean wattle_member_take_introduction(WattleMember *member, const WattleMember *introducer,
                                         const WattlePairing *pairing, gint64 now_us);

/* Who introduced us to the member, if that is where it was seen then; or NULL. */
const WattleKey *wattle_member_introducer(const WattleMember *member);

/* What the member says of itself. Returns whether it is elsewhere than before. */
gboolean wattle_member_take_links(WattleMember *member, const WattleHello *hello);

/* Forgets a port that the relay has given up by now, for nothing went over it; and an introduction
 * of which nothing came. */
void wattle_member_forget_port(WattleMember *member, gint64 now_us);

/* How an address is reached; scope is the interface of a link-local one. */
typedef WattleReach (*WattleFindReach)(const WattleSocketAddr *at, gpointer data);

/* Where we are. */
typedef struct {
        const GArray *lan_links;       /* of guint32: a link-local address may be on each of them */
        const WattleSocketAddr *knock; /* its place, or NULL */
        WattleSocketAddr sighted[WATTLE_HINTS_MAX_LINKS]; /* where beacons of it came from */
        guint n_sighted;
        WattleFindReach find_reach;
        gpointer data;
} WattleStandpoint;

/* All candidates: those of beacons, then in the order of the profile. Returns how many of at most
 * WATTLE_MIGRATE_MAX_CANDIDATES. */
guint wattle_member_candidates(const WattleMember *member, const WattleStandpoint *standpoint,
                               WattleMigrateCandidate ret[WATTLE_MIGRATE_MAX_CANDIDATES]);

/* What the kernel says of the peer. */
void wattle_member_read(WattleMember *member, const WattleWgPeer *peer);

/* Sends a probe in the best way that there is. FALSE: there is none. */
gboolean wattle_member_probe(const WattleMember *member, WattleProber *prober, guint64 id);

/* Remembers a probe, and takes the time of its answer: FALSE if it was not sent, or long ago. */
void wattle_member_sent(WattleMember *member, guint64 id, gint64 now_us);
gboolean wattle_member_answered(WattleMember *member, guint64 id, gint64 now_us,
                                gint64 *ret_rtt_us);

/* Whether the peer may have an answer now: 20 a second, after a burst of as many. */
gboolean wattle_member_may_answer(WattleMember *member, gint64 now_us);

/* The engine's word, or without one what follows from the profile. */
void wattle_member_status(const WattleMember *member, gint64 now_us, WattleMigrateStatus *ret);
