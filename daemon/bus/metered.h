/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Whether the host's way out costs by the byte, as NetworkManager has it or guesses; where nobody
 * is asked, it does not. */
#pragma once

#include <systemd/sd-bus.h>

#include "daemon/manager.h"

typedef struct WattleMetered WattleMetered;

/* Asks at once, and when something of NetworkManager's changes, and tells the manager of it. NULL:
 * the bus does not let it. */
WattleMetered *wattle_metered_new(sd_bus *bus, WattleManager *manager);
void wattle_metered_free(WattleMetered *metered);
