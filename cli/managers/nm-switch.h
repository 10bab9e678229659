/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A mesh that is switched on or off, and what came of it: 'wattle up' and 'wattle down'. */
#pragma once

#include <glib.h>
#include <systemd/sd-bus.h>

#include "common/local.h"

typedef struct {
        sd_bus *bus;
        const char *mesh;
        const char *interface;
        WattleConnectionKind connection; /* of NetworkManager */
        gboolean up;                     /* or down */
        gboolean changed;                /* it was not so already */
} WattleSwitch;

/* That it begins, for whoever waits and watches; programs do neither. */
void wattle_switch_tell(const WattleSwitch *what);

/* "up", "down already", for a person; whether it was so already. */
const char *wattle_switch_words(gboolean up, gboolean changed);

/* At NetworkManager; waits for the end of it. The connection is wattle's own; but whatever else is
 * up of the mesh is taken for it: see cli/managers/nm-up.h. */
gboolean wattle_switch_at_nm(WattleSwitch *what, GError **error) G_GNUC_WARN_UNUSED_RESULT;
