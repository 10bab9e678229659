/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Six words that stand for a key, for people to compare on two screens or by telephone: 66 bits of
 * its hash, each word 11 of them, from BIP-0039's English list. */
#pragma once

#include <glib.h>

#define WATTLE_BIP39_N_WORDS  2048
#define WATTLE_BIP39_WORD_MAX 9 /* with its NUL */

#define WATTLE_N_WORDS   6
#define WATTLE_WORDS_MAX (WATTLE_N_WORDS * WATTLE_BIP39_WORD_MAX) /* with blanks and a NUL */

extern const char wattle_bip39_english[WATTLE_BIP39_N_WORDS][WATTLE_BIP39_WORD_MAX];

/* Of a public key of 32 bytes: the first 66 bits of its BLAKE2b-256, highest bit first. Whoever
 * wants another key with the same words has to make 2^66 keys. */
void wattle_words_format(const guint8 key[32], char text[WATTLE_WORDS_MAX]);
