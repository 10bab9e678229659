/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Questions to wattle-lookup (lookup/), which may not be installed: a connection for each, and some
 * at a time. */
#pragma once

#include <systemd/sd-event.h>

#include "common/lookup-message.h"

typedef struct WattleAsker WattleAsker;
typedef struct WattleAsking WattleAsking;

/* Called once, from the event loop; no addresses if there are none, or nobody could be asked. */
typedef void (*WattleAsked)(const WattleAddr *addresses, guint n_addresses, gpointer data);

/* path is borrowed: where the socket is. */
WattleAsker *wattle_asker_new(sd_event *event, const char *path);

/* What was asked must have been answered, or be cancelled. */
void wattle_asker_free(WattleAsker *asker);

/* May be cancelled until asked is called. */
WattleAsking *wattle_asker_ask(WattleAsker *asker, const WattleLookupQuestion *question,
                               WattleAsked asked, gpointer data);
void wattle_asking_cancel(WattleAsking *asking);
