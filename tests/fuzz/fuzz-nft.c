/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What nft prints, or anything else, as a set of rules: an answer comes, and a place with "drops".
 */
#include <string.h>
#include <sys/socket.h>

#include "cli/doctor/mullvad.h"
#include "cli/doctor/nft.h"
#include "tests/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
        g_autofree char *text = g_strndup(size > 0 ? (const char *)bytes : "", size);
        const WattlePort udp = { WATTLE_PORT_RELAY, WATTLE_PORT_UDP, WATTLE_PORT_BY_UPLINK, 21900,
                                 21999 };
        const WattlePort tcp = { WATTLE_PORT_PROFILE, WATTLE_PORT_TCP, WATTLE_PORT_BY_MESH, 21823,
                                 21823 };
        g_autofree char *where = NULL;
        WattleNftVerdict verdict = wattle_nft_judge(text, &udp, "home", &where);

        g_assert_cmpint(verdict == WATTLE_NFT_DROPS, ==, where != NULL);
        if (where)
                g_free(wattle_nft_open_port(text, where, &udp, "home"));
        g_clear_pointer(&where, g_free);
        verdict = wattle_nft_judge(text, &tcp, "home", &where);
        if (verdict == WATTLE_NFT_DROPS)
                g_assert_nonnull(wattle_nft_owner(text, where));
        g_clear_pointer(&where, g_free);
        verdict = wattle_nft_judge_forward(text, AF_INET, "home", "eth0", &where);
        g_assert_cmpint(verdict == WATTLE_NFT_DROPS, ==, where != NULL);
        if (where)
                g_free(wattle_nft_open_forward(text, where, "home"));
        (void)wattle_mullvad_judge(text);
        return 0;
}
