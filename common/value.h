/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the keys of a profile and of local settings hold: values with the place where they stand, or
 * with the word whether they were given. And how their text is read, where that is the same in
 * both. */
#pragma once

#include "common/arena.h"
#include "common/endpoint.h"
#include "common/ip.h"
#include "common/report.h"

/* Limits on what comes from outside, for one device; the reader refuses more. */
#define WATTLE_DEVICE_MAX_ADDRESSES  16
#define WATTLE_DEVICE_MAX_CANDIDATES 16 /* public and private endpoints together */
#define WATTLE_DEVICE_MAX_ROUTES     256
#define WATTLE_DEVICE_MAX_ALIASES    16

#define WATTLE_DNS_MAX 3 /* name servers that resolv.conf(5) has room for */

#define WATTLE_MTU_MIN      576  /* what each host must take, RFC 791, 3.1 */
#define WATTLE_MTU_MIN_IPV6 1280 /* the least that IPv6 works with, RFC 8200, 5 */
#define WATTLE_MTU_MAX      65535

typedef struct {
        WattleAddr value;
        WattleSpot place;
} WattleProfileAddr;

typedef struct {
        WattlePrefix value;
        WattleSpot place;
} WattleProfilePrefix;

typedef struct {
        const char *value;
        WattleSpot place;
} WattleProfileName;

typedef enum {
        WATTLE_CANDIDATE_PUBLIC,
        WATTLE_CANDIDATE_PRIVATE, /* on the device's LAN; always literal */
} WattleCandidateKind;

/* One address where a device may be reached, in the order of the profile. */
typedef struct {
        WattleCandidateKind kind;
        WattleSpot place;
        WattleEndpoint endpoint;
        const char *site; /* of @SITE:PORT, borrowed as the endpoint's name is; else NULL */
} WattleCandidate;

/* ADDRESS:PORT or NAME:PORT, of a public one @SITE:PORT too; one on the LAN is an address. Sets
 * kind, endpoint and site. Of a site the endpoint has the port alone until its [Site NAME] is
 * known.
 */
gboolean wattle_candidate_parse(const char *text, WattleCandidateKind kind, WattleArena *arena,
                                WattleCandidate *ret, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* As the profile has it; returns the length. */
gsize wattle_candidate_format(const WattleCandidate *candidate,
                              char text[WATTLE_ENDPOINT_TEXT_MAX]);

/* Optional scalars say whether they were given; their defaults are decided in resolve.c. */
typedef struct {
        gboolean given;
        guint16 value;
} WattleOptionalU16;

typedef struct {
        gboolean given;
        guint32 value;
} WattleOptionalU32;

/* Whether a device passes on the datagrams of pairs that cannot meet. */
typedef enum {
        WATTLE_RELAY_NO,
        WATTLE_RELAY_YES,
        WATTLE_RELAY_RETIRING, /* keeps the pairs that it has, and takes no new ones */
} WattleRelayRole;

#define WATTLE_PORTS_MAX 1024 /* in one range */

/* UDP ports, both ends included. */
typedef struct {
        gboolean given;
        guint16 first, last;
} WattlePorts;

/* Whether it is large enough hangs on what else is given: the place is for that message. */
typedef struct {
        gboolean given;
        guint16 value;
        WattlePlace place;
} WattleMtu;

/* A key that a section does not have, with the one of its words that was meant. To find that costs
 * more than the line did, so it is done only for a report that has room for it. */
void wattle_value_report_unknown_key(WattleReport *report, WattlePlace place, const char *key,
                                     const char *const *words, gsize n_words);

/* Reads text into *field. */
typedef gboolean (*WattleParseValue)(const char *text, WattlePlace place, WattleArena *arena,
                                     gpointer field, GError **error);

gboolean wattle_value_parse_boolean(const char *text, WattlePlace place, WattleArena *arena,
                                    gpointer field, GError **error) G_GNUC_WARN_UNUSED_RESULT;
/* Into a WattleOptionalU16. */
gboolean wattle_value_parse_port(const char *text, WattlePlace place, WattleArena *arena,
                                 gpointer field, GError **error) G_GNUC_WARN_UNUSED_RESULT;
/* FIRST-LAST or one port, into a WattlePorts. */
gboolean wattle_value_parse_ports(const char *text, WattlePlace place, WattleArena *arena,
                                  gpointer field, GError **error) G_GNUC_WARN_UNUSED_RESULT;
/* Into a WattleMtu. */
gboolean wattle_value_parse_mtu(const char *text, WattlePlace place, WattleArena *arena,
                                gpointer field, GError **error) G_GNUC_WARN_UNUSED_RESULT;
