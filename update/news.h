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

/* What was told and is not asked for yet. */
#define WATTLE_NEWS_MAX    32
#define WATTLE_NEWS_FAILED 4

typedef struct {
        WattleNews list[WATTLE_NEWS_MAX]; /* as it was told, oldest first */
        guint n;
        char failed[WATTLE_NEWS_FAILED][WATTLE_DNS_LABEL_MAX + 1]; /* members that were asked in
                                                                      vain, or "" */
        guint n_failures;
} WattleNewsQueue;

/* What a member has said before goes. Of more than there is room for the oldest is forgotten: it
 * will be told again. */
void wattle_news_add(WattleNewsQueue *queue, const WattleNews *news);

/* A member was asked in vain, or what it gave was good; of those the last few count. */
void wattle_news_note(WattleNewsQueue *queue, const char *device, gboolean failed);

/* Takes out what is to be asked for now: of who was asked in vain after all others, or a high
 * Serial= that nobody can have would keep them away; of these the highest Serial=, and of these
 * what was told last, for who has had it for the shortest time gave it to the fewest. FALSE: there
 * is none. */
gboolean wattle_news_take(WattleNewsQueue *queue, WattleNews *ret) G_GNUC_WARN_UNUSED_RESULT;

gboolean wattle_news_parse(const char *bytes, gsize size, WattleNews *ret,
                           GError **error) G_GNUC_WARN_UNUSED_RESULT;
