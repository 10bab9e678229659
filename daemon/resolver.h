/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* DNS names of endpoints to addresses, by the host's own resolver (getaddrinfo(3)), off the main
 * loop: a server that does not answer holds up nobody. */
#pragma once

#include <systemd/sd-event.h>

#include "common/ip.h"

typedef struct WattleResolver WattleResolver;
typedef struct WattleResolving WattleResolving;

/* Called once, from the event loop; no addresses if there are none or nobody could be asked. */
typedef void (*WattleResolved)(const WattleAddr *addresses, guint n_addresses, gpointer data);

#define WATTLE_RESOLVER_MAX_ADDRESSES 8 /* of a name; what is beyond is left out */

WattleResolver *wattle_resolver_new(sd_event *event, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* What is under way is forgotten; a thread that still waits for a server ends by itself. */
void wattle_resolver_free(WattleResolver *resolver);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(WattleResolver, wattle_resolver_free)

/* Asks for A and AAAA. What is returned may be cancelled until resolved is called. */
WattleResolving *wattle_resolver_ask(WattleResolver *resolver, const char *name,
                                     WattleResolved resolved, gpointer data);
void wattle_resolving_cancel(WattleResolving *resolving);
