/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/relay-message.h"

#include <netinet/in.h>
#include <string.h>

#include "common/big-endian.h"

static const guint8 magic[] = { 'W', 'T', 'R', '1' };

#define HEAD          12
#define END           17 /* of one of the two: family and address */
#define OPEN_SIZE     114
#define COUNTERS_SIZE 44

static gsize write_open(const WattleRelayMessage *message, guint8 *bytes)
{
        bytes[5] = message->only_old ? 1 : 0;
        wattle_put16(bytes + 6, message->ports.first);
        wattle_put16(bytes + 12, message->ports.last);
        for (guint i = 0; i < 2; i++) {
                const WattleRelayEnd *end = &message->ends[i];
                guint8 *at = bytes + 80 + i * END;

                memcpy(bytes + 16 + i * WATTLE_KEY_SIZE, end->key.bytes, WATTLE_KEY_SIZE);
                at[0] = end->at.family == AF_INET6 ? 6 : 4;
                memcpy(at + 1, end->at.bytes, end->at.family == AF_INET6 ? 16 : 4);
        }
        return OPEN_SIZE;
}

static gsize write_counters(const WattleRelayCounters *counters, guint8 *bytes)
{
        wattle_put32(bytes + 12, counters->pairs);
        wattle_put32(bytes + 16, counters->ports);
        wattle_put64(bytes + 20, counters->packets);
        wattle_put64(bytes + 28, counters->bytes);
        wattle_put64(bytes + 36, counters->dropped);
        return COUNTERS_SIZE;
}

gsize wattle_relay_message_write(const WattleRelayMessage *message,
                                 guint8 bytes[WATTLE_RELAY_MESSAGE_MAX])
{
        memset(bytes, 0, WATTLE_RELAY_MESSAGE_MAX);
        memcpy(bytes, magic, sizeof magic);
        bytes[4] = (guint8)message->kind;
        wattle_put32(bytes + 8, message->id);
        switch (message->kind) {
        case WATTLE_RELAY_OPEN:
                return write_open(message, bytes);
        case WATTLE_RELAY_OPENED:
                bytes[5] = (guint8)message->refusal;
                wattle_put16(bytes + 6, message->port);
                return HEAD;
        case WATTLE_RELAY_COUNT:
                return HEAD;
        case WATTLE_RELAY_COUNTERS:
                return write_counters(&message->counters, bytes);
        }
        g_return_val_if_reached(0);
}

static gboolean read_end(const guint8 *bytes, WattleAddr *ret)
{
        if (bytes[0] != 4 && bytes[0] != 6)
                return FALSE;
        ret->family = bytes[0] == 6 ? AF_INET6 : AF_INET;
        memcpy(ret->bytes, bytes + 1, bytes[0] == 6 ? 16 : 4);
        return TRUE;
}

static gboolean read_open(const guint8 *bytes, gsize size, WattleRelayMessage *ret)
{
        if (size != OPEN_SIZE || bytes[5] > 1)
                return FALSE;
        ret->only_old = bytes[5] == 1;
        ret->ports = (WattlePorts){ TRUE, wattle_get16(bytes + 6), wattle_get16(bytes + 12) };
        for (guint i = 0; i < 2; i++) {
                memcpy(ret->ends[i].key.bytes, bytes + 16 + i * WATTLE_KEY_SIZE, WATTLE_KEY_SIZE);
                if (!read_end(bytes + 80 + i * END, &ret->ends[i].at))
                        return FALSE;
        }
        return ret->ports.first > 0 && ret->ports.first <= ret->ports.last &&
               ret->ports.last - ret->ports.first < WATTLE_PORTS_MAX &&
               !wattle_key_equal(&ret->ends[0].key, &ret->ends[1].key);
}

static gboolean read_opened(const guint8 *bytes, gsize size, WattleRelayMessage *ret)
{
        if (size != HEAD || bytes[5] >= WATTLE_N_RELAY_REFUSALS)
                return FALSE;
        ret->refusal = (WattleRelayRefusal)bytes[5];
        ret->port = wattle_get16(bytes + 6);
        return (ret->port != 0) == (ret->refusal == WATTLE_RELAY_NOT_REFUSED);
}

static gboolean read_counters(const guint8 *bytes, gsize size, WattleRelayMessage *ret)
{
        if (size != COUNTERS_SIZE)
                return FALSE;
        ret->counters = (WattleRelayCounters){ .pairs = wattle_get32(bytes + 12),
                                               .ports = wattle_get32(bytes + 16),
                                               .packets = wattle_get64(bytes + 20),
                                               .bytes = wattle_get64(bytes + 28),
                                               .dropped = wattle_get64(bytes + 36) };
        return TRUE;
}

gboolean wattle_relay_message_read(gconstpointer bytes, gsize size, WattleRelayMessage *ret)
{
        const guint8 *read = bytes;
        WattleRelayMessage message = { 0 };
        gboolean ok = FALSE;

        if (size < HEAD || memcmp(read, magic, sizeof magic) != 0)
                return FALSE;
        message.id = wattle_get32(read + 8);
        if (read[4] == WATTLE_RELAY_OPEN)
                ok = read_open(read, size, &message);
        else if (read[4] == WATTLE_RELAY_OPENED)
                ok = read_opened(read, size, &message);
        else if (read[4] == WATTLE_RELAY_COUNT)
                ok = size == HEAD;
        else if (read[4] == WATTLE_RELAY_COUNTERS)
                ok = read_counters(read, size, &message);
        if (!ok)
                return FALSE;
        message.kind = (WattleRelayMessageKind)read[4];
        *ret = message;
        return TRUE;
}
