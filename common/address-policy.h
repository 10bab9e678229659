/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which classes of addresses (common/ip.h) a key of a profile may have: what is refused, what gets
 * a warning, and why. The one table for all keys that have addresses. */
#pragma once

#include "common/ip.h"

typedef enum {
        WATTLE_USE_SUBNET,
        WATTLE_USE_ADDRESS,
        WATTLE_USE_ROUTES,
        WATTLE_USE_PUBLIC_ENDPOINT,
        WATTLE_USE_PRIVATE_ENDPOINT,
        WATTLE_USE_DNS,
        WATTLE_N_USES,
} WattleAddressUse;

typedef enum {
        WATTLE_ADDRESS_FITS,
        WATTLE_ADDRESS_DOUBTFUL, /* a warning */
        WATTLE_ADDRESS_UNFIT,    /* an error */
} WattleAddressVerdict;

/* Words for a message that begins with the address, "is multicast, which ..."; NULL if it fits.
 * Borrowed for ever. */
WattleAddressVerdict wattle_address_judge(const WattleAddr *addr, WattleAddressUse use,
                                          const char **ret_why);

/* Of a prefix the worst that one of its addresses has. Routes are judged by what they lie in: a
 * wide one may contain what the kernel never sends that way. */
WattleAddressVerdict wattle_address_judge_prefix(const WattlePrefix *prefix, WattleAddressUse use,
                                                 const char **ret_why);
