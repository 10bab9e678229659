/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "daemon/bus/arguments.h"

#include <string.h>

#include "common/error.h"
#include "common/scalar.h"

static gboolean refuse(GError **error, const char *why)
{
        g_set_error_literal(error, WATTLE_ERROR, WATTLE_ERROR_INVALID, why);
        return FALSE;
}

static gboolean check_length(const char *text, GError **error)
{
        return strnlen(text, WATTLE_BUS_ARGUMENT_MAX + 1) <= WATTLE_BUS_ARGUMENT_MAX ||
               refuse(error, "the text is too long");
}

gboolean wattle_bus_parse_mesh(const char *text, GError **error)
{
        return check_length(text, error) &&
               wattle_identifier_check(text, WATTLE_MESH_NAME_MAX, error);
}

gboolean wattle_bus_parse_peer(const char *text, GError **error)
{
        return check_length(text, error) && wattle_label_check(text, error);
}

gboolean wattle_bus_parse_endpoint(const char *text, WattleSocketAddr *ret, GError **error)
{
        WattleSocketAddr at;

        if (!check_length(text, error) || !wattle_socket_addr_parse(text, &at, error))
                return FALSE;
        if (wattle_addr_class(&at.addr) == WATTLE_ADDR_LOOPBACK)
                return refuse(error, "the endpoint is this host itself");
        if (wattle_addr_has_scope(&at.addr) != (at.scope > 0))
                return refuse(error, "a link-local address comes with the number of its interface, "
                                     "and no other does: [fe80::1%3]:51820");
        *ret = at;
        return TRUE;
}
