/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/key.h"

#include <sodium.h>
#include <string.h>

#include "common/error.h"
#include "common/language.h"

/* 43 digits of six bits, the last with two of them zero, and a "=". Worked on as 48 of them, and as
 * six words of eight: the compiler makes vectors of that. No branch and no table, whose timing
 * would depend on a secret. libsodium's, a loop for any length and variant, took more than four
 * times as long, and that was a quarter of the time of reading and writing a mesh. */
#define N_DIGITS 43
#define N_PADDED 48
#define N_WORDS  (N_PADDED / 8)
#define N_BYTES  (N_WORDS * 6)

/* All that is known of a key on the way, to be wiped at once. */
typedef struct {
        gint8 digits[N_PADDED]; /* characters, or their values from 0 to 63 */
        guint64 words[N_WORDS];
        guint8 bytes[N_BYTES + 2]; /* read and written in words of eight, of which six count */
} Scratch;

/* step if c >= first, else 0. In eight bits, so that a vector holds as many as can be. */
static inline gint8 from(gint8 c, gint8 first, gint8 step)
{
        return (gint8) - (c >= first) & step;
}

/* A digit to its value and back: in the order of either, the distance to the other changes in four
 * places. What is no digit gives some value, whose digit is then another. */
static inline gint8 value_of(gint8 digit)
{
        return (gint8)(digit + 62 - '+' + from(digit, '/', 63 - 62 - '/' + '+') +
                       from(digit, '0', 52 - 63 - '0' + '/') +
                       from(digit, 'A', 0 - 52 - 'A' + '0') + from(digit, 'a', 26 - 'a' + 'A')) &
               63;
}

static inline gint8 digit_of(gint8 value)
{
        return (gint8)(value + 'A' + from(value, 26, 'a' - 'A' - 26) +
                       from(value, 52, '0' - 'a' + 26 - 52) + from(value, 62, '+' - '0' + 52 - 62) +
                       from(value, 63, '/' - '+' + 62 - 63));
}

/* Values to bytes: neighbours move together, in pairs, fours, and eights. */
static void pack(Scratch *s)
{
        memcpy(s->words, s->digits, sizeof s->words);
        for (guint i = 0; i < N_WORDS; i++) {
                guint64 word = GUINT64_FROM_LE(s->words[i]);

                word = (word & 0x003f003f003f003f) << 6 | (word >> 8 & 0x003f003f003f003f);
                word = (word & 0x00000fff00000fff) << 12 | (word >> 16 & 0x00000fff00000fff);
                s->words[i] = (word & 0x0000000000ffffff) << 24 | word >> 32;
        }
        for (guint i = 0; i < N_WORDS; i++) {
                guint64 word = GUINT64_TO_BE(s->words[i] << 16);

                memcpy(s->bytes + 6 * i, &word, sizeof word);
        }
}

/* Each word from the key itself: one that is read across two writes to the scratch waits for both.
 * The last has two bytes. */
static void unpack(Scratch *s, const guint8 bytes[WATTLE_KEY_SIZE])
{
        for (guint i = 0; i < N_WORDS - 1; i++) {
                guint64 word;

                memcpy(&word, bytes + 6 * i, sizeof word);
                s->words[i] = GUINT64_FROM_BE(word) >> 16;
        }
        s->words[N_WORDS - 1] = (guint64)bytes[30] << 40 | (guint64)bytes[31] << 32;
        for (guint i = 0; i < N_WORDS; i++) {
                guint64 word = s->words[i];

                word = (word & 0x0000000000ffffff) << 32 | word >> 24;
                word = (word & 0x00000fff00000fff) << 16 | (word >> 12 & 0x00000fff00000fff);
                word = (word & 0x003f003f003f003f) << 8 | (word >> 6 & 0x003f003f003f003f);
                s->words[i] = GUINT64_TO_LE(word);
        }
        memcpy(s->digits, s->words, sizeof s->digits);
}

static gboolean decode(Scratch *s, const char *text)
{
        gint8 difference = 0;

        memcpy(s->digits, text, N_DIGITS);
        memset(s->digits + N_DIGITS, 'A', N_PADDED - N_DIGITS);
        for (guint i = 0; i < N_PADDED; i++) {
                gint8 value = value_of(s->digits[i]);

                difference |= digit_of(value) ^ s->digits[i];
                s->digits[i] = value;
        }
        pack(s);
        return difference == 0 && s->bytes[WATTLE_KEY_SIZE] == 0;
}

static gboolean is_zero(const guint8 bytes[WATTLE_KEY_SIZE])
{
        guint8 any = 0;

        for (guint i = 0; i < WATTLE_KEY_SIZE; i++)
                any |= bytes[i];
        return any == 0;
}

gboolean wattle_key_parse(const char *text, WattleKey *ret, GError **error)
{
        const char *why = NULL;
        Scratch s;

        if (strlen(text) != N_DIGITS + 1 || text[N_DIGITS] != '=' || !decode(&s, text))
                why = _("not a WireGuard key: 44 characters of base64, ending in =");
        else if (is_zero(s.bytes))
                why = _("an all-zero key is none");
        if (!why)
                memcpy(ret->bytes, s.bytes, sizeof ret->bytes);
        else
                g_set_error_literal(error, WATTLE_ERROR, WATTLE_ERROR_INVALID, why);
        sodium_memzero(&s, sizeof s);
        return !why;
}

void wattle_key_format(const WattleKey *key, char text[WATTLE_KEY_TEXT_MAX])
{
        Scratch s;

        unpack(&s, key->bytes);
        for (guint i = 0; i < N_PADDED; i++)
                s.digits[i] = digit_of(s.digits[i]);
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
