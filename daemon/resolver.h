/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* DNS names of endpoints to addresses, by the host's own resolver (getaddrinfo(3)), off the main
 * loop: a server that does not answer holds up nobody. Where that one's questions go through a
 * tunnel, somebody else is asked first, past it. */
#pragma once

#include <systemd/sd-event.h>

#include "common/ip.h"

typedef struct WattleResolver WattleResolver;
typedef struct WattleResolving WattleResolving;

/* How packets of WireGuard's leave this host. */
typedef struct {
        guint32 ifindex; /* 0: they do not, or as all others do */
        guint32 fwmark;
} WattleUplink;

/* Who is asked for a name by one link of the host alone (daemon/bus/lookup.c). TRUE:
 * wattle_resolving_answer() follows, once, from the event loop. FALSE: nobody can be asked. */
typedef gboolean (*WattleLookup)(const char *name, const WattleUplink *uplink,
                                 WattleResolving *resolving, gpointer data);

/* No addresses: there are none there, or it could not be asked; then the host's own resolver is. */
void wattle_resolving_answer(WattleResolving *resolving, const WattleAddr *addresses,
                             guint n_addresses);

/* Called once, from the event loop; no addresses if there are none or nobody could be asked. */
typedef void (*WattleResolved)(const WattleAddr *addresses, guint n_addresses, gpointer data);

#define WATTLE_RESOLVER_MAX_ADDRESSES 8 /* of a name; what is beyond is left out */

WattleResolver *wattle_resolver_new(sd_event *event, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* What is under way is forgotten; a thread that still waits for a server ends by itself. */
void wattle_resolver_free(WattleResolver *resolver);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(WattleResolver, wattle_resolver_free)

/* What was given to it must be answered before the resolver is freed. NULL: nobody any more. */
void wattle_resolver_set_lookup(WattleResolver *resolver, WattleLookup lookup, gpointer data);

/* Asks for A and AAAA; with an uplink by that link alone, if somebody can, and if that gives no
 * address, or there is none, by all. What is returned may be cancelled until resolved is called. */
WattleResolving *wattle_resolver_ask(WattleResolver *resolver, const char *name,
                                     const WattleUplink *uplink, WattleResolved resolved,
                                     gpointer data);
void wattle_resolving_cancel(WattleResolving *resolving);
