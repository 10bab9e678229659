/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A port of the router's that leads to this host: whether what a router says of it is of any use,
 * and when it is asked again. Pure; times are microseconds of CLOCK_BOOTTIME. */
#pragma once

#include "common/portmap-message.h"

/* It is renewed by then, though it may last longer: a router that was started anew has forgotten
 * it, and says so only when it is asked. */
#define WATTLE_LEASE_RENEW_US (10 * 60 * G_USEC_PER_SEC)

/* What came of one question. Nothing of it is to be believed. */
typedef struct {
        gboolean mapped;
        WattlePortmapFailure failure; /* if not mapped */
        WattlePortmapProtocol protocol;
        WattleSocketAddr at;
        guint32 lifetime_s; /* 0: as long as the router runs */
        gboolean has_epoch;
        guint32 epoch_s; /* NAT-PMP: how long it has run */
} WattleLeaseAnswer;

typedef struct {
        gboolean held; /* the router has given one, and gets it back */
        gboolean usable;
        WattlePortmapFailure failure; /* if it is not usable */
        WattlePortmapProtocol protocol;
        WattleSocketAddr at;
        gboolean has_epoch;
        guint32 epoch_s;
        gint64 taken_us;   /* of the last answer; 0: there was none */
        gint64 expires_us; /* if it is not renewed; 0: the network may be another since */
        guint failures;
        gint64 next_us; /* 0: now */
} WattleLease;

typedef enum {
        WATTLE_LEASE_SAME,
        WATTLE_LEASE_NEWS,     /* others are to be told */
        WATTLE_LEASE_REBOOTED, /* so is the log: the router has forgotten it in between */
} WattleLeaseNews;

/* The lease after an answer. */
WattleLeaseNews wattle_lease_take(WattleLease *lease, const WattleLeaseAnswer *answer,
                                  gint64 now_us);

/* The network may be another: asked at once, and what the router of before gave is forgotten if
 * this one gives nothing. */
void wattle_lease_hurry(WattleLease *lease);
