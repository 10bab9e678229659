/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the migration engine is told, and what it says: the values that go in and out by the door,
 * common/migrate/migrate.h, which is what others include. */
#pragma once

#include "common/endpoint.h"
#include "common/key.h"

#define WATTLE_MIGRATE_MAX_CANDIDATES 32 /* of a peer; what is beyond is left out */
#define WATTLE_MIGRATE_NEVER          G_MAXINT64

/* What a route look-up says of an address; the caller's to find out. */
typedef enum {
        WATTLE_REACH_NONE,    /* no route, or one through WireGuard, a tunnel of ours or a bridge of
                                 containers */
        WATTLE_REACH_GATEWAY, /* through a router */
        WATTLE_REACH_ON_LINK, /* a neighbour on a real link: see doc/hacking.md, "LAN is what the
                                 route says, and not the key" */
} WattleReach;

typedef enum {
        WATTLE_SOURCE_PRIVATE, /* PrivateEndpoint=; tried only on link. A link-local address: one
                                  candidate for each link, with its scope */
        WATTLE_SOURCE_BEACON,  /* a beacon came from there; likewise, and with more care: a stranger
                                  may have sent it */
        WATTLE_SOURCE_PUBLIC,  /* PublicEndpoint=, literal */
        WATTLE_SOURCE_NAME,    /* PublicEndpoint=, an address of a DNS name, A or AAAA */
        WATTLE_SOURCE_LAST_GOOD, /* what wattle_migration_last_good() gave before a restart */
        WATTLE_SOURCE_SEEN, /* where a relay, or who introduced the two, sees the peer: hearsay, and
                               behind NAT both have to open the way first */
        WATTLE_SOURCE_RELAY, /* the port that a relay has for the two */
        WATTLE_SOURCE_KNOCK, /* of our own, and nobody is there. What the kernel sends to it tells
                                that a peer is wanted which nobody can call: without an endpoint
                                it drops packets and counts none */
} WattleSource;

typedef struct {
        WattleSource source;
        WattleSocketAddr at;
        WattleReach reach;
} WattleMigrateCandidate;

/* What the kernel says of a peer, WG_CMD_GET_DEVICE. */
typedef struct {
        WattleSocketAddr endpoint; /* or none */
        WattleReach reach;         /* of endpoint, looked up after the last link event */
        guint64 rx_bytes, tx_bytes;
        gint64 last_handshake_s; /* as the kernel says, 0: never; only compared with the one before
                                  */
        gint64 handshake_age_us; /* how old it is by the wall clock: for the first read, and the
                                    first after a sleep */
} WattleMigrateCounters;

typedef enum {
        WATTLE_ON_TIMER, /* nothing but time has passed */

        /* The whole list, as now known: at the start, after a change of the profile, when names
         * were resolved (also when that failed: the list with the addresses of before). */
        WATTLE_ON_CANDIDATES,

        /* Links, addresses or routes changed: the whole list with its reach of now. Coalesce: 50 ms
         * quiet, 250 ms at most; the removal of an address or a link not at all. Give it to every
         * peer. */
        WATTLE_ON_LINK,

        /* The host has slept: the same list, and no session is left, for the kernel's WireGuard
         * ends them all as the host falls asleep (drivers/net/wireguard/device.c,
         * wg_pm_notification()). Give it to every peer. */
        WATTLE_ON_WOKE,

        WATTLE_ON_COUNTERS,
        WATTLE_ON_ANSWER, /* a probe's answer came, authenticated as the peer's */

        /* The kernel has sent something to WATTLE_SOURCE_KNOCK: somebody wants the peer. */
        WATTLE_ON_WANTED,

        /* A relay has told both of its port for the two, by now or within a round trip: the whole
         * list, with the relay's and, if it told of it, where it sees the peer. */
        WATTLE_ON_PAIRED,

        /* Somebody whom both can call has told each where it sees the other, now or within the
         * difference of two ways: the whole list, with WATTLE_SOURCE_SEEN. */
        WATTLE_ON_INTRODUCED,

        /* A beacon told that the peer is on a link of ours: the whole list, with
         * WATTLE_SOURCE_BEACON. */
        WATTLE_ON_SIGHTED,

        /* A user wants the peer moved: to event.move_to, or, with none, to the best there is.
         * Holds and freezes end; probes go out though there is no traffic. */
        WATTLE_ON_MOVE,
} WattleMigrateEventKind;

typedef struct {
        WattleMigrateEventKind kind;

        /* CANDIDATES, LINK, WOKE, PAIRED, INTRODUCED, SIGHTED: borrowed for the call, in the order
         * of the profile, best first */
        const WattleMigrateCandidate *candidates;
        guint n_candidates;
        gboolean has_names; /* the profile has DNS names for the peer, resolved or not */
        gboolean resolved;  /* CANDIDATES: this answers WATTLE_MIGRATE_RESOLVE */

        WattleMigrateCounters counters; /* COUNTERS */

        gboolean goes_on; /* INTRODUCED: we and not the peer, when both have begun */

        guint64 probe_id; /* ANSWER: of the action that sent it */
        gint64 rtt_us;    /* ANSWER */

        WattleSocketAddr move_to; /* MOVE */
} WattleMigrateEvent;

