/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* How a mesh fares on this host, as everybody shows it: the screen, the JSON, the bus. A plain
 * value: who knows fills it in, from the kernel alone or with what wattled knows beside it. */
#pragma once

#include "common/migrate/migrate.h"
#include "common/relay-message.h"
#include "common/view.h"
#include "common/wg-message.h"

/* A session is good for so long after its handshake (REJECT_AFTER_TIME of WireGuard). */
#define WATTLE_STATUS_SESSION_S 180

typedef enum {
        WATTLE_LINK_ABSENT, /* no interface of that name, or one of another kind */
        WATTLE_LINK_DOWN,
        WATTLE_LINK_UP,
        WATTLE_N_LINK_STATES,
} WattleLinkState;

typedef struct {
        const char *device; /* NULL: the kernel has a key that is in no device of the mesh */
        WattleKey public_key;
        WattleAddr *addresses;
        guint n_addresses;
        gboolean managed; /* runs wattle */
        gboolean revoked; /* the kernel still has it: the profile was not applied */
        gboolean missing; /* the kernel does not have it */
        WattlePath path;
        const char *relay;         /* WATTLE_PATH_RELAYED: over which; NULL: not known */
        const char *why_relayed;   /* and why there is no better way; or, with WATTLE_PATH_NONE, why
                                      both were introduced in vain; NULL: not known */
        const char *introduced_by; /* WATTLE_PATH_DIRECT: who told both; NULL: not known, or a relay
                                    */
        WattleSocketAddr endpoint; /* or none */
        gboolean has_since;
        gint64 since_us;         /* CLOCK_REALTIME of the last move to this path */
        gint64 last_handshake_s; /* CLOCK_REALTIME; 0: never */
        guint64 rx_bytes, tx_bytes;
        gboolean has_rtt;
        guint64 rtt_us;     /* of the last probe that was answered */
        gint64 heard_s;     /* CLOCK_REALTIME of its last word through the tunnel; 0: none */
        guint64 serial;     /* of the text that it runs, as it says; 0: not known, or none */
        guint64 sum;        /* the first bytes of that text's WattleTextSum, big endian */
        const char *reason; /* why it moved last; NULL: it did not, or nobody knows */
} WattlePeerStatus;

typedef struct {
        WattleArena *arena;
        const char *mesh;
        const char *device; /* ourselves */
        const char *interface;
        WattleAddr *addresses; /* ours */
        guint n_addresses;
        WattleOwner owner;
        gboolean is_tailnet; /* the owner is tailscaled, and there is no profile */
        WattleLinkState link;
        guint64 serial;              /* of the text that this host runs; 0: it has none */
        guint16 listen_port;         /* the kernel's; that of the mesh if the interface is absent */
        gboolean wattled;            /* it runs, and has this mesh */
        const char *problem;         /* why wattled does not look after its peers; NULL: it does */
        WattleSocketAddr mapped;     /* where the router passes on what comes for us; or none */
        const char *mapping_problem; /* in words, why not, though PortMapping=auto; or NULL */
        gboolean has_relayed;
        WattleRelayCounters relayed; /* what this host has passed on for others */
        GArray *peers; /* of WattlePeerStatus, by device; those that are not of the mesh last */
} WattleStatus;

void wattle_status_init(WattleStatus *status);
void wattle_status_clear(WattleStatus *status);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(WattleStatus, wattle_status_clear)

/* What view and kernel say, the path by comparing endpoints; wattled puts since, rtt, reason, and
 * the path that it knows over it. Everything is copied. profile, to tell revoked keys, may be NULL;
 * device is NULL if the kernel's is not there or was not to be had: then no peer is missing.
 * status must be initialised. */
void wattle_status_fill(WattleStatus *status, const WattleView *view, const WattleProfile *profile,
                        const WattleWgDevice *device);

/* For people: "PrivateEndpoint= or its own word", "by a router". */
const char *wattle_source_text(WattleSource source);
const char *wattle_reach_text(WattleReach reach);

/* "networkd", "NetworkManager", "tailscaled". */
const char *wattle_status_owner_name(const WattleStatus *status);

/* "LAN", "public", "roamed", "none"; "up", "down", "absent". What no name fits is FALSE. */
const char *wattle_path_name(WattlePath path);
gboolean wattle_path_parse(const char *text, WattlePath *ret) G_GNUC_WARN_UNUSED_RESULT;
const char *wattle_link_state_name(WattleLinkState state);
gboolean wattle_link_state_parse(const char *text, WattleLinkState *ret) G_GNUC_WARN_UNUSED_RESULT;
