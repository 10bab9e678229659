/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/key.h"

#include <sodium.h>
#include <string.h>

#include "common/error.h"

/* 43 digits of six bits, the last with two of them zero, and a "=". Worked on in rounds of 48,
 * which the compiler turns into vectors. */
#define N_DIGITS 43
#define N_GROUPS 11 /* of four digits and three bytes */
#define N_PADDED 48

/* value if first <= c <= last, else 0, for c from 0 to 127; without a branch or a table, whose
 * timing would depend on c. In eight bits, so that a vector holds as many as can be. */
static inline gint8 in_range(gint8 c, gint8 first, gint8 last, gint8 value)
{
        gint8 outside = (gint8)((gint8)(first - 1 - c) & (gint8)(c - last - 1));

        return (gint8)(outside >> 7) & value;
}

/* From 0 to 63, or -1. */
static inline gint8 digit_value(gint8 c)
{
        return (gint8)(in_range(c, 'A', 'Z', (gint8)(c - 'A' + 1)) +
                       in_range(c, 'a', 'z', (gint8)(c - 'a' + 27)) +
                       in_range(c, '0', '9', (gint8)(c - '0' + 53)) + in_range(c, '+', '+', 63) +
                       in_range(c, '/', '/', 64) - 1);
}

static inline gint8 digit_of(gint8 value)
{
        return (gint8)(value + 'A' + in_range(value, 26, 63, 'a' - 'A' - 26) +
                       in_range(value, 52, 63, '0' - 'a' - 26) +
                       in_range(value, 62, 63, '+' - '0' - 10) +
                       in_range(value, 63, 63, '/' - '+' - 1));
}

/* libsodium's, a branch-free loop for any length and variant, took more than four times as long,
 * and that was a quarter of the time of reading and writing a mesh. */
static gboolean decode(const char *text, WattleKey *key)
{
        guint8 bytes[3 * N_GROUPS];
        gint8 digits[N_PADDED], values[N_PADDED], bad = 0;
        gboolean ok;

        memset(digits, 'A', sizeof digits);
        memcpy(digits, text, N_DIGITS);
        for (guint i = 0; i < N_PADDED; i++)
                values[i] = digit_value(digits[i] & 0x7f);
        for (guint i = 0; i < N_PADDED; i++)
                bad |= values[i] | digits[i];
        for (guint i = 0; i < N_GROUPS; i++) {
                const guint8 *v = (const guint8 *)values + 4 * i;

                bytes[3 * i] = (guint8)(v[0] << 2 | v[1] >> 4);
                bytes[3 * i + 1] = (guint8)(v[1] << 4 | v[2] >> 2);
                bytes[3 * i + 2] = (guint8)(v[2] << 6 | v[3]);
        }
        memcpy(key->bytes, bytes, sizeof key->bytes);
        ok = bad >= 0 && bytes[sizeof key->bytes] == 0 && text[N_DIGITS] == '=';
        sodium_memzero(digits, sizeof digits);
        sodium_memzero(values, sizeof values);
        sodium_memzero(bytes, sizeof bytes);
        return ok;
}

gboolean wattle_key_parse(const char *text, WattleKey *ret, GError **error)
{
        static const WattleKey zero;
        WattleKey key;
        const char *why = NULL;

        if (strlen(text) != WATTLE_KEY_TEXT_MAX - 1 || !decode(text, &key))
                why = "not a WireGuard key: 44 characters of base64, ending in =";
        else if (wattle_key_equal(&key, &zero))
                why = "an all-zero key is none";
        if (!why)
                *ret = key;
        else
                g_set_error_literal(error, WATTLE_ERROR, WATTLE_ERROR_INVALID, why);
        wattle_key_clear(&key);
        return !why;
}

void wattle_key_format(const WattleKey *key, char text[WATTLE_KEY_TEXT_MAX])
{
        guint8 bytes[3 * N_GROUPS] = { 0 };
        gint8 values[N_PADDED] = { 0 }, digits[N_PADDED];

        memcpy(bytes, key->bytes, sizeof key->bytes);
        for (guint i = 0; i < N_GROUPS; i++) {
                const guint8 *b = bytes + 3 * i;

                values[4 * i] = (gint8)(b[0] >> 2);
                values[4 * i + 1] = (gint8)((b[0] << 4 | b[1] >> 4) & 63);
                values[4 * i + 2] = (gint8)((b[1] << 2 | b[2] >> 6) & 63);
                values[4 * i + 3] = b[2] & 63;
        }
        for (guint i = 0; i < N_PADDED; i++)
                digits[i] = digit_of(values[i]);
        memcpy(text, digits, N_DIGITS);
        text[N_DIGITS] = '=';
        text[N_DIGITS + 1] = '\0';
        sodium_memzero(bytes, sizeof bytes);
        sodium_memzero(values, sizeof values);
        sodium_memzero(digits, sizeof digits);
}

void wattle_key_generate(WattleKey *ret)
{
        randombytes_buf(ret->bytes, sizeof ret->bytes);
        ret->bytes[0] &= 248;
        ret->bytes[31] = (guint8)((ret->bytes[31] & 127) | 64);
}

void wattle_key_derive_public(const WattleKey *private_key, WattleKey *ret)
{
        /* It fails only for a base point of small order, and the base point is fixed. */
        if (crypto_scalarmult_base(ret->bytes, private_key->bytes) != 0)
                g_error("X25519 with the base point failed");
}

/* All of both is looked at, wherever they differ first. */
gboolean wattle_key_equal(const WattleKey *a, const WattleKey *b)
{
        guint64 x[4], y[4], difference = 0;

        memcpy(x, a->bytes, sizeof x);
        memcpy(y, b->bytes, sizeof y);
        for (guint i = 0; i < 4; i++)
                difference |= x[i] ^ y[i];
        return difference == 0;
}

guint wattle_key_hash(const WattleKey *key)
{
        guint64 word[4], hash = 0;

        memcpy(word, key->bytes, sizeof word);
        /* All of the key counts: an attacker may choose part of it. */
        for (guint i = 0; i < 4; i++)
                hash = (hash ^ word[i]) * G_GUINT64_CONSTANT(0x9e3779b97f4a7c15);
        return (guint)(hash >> 32);
}

void wattle_key_clear(WattleKey *key)
{
        sodium_memzero(key, sizeof *key);
}
