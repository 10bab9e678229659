/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/portmap-message.h"

#include <arpa/inet.h>
#include <string.h>

#include "common/language.h"

static const guint8 magic[] = { 'W', 'T', 'M', '1' };

static guint8 detail_of(const WattlePortmapMessage *message)
{
        switch (message->kind) {
        case WATTLE_PORTMAP_WANTED:
                return 0;
        case WATTLE_PORTMAP_MAPPED:
                return (guint8)message->protocol;
        case WATTLE_PORTMAP_FAILED:
                return (guint8)message->failure;
        }
        g_return_val_if_reached(0);
}

void wattle_portmap_message_write(const WattlePortmapMessage *message,
                                  guint8 bytes[WATTLE_PORTMAP_MESSAGE_SIZE])
{
        guint16 port = GUINT16_TO_BE(message->at.port);

        memset(bytes, 0, WATTLE_PORTMAP_MESSAGE_SIZE);
        memcpy(bytes, magic, sizeof magic);
        bytes[4] = (guint8)message->kind;
        bytes[5] = detail_of(message);
        memcpy(bytes + 6, &port, sizeof port);
        if (message->kind != WATTLE_PORTMAP_MAPPED)
                return;
        bytes[8] = message->at.addr.family == AF_INET6 ? 6 : 4;
        memcpy(bytes + 12, message->at.addr.bytes, bytes[8] == 6 ? 16 : 4);
}

static gboolean read_mapped(const guint8 *bytes, WattlePortmapMessage *ret)
{
        if (bytes[5] >= WATTLE_N_PORTMAP_PROTOCOLS || (bytes[8] != 4 && bytes[8] != 6) ||
            ret->at.port == 0)
                return FALSE;
        ret->protocol = (WattlePortmapProtocol)bytes[5];
        ret->at.addr.family = bytes[8] == 6 ? AF_INET6 : AF_INET;
        memcpy(ret->at.addr.bytes, bytes + 12, bytes[8] == 6 ? 16 : 4);
        return TRUE;
}

gboolean wattle_portmap_message_read(gconstpointer bytes, gsize size, WattlePortmapMessage *ret)
{
        const guint8 *read = bytes;
        WattlePortmapMessage message = { 0 };
        guint16 port;

        if (size != WATTLE_PORTMAP_MESSAGE_SIZE || memcmp(read, magic, sizeof magic) != 0)
                return FALSE;
        memcpy(&port, read + 6, sizeof port);
        message.at.port = GUINT16_FROM_BE(port);
        if (read[4] == WATTLE_PORTMAP_WANTED) {
                if (message.at.port == 0)
                        return FALSE;
        } else if (read[4] == WATTLE_PORTMAP_MAPPED) {
                if (!read_mapped(read, &message))
                        return FALSE;
        } else if (read[4] == WATTLE_PORTMAP_FAILED && read[5] < WATTLE_N_PORTMAP_FAILURES) {
                message.failure = (WattlePortmapFailure)read[5];
        } else {
                return FALSE;
        }
        message.kind = (WattlePortmapKind)read[4];
        *ret = message;
        return TRUE;
}

const char *wattle_portmap_protocol_name(WattlePortmapProtocol protocol)
{
        static const char *const names[WATTLE_N_PORTMAP_PROTOCOLS] = {
                [WATTLE_PORTMAP_NAT_PMP] = "NAT-PMP",
                [WATTLE_PORTMAP_UPNP] = "UPnP",
        };

        return names[protocol];
}

const char *wattle_portmap_failure_text(WattlePortmapFailure failure)
{
        static const char *const texts[WATTLE_N_PORTMAP_FAILURES] = {
                [WATTLE_PORTMAP_NO_ROUTER] = N_("no router here gives ports by NAT-PMP or UPnP"),
                [WATTLE_PORTMAP_REFUSED] = N_("the router gives no port"),
                [WATTLE_PORTMAP_NOT_PUBLIC] = N_("the router has no public address itself"),
                [WATTLE_PORTMAP_LATE] = N_("the router does not answer in time"),
        };

        return _(texts[failure]);
}
