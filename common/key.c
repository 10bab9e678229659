/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/key.h"

#include <sodium.h>
#include <string.h>

#include "common/error.h"

gboolean wattle_key_parse(const char *text, WattleKey *ret, GError **error)
{
        WattleKey key;
        gsize length = strlen(text), size = 0;
        const char *why = NULL;

        if (length != WATTLE_KEY_TEXT_MAX - 1 ||
            sodium_base642bin(key.bytes, sizeof key.bytes, text, length, NULL, &size, NULL,
                              sodium_base64_VARIANT_ORIGINAL) != 0 ||
            size != sizeof key.bytes)
                why = "not a WireGuard key: 44 characters of base64, ending in =";
        else if (sodium_is_zero(key.bytes, sizeof key.bytes))
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
        sodium_bin2base64(text, WATTLE_KEY_TEXT_MAX, key->bytes, sizeof key->bytes,
                          sodium_base64_VARIANT_ORIGINAL);
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

gboolean wattle_key_equal(const WattleKey *a, const WattleKey *b)
{
        return sodium_memcmp(a->bytes, b->bytes, sizeof a->bytes) == 0;
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
