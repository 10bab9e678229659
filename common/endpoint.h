/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Where a peer may be reached: a literal address or a DNS name, and a UDP port. */
#pragma once

#include "common/arena.h"
#include "common/ip.h"

typedef struct {
        const char *name; /* DNS name, borrowed; NULL if addr is given */
        WattleAddr addr;  /* only if name is NULL */
        guint16 port;     /* host order */
} WattleEndpoint;

#define WATTLE_ENDPOINT_TEXT_MAX 264 /* a DNS name of 253, colon, port, NUL, and some */

/* ADDRESS:PORT, [IPV6]:PORT or NAME:PORT; a name is copied into the arena. */
gboolean wattle_endpoint_parse(const char *text, WattleArena *arena, WattleEndpoint *ret,
                               GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Writes the same text again and a NUL; returns the length without it. */
gsize wattle_endpoint_format(const WattleEndpoint *endpoint, char text[WATTLE_ENDPOINT_TEXT_MAX]);

gboolean wattle_endpoint_equal(const WattleEndpoint *a, const WattleEndpoint *b);
