/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/key.h"

#include <sodium.h>
#include <string.h>

#include "common/error.h"

/* 43 digits of six bits, the last with two of them zero, and a "=". Worked on as 48, which the
 * compiler turns into vectors, and eight at a time. */
#define N_DIGITS 43
#define N_PADDED 48
#define N_BYTES  (N_PADDED / 8 * 6)

/* All that is known of a key on the way, to be wiped at once. */
typedef struct {
        gint8 digits[N_PADDED];
        gint8 values[N_PADDED];    /* of the digits, 0 to 63 */
        guint8 bytes[N_BYTES + 2]; /* read and written in words of eight, of which six count */
} Scratch;

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

/* step if value >= first, else 0, in the same way. */
static inline gint8 from(gint8 value, gint8 first, gint8 step)
{
        return (gint8)((gint8)(first - 1 - value) >> 7) & step;
}

static inline gint8 digit_of(gint8 value)
{
        return (gint8)(value + 'A' + from(value, 26, 'a' - 'A' - 26) +
                       from(value, 52, '0' - 'a' - 26) + from(value, 62, '+' - '0' - 10) +
                       from(value, 63, '/' - '+' - 1));
}

/* Eight values to six bytes: neighbours move together, in pairs, fours, and all. */
static void pack(const gint8 values[8], guint8 bytes[8])
{
        guint64 word;

        memcpy(&word, values, sizeof word);
        word = GUINT64_FROM_BE(word);
        word = (word & 0x003f003f003f003f) | (word & 0x3f003f003f003f00) >> 2;
        word = (word & 0x00000fff00000fff) | (word & 0x0fff00000fff0000) >> 4;
        word = (word & 0x0000000000ffffff) | (word & 0x00ffffff00000000) >> 8;
        word = GUINT64_TO_BE(word << 16);
        memcpy(bytes, &word, sizeof word);
}

static void unpack(const guint8 bytes[8], gint8 values[8])
{
        guint64 word;

        memcpy(&word, bytes, sizeof word);
        word = GUINT64_FROM_BE(word) >> 16;
        word = (word & 0x0000000000ffffff) | (word & 0x0000ffffff000000) << 8;
        word = (word & 0x00000fff00000fff) | (word & 0x00fff00000fff000) << 4;
        word = (word & 0x003f003f003f003f) | (word & 0x0fc00fc00fc00fc0) << 2;
        word = GUINT64_TO_BE(word);
        memcpy(values, &word, sizeof word);
}

/* libsodium's, a branch-free loop for any length and variant, took more than four times as long,
 * and that was a quarter of the time of reading and writing a mesh. */
static gboolean decode(const char *text, WattleKey *key)
{
        Scratch s;
        gint8 bad = 0;
        gboolean ok;

        memset(s.digits, 'A', sizeof s.digits);
        memcpy(s.digits, text, N_DIGITS);
        for (guint i = 0; i < N_PADDED; i++)
                s.values[i] = digit_value(s.digits[i] & 0x7f);
        for (guint i = 0; i < N_PADDED; i++)
                bad |= s.values[i] | s.digits[i];
        for (guint i = 0; i < N_PADDED / 8; i++)
                pack(s.values + 8 * i, s.bytes + 6 * i);
        memcpy(key->bytes, s.bytes, sizeof key->bytes);
        ok = bad >= 0 && s.bytes[sizeof key->bytes] == 0 && text[N_DIGITS] == '=';
        sodium_memzero(&s, sizeof s);
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
        Scratch s = { .bytes = { 0 } };

        memcpy(s.bytes, key->bytes, sizeof key->bytes);
        for (guint i = 0; i < N_PADDED / 8; i++)
                unpack(s.bytes + 6 * i, s.values + 8 * i);
        for (guint i = 0; i < N_PADDED; i++)
                s.digits[i] = digit_of(s.values[i]);
        memcpy(text, s.digits, N_DIGITS);
        text[N_DIGITS] = '=';
        text[N_DIGITS + 1] = '\0';
        sodium_memzero(&s, sizeof s);
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
