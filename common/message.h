/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A probe: the small packet that goes through the tunnel to ask whether the other end is there, and
 * its answer. The tunnel tells who sent it (AllowedIPs), so it carries no proof of its own; and as
 * an answer is as long as the question, nobody can be flooded with the help of it. */
#pragma once

#include <glib.h>

#define WATTLE_PROBE_PORT 21822

/* TCP, inside the tunnel too: wattle-serve hands out the profile. */
#define WATTLE_PROFILE_PORT 21823

#define WATTLE_PROBE_SIZE 16

typedef enum {
        WATTLE_PROBE_QUESTION = 1,
        WATTLE_PROBE_ANSWER = 2,
} WattleProbeKind;

typedef struct {
        WattleProbeKind kind;
        guint64 nonce; /* an answer has that of its question */
} WattleProbe;

/* "WTL1", kind, three zeros, nonce (big endian). */
void wattle_probe_write(const WattleProbe *probe, guint8 bytes[WATTLE_PROBE_SIZE]);

/* FALSE if the bytes are no probe. */
gboolean wattle_probe_read(gconstpointer bytes, gsize size, WattleProbe *ret);