typedef enum {
        WATTLE_MIGRATE_NOTHING, /* until deadline_us, read_us or an event */

        /* Set the peer's endpoint, all else untouched: sessions stay. Done also if it is the
         * kernel's already, for that clears the source address and route the kernel keeps. */
        WATTLE_MIGRATE_SET,

        /* Remove the peer and add it again with this endpoint, allowed IPs, keepalive and
         * pre-shared key, in one message: there is no session, and only so the kernel sends a
         * handshake at once. Then a probe follows, to have something to send. */
        WATTLE_MIGRATE_READD,

        /* Send one packet inside the tunnel that the peer answers: wattle's own probe, or ICMP echo
         * for a peer without wattle. Never waits. */
        WATTLE_MIGRATE_PROBE,

        /* Resolve the peer's DNS names off the main loop, then WATTLE_ON_CANDIDATES with resolved.
         */
        WATTLE_MIGRATE_RESOLVE,

        /* Ask a relay for a port for us and the peer, then WATTLE_ON_PAIRED; or whoever may
         * introduce the two, then WATTLE_ON_INTRODUCED. */
        WATTLE_MIGRATE_ASK,

        /* Send one probe to that address and leave all else as it is: set it, send, set back once
         * the packet has left. It opens our NAT for what comes from there. */
        WATTLE_MIGRATE_PUNCH,
} WattleMigrateActionKind;

/* Why the endpoint is what it is: of the last move. */
typedef enum {
        WATTLE_MOVE_NONE,     /* as it was found */
        WATTLE_MOVE_FIRST,    /* the kernel had no endpoint */
        WATTLE_MOVE_UPGRADE,  /* the peer is on our link */
        WATTLE_MOVE_REVERT,   /* a try was not answered: back */
        WATTLE_MOVE_LEAVE,    /* the way to the old one is gone */
        WATTLE_MOVE_SILENT,   /* nothing came back over the old one */
        WATTLE_MOVE_REASSERT, /* somebody put back the configured endpoint */
        WATTLE_MOVE_ROAMED,   /* the peer came from elsewhere, and the kernel followed */
        WATTLE_MOVE_OTHER,    /* somebody else set it, as with wg(8) */
        WATTLE_MOVE_ASKED,    /* a user's wish */
        WATTLE_MOVE_RELAYED,  /* a relay passes on what goes between the two */
        WATTLE_MOVE_DIRECT,   /* both opened their NAT, and need the relay no more */
        WATTLE_MOVE_PARKED,   /* nobody answers anywhere: it waits until the peer is wanted */
} WattleMoveReason;

typedef struct {
        WattleMigrateActionKind kind;
        WattleSocketAddr at;     /* SET, READD, PUNCH */
        WattleSocketAddr back;   /* PUNCH: what is set afterwards */
        WattleMoveReason reason; /* SET, READD: for the log */
        gboolean again; /* SET: the endpoint that the engine wanted before already; not worth a line
                           in the log */
        guint64 probe_id; /* PROBE, PUNCH: to come back with the answer; never 0 */
} WattleMigrateAction;

typedef struct {
        WattleMigrateAction action;
        gint64 deadline_us; /* WATTLE_ON_TIMER then; not before now, or NEVER */
        gint64 read_us;     /* WATTLE_ON_COUNTERS then; not before now. 20 ms apart in a move, 1 s
                               with traffic, else 30 s */
} WattleMigrateStep;

/* The way that a peer's packets go now. */
typedef enum {
        WATTLE_PATH_NONE,    /* no endpoint, or one that does not answer */
        WATTLE_PATH_LAN,     /* any address on our link, a PublicEndpoint= that is there included */
        WATTLE_PATH_PUBLIC,  /* a PublicEndpoint= through a router, its DNS name included */
        WATTLE_PATH_ROAMED,  /* an address that the profile does not have: learnt by the kernel, set
                                by somebody else, or the last that was good */
        WATTLE_PATH_DIRECT,  /* through the NATs of both, where somebody else saw the peer */
        WATTLE_PATH_RELAYED, /* over a relay, which sees what is encrypted end to end */
        WATTLE_N_PATHS,
} WattlePath;

/* A candidate as it is now. */
typedef struct {
        WattleSource source;
        WattleSocketAddr at;
        WattleReach reach;
        gint64 held_us; /* until it is tried again; 0: it may be now */
} WattleMigrateWay;

typedef struct {
        WattlePath path;
        WattleSocketAddr endpoint; /* the kernel's, as far as we know; or none */
        WattleMoveReason reason;
        gint64 since_us; /* of the last move; of the first read if there was none */
        gint64 rtt_us;   /* of the last answer; -1: none yet */
        gboolean busy;   /* in the middle of a move or in doubt of the path */
        gboolean proved; /* something has come from the endpoint since it is that */
        guint punches; /* RELAYED, NONE: how often both opened their NATs for each other in vain */
} WattleMigrateStatus;

typedef struct {
        WattleKey self, peer; /* public keys: who of two goes first */
        gboolean managed;     /* the peer runs wattle, and so answers probes */
        gboolean can_pair;    /* there is a relay that the two could meet at, or somebody who
                                 introduces them */
        /* What the manager's files say, literal; or none. The kernel's endpoint going
         * back to it with no packet received is the manager's doing. */
        WattleSocketAddr configured;
        guint64 seed; /* random: first probe_id, jitter of pauses */
} WattleMigrateConfig;
