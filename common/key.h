/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A WireGuard key: 32 bytes of Curve25519 (wireguard.com/papers/wireguard.pdf, 5), in text the 44
 * characters of base64 that wg(8) uses. Both directions are in constant time (libsodium), for one
 * of the two kinds is a secret. */
#pragma once

#include <glib.h>

#define WATTLE_KEY_SIZE     32
#define WATTLE_KEY_TEXT_MAX 45 /* base64 with its NUL */

typedef struct {
        guint8 bytes[WATTLE_KEY_SIZE];
} WattleKey;

/* Exactly 44 characters, canonical, not all zero. The error never quotes the text: it may be a
 * secret. */
gboolean wattle_key_parse(const char *text, WattleKey *ret,
                          GError **error) G_GNUC_WARN_UNUSED_RESULT;
void wattle_key_format(const WattleKey *key, char text[WATTLE_KEY_TEXT_MAX]);

/* A fresh private key, clamped as wg genkey does. */
void wattle_key_generate(WattleKey *ret);

/* The public key of a private one (X25519 base point, RFC 7748). */
void wattle_key_derive_public(const WattleKey *private_key, WattleKey *ret);

gboolean wattle_key_equal(const WattleKey *a, const WattleKey *b);
guint wattle_key_hash(const WattleKey *key);

/* Wipes a private key in a way that the compiler does not drop. */
void wattle_key_clear(WattleKey *key);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(WattleKey, wattle_key_clear)
