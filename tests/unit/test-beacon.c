/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/beacon.h"

#include <netinet/in.h>
#include <string.h>

#include "tests/unit/fixture.h"

#define NONCE "0123456789abcdef"
#define PROOF "fedcba9876543210"

static const struct {
        const char *test;
        const char *bytes;
        gsize size;
        guint16 port; /* 0: it is none */
} rows[] = {
        { "plain", NONCE "\xca\x6c" PROOF, 34, 51820 },
        { "longer, of a later version", NONCE "\xca\x6c" PROOF "more", 38, 51820 },
        { "empty", "", 0, 0 },
        { "cut", NONCE "\xca\x6c" PROOF, 33, 0 },
        { "no port", NONCE "\0\0" PROOF, 34, 0 },
};

static void row_test(gconstpointer data)
{
        const char *const *name = data;
        guint row = 0;
        g_autofree guint8 *exact = NULL;
        guint8 again[WATTLE_BEACON_SIZE];
        WattleBeacon beacon;

        while (rows[row].test != *name)
                row++;
        exact = g_memdup2(rows[row].bytes, rows[row].size);
        if (!wattle_beacon_read(exact, rows[row].size, &beacon)) {
                g_assert_cmpuint(rows[row].port, ==, 0);
                return;
        }
        g_assert_cmpuint(beacon.port, ==, rows[row].port);
        wattle_beacon_write(&beacon, again);
        g_assert_cmpmem(again, sizeof again, rows[row].bytes, sizeof again);
}

static void too_long(void)
{
        guint8 bytes[WATTLE_BEACON_MAX_SIZE + 1] = NONCE "\xca\x6c" PROOF;
        WattleBeacon beacon;

        g_assert_true(wattle_beacon_read(bytes, sizeof bytes - 1, &beacon));
        g_assert_false(wattle_beacon_read(bytes, sizeof bytes, &beacon));
}

static WattleAddr addr(const char *text)
{
        WattleAddr value;

        g_assert_true(wattle_addr_parse(text, &value, NULL));
        return value;
}

/* The sums of another implementation: hashlib.blake2b(digest_size=16, key=...) of Python. */
static void known_sums(void)
{
        static const struct {
                const char *from, *hex;
        } sums[] = {
                { "192.168.1.2", "bbc943477729d7305705b31239214f5d" },
                { "fe80::1", "fc99a958a991bcd83d7f04c525650754" },
        };
        const WattleBeaconKey key = { "ABCDEFGHIJKLMNO" };

        for (guint i = 0; i < G_N_ELEMENTS(sums); i++) {
                WattleBeacon beacon = { .nonce = "0123456789abcde", .port = 51820 };
                WattleAddr from = addr(sums[i].from);

                for (guint j = 0; j < WATTLE_BEACON_PROOF_SIZE; j++)
                        beacon.proof[j] = (guint8)(g_ascii_xdigit_value(sums[i].hex[2 * j]) << 4 |
                                                   g_ascii_xdigit_value(sums[i].hex[2 * j + 1]));
                g_assert_true(wattle_beacon_is_of(&beacon, &key, &from));
        }
}

/* What a stranger cannot do with one: send it from another address, or with another port. */
static void whose_it_is(void)
{
        WattleBeaconKey key, other;
        WattleAddr home = addr("192.168.1.2"), elsewhere = addr("192.168.1.3");
        WattleBeacon beacon, next;

        wattle_beacon_key_make(&key);
        wattle_beacon_key_make(&other);
        g_assert_false(wattle_beacon_key_equal(&key, &other));
        wattle_beacon_make(&beacon, &key, 51820, &home);
        wattle_beacon_make(&next, &key, 51820, &home);
        g_assert_true(memcmp(&beacon.nonce, &next.nonce, sizeof beacon.nonce) != 0);
        g_assert_true(memcmp(&beacon.proof, &next.proof, sizeof beacon.proof) != 0);
        g_assert_true(wattle_beacon_is_of(&beacon, &key, &home));
        g_assert_false(wattle_beacon_is_of(&beacon, &other, &home));
        g_assert_false(wattle_beacon_is_of(&beacon, &key, &elsewhere));
        beacon.port++;
        g_assert_false(wattle_beacon_is_of(&beacon, &key, &home));
        next.nonce[0]++;
        g_assert_false(wattle_beacon_is_of(&next, &key, &home));
}

int main(int argc, char **argv)
{
        g_test_init(&argc, &argv, NULL);
        add_rows("/read", rows, row_test);
        g_test_add_func("/too long", too_long);
        g_test_add_func("/known sums", known_sums);
        g_test_add_func("/whose it is", whose_it_is);
        return g_test_run();
}
