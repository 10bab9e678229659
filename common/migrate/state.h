/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the parts of the migration engine share, and nobody else includes: its state and its times,
 * which are those of the project's measurements (doc/hacking.md, "A try of a LAN is 250 ms
 * long"). The parts are a ladder, and each knows only those below it: candidates.h (what could be
 * tried) and traffic.h (what the counters tell); try.h, a move from its first packet to its proof
 * or way back; meet.h, what needs a relay; watch.h, what to do about a read; migrate.h, the events
 * and timers. */
#pragma once

#include "common/migrate/events.h"

#define MSEC 1000
#define SEC  G_GINT64_CONSTANT(1000000)

#define READ_MOVING  (20 * MSEC)  /* in a move */
#define READ_PINNING (5 * MSEC)   /* the same, just after the endpoint was set */
#define READ_DOUBT   (100 * MSEC) /* in doubt of the path, and just after a link event */
#define READ_BROKEN  (250 * MSEC) /* an exchange ended */
#define READ_LOOKING (500 * MSEC) /* some time after a link event */
#define READ_ACTIVE  (1 * SEC)
#define READ_IDLE    (30 * SEC)
#define LOOK         (3 * SEC) /* after a link event, for traffic */
#define LOOK_CLOSELY (1 * SEC) /* the first part of it */
#define ACTIVE                                                                                     \
        (6500 * MSEC)     /* since there was traffic: the kernel's handshakes are 5.3 s            \
                             apart */
#define SILENCE (3 * SEC) /* of unanswered sending, before the path is in doubt */
#define SILENCE_MUTE                                                                               \
        (12 * SEC)                   /* the same, of a peer that may not answer probes: the kernel \
                                        itself would in 10 s (KEEPALIVE_TIMEOUT) */
#define SILENCE_BROKEN (1 * SEC)     /* of nothing, where many packets came and went up to then */
#define EXCHANGE       (2500 * MSEC) /* and was one so lately: two reads and some */
#define EXCHANGE_BYTES 3000          /* sent in a second of it: 25 packets of little in them */
#define SESSION_USABLE (170 * SEC)   /* REJECT_AFTER_TIME is 180 s */
#define SESSION_END    (180 * SEC)
#define DOUBT          (1300 * MSEC) /* with probes at 0, 300 and 900 ms */
#define DOUBT_BROKEN   (400 * MSEC)  /* or three round trips: with probes at 0, 100 and 250 ms */
#define TRY_NEIGHBOUR                                                                              \
        (250 * MSEC) /* it answers in a few ms; a stranger who has the address gets no more of our \
                        packets than that */
#define TRY_FAR_FIRST (250 * MSEC) /* with a way back, and the later ones: */
#define TRY_FAR_LAST  (500 * MSEC)
#define TRY_SESSION   (700 * MSEC)
#define TRY_HANDSHAKE (1200 * MSEC)
#define TRY_ASKED     (1 * SEC)
#define PIN           (1 * SEC)       /* at most, after the proof */
#define PROBE_AGAIN   (100 * MSEC)    /* between probes while it is pinned */
#define BACK          (300 * MSEC)    /* pinning the way back */
#define HOLD          (30 * SEC)      /* of a candidate after its first failure, then doubled, */
#define HOLD_MAX      (15 * 60 * SEC) /* up to this */
#define HOLD_PROVED                                                                                \
        (1 * SEC) /* the same, of one that answered, when packets kept coming by the old way */
#define AWAY          (2 * SEC)  /* off link for so long: another network, no hold */
#define PAUSE         (5 * SEC)  /* after the first round, then doubled, */
#define PAUSE_MAX     (60 * SEC) /* up to this */
#define DWELL         (10 * SEC) /* between voluntary moves */
#define ROAM_SUPPRESS (2 * SEC)  /* after the peer moved us */
#define FOLLOW_SIGHTED                                                                             \
        (400 * MSEC) /* the same after a beacon, without a session: two handshakes that cross end  \
                        each other */
