/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A beacon: the small packet by which a device is found on its LAN by the members of its mesh, and
 * by nobody else. It is signed with a key of the day that members were told inside the tunnel, for
 * the address it is sent from. So it means nothing to a stranger, nor from another address; and it
 * is a hint all the same, for a stranger may have taken that address. */
#pragma once

#include "common/ip.h"

/* Sent to these groups, to WATTLE_BEACON_PORT. */
#define WATTLE_BEACON_GROUP_4 "239.255.87.84"
#define WATTLE_BEACON_GROUP_6 "ff12::5754"

#define WATTLE_BEACON_NONCE_SIZE 16
#define WATTLE_BEACON_PROOF_SIZE 16
#define WATTLE_BEACON_KEY_SIZE   16 /* crypto_generichash_KEYBYTES_MIN */

/* Not a secret of WireGuard's: who has it knows on which LANs the device is. */
typedef struct {
        guint8 bytes[WATTLE_BEACON_KEY_SIZE];
} WattleBeaconKey;

/*   offset  size
 *        0    16  nonce, random
 *       16     2  port of WireGuard, big endian
 *       18    16  BLAKE2b with the sender's key of the day, of "wattle beacon 1", nonce, port, and
 *                 the sender's address: 1 byte family, 4 or 6, and 4 or 16 bytes
 *       34        of a later version, not looked at; the whole has at most WATTLE_BEACON_MAX_SIZE
 */
#define WATTLE_BEACON_SIZE     34
#define WATTLE_BEACON_MAX_SIZE 256

typedef struct {
        guint8 nonce[WATTLE_BEACON_NONCE_SIZE];
        guint16 port;
        guint8 proof[WATTLE_BEACON_PROOF_SIZE];
} WattleBeacon;

/* Random. */
void wattle_beacon_key_make(WattleBeaconKey *ret);
gboolean wattle_beacon_key_equal(const WattleBeaconKey *a, const WattleBeaconKey *b);

/* A new one, sent from that address. */
void wattle_beacon_make(WattleBeacon *ret, const WattleBeaconKey *key, guint16 port,
                        const WattleAddr *from);

/* Whether who has that key sent it from that address, now or before. */
gboolean wattle_beacon_is_of(const WattleBeacon *beacon, const WattleBeaconKey *key,
                             const WattleAddr *from);

void wattle_beacon_write(const WattleBeacon *beacon, guint8 bytes[WATTLE_BEACON_SIZE]);

/* FALSE if the bytes are none. */
gboolean wattle_beacon_read(gconstpointer bytes, gsize size, WattleBeacon *ret);
