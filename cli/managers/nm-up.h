/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What NetworkManager has up of an installed mesh, decided here alone: for 'wattle up', 'down' and
 * 'apply'. It is the native connection, wattle's VPN, or a VPN that a user made for the mesh; they
 * share one interface, so there is one at most. */
#pragma once

#include <glib.h>
#include <systemd/sd-bus.h>

#include "common/local.h"

typedef struct {
        char *active;    /* the object of the active connection, which may be on its way up or down;
                            NULL: nothing is up */
        char *uuid;      /* of the connection, though active be its link alone */
        char *interface; /* NULL: there is none yet */
        WattleConnectionKind kind;
        gboolean is_theirs; /* a user made it */
        gboolean link_only; /* active is the link of a VPN that has ended: NetworkManager was
                               restarted */
} WattleNmUp;

/* up must be zeroed. A user's VPN that NetworkManager does not show to us is not found. */
gboolean wattle_nm_up_find(WattleNmUp *up, sd_bus *bus, const char *mesh,
                           GError **error) G_GNUC_WARN_UNUSED_RESULT;
void wattle_nm_up_clear(WattleNmUp *up);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(WattleNmUp, wattle_nm_up_clear)
