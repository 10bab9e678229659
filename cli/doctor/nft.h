/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the rules of nftables make of a UDP packet from somebody new to a port of this host, as far
 * as 'nft list ruleset' shows it. It reads the common kinds of rules; what it does not know makes
 * it say so, and never that a packet is dropped. */
#pragma once

#include <glib.h>

typedef enum {
        WATTLE_NFT_PASSES,
        WATTLE_NFT_UNSURE, /* it hangs on something that is not read here */
        WATTLE_NFT_DROPS,
} WattleNftVerdict;

/* ret_where is the chain that drops it, "inet filter input"; untouched unless it is dropped. */
WattleNftVerdict wattle_nft_judge(const char *ruleset, guint16 port, char **ret_where);
