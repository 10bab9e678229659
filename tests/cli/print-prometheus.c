/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What 'wattle status --prometheus' would print of two meshes with all that is odd, for a parser.
 */
#include <string.h>

#include "cli/status/prometheus.h"

#define NOW_S G_GINT64_CONSTANT(1700000000)

static void fill(WattleStatus *status, const char *mesh)
{
        const WattlePeerStatus odd = { .device = "a \"quoted\\ one\n\303\244",
                                       .path = WATTLE_PATH_RELAYED,
                                       .last_handshake_s = NOW_S - 5,
                                       .rx_bytes = 1,
                                       .tx_bytes = G_MAXINT64,
                                       .has_rtt = TRUE,
                                       .rtt_us = 2000300,
                                       .serial = 9 };
        const WattlePeerStatus plain = { .device = "plain" };
        WattlePeerStatus nobody = { .device = NULL };

        memset(nobody.public_key.bytes, 0xfb, sizeof nobody.public_key.bytes);
        wattle_status_init(status);
        status->mesh = mesh;
        status->device = "here";
        status->interface = mesh;
        status->owner = WATTLE_OWNER_NETWORK_MANAGER;
        status->link = WATTLE_LINK_UP;
        status->wattled = TRUE;
        g_array_append_val(status->peers, odd);
        g_array_append_val(status->peers, plain);
        g_array_append_val(status->peers, nobody);
}

int main(void)
{
        g_auto(WattleStatus) home = { 0 }, work = { 0 };
        const WattleStatus *statuses[] = { &home, &work };

        fill(&home, "home");
        fill(&work, "work");
        wattle_status_prometheus(statuses, 2, NOW_S * G_USEC_PER_SEC, stdout);
        return 0;
}
