/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "portmap/igd.h"

/* 2 is one with a reserved address, which we judge ourselves, or one that says it is not connected,
 * and then has none. */
gboolean wattle_igd_find_valid(struct UPNPDev *devices, WattleIgd *igd, gboolean *ret_any)
{
        int result = UPNP_GetValidIGD(devices, &igd->urls, &igd->data, igd->own, sizeof igd->own);

        *ret_any = result > 0;
        return result == 1 || result == 2;
}
