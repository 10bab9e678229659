/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/endpoint.h"

#include <arpa/inet.h>
#include <string.h>

#include "common/error.h"
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
                return refuse(text, "has no port: ADDRESS:PORT", error);
        end = colon - brackets;
        if (brackets && (end <= start || *end != ']'))
                return refuse(text, "is not an endpoint: [IPV6]:PORT", error);
        if (!brackets && memchr(text, ':', (gsize)(colon - text)))
                return refuse(text, "is IPv6 without brackets: [2001:db8::1]:51820", error);
        if ((gsize)(end - start) > WATTLE_DNS_NAME_MAX || end == start)
                return refuse(text, "is not an endpoint: ADDRESS:PORT or NAME:PORT", error);
        /* Of memcpy() with a size of at most 253 gcc makes "rep movs", which takes longer to begin
         * than to copy an address. */
        *stpncpy(host, start, (gsize)(end - start)) = '\0';
        *ret_port = colon + 1;
        *ret_brackets = brackets;
        return TRUE;
}

gboolean wattle_endpoint_parse(const char *text, WattleArena *arena, WattleEndpoint *ret,
                               GError **error)
{
        char host[WATTLE_ENDPOINT_TEXT_MAX];
        WattleEndpoint endpoint = { 0 };
        const char *port;
        gboolean brackets;

        if (!split(text, host, &port, &brackets, error) ||
            !wattle_port_parse(port, &endpoint.port, error))
                return FALSE;
        if (wattle_addr_parse(host, &endpoint.addr, NULL)) {
                if (brackets != (endpoint.addr.family == AF_INET6))
                        return refuse(text, "has brackets around something that is not IPv6",
                                      error);
                if (wattle_addr_is_special(&endpoint.addr))
                        return refuse(text, "is not the address of one host", error);
        } else {
                if (brackets)
                        return refuse(text, "has brackets around something that is not IPv6",
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
        gboolean brackets = !endpoint->name && endpoint->addr.family == AF_INET6;
        char *p = text;

        if (brackets)
                *p++ = '[';
        if (endpoint->name)
                p = stpcpy(p, endpoint->name);
        else
                p += wattle_addr_format(&endpoint->addr, p);
        if (brackets)
                *p++ = ']';
        *p++ = ':';
        p += wattle_uint_format(endpoint->port, p);
        return (gsize)(p - text);
}

gboolean wattle_endpoint_equal(const WattleEndpoint *a, const WattleEndpoint *b)
{
        return a->port == b->port && g_strcmp0(a->name, b->name) == 0 &&
               (a->name || wattle_addr_equal(&a->addr, &b->addr));
}
