/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/beacon.h"

#include <netinet/in.h>
#include <sodium.h>
#include <string.h>

G_STATIC_ASSERT(WATTLE_BEACON_KEY_SIZE >= crypto_generichash_KEYBYTES_MIN);
G_STATIC_ASSERT(WATTLE_BEACON_PROOF_SIZE >= crypto_generichash_BYTES_MIN);

static const guint8 purpose[] = "wattle beacon 1";

void wattle_beacon_key_make(WattleBeaconKey *ret)
{
        randombytes_buf(ret->bytes, sizeof ret->bytes);
}

gboolean wattle_beacon_key_equal(const WattleBeaconKey *a, const WattleBeaconKey *b)
{
        return sodium_memcmp(a->bytes, b->bytes, sizeof a->bytes) == 0;
}

static void prove(const WattleBeacon *beacon, const WattleBeaconKey *key, const WattleAddr *from,
                  guint8 ret[WATTLE_BEACON_PROOF_SIZE])
{
        crypto_generichash_state state;
        guint16 port = GUINT16_TO_BE(beacon->port);
        guint8 family = from->family == AF_INET6 ? 6 : 4;

        (void)crypto_generichash_init(&state, key->bytes, sizeof key->bytes,
                                      WATTLE_BEACON_PROOF_SIZE);
        (void)crypto_generichash_update(&state, purpose, sizeof purpose - 1);
        (void)crypto_generichash_update(&state, beacon->nonce, sizeof beacon->nonce);
        (void)crypto_generichash_update(&state, (const guint8 *)&port, sizeof port);
        (void)crypto_generichash_update(&state, &family, sizeof family);
        (void)crypto_generichash_update(&state, from->bytes, family == 6 ? 16 : 4);
        (void)crypto_generichash_final(&state, ret, WATTLE_BEACON_PROOF_SIZE);
}

void wattle_beacon_make(WattleBeacon *ret, const WattleBeaconKey *key, guint16 port,
                        const WattleAddr *from)
{
        randombytes_buf(ret->nonce, sizeof ret->nonce);
        ret->port = port;
        prove(ret, key, from, ret->proof);
}

gboolean wattle_beacon_is_of(const WattleBeacon *beacon, const WattleBeaconKey *key,
                             const WattleAddr *from)
{
        guint8 proof[WATTLE_BEACON_PROOF_SIZE];

        prove(beacon, key, from, proof);
        return sodium_memcmp(proof, beacon->proof, sizeof proof) == 0;
}

void wattle_beacon_write(const WattleBeacon *beacon, guint8 bytes[WATTLE_BEACON_SIZE])
{
        guint16 port = GUINT16_TO_BE(beacon->port);

        memcpy(bytes, beacon->nonce, sizeof beacon->nonce);
        memcpy(bytes + 16, &port, sizeof port);
        memcpy(bytes + 18, beacon->proof, sizeof beacon->proof);
}

gboolean wattle_beacon_read(gconstpointer bytes, gsize size, WattleBeacon *ret)
{
        const guint8 *read = bytes;
        guint16 port;

        if (size < WATTLE_BEACON_SIZE || size > WATTLE_BEACON_MAX_SIZE)
                return FALSE;
        memcpy(&port, read + 16, sizeof port);
        if (port == 0)
                return FALSE;
        memcpy(ret->nonce, read, sizeof ret->nonce);
        ret->port = GUINT16_FROM_BE(port);
        memcpy(ret->proof, read + 18, sizeof ret->proof);
        return TRUE;
}