#define FREEZE_WITHIN (5 * 60 * SEC) /* more than MOVES voluntary moves in it */
#define FREEZE        (15 * 60 * SEC)
#define MOVES         3
#define REASSERT_WITHIN                                                                            \
        (60 * SEC) /* REASSERTS at most in this time: wattle does not fight an admin */
#define REASSERTS    3
#define RESOLVE_WAIT (30 * SEC) /* for an answer */
#define RESOLVE_FRESH                                                                              \
        (300 * SEC) /* an answer is good for so long: of the TTL getaddrinfo(3) says nothing */
#define RESOLVE_AGAIN (5 * SEC) /* the least between two, then doubled up to 60 s while failing */
#define LAN_SLOW      (100 * MSEC)
#define ASK_AGAIN     (2 * SEC) /* between questions for a relay: one is repeated, and others asked */
#define DOUBT_ASK     2         /* probes without an answer, after which a relay is asked */
#define PUNCH_END     (500 * MSEC) /* and a round trip more, at most as long again */
#define PUNCH_BUSY    (64 * 1024)  /* bytes in it: the relay's packets may have hidden the others */
#define SEEK          (30 * SEC)   /* from a relay for a direct way, then doubled up to HOLD_MAX */

#define MEET (6 * SEC) /* of two that were introduced and have no session */
#define MEET_HOLD                                                                                  \
        (40 * SEC) /* after that came to nothing, then doubled: longer than a router remembers one \
                      packet of UDP, which may have taken the port away */
#define MEET_HOLD_MAX (5 * 60 * SEC)
#define MEET_SLACK                                                                                 \
        (8 * SEC)       /* the other's word counts so much before the end of our own hold: it      \
                           may have begun, and ended, earlier */
#define LIVES (2 * SEC) /* a path that something came over since is left alone */

#define STABLE_BACK  (40 * MSEC)
#define PINNING      (200 * MSEC) /* since it was set: packets on the old way may still come */
#define STABLE       (150 * MSEC) /* as set for so long, the packets on the old way have come */
#define MAX_SETS     100          /* of one move: half a second of pinning */
#define MAX_PROBES   4  /* of one move, once one was answered: below 1 KB with their answers */
#define MAX_UNPROVED 12 /* of one move, as long as none was answered */

/* There is one engine for each peer, of which there may be thousands: both are kept small. */
typedef struct {
        WattleSocketAddr at;
        WattleSource source : 8;
        WattleReach reach : 8;
        guint listed : 1;     /* by the caller; else learnt from the kernel */
        guint tried : 1;      /* in this round */
        guint named_anew : 1; /* a name leads to it, and the peer was not heard since: it has moved
                                 to there, most likely, and may have lost our session */
        guint failures;
        gint64 held_us; /* no upgrade to it before; 0: free */
        gint64 gone_us; /* when it left our link; 0: it did not */
        gint64 good_us; /* when an answer proved it; 0: never */
} Candidate;

typedef enum {
        PHASE_WATCH, /* nothing is wrong, or nothing can be done */
        PHASE_DOUBT, /* probing the path as it is */
        PHASE_TRY,   /* another endpoint is set and has to prove itself */
        PHASE_BACK,  /* pinning the old one again */
        PHASE_PAUSE, /* a whole round failed */
        PHASE_PUNCH, /* on a relay, while both open their NAT for the other */
} Phase;

/* From the first packet to another endpoint, which is m->wanted, to its proof or its end. */
typedef struct {
        WattleSocketAddr from;
        gboolean back; /* from is the way back; else the next candidate is */
        WattleMoveReason why;
        gboolean fresh; /* there is no session: a handshake has to come */
        gint64 began_us, end_us;
        gint64 probe_us;  /* the next one, or NEVER */
        guint64 first_id; /* of the probes since the last set: older answers prove nothing */
        guint sets, probes;
        guint probes_since_set;
        gint64 set_us;    /* last */
        gint64 stable_us; /* since when the endpoint is as set; 0: it was not at the last read */
        gboolean answered, proved;
        guint64 rx_bytes; /* at the first of these reads */
        gint64 old_rtt_us;
        gboolean is_news; /* somebody saw the peer there just now */
        gboolean meets;   /* and there is no session: both do the same at this time, */
        guint n_agains;   /* and one of the two has begun again so often */
} Try;

