/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/endpoint.h"

#include <arpa/inet.h>
#include <string.h>

#include "common/error.h"
#include "common/language.h"
#include "common/scalar.h"

static gboolean refuse(const char *text, const char *why, GError **error)
{
        g_set_error(error, WATTLE_ERROR, WATTLE_ERROR_INVALID, "'%s' %s", text, why);
        return FALSE;
}

/* Splits "host:port" or "[host]:port"; host is copied without its brackets. */
static gboolean split(const char *text, char host[WATTLE_ENDPOINT_TEXT_MAX], const char **ret_port,
                      gboolean *ret_brackets, GError **error)
{
        const char *colon = strrchr(text, ':');
        gboolean brackets = text[0] == '[';
        const char *start = text + brackets, *end;

        if (!colon)
                return refuse(text, _("has no port: ADDRESS:PORT"), error);
        end = colon - brackets;
        if (brackets && (end <= start || *end != ']'))
                return refuse(text, _("is not an endpoint: [IPV6]:PORT"), error);
        if (!brackets && memchr(text, ':', (gsize)(colon - text)))
                return refuse(text, _("is IPv6 without brackets: [2001:db8::1]:51820"), error);
        if ((gsize)(end - start) > WATTLE_DNS_NAME_MAX || end == start)
                return refuse(text, _("is not an endpoint: ADDRESS:PORT or NAME:PORT"), error);
        /* Of memcpy() with a size of at most 253 gcc makes "rep movs", which takes longer to begin
         * than to copy an address. */
        *stpncpy(host, start, (gsize)(end - start)) = '\0';
        *ret_port = colon + 1;
        *ret_brackets = brackets;
        return TRUE;
}

/* The host of an address, in brackets if and only if it is IPv6. */
static gboolean take_addr(const char *text, gboolean brackets, const WattleAddr *addr,
                          GError **error)
{
        if (brackets != (addr->family == AF_INET6))
                return refuse(text, _("has brackets around something that is not IPv6"), error);
        return !wattle_addr_is_special(addr) ||
               refuse(text, _("is not the address of one host"), error);
}

/* Cuts "%3" off. */
static gboolean cut_scope(char *host, guint32 *ret, GError **error)
{
        char *percent = strchr(host, '%');
        guint64 scope;

        if (!percent)
                return TRUE;
        if (!wattle_uint_parse(percent + 1, 1, G_MAXINT32, &scope, error))
                return FALSE;
        *percent = '\0';
        *ret = (guint32)scope;
        return TRUE;
}

gboolean wattle_socket_addr_parse(const char *text, WattleSocketAddr *ret, GError **error)
{
        char host[WATTLE_ENDPOINT_TEXT_MAX];
        WattleSocketAddr at = { 0 };
        const char *port;
        gboolean brackets;

        if (*text) {
                if (!split(text, host, &port, &brackets, error) ||
                    (brackets && !cut_scope(host, &at.scope, error)) ||
                    !wattle_port_parse(port, &at.port, error))
                        return FALSE;
                if (!wattle_addr_parse(host, &at.addr, NULL))
                        return refuse(text, _("is not an address"), error);
                if (!take_addr(text, brackets, &at.addr, error))
                        return FALSE;
        }
        *ret = at;
        return TRUE;
}

gsize wattle_socket_addr_format(const WattleSocketAddr *at, char text[WATTLE_SOCKET_ADDR_TEXT_MAX])
{
        gboolean brackets = at->addr.family == AF_INET6;
        char *p = text;

        *p = '\0';
        if (!wattle_socket_addr_is_set(at))
                return 0;
        if (brackets)
                *p++ = '[';
        p += wattle_addr_format(&at->addr, p);
        if (at->scope != 0) {
                *p++ = '%';
                p += wattle_uint_format(at->scope, p);
        }
        if (brackets)
                *p++ = ']';
        *p++ = ':';
        return (gsize)(p - text) + wattle_uint_format(at->port, p);
}

