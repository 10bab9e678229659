/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What comes with a call, from whomever: texts to values, or an error that says what would be
 * right. No text goes further in than here. */
#pragma once

#include "common/migrate/migrate.h"

#define WATTLE_BUS_ARGUMENT_MAX 256 /* bytes of a text; longer ones are refused unread */

/* A name as a mesh or a device can have it. */
gboolean wattle_bus_parse_mesh(const char *text, GError **error) G_GNUC_WARN_UNUSED_RESULT;
gboolean wattle_bus_parse_peer(const char *text, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* ADDRESS:PORT of one host elsewhere, or "" for none. A link-local address comes with the
 * number of its interface, [fe80::1%3]:51820. No name: wattled would have to ask somebody what it
 * means. */
gboolean wattle_bus_parse_endpoint(const char *text, WattleSocketAddr *ret,
                                   GError **error) G_GNUC_WARN_UNUSED_RESULT;
