/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What wattle-portmap hears: a message of wattled's, which is written again as it was; or what came
 * of questions to a router, one after the other, of which nothing is believed that nobody could
 * call. */
#include <netinet/in.h>
#include <string.h>

#include "common/portmap-message.h"
#include "portmap/lease.h"
#include "tests/fuzz/fuzz.h"

#define ANSWER                                                                                     \
        20 /* flags, failure, family, a byte of minutes before, port, lifetime, epoch, address */

static void message(const uint8_t *bytes, size_t size)
{
        guint8 again[WATTLE_PORTMAP_MESSAGE_SIZE];
        WattlePortmapMessage read, twice;

        if (!wattle_portmap_message_read(bytes, size, &read))
                return;
        wattle_portmap_message_write(&read, again);
        g_assert_true(wattle_portmap_message_read(again, sizeof again, &twice));
        g_assert_cmpint(read.kind, ==, twice.kind);
        g_assert_true(wattle_socket_addr_equal(&read.at, &twice.at) ||
                      read.kind == WATTLE_PORTMAP_FAILED);
}

static guint32 get32(const guint8 *bytes)
{
        return (guint32)bytes[0] << 24 | (guint32)bytes[1] << 16 | (guint32)bytes[2] << 8 |
               bytes[3];
}

static void answer(WattleLease *lease, const guint8 *bytes, gint64 now_us)
{
        WattleLeaseAnswer answer = { .mapped = bytes[0] & 1,
                                     .has_epoch = (bytes[0] & 2) != 0,
                                     .protocol = bytes[0] >> 2 & 1 ? WATTLE_PORTMAP_UPNP
                                                                   : WATTLE_PORTMAP_NAT_PMP,
                                     .failure = bytes[1] % WATTLE_N_PORTMAP_FAILURES,
                                     .at.port = (guint16)(bytes[4] << 8 | bytes[5]),
                                     .at.addr.family = bytes[2] & 1 ? AF_INET6 : AF_INET,
                                     .lifetime_s = get32(bytes + 6),
                                     .epoch_s = get32(bytes + 10) };

        memcpy(answer.at.addr.bytes, bytes + 14, 4);
        if (bytes[0] & 8)
                wattle_lease_hurry(lease);
        (void)wattle_lease_take(lease, &answer, now_us);
        g_assert_cmpint(lease->next_us, >, now_us);
        g_assert_cmpint(lease->next_us - now_us, <=, 3600 * (gint64)G_USEC_PER_SEC);
        if (lease->usable)
                g_assert_true(lease->held && lease->at.port != 0 &&
                              lease->at.addr.family == AF_INET && lease->at.addr.bytes[0] != 127 &&
                              lease->at.addr.bytes[0] != 10 && lease->at.addr.bytes[0] < 224);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
        WattleLease lease = { 0 };
        gint64 now_us = 1;

        message(bytes, size);
        for (; size >= ANSWER; bytes += ANSWER, size -= ANSWER) {
                now_us += (gint64)bytes[3] * 60 * (gint64)G_USEC_PER_SEC;
                answer(&lease, bytes, now_us);
        }
        return 0;
}
