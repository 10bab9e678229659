/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The interfaces of this host, and word of it when packets may go another way than before. */
#pragma once

#include <systemd/sd-event.h>

#include "common/sys/kernel/route.h"

typedef struct WattleLinks WattleLinks;

typedef enum {
        /* Some interface, address or route is gone, or a carrier lost: told at once, for what goes
         * by it is lost from now on. */
        WATTLE_LINKS_LOST,
        /* An interface is new or other than it was, or something was lost before: told when nothing
         * more has changed for 50 ms, and after 250 ms at the latest. */
        WATTLE_LINKS_CHANGED,
        /* The kernel spoke of addresses or routes alone, likewise. They may well be what they were:
         * each router advertisement that lengthens their lifetime is such a message. */
        WATTLE_LINKS_PATHS,
} WattleLinksChange;

typedef struct {
        void (*changed)(WattleLinksChange change, gpointer data);
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
        gboolean paths; /* addresses or routes, which may be as before */
} WattleLinksNews;

/* What the kernel said of addresses and routes last, so that the same once more is no news. */
GHashTable *wattle_links_paths(void);

/* Reads all messages of a datagram into links (of WattleLink) and paths. Bytes must be aligned as a
 * buffer for netlink is. */
WattleLinksNews wattle_links_read(GArray *links, GHashTable *paths, gconstpointer bytes,
                                  gsize size);
