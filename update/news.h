/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What wattled tells wattle-update: a member says that it runs a higher Serial=. One datagram to
 * the socket of the mesh, "peer DEVICE SERIAL HASH\n". */
#pragma once

#include <glib.h>

#include "common/scalar.h"

#define WATTLE_NEWS_MAX_BYTES 256

/* The first 8 bytes of the profile's WattleTextSum, as hexadecimal digits. */
#define WATTLE_NEWS_HASH_DIGITS 16

typedef struct {
        char device[WATTLE_DNS_LABEL_MAX + 1];
        guint64 serial;
        char hash[WATTLE_NEWS_HASH_DIGITS + 1];
} WattleNews;

gboolean wattle_news_parse(const char *bytes, gsize size, WattleNews *ret,
                           GError **error) G_GNUC_WARN_UNUSED_RESULT;
