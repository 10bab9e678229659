/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A manager of two meshes that moves nothing and writes down what it was told: home, at
 * systemd-networkd, with the peers b and c; and work, at NetworkManager, without any. */
#pragma once

#include "daemon/manager.h"

struct WattleManager {
        GString *told;        /* "migrate home b 192.0.2.1:1\n" */
        gboolean gone;        /* there are no meshes any more */
        gboolean refuse;      /* nothing can be done */
        gboolean probe_waits; /* until fake_manager_probed() */
        guint n_refreshed;
        WattlePath path; /* of b */
        WattleManagerChanged changed;
        gpointer changed_data;
        WattleProbed probed;
        GQueue probing; /* the data of each that waits */
        WattleLookup lookup;
        gpointer lookup_data;
};

/* A name that is asked for. */
struct WattleResolving {
        char *text; /* "192.0.2.1 2001:db8::1 ", once it is answered */
};

WattleManager *fake_manager_new(void);
void fake_manager_free(WattleManager *manager);

void fake_manager_change(WattleManager *manager, WattleChanged changed, guint mesh, guint peer);
void fake_manager_probed(WattleManager *manager, gboolean answered, guint32 rtt_us,
                         const char *why);
