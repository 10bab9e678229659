/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/message.h"

#include <string.h>

static const guint8 magic[] = { 'W', 'T', 'L', '1' };

void wattle_probe_write(const WattleProbe *probe, guint8 bytes[WATTLE_PROBE_SIZE])
{
        guint64 nonce = GUINT64_TO_BE(probe->nonce);

        memset(bytes, 0, WATTLE_PROBE_SIZE);
        memcpy(bytes, magic, sizeof magic);
        bytes[4] = (guint8)probe->kind;
        memcpy(bytes + 8, &nonce, sizeof nonce);
}

gboolean wattle_probe_read(gconstpointer bytes, gsize size, WattleProbe *ret)
{
        const guint8 *read = bytes;
        guint64 nonce;

        if (size != WATTLE_PROBE_SIZE || memcmp(read, magic, sizeof magic) != 0 ||
            (read[4] != WATTLE_PROBE_QUESTION && read[4] != WATTLE_PROBE_ANSWER) || read[5] != 0 ||
            read[6] != 0 || read[7] != 0)
                return FALSE;
        memcpy(&nonce, read + 8, sizeof nonce);
        *ret = (WattleProbe){ (WattleProbeKind)read[4], GUINT64_FROM_BE(nonce) };
        return TRUE;
}
