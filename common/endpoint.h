/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Where a peer may be reached: a socket address, and what a profile says of it, which may be a DNS
 * name. */
#pragma once

#include <netinet/in.h>

#include "common/arena.h"
#include "common/ip.h"

/* An address to which UDP may be sent; all zero: none. The one such type of the project: the
 * kernel's, the engine's, the bus's. */
typedef struct {
        WattleAddr addr;
        guint16 port;  /* host order */
        guint32 scope; /* interface of a link-local address, else 0 */
} WattleSocketAddr;

#define WATTLE_SOCKET_ADDR_TEXT_MAX (WATTLE_ADDR_TEXT_MAX + 20) /* brackets, scope, port, NUL */

/* Whether it is an address at all. */
static inline gboolean wattle_socket_addr_is_set(const WattleSocketAddr *at)
{
        return at->addr.family != 0;
}

/* ADDRESS:PORT, [IPV6]:PORT or [IPV6%SCOPE]:PORT with a number as scope; "" is none. */
gboolean wattle_socket_addr_parse(const char *text, WattleSocketAddr *ret,
                                  GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Writes the same text again and a NUL; returns the length without it. */
gsize wattle_socket_addr_format(const WattleSocketAddr *at, char text[WATTLE_SOCKET_ADDR_TEXT_MAX]);

gboolean wattle_socket_addr_equal(const WattleSocketAddr *a, const WattleSocketAddr *b);
guint wattle_socket_addr_hash(const WattleSocketAddr *at);

/* As the kernel's calls have it. */
typedef union {
        struct sockaddr any;
        struct sockaddr_in in;
        struct sockaddr_in6 in6;
} WattleKernelAddr;

/* Returns the size of what is written. */
guint wattle_socket_addr_write(const WattleSocketAddr *at, WattleKernelAddr *ret);

/* FALSE if it is neither IPv4 nor IPv6, or of another size; bytes may be unaligned. */
gboolean wattle_socket_addr_read(gconstpointer bytes, gsize size,
                                 WattleSocketAddr *ret) G_GNUC_WARN_UNUSED_RESULT;

/* An endpoint of a profile. */
typedef struct {
        const char *name;    /* DNS name, borrowed; NULL: at is where it is */
        WattleSocketAddr at; /* of a name the port alone; the scope is always 0 */
} WattleEndpoint;

#define WATTLE_ENDPOINT_TEXT_MAX 264 /* a DNS name of 253, colon, port, NUL, and some */

/* ADDRESS:PORT, [IPV6]:PORT or NAME:PORT; a name is copied into the arena. */
gboolean wattle_endpoint_parse(const char *text, WattleArena *arena, WattleEndpoint *ret,
                               GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Writes the same text again and a NUL; returns the length without it. */
gsize wattle_endpoint_format(const WattleEndpoint *endpoint, char text[WATTLE_ENDPOINT_TEXT_MAX]);

gboolean wattle_endpoint_equal(const WattleEndpoint *a, const WattleEndpoint *b);

/* Whether a literal endpoint is that address, by whatever link: a profile knows none. */
gboolean wattle_endpoint_is_at(const WattleEndpoint *endpoint, const WattleSocketAddr *at);
guint wattle_endpoint_hash(const WattleEndpoint *endpoint);
