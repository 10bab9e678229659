/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What wattled and wattle-relay say to each other, in packets of AF_UNIX SOCK_SEQPACKET: wattled
 * asks for the port of a pair, the relay gives one or says why not. Numbers are big endian.
 *
 *   offset  size   all
 *        0     4   "WTR1"
 *        4     1   WattleRelayMessageKind
 *        5     1   OPEN: 1 if only a pair that is there already; OPENED: WattleRelayRefusal
 *        6     2   OPEN: first port; OPENED: the pair's port, 0: refused
 *        8     4   id, which the answer has again
 *                  OPEN
 *       12     2   last port
 *       14     2   0
 *       16   2*32  public keys of the two
 *       80   2*17  family, 4 or 6, and address (of IPv4, 4 bytes and zeros) where each is
 *      114         end
 *                  COUNTERS
 *       12     8   pairs, 4 bytes, and ports of the range in use last, 4 bytes
 *       20    3*8  packets passed on, bytes in them, packets dropped, since the start
 *       44         end
 */
#pragma once

#include "common/ip.h"
#include "common/key.h"
#include "common/value.h"

#define WATTLE_RELAY_MESSAGE_MAX 114

typedef enum {
        WATTLE_RELAY_OPEN = 1,
        WATTLE_RELAY_OPENED = 2,
        WATTLE_RELAY_COUNT = 3,
        WATTLE_RELAY_COUNTERS = 4,
} WattleRelayMessageKind;

typedef enum {
        WATTLE_RELAY_NOT_REFUSED,
        WATTLE_RELAY_FULL,    /* no port of the range is left */
        WATTLE_RELAY_SHARE,   /* one of the two has as many pairs as one device may have */
        WATTLE_RELAY_NO_PAIR, /* it is not there, and no new ones are taken */
        WATTLE_RELAY_NO_PORT, /* others have all that are left */
        WATTLE_N_RELAY_REFUSALS,
} WattleRelayRefusal;

typedef struct {
        WattleKey key;
        WattleAddr at; /* where the relay's own kernel sees it; its port may be another each time */
} WattleRelayEnd;

typedef struct {
        guint32 pairs, ports;
        guint64 packets, bytes, dropped;
} WattleRelayCounters;

typedef struct {
        WattleRelayMessageKind kind;
        guint32 id;
        /* OPEN */
        gboolean only_old;
        WattlePorts ports;
        WattleRelayEnd ends[2];
        /* OPENED */
        guint16 port; /* 0: refused */
        WattleRelayRefusal refusal;
        /* COUNTERS */
        WattleRelayCounters counters;
} WattleRelayMessage;

/* Returns the size. */
gsize wattle_relay_message_write(const WattleRelayMessage *message,
                                 guint8 bytes[WATTLE_RELAY_MESSAGE_MAX]);

/* FALSE if the bytes are none. */
gboolean wattle_relay_message_read(gconstpointer bytes, gsize size, WattleRelayMessage *ret);
