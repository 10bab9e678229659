/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What wattled and wattle-lookup say to each other, in packets of AF_UNIX SOCK_SEQPACKET: a
 * question for the addresses of a name, and its answer. A connection has one of each. Numbers are
 * big endian.
 *
 *   offset  size   question
 *        0     4   "WTQ1"
 *        4     4   mark of the packets to the name servers; 0: none
 *        8     4   index of the link by which they leave; 0: any
 *       12     1   number of name servers, 1 to 4
 *       13     1   length of the name, 1 to 253
 *       14     2   0
 *       16  n*20   of each name server: family, 4 or 6; 0; port, 2 bytes; address (of IPv4, 4 bytes
 *                  and zeros)
 *        .     .   the name
 *
 *                  answer
 *        0     4   "WTA1"
 *        4     1   number of addresses, 0 to 8
 *        5     1   0
 *        6     2   errno of what could not be done, and then there are none; 0: it was asked for
 *        8  n*17   of each: family, 4 or 6; address
 */
#pragma once

#include "common/endpoint.h"

#define WATTLE_LOOKUP_MAX_SERVERS   4
#define WATTLE_LOOKUP_MAX_ADDRESSES 8
#define WATTLE_LOOKUP_NAME_MAX      253 /* RFC 1035, 3.1, as text */

#define WATTLE_LOOKUP_QUESTION_MAX (16 + 20 * WATTLE_LOOKUP_MAX_SERVERS + WATTLE_LOOKUP_NAME_MAX)
#define WATTLE_LOOKUP_ANSWER_MAX   (8 + 17 * WATTLE_LOOKUP_MAX_ADDRESSES)

/* Where wattle-lookup.socket listens. */
#define WATTLE_LOOKUP_SOCKET "/run/wattle/lookup"

typedef struct {
        guint32 mark, ifindex;
        WattleSocketAddr servers[WATTLE_LOOKUP_MAX_SERVERS]; /* the scope is ifindex */
        guint n_servers;
        char name[WATTLE_LOOKUP_NAME_MAX + 1];
} WattleLookupQuestion;

typedef struct {
        WattleAddr addresses[WATTLE_LOOKUP_MAX_ADDRESSES];
        guint n_addresses;
        int failure; /* errno */
} WattleLookupAnswer;

/* Both return the size. */
gsize wattle_lookup_question_write(const WattleLookupQuestion *question,
                                   guint8 bytes[WATTLE_LOOKUP_QUESTION_MAX]);
gsize wattle_lookup_answer_write(const WattleLookupAnswer *answer,
                                 guint8 bytes[WATTLE_LOOKUP_ANSWER_MAX]);

/* FALSE if the bytes are none. */
gboolean wattle_lookup_question_read(gconstpointer bytes, gsize size, WattleLookupQuestion *ret);
gboolean wattle_lookup_answer_read(gconstpointer bytes, gsize size, WattleLookupAnswer *ret);