guint wattle_socket_addr_write(const WattleSocketAddr *at, WattleKernelAddr *ret)
{
        *ret = (WattleKernelAddr){ 0 };
        if (at->addr.family == AF_INET) {
                ret->in.sin_family = AF_INET;
                ret->in.sin_port = htons(at->port);
                memcpy(&ret->in.sin_addr, at->addr.bytes, sizeof ret->in.sin_addr);
                return sizeof ret->in;
        }
        ret->in6.sin6_family = AF_INET6;
        ret->in6.sin6_port = htons(at->port);
        ret->in6.sin6_scope_id = at->scope;
        memcpy(&ret->in6.sin6_addr, at->addr.bytes, sizeof ret->in6.sin6_addr);
        return sizeof ret->in6;
}

gboolean wattle_socket_addr_read(gconstpointer bytes, gsize size, WattleSocketAddr *ret)
{
        WattleKernelAddr from = { 0 };
        WattleSocketAddr at = { 0 };

        memcpy(&from, bytes, MIN(size, sizeof from));
        at.addr.family = (guint8)from.any.sa_family;
        if (size == sizeof from.in && from.any.sa_family == AF_INET) {
                memcpy(at.addr.bytes, &from.in.sin_addr, sizeof from.in.sin_addr);
                at.port = ntohs(from.in.sin_port);
        } else if (size == sizeof from.in6 && from.any.sa_family == AF_INET6) {
                memcpy(at.addr.bytes, &from.in6.sin6_addr, sizeof from.in6.sin6_addr);
                at.port = ntohs(from.in6.sin6_port);
                at.scope = from.in6.sin6_scope_id;
        } else {
                return FALSE;
        }
        *ret = at;
        return TRUE;
}

gboolean wattle_socket_addr_equal(const WattleSocketAddr *a, const WattleSocketAddr *b)
{
        return wattle_addr_equal(&a->addr, &b->addr) && a->port == b->port && a->scope == b->scope;
}

guint wattle_socket_addr_hash(const WattleSocketAddr *at)
{
        return (wattle_addr_hash(&at->addr) * 31 + at->port) * 31 + at->scope;
}

gboolean wattle_endpoint_parse(const char *text, WattleArena *arena, WattleEndpoint *ret,
                               GError **error)
{
        char host[WATTLE_ENDPOINT_TEXT_MAX];
        WattleEndpoint endpoint = { 0 };
        const char *port;
        gboolean brackets;

        if (!split(text, host, &port, &brackets, error) ||
            !wattle_port_parse(port, &endpoint.at.port, error))
                return FALSE;
        if (wattle_addr_parse(host, &endpoint.at.addr, NULL)) {
                if (!take_addr(text, brackets, &endpoint.at.addr, error))
                        return FALSE;
        } else {
                if (brackets)
                        return refuse(text, _("has brackets around something that is not IPv6"),
                                      error);
                if (!wattle_dns_name_check(host, error))
                        return FALSE;
                endpoint.name = wattle_arena_strdup(arena, host);
        }
        *ret = endpoint;
        return TRUE;
}

gsize wattle_endpoint_format(const WattleEndpoint *endpoint, char text[WATTLE_ENDPOINT_TEXT_MAX])
{
        char *p = text;

        if (!endpoint->name)
                return wattle_socket_addr_format(&endpoint->at, text);
        p = stpcpy(p, endpoint->name);
        *p++ = ':';
        return (gsize)(p - text) + wattle_uint_format(endpoint->at.port, p);
}

gboolean wattle_endpoint_equal(const WattleEndpoint *a, const WattleEndpoint *b)
{
        return wattle_socket_addr_equal(&a->at, &b->at) && g_strcmp0(a->name, b->name) == 0;
}

gboolean wattle_endpoint_is_at(const WattleEndpoint *endpoint, const WattleSocketAddr *at)
{
        return !endpoint->name && endpoint->at.port == at->port &&
               wattle_addr_equal(&endpoint->at.addr, &at->addr);
}

guint wattle_endpoint_hash(const WattleEndpoint *endpoint)
{
        guint name = endpoint->name ? g_str_hash(endpoint->name) : 0;

        return name ^ wattle_socket_addr_hash(&endpoint->at);
}
