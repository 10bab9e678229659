/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A packet out of the tunnel is one thing at most: a probe that is written again just as it was, or
 * a HELLO, a word about a pair or about a beacon that says the same when it is written again. */
#include <string.h>

#include "common/message.h"
#include "tests/fuzz/fuzz.h"

static void pair(const WattlePairing *pairing)
{
        guint8 again[WATTLE_PAIRING_SIZE];
        WattlePairing twice;

        wattle_pairing_write(pairing, again);
        g_assert_true(wattle_pairing_read(again, sizeof again, &twice));
        g_assert_cmpint(pairing->kind, ==, twice.kind);
        g_assert_cmpuint(pairing->port, ==, twice.port);
        g_assert_cmpint(pairing->goes_on, ==, twice.goes_on);
        g_assert_true(wattle_key_equal(&pairing->other, &twice.other));
        g_assert_true(wattle_socket_addr_equal(&pairing->seen, &twice.seen));
        g_assert_true(wattle_socket_addr_equal(&pairing->you, &twice.you));
}

static void sight(const WattleSighting *sighting)
{
        guint8 again[WATTLE_SIGHTING_SIZE];
        WattleSighting twice;

        wattle_sighting_write(sighting, again);
        g_assert_true(wattle_sighting_read(again, sizeof again, &twice));
        g_assert_cmpint(sighting->kind, ==, twice.kind);
        g_assert_cmpmem(sighting->nonce, sizeof sighting->nonce, twice.nonce, sizeof twice.nonce);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
        guint8 again[WATTLE_PROBE_SIZE];
        guint8 hello_again[WATTLE_HELLO_SIZE];
        WattleHello hello, hello_twice;
        WattleSighting sighting;
        WattlePairing pairing;
        WattleProbe probe;

        if (wattle_sighting_read(bytes, size, &sighting)) {
                g_assert_false(wattle_probe_read(bytes, size, &probe));
                g_assert_false(wattle_pairing_read(bytes, size, &pairing));
                sight(&sighting);
                return 0;
        }
        if (wattle_pairing_read(bytes, size, &pairing)) {
                g_assert_false(wattle_probe_read(bytes, size, &probe));
                g_assert_false(wattle_hello_read(bytes, size, &hello));
                pair(&pairing);
                return 0;
        }
        if (wattle_hello_read(bytes, size, &hello)) {
                g_assert_false(wattle_probe_read(bytes, size, &probe));
                g_assert_true(wattle_hello_read(
                        hello_again, wattle_hello_write(&hello, hello_again), &hello_twice));
                g_assert_cmpuint(hello.serial, ==, hello_twice.serial);
                g_assert_cmpuint(hello.n_links, ==, hello_twice.n_links);
                g_assert_cmpuint(hello.n_keys, ==, hello_twice.n_keys);
                return 0;
        }
        if (!wattle_probe_read(bytes, size, &probe))
                return 0;
        wattle_probe_write(&probe, again);
        g_assert_cmpmem(again, sizeof again, bytes, size);
        return 0;
}
