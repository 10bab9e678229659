/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* With PortMapping=auto: has wattle-portmap ask the router for a port that leads to that of one
 * mesh here, for as long as the interface is there. */
#pragma once

#include "common/portmap-message.h"
#include "daemon/surroundings.h"

typedef struct WattleMapper WattleMapper;

/* mesh is borrowed; changed is called when wattle_mapper_at() is another. */
WattleMapper *wattle_mapper_new(WattleSurroundings *around, const char *mesh,
                                void (*changed)(gpointer data), gpointer data);
void wattle_mapper_free(WattleMapper *mapper);

/* 0: none is wanted, and the router gets it back. */
void wattle_mapper_want(WattleMapper *mapper, guint16 port);

/* There may be another router. */
void wattle_mapper_links_changed(WattleMapper *mapper);

/* The router's address and port; not set: there is none. */
const WattleSocketAddr *wattle_mapper_at(const WattleMapper *mapper);

/* In words, why a port that is wanted is not there; NULL: it is, or nobody knows yet. */
const char *wattle_mapper_problem(const WattleMapper *mapper);
