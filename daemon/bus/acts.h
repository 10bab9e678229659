/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What wattled has others do to an interface: its owner switch it, systemd run 'wattle apply'. All
 * of it without waiting; the call is answered when it is done. */
#pragma once

#include <glib.h>
#include <systemd/sd-bus.h>

#include "daemon/manager.h"

/* Starts or stops the interface as its owner would: the link for systemd-networkd, which wattled
 * may do itself, and the connection for NetworkManager. Replies when the owner has taken it on. */
int wattle_act_switch(sd_bus_message *call, const WattleManagerMesh *mesh, gboolean up,
                      sd_bus_error *error);

typedef struct WattleApplies WattleApplies;

/* done is called after each that went well, before its reply. */
WattleApplies *wattle_applies_new(sd_bus *bus, void (*done)(gpointer data), gpointer data);
void wattle_applies_free(WattleApplies *applies);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(WattleApplies, wattle_applies_free)

/* Runs wattle-apply@MESH.service, and replies when it has ended. */
int wattle_applies_start(WattleApplies *applies, sd_bus_message *call, const char *mesh,
                         sd_bus_error *error);
