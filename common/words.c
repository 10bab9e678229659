/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/words.h"

#include <sodium.h>

#define BITS_OF_A_WORD 11

/* The number that the bits from the given one on are, highest first. */
static guint take_bits(const guint8 *bytes, guint first)
{
        guint value = 0;

        for (guint i = first; i < first + BITS_OF_A_WORD; i++)
                value = value << 1 | (bytes[i / 8] >> (7 - i % 8) & 1);
        return value;
}

void wattle_words_format(const guint8 key[32], char text[WATTLE_WORDS_MAX])
{
        guint8 hash[32];
        char *end = text;

        crypto_generichash(hash, sizeof hash, key, 32, NULL, 0);
        for (guint i = 0; i < WATTLE_N_WORDS; i++) {
                if (i > 0)
                        *end++ = ' ';
                end = g_stpcpy(end, wattle_bip39_english[take_bits(hash, i * BITS_OF_A_WORD)]);
        }
}
