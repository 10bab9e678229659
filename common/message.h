/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A probe: the small packet that goes through the tunnel to ask whether the other end is there, and
 * its answer. The tunnel tells who sent it (AllowedIPs), so it carries no proof of its own; and as
 * an answer is as long as the question, nobody can be flooded with the help of it. */
#pragma once

#include "common/beacon.h"
#include "common/endpoint.h"
#include "common/key.h"

#define WATTLE_PROBE_SIZE 16

typedef enum {
        WATTLE_PROBE_QUESTION = 1,
        WATTLE_PROBE_ANSWER = 2,
} WattleProbeKind;

typedef struct {
        WattleProbeKind kind;
        guint64 nonce; /* an answer has that of its question */
} WattleProbe;

/* What a wattled tells another of itself: which text of the mesh it runs, where it is on a LAN, and
 * by which keys its beacons are known. It begins as a probe does, and an older wattled takes it for
 * none.
 *
 *   offset  size
 *        0     4  "WTL1"
 *        4     1  3, where a probe has its kind
 *        5     1  flags: 1 for WATTLE_HELLO_ASKS; the others are 0, and not looked at
 *        6     2  listen port of the sender, big endian; 0: not said
 *        8     8  Serial= of the text, big endian; 0: it has none, or is not signed
 *       16     8  the first bytes of its WattleTextSum
 *       24    n*20  things, of which those of another kind are passed over, as zeros that a
 *                   question ends with so that the answer is no longer than it
 *                   of a later version, not looked at; the whole has at most WATTLE_HELLO_MAX_SIZE
 *
 *   an address of the sender on one of its LANs, WATTLE_HELLO_MAX_LINKS at most
 *        0     1  1
 *        1     1  family, 4 or 6
 *        2     2  0, not looked at
 *        4    16  address; of IPv4, 4 bytes and zeros
 *
 *   a key of its beacons, WATTLE_HELLO_MAX_KEYS at most: that of the day, then the next one
 *        0     1  2
 *        1     3  0, not looked at
 *        4    16  WattleBeaconKey
 *
 *   where a router passes on to the sender what comes there, one at most
 *        0     1  3
 *        1     1  family, 4 or 6
 *        2     2  port, big endian
 *        4    16  address; of IPv4, 4 bytes and zeros
 */
#define WATTLE_HELLO_LEAST_SIZE 24
#define WATTLE_HELLO_MAX_LINKS  8
#define WATTLE_HELLO_MAX_KEYS   2
#define WATTLE_HELLO_SIZE       244 /* with all of them */
#define WATTLE_HELLO_MAX_SIZE   256
#define WATTLE_HELLO_SUM_BYTES  8

typedef struct {
        gboolean asks; /* the sender wants to know the same of us; the answer is as long */
        guint16 listen_port;
        guint64 serial;
        guint8 sum[WATTLE_HELLO_SUM_BYTES];
        guint n_links;
        WattleAddr links[WATTLE_HELLO_MAX_LINKS]; /* hearsay */
        guint n_keys;
        WattleBeaconKey keys[WATTLE_HELLO_MAX_KEYS];
        WattleSocketAddr mapped; /* or none; hearsay */
} WattleHello;

/* Returns the size. */
gsize wattle_hello_write(const WattleHello *hello, guint8 bytes[WATTLE_HELLO_SIZE]);

/* These bytes as a number, big endian, for who shows or compares them. */
guint64 wattle_hello_sum(const guint8 sum[WATTLE_HELLO_SUM_BYTES]);

/* FALSE if the bytes are none. */
gboolean wattle_hello_read(gconstpointer bytes, gsize size, WattleHello *ret);

/* "WTL1", kind, three zeros, nonce (big endian). */
void wattle_probe_write(const WattleProbe *probe, guint8 bytes[WATTLE_PROBE_SIZE]);

/* FALSE if the bytes are no probe. */
gboolean wattle_probe_read(gconstpointer bytes, gsize size, WattleProbe *ret);

/* A word about a pair that is to meet, between a device of the pair and a third one. Who cannot
 * reach the other asks. A relay tells both of the port that it has for them; who is none introduces
 * them: it tells each where it sees the other. Sent to WATTLE_PROBE_PORT as the others are.
 *
 *   offset  size
 *        0     4  "WTL1"
 *        4     1  4, where a probe has its kind
 *        5     1  WattlePairingKind
 *        6     2  OFFERED: the relay's port for the pair, big endian. INTRODUCED: the port at which
 *                     the other says it listens, 0 if that is not known. Else 0
 *        8    32  public key of the other device
 *       40     1  family of its address, 4 or 6; 0: there is none, and zeros follow. INTRODUCED has
 *                     one
 *       41     1  INTRODUCED: 1 if who is told goes on when both have begun. Else 0, not looked at
 *       42     2  its port as the relay's kernel has it, big endian
 *       44    16  its address likewise; of IPv4, 4 bytes and zeros
 *       60    4+16  where the sender's kernel has the receiver, in the same form; a word of an
 *                     older version ends before
 *       80        of a later version, not looked at; the whole has at most WATTLE_HELLO_MAX_SIZE
 */
#define WATTLE_PAIRING_LEAST_SIZE 60
#define WATTLE_PAIRING_SIZE       80

typedef enum {
        WATTLE_PAIRING_ASKED = 1,
        WATTLE_PAIRING_OFFERED = 2,
        WATTLE_PAIRING_REFUSED = 3, /* it is full, or does not reach the other */
        WATTLE_PAIRING_INTRODUCED = 4,
} WattlePairingKind;

typedef struct {
        WattlePairingKind kind;
        guint16 port;
        gboolean goes_on; /* INTRODUCED */
        WattleKey other;
        WattleSocketAddr seen; /* where the sender sees the other; or none. Hearsay, without a scope
                                */
        WattleSocketAddr you;  /* OFFERED, INTRODUCED: where it sees who is told; likewise */
} WattlePairing;

void wattle_pairing_write(const WattlePairing *pairing, guint8 bytes[WATTLE_PAIRING_SIZE]);

/* FALSE if the bytes are none. */
gboolean wattle_pairing_read(gconstpointer bytes, gsize size, WattlePairing *ret);

/* A beacon was heard that may be of who gets this: a stranger may have recorded it. Sent to
 * WATTLE_PROBE_PORT as the others are.
 *
 *   offset  size
 *        0     4  "WTL1"
 *        4     1  5, where a probe has its kind
 *        5     1  WattleSightingKind
 *        6     2  0, not looked at
 *        8    16  nonce of the beacon
 *       24        of a later version, not looked at; the whole has at most WATTLE_HELLO_MAX_SIZE
 */
#define WATTLE_SIGHTING_SIZE 24

typedef enum {
        WATTLE_SIGHTING_ASKED = 1,     /* did you send it just now? */
        WATTLE_SIGHTING_CONFIRMED = 2, /* yes */
        WATTLE_SIGHTING_DENIED = 3,    /* no: it is old, or somebody else's */
} WattleSightingKind;

typedef struct {
        WattleSightingKind kind;
        guint8 nonce[WATTLE_BEACON_NONCE_SIZE];
} WattleSighting;

void wattle_sighting_write(const WattleSighting *sighting, guint8 bytes[WATTLE_SIGHTING_SIZE]);

/* FALSE if the bytes are none. */
gboolean wattle_sighting_read(gconstpointer bytes, gsize size, WattleSighting *ret);
