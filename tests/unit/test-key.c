/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/key.h"

#include <sodium.h>
#include <string.h>

#include "tests/unit/fixture.h"

#define NO_KEY "not a WireGuard key: 44 characters of base64, ending in ="

typedef struct {
        const char *name, *text, *error;
} Row;

static const Row rows[] = {
        { "good", "YMgWEvUXbVyijZqktimkDxNyP8ldz+d97xmslgPF+Xc=", NULL },
        { "all-bits", "//////////////////////////////////////////8=", NULL },
        { "empty", "", NO_KEY },
        { "bad-character", "YMgWEvUXbVyijZqktimkDxNyP8ldz+d97xmslgPF!Xc=", NO_KEY },
        { "url-safe", "YMgWEvUXbVyijZqktimkDxNyP8ldz-d97xmslgPF_Xc=", NO_KEY },
        { "30-bytes", "AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEB", NO_KEY },
        { "31-bytes", "AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQ==", NO_KEY },
        { "33-bytes", "AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEB", NO_KEY },
        { "no-padding", "YMgWEvUXbVyijZqktimkDxNyP8ldz+d97xmslgPF+Xc", NO_KEY },
        { "blank-inside", "YMgWEvUXbVyijZqktimkDxNyP8ldz+d97xmslgP +Xc=", NO_KEY },
        { "blank-behind", "YMgWEvUXbVyijZqktimkDxNyP8ldz+d97xmslgPF+Xc= ", NO_KEY },
        /* The last character has two bits too many: another text for the same bytes. */
        { "not-canonical", "YMgWEvUXbVyijZqktimkDxNyP8ldz+d97xmslgPF+Xd=", NO_KEY },
        { "all-zero", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=", "an all-zero key is none" },
        { "hexadecimal", "60c81612f5176d5ca28d9aa4b629a40f13723fc95dcf", NO_KEY },
};

static void row(gconstpointer data)
{
        const Row *row = data;
        WattleKey key = { { 77 } };
        char text[WATTLE_KEY_TEXT_MAX];
        g_autoptr(GError) error = NULL;

        check_error(wattle_key_parse(row->text, &key, &error), &error, row->error);
        if (row->error) {
                g_assert_cmpuint(key.bytes[0], ==, 77);
                return;
        }
        wattle_key_format(&key, text);
        g_assert_cmpstr(text, ==, row->text);
}

/* RFC 7748, 6.1: Alice's and Bob's keys. */
static void derive_public(void)
{
        static const struct {
                const char *private_key, *public_key;
        } pairs[] = { { "dwdtCnMYpX08FsFyUbJmRd9ML4frwJkqsXf7pR25LCo=",
                        "hSDwCYkwp1R0i33ctD73Wg2/Og0mOBr066SpjqqbTmo=" },
                      { "XasIfmJKikt54X+Lg4AO5m87sSkmGLb9HC+LJ/+I4Os=",
                        "3p7bfXt9wbTTW2HC7OQ1Nz+DQ8hbeGdNrfx+FG+IK08=" } };

        for (guint i = 0; i < G_N_ELEMENTS(pairs); i++) {
                WattleKey private_key, public_key;
                char text[WATTLE_KEY_TEXT_MAX];

                g_assert_true(wattle_key_parse(pairs[i].private_key, &private_key, NULL));
                wattle_key_derive_public(&private_key, &public_key);
                wattle_key_format(&public_key, text);
                g_assert_cmpstr(text, ==, pairs[i].public_key);
        }
}

static void generated_keys(void)
{
        WattleKey first, key;

        wattle_key_generate(&first);
        for (guint i = 0; i < 100; i++) {
                char text[WATTLE_KEY_TEXT_MAX];
                WattleKey again;

                wattle_key_generate(&key);
                g_assert_false(wattle_key_equal(&first, &key));
                g_assert_cmpuint(key.bytes[0] & 7, ==, 0);
                g_assert_cmpuint(key.bytes[31] >> 6, ==, 1);
                wattle_key_format(&key, text);
                g_assert_true(wattle_key_parse(text, &again, NULL));
                g_assert_true(wattle_key_equal(&key, &again));
                g_assert_cmpuint(wattle_key_hash(&key), ==, wattle_key_hash(&again));
        }
        wattle_key_clear(&key);
        for (guint i = 0; i < sizeof key.bytes; i++)
                g_assert_cmpuint(key.bytes[i], ==, 0);
}

/* Keys that differ in one bit anywhere are not equal, and hash apart. */
static void every_bit_counts(void)
{
        WattleKey a = { { 1, 2, 3 } };

        for (guint i = 0; i < 256; i++) {
                WattleKey b = a;

                b.bytes[i / 8] ^= (guint8)(1 << i % 8);
                g_assert_false(wattle_key_equal(&a, &b));
                g_assert_cmpuint(wattle_key_hash(&a), !=, wattle_key_hash(&b));
        }
}

/* Ours is a decoder for one length: it agrees with libsodium's on every character in every place.
 * libsodium 1.0.18 takes some bytes beyond ASCII for digits; none is one. */
static void every_character_in_every_place(void)
{
        for (guint i = 0; i < WATTLE_KEY_TEXT_MAX - 1; i++)
                for (guint c = 1; c < 256; c++) {
                        char text[] = "YMgWEvUXbVyijZqktimkDxNyP8ldz+d97xmslgPF+Xc=";
                        char again[WATTLE_KEY_TEXT_MAX];
                        WattleKey key, expected;
                        gsize size = 0;
                        gboolean ok;

                        text[i] = (char)c;
                        ok = c < 128 &&
                             sodium_base642bin(expected.bytes, sizeof expected.bytes, text,
                                               strlen(text), NULL, &size, NULL,
                                               sodium_base64_VARIANT_ORIGINAL) == 0 &&
                             size == sizeof expected.bytes;
                        g_assert_cmpint(wattle_key_parse(text, &key, NULL), ==, ok);
                        if (!ok)
                                continue;
                        g_assert_true(wattle_key_equal(&key, &expected));
                        wattle_key_format(&key, again);
                        g_assert_cmpstr(again, ==, text);
                }
}

int main(int argc, char **argv)
{
        g_test_init(&argc, &argv, NULL);
        add_rows("/key/text", rows, row);
        g_test_add_func("/key/derive-public", derive_public);
        g_test_add_func("/key/generated", generated_keys);
        g_test_add_func("/key/every-character-in-every-place", every_character_in_every_place);
        g_test_add_func("/key/every-bit-counts", every_bit_counts);
        return g_test_run();
}
