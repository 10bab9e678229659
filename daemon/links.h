/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The interfaces of this host, and word of it when packets may go another way than before. */
#pragma once

#include <systemd/sd-event.h>

#include "common/sys/kernel/route.h"

typedef struct WattleLinks WattleLinks;

typedef struct {
        /* Some interface, address or route is gone, or a carrier lost: called at once, for what
         * goes by it is lost from now on. */
        void (*lost)(gpointer data);
        /* Anything changed: called when nothing more has for 50 ms, and after 250 ms at the latest.
         */
        void (*changed)(gpointer data);
        gpointer data;
} WattleLinksEvents;

WattleLinks *wattle_links_new(sd_event *event, const WattleLinksEvents *events,
                              GError **error) G_GNUC_WARN_UNUSED_RESULT;
void wattle_links_free(WattleLinks *links);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(WattleLinks, wattle_links_free)

/* All interfaces, of WattleLink; good until the event loop goes on. */
const GArray *wattle_links_get(const WattleLinks *links);

/* NULL: there is none of that name. */
const WattleLink *wattle_links_find(const WattleLinks *links, const char *name);

/* What a datagram of the kernel's changes, from the bytes alone. */
typedef struct {
        gboolean changed;
        gboolean lost;
} WattleLinksNews;

/* Reads all messages of a datagram into links (of WattleLink). Bytes must be aligned as a buffer
 * for netlink is. */
WattleLinksNews wattle_links_read(GArray *links, gconstpointer bytes, gsize size);
