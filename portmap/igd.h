/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* An Internet gateway device of UPnP, by libminiupnpc. It waits, as portmap/router.h says. */
#pragma once

#include <miniupnpc/miniupnpc.h>

#include "portmap/router.h"

typedef struct {
        struct UPNPUrls urls;
        struct IGDdatas data;
        char own[64]; /* our address on its side */
} WattleIgd;

/* FALSE if there is none that is connected. */
gboolean wattle_igd_find(WattleIgd *igd) G_GNUC_WARN_UNUSED_RESULT;
void wattle_igd_clear(WattleIgd *igd);

/* Sets mapped, at and lifetime_s, or failure. */
void wattle_igd_map(const WattleIgd *igd, const WattleRouterJob *job, guint lifetime_s,
                    WattleLeaseAnswer *ret);
void wattle_igd_unmap(const WattleIgd *igd, guint16 port);

/* UPNP_GetValidIGD(), which has more arguments since 2.2.8: meson chooses igd-valid-17.c or
 * igd-valid-18.c, after MINIUPNPC_API_VERSION. Whether a connected one was found; any that was, is
 * to be freed. */
gboolean wattle_igd_find_valid(struct UPNPDev *devices, WattleIgd *igd, gboolean *ret_any);
