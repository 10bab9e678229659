/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the rules of nftables make of a packet from somebody new, to a port of this host or through
 * it, as far as 'nft list ruleset' shows it. It reads the common kinds of rules; what it does not
 * know makes it say so, and never that a packet is dropped. */
#pragma once

#include "common/port-table.h"

typedef enum {
        WATTLE_NFT_PASSES,
        WATTLE_NFT_UNSURE, /* it hangs on something that is not read here */
        WATTLE_NFT_DROPS,
} WattleNftVerdict;

/* Of packets to those ports: the worst that becomes of the first and the last of them. mesh is the
 * interface of it, for ports on that side. ret_where is the chain that drops it, "inet filter
 * input"; untouched unless it is dropped. */
WattleNftVerdict wattle_nft_judge(const char *ruleset, const WattlePort *port, const char *mesh,
                                  char **ret_where);

/* The same of packets of any kind that come in by one interface and leave by another, or by the
 * same one, of IPv4 or IPv6. */
WattleNftVerdict wattle_nft_judge_forward(const char *ruleset, int family, const char *in,
                                          const char *out, char **ret_where);

/* Who drops it there: "firewalld", "ufw", or "the firewall". */
const char *wattle_nft_owner(const char *ruleset, const char *where);

/* The command that opens those ports where that chain drops them, in the words of the program that
 * owns the chain: firewalld, ufw, or nobody. NULL: the table is that of a program which lets nobody
 * write to it. */
char *wattle_nft_open_port(const char *ruleset, const char *where, const WattlePort *port,
                           const char *mesh);

/* The command that lets packets of an interface through where that chain drops them, in the words
 * of the program that owns the chain: firewalld, ufw, Docker, or nobody. NULL as above. */
char *wattle_nft_open_forward(const char *ruleset, const char *where, const char *interface);
