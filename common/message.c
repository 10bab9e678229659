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

#define HELLO      3
#define HELLO_ASKS 1

void wattle_hello_write(const WattleHello *hello, guint8 bytes[WATTLE_HELLO_SIZE])
{
        guint16 port = GUINT16_TO_BE(hello->listen_port);
        guint64 serial = GUINT64_TO_BE(hello->serial);

        memcpy(bytes, magic, sizeof magic);
        bytes[4] = HELLO;
        bytes[5] = hello->asks ? HELLO_ASKS : 0;
        memcpy(bytes + 6, &port, sizeof port);
        memcpy(bytes + 8, &serial, sizeof serial);
        memcpy(bytes + 16, hello->sum, sizeof hello->sum);
}

guint64 wattle_hello_sum(const guint8 sum[WATTLE_HELLO_SUM_BYTES])
{
        guint64 value;

        memcpy(&value, sum, sizeof value);
        return GUINT64_FROM_BE(value);
}

gboolean wattle_hello_read(gconstpointer bytes, gsize size, WattleHello *ret)
{
        const guint8 *read = bytes;
        WattleHello hello = { 0 };
        guint16 port;
        guint64 serial;

        if (size < WATTLE_HELLO_SIZE || size > WATTLE_HELLO_MAX_SIZE ||
            memcmp(read, magic, sizeof magic) != 0 || read[4] != HELLO)
                return FALSE;
        memcpy(&port, read + 6, sizeof port);
        memcpy(&serial, read + 8, sizeof serial);
        memcpy(hello.sum, read + 16, sizeof hello.sum);
        hello.asks = (read[5] & HELLO_ASKS) != 0;
        hello.listen_port = GUINT16_FROM_BE(port);
        hello.serial = GUINT64_FROM_BE(serial);
        if (hello.serial > G_MAXINT64)
                return FALSE;
        *ret = hello;
        return TRUE;
}
