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

/* What an address is for, of IANA's registries of special-purpose addresses (RFC 6890). An address
 * has one class, that of the longest prefix in the registry. */
typedef enum {
        WATTLE_ADDR_GLOBAL,        /* what is in no registry, and deprecated ones */
        WATTLE_ADDR_UNSPECIFIED,   /* 0.0.0.0, :: */
        WATTLE_ADDR_THIS_NETWORK,  /* the rest of 0.0.0.0/8 */
        WATTLE_ADDR_LOOPBACK,      /* 127.0.0.0/8, ::1 */
        WATTLE_ADDR_LINK_LOCAL,    /* 169.254.0.0/16, fe80::/10 */
        WATTLE_ADDR_PRIVATE,       /* RFC 1918 */
        WATTLE_ADDR_UNIQUE_LOCAL,  /* fc00::/7, RFC 4193 */
        WATTLE_ADDR_SHARED,        /* 100.64.0.0/10: behind a provider's NAT, RFC 6598 */
        WATTLE_ADDR_DOCUMENTATION, /* RFC 5737, 3849, 9637 */
        WATTLE_ADDR_BENCHMARK,     /* 198.18.0.0/15, 2001:2::/48 */
        WATTLE_ADDR_PROTOCOL,      /* 192.0.0.0/24: of protocols, as DS-Lite's */
        WATTLE_ADDR_MAPPED,        /* ::ffff:0:0/96: IPv4 as a socket shows it */
        WATTLE_ADDR_TRANSLATED,    /* 64:ff9b::/96, 64:ff9b:1::/48: IPv4 behind a NAT64 */
        WATTLE_ADDR_MULTICAST,     /* 224.0.0.0/4, ff00::/8 */
        WATTLE_ADDR_BROADCAST,     /* 255.255.255.255 */
        WATTLE_ADDR_CLASS_E,       /* the rest of 240.0.0.0/4 */
        WATTLE_ADDR_RESERVED,      /* the rest of ::/8 */
        WATTLE_N_ADDR_CLASSES,
} WattleAddrClass;

WattleAddrClass wattle_addr_class(const WattleAddr *addr);

/* All classes that addresses of the prefix have, as 1u << WATTLE_ADDR_*; GLOBAL unless it lies
 * within one of the registry. */
guint wattle_prefix_classes(const WattlePrefix *prefix);

/* Unspecified, multicast or IPv4 broadcast: never the address of one host. */
gboolean wattle_addr_is_special(const WattleAddr *addr);

/* Whether it means nothing without its link: a link-local one of IPv6. Those of IPv4 have no scope
 * in a socket address. */
gboolean wattle_addr_has_scope(const WattleAddr *addr);

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
