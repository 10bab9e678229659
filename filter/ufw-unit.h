/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The unit that speaks to ufw, wattle-ufw@MESH.service, started and stopped as the interface goes
 * up and down, and as ufw is enabled and disabled: ufw writes to the disk, which wattle-filter may
 * not. Nothing here waits. */
#pragma once

#include <glib.h>
#include <systemd/sd-event.h>

typedef struct WattleUfwUnit WattleUfwUnit;

/* address is the bus's; mesh is borrowed. */
WattleUfwUnit *wattle_ufw_unit_new(sd_event *event, const char *address, const char *mesh);
void wattle_ufw_unit_free(WattleUfwUnit *unit);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(WattleUfwUnit, wattle_ufw_unit_free)

/* One that runs already looks again at what is wanted. */
void wattle_ufw_unit_want(WattleUfwUnit *unit, gboolean wanted);
