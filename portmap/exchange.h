/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* One question to the router, in a child: libraries wait in it as long as they like and read what
 * comes, and the answer is a few numbers, or the child was too slow and is ended. */
#pragma once

#include <systemd/sd-event.h>

#include "portmap/router.h"

typedef struct WattleExchange WattleExchange;

/* Begins; done is called once, unless it is freed before. NULL with an error if there is no
 * child. */
WattleExchange *wattle_exchange_new(sd_event *event, const WattleRouterJob *job,
                                    void (*done)(const WattleLeaseAnswer *answer, gpointer data),
                                    gpointer data, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Ends the child, if it is there still. */
void wattle_exchange_free(WattleExchange *exchange);
