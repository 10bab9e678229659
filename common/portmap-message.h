/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What wattled and wattle-portmap say to each other, in packets of AF_UNIX SOCK_SEQPACKET: wattled
 * says which UDP port of this host it wants to be called at, and hears at which of the router's it
 * is, as often as that changes. The end of the connection gives the port back. Big endian.
 *
 *   offset  size
 *        0     4   "WTM1"
 *        4     1   WattlePortmapKind
 *        5     1   MAPPED: WattlePortmapProtocol; FAILED: WattlePortmapFailure
 *        6     2   WANTED: our port; MAPPED: the router's
 *        8     1   MAPPED: family, 4 or 6
 *        9     3   0
 *       12    16   MAPPED: the router's address; of IPv4, 4 bytes and zeros
 *       28         end
 */
#pragma once

#include "common/endpoint.h"

#define WATTLE_PORTMAP_MESSAGE_SIZE 28

typedef enum {
        WATTLE_PORTMAP_WANTED = 1, /* again: the network may be another */
        WATTLE_PORTMAP_MAPPED = 2,
        WATTLE_PORTMAP_FAILED = 3,
} WattlePortmapKind;

typedef enum {
        WATTLE_PORTMAP_NAT_PMP, /* RFC 6886 */
        WATTLE_PORTMAP_UPNP,    /* WANIPConnection, WANPPPConnection */
        WATTLE_N_PORTMAP_PROTOCOLS,
} WattlePortmapProtocol;

typedef enum {
        WATTLE_PORTMAP_NO_ROUTER,  /* none that knows of any such thing */
        WATTLE_PORTMAP_REFUSED,    /* it does, and does not do it */
        WATTLE_PORTMAP_NOT_PUBLIC, /* it did, and nobody can call its own address either */
        WATTLE_PORTMAP_LATE,       /* no answer was complete in time */
        WATTLE_N_PORTMAP_FAILURES,
} WattlePortmapFailure;

typedef struct {
        WattlePortmapKind kind;
        WattlePortmapProtocol protocol;
        WattlePortmapFailure failure;
        WattleSocketAddr at; /* WANTED: the port alone */
} WattlePortmapMessage;

void wattle_portmap_message_write(const WattlePortmapMessage *message,
                                  guint8 bytes[WATTLE_PORTMAP_MESSAGE_SIZE]);

/* FALSE if the bytes are none. */
gboolean wattle_portmap_message_read(gconstpointer bytes, gsize size, WattlePortmapMessage *ret);

/* "NAT-PMP"; "there is no router that ...", for people. */
const char *wattle_portmap_protocol_name(WattlePortmapProtocol protocol);
const char *wattle_portmap_failure_text(WattlePortmapFailure failure);
