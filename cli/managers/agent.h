/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* polkit's agent for terminals, pkttyagent(1): it asks for the password where no desktop does. */
#pragma once

#include <glib.h>

typedef struct {
        GPid pid; /* 0: there is none */
} WattleAgent;

/* Returns when it is ready. Without a terminal, or without the program, none is started, and who
 * would have to be asked is refused. */
void wattle_agent_start(WattleAgent *agent);
void wattle_agent_stop(WattleAgent *agent);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(WattleAgent, wattle_agent_stop)
