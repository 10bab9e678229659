/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Any stranger on a LAN sends these bytes: what is read is written again as it was, and is nobody's
 * whose key was not used; one that we make is of its maker, and of nobody else, nor when a bit of
 * it is another. */
#include <netinet/in.h>
#include <string.h>

#include "common/beacon.h"
#include "tests/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
        const WattleBeaconKey key = { "0123456789abcde" }, other = { "0123456789abcdf" };
        WattleAddr from = { .family = size % 2 ? AF_INET : AF_INET6, .bytes = { 10, 0, 0, 1 } };
        guint8 again[WATTLE_BEACON_SIZE];
        WattleBeacon beacon, ours;

        if (!wattle_beacon_read(bytes, size, &beacon))
                return 0;
        wattle_beacon_write(&beacon, again);
        g_assert_cmpmem(again, sizeof again, bytes, sizeof again);
        g_assert_false(wattle_beacon_is_of(&beacon, &key, &from));
        wattle_beacon_make(&ours, &key, beacon.port, &from);
        g_assert_true(wattle_beacon_is_of(&ours, &key, &from));
        g_assert_false(wattle_beacon_is_of(&ours, &other, &from));
        wattle_beacon_write(&ours, again);
        again[beacon.nonce[0] % sizeof again] ^= (guint8)(1u << (beacon.nonce[1] % 8));
        if (wattle_beacon_read(again, sizeof again, &ours))
                g_assert_false(wattle_beacon_is_of(&ours, &key, &from));
        return 0;
}
