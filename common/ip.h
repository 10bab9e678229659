/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* IP addresses and prefixes as binary values, both families alike. */
#pragma once

#include <glib.h>

typedef struct {
        guint8 family;    /* AF_INET or AF_INET6; 0 in a value that holds no address */
        guint8 bytes[16]; /* network order; IPv4 uses the first four, the rest is 0 */
} WattleAddr;

typedef struct {
        WattleAddr addr;
        guint8 length; /* in bits, 0 to wattle_addr_bits() */
} WattlePrefix;

#define WATTLE_ADDR_TEXT_MAX   46 /* INET6_ADDRSTRLEN, NUL included */
#define WATTLE_PREFIX_TEXT_MAX (WATTLE_ADDR_TEXT_MAX + 4)

/* Text is what inet_pton(3) takes: no zone, no port, no leading zeros. */
gboolean wattle_addr_parse(const char *text, WattleAddr *ret,
                           GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* ADDRESS/LENGTH. Bits of the host must be zero: 10.0.0.1/8 is refused, and the error
 * names 10.0.0.0/8. */
gboolean wattle_prefix_parse(const char *text, WattlePrefix *ret,
                             GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Writes the canonical text (RFC 5952) and a NUL; returns the length without it. */
gsize wattle_addr_format(const WattleAddr *addr, char text[WATTLE_ADDR_TEXT_MAX]);
gsize wattle_prefix_format(const WattlePrefix *prefix, char text[WATTLE_PREFIX_TEXT_MAX]);

/* 32 or 128. */
guint wattle_addr_bits(const WattleAddr *addr);

gboolean wattle_addr_equal(const WattleAddr *a, const WattleAddr *b);
guint wattle_addr_hash(const WattleAddr *addr);

/* IPv4 before IPv6, then by bytes; a shorter prefix before a longer one of the same address. As
 * strcmp(3). */
gint wattle_addr_compare(const WattleAddr *a, const WattleAddr *b);
gint wattle_prefix_compare(const WattlePrefix *a, const WattlePrefix *b);

/* Unspecified, multicast or IPv4 broadcast: never the address of one host. */
gboolean wattle_addr_is_special(const WattleAddr *addr);

gboolean wattle_prefix_contains_addr(const WattlePrefix *prefix, const WattleAddr *addr);
gboolean wattle_prefix_contains(const WattlePrefix *outer, const WattlePrefix *inner);

/* The prefix that holds just this address: /32 or /128. */
WattlePrefix wattle_prefix_of_addr(const WattleAddr *addr);

/* The prefix of that length around an address, its host bits cleared. */
WattlePrefix wattle_prefix_around(const WattleAddr *addr, guint8 length);

/* Whether a host of the subnet may have this address: inside it, and neither the address of the
 * network (in IPv6 that of all its routers, RFC 4291, 2.6.1) nor the broadcast address of IPv4. A
 * subnet of one or two addresses has neither. */
gboolean wattle_prefix_has_host(const WattlePrefix *subnet, const WattleAddr *addr);

/* The address after this one; FALSE if there is none. */
gboolean wattle_addr_next(WattleAddr *addr);
