/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What comes to a relay: a message of wattled's, which is written again as it was; or datagrams at
 * the port of a pair, one after the other, each with a byte before it that says where from, whether
 * its mac1 is made right, and how long it is (2 bytes). Nothing is passed on to who is not known.
 */
#include <blake2.h>
#include <string.h>

#include "common/relay-message.h"
#include "relay/pair.h"
#include "tests/fuzz/fuzz.h"

static void message(const uint8_t *bytes, size_t size)
{
        guint8 again[WATTLE_RELAY_MESSAGE_MAX];
        WattleRelayMessage read, twice;
        gsize length;

        if (!wattle_relay_message_read(bytes, size, &read))
                return;
        length = wattle_relay_message_write(&read, again);
        g_assert_cmpuint(length, ==, size);
        g_assert_true(wattle_relay_message_read(again, length, &twice));
        g_assert_cmpuint(read.id, ==, twice.id);
}

static void make_mac1(guint8 *initiation, const WattlePairSide *receiver)
{
        (void)blake2s(initiation + 116, initiation, receiver->mac1_key, 16, 116, 32);
}

static void datagram(WattlePair *pair, guint8 how, const guint8 *bytes, gsize size, gint64 now_us)
{
        g_autofree guint8 *exact = g_memdup2(bytes, size);
        WattleSocketAddr from = { .addr = { 2, { 192, 0, 2, how & 3 } },
                                  .port = (guint16)(1 + (how >> 2 & 3)) };
        WattlePairVerdict verdict;
        guint who = 2, to = 2;

        if (how & 0x40 && size == WATTLE_INITIATION_SIZE)
                make_mac1(exact, &pair->sides[how >> 7]);
        verdict = wattle_pair_take(pair, &from, exact, size, now_us, &who, &to);
        if (verdict == WATTLE_PAIR_DROP)
                return;
        g_assert_cmpuint(who, <, 2);
        g_assert_cmpuint(to, <, 2);
        g_assert_true(wattle_socket_addr_is_set(&pair->sides[to].at));
        g_assert_true(wattle_addr_equal(&pair->sides[who].end.at, &from.addr));
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
        WattleRelayEnd ends[2] = { { { { 1 } }, { 2, { 192, 0, 2, 1 } } },
                                   { { { 2 } }, { 2, { 192, 0, 2, 2 } } } };
        gint64 now_us = 1;
        WattlePair pair;

        message(bytes, size);
        wattle_pair_init(&pair, ends, now_us);
        while (size >= 3) {
                gsize length = MIN((gsize)bytes[1] << 8 | bytes[2], size - 3);

                now_us += (gint64)bytes[1] * 100 * 1000;
                datagram(&pair, bytes[0], bytes + 3, length, now_us);
                bytes += 3 + length;
                size -= 3 + length;
        }
        return 0;
}