/* What came of being introduced to the peer. */
typedef struct {
        gint64 until_us;  /* the word is news until then; 0: there is none */
        gboolean goes_on; /* see WattleMigrateEvent */
        guint failures;
        gint64 hold_us;     /* not again before, */
        WattleAddr failed;  /* of that address, */
        gboolean is_of_all; /* or of any: another one was in vain as well meanwhile */
} Meeting;

typedef struct {
        guint n;          /* sent */
        guint64 rx_bytes; /* when it began */
} Punch;

/* A time of 0 is "never": the clock of a running host is past it. */
typedef struct WattleMigration {
        /* of the configuration */
        WattleSocketAddr configured;
        guint can_pair : 1;
        guint peer_first : 1; /* its key is the lower one */

        /* yes or no, of what is below */
        guint has_names : 1;
        guint known : 1;        /* there was a read */
        guint readded : 1;      /* counters begin anew */
        guint on_link : 1;      /* wanted was a neighbour */
        guint answers : 1;      /* the peer does answer probes */
        guint broken : 1;       /* an exchange of many packets ended, and no word why */
        guint link_pending : 1; /* a link event, and no read since */
        guint link_probe : 1;   /* a link event, and no traffic since */
        guint woke : 1;         /* the link event was the end of a sleep, and no read since */
        guint forced : 1;       /* a user asked: traffic or not */
        guint hurry : 1;        /* a pause was ended by an event */
        guint set_again : 1, probe : 1, resolve : 1, ask : 1; /* to be done */

        guint n_candidates;
        Candidate *candidates;

        /* names */
        gint64 resolve_us;  /* no question before */
        gint64 expire_us;   /* the answer is old then; 0: there was none */
        gint64 resolve_gap; /* to the next question, should this one fail */

        /* the kernel, and what it tells of traffic */
        WattleMigrateCounters counters;
        gint64 read_us;       /* of the last one */
        gint64 read_at_us;    /* not later: something happened; 0: as the phase says */
        gint64 active_us;     /* traffic was last seen; 0: never */
        gint64 unanswered_us; /* since when sending goes unanswered; 0: it does not */
        guint unanswered;     /* reads that showed it */
        gint64 exchange_us;   /* many packets were last seen both ways; 0: never */
        gint64 session_us;    /* of the last handshake; 0: there is none */
        gint64 lives_us;      /* something came within LIVES before; 0: never */
        gint64 probed_us; /* the last probe of ours; 0: it cannot have an echo in the counters */
        guint probes;     /* since the last read */

        /* the endpoint as it should be */
        WattleSocketAddr wanted;
        WattleMoveReason reason;
        gint64 since_us, rtt_us;
        WattleSocketAddr good; /* proved, and not a neighbour */

        /* restraint */
        gint64 link_us;                                    /* of the last link event; 0: none */
        gint64 roamed_us;                                  /* 0: never, as in all of these */
        gint64 frozen_us;                                  /* until then no upgrade */
        gint64 moves[MOVES + 1], reasserts[REASSERTS + 1]; /* the last of them, newest first */

        Phase phase;
        gint64 phase_us; /* began */
        gint64 pause_us; /* PHASE_PAUSE ends */
        guint rounds;
        WattleSocketAddr home; /* where the round began */
        guint doubt_probes;
        union {
                Try try;     /* of PHASE_TRY and PHASE_BACK */
                Punch punch; /* of PHASE_PUNCH */
        };

        gint64 sighted_us; /* what a beacon told is to be acted on then; 0: it was, or there was
                              none */

        /* relays */
        gint64 ask_us;  /* no question before */
        gint64 seek_us; /* on a relay: the next question that is to bring both away from it */
        gint64 seek_gap;
        guint punches; /* how often both opened their NATs in vain, in this network */
        Meeting meeting;

        /* what the caller shall do next, in this order */
        WattleMigrateActionKind set; /* SET, READD or NOTHING */
        WattleSocketAddr punch_at;   /* or none */
        guint64 next_id, random;
} WattleMigration;
