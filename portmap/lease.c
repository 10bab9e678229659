/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "portmap/lease.h"

#include <arpa/inet.h>

#include "common/address-policy.h"

#define SEC ((gint64)G_USEC_PER_SEC)

#define RENEW_MIN_US (60 * SEC)      /* a router that gives less is asked no more often */
#define FOR_EVER_US  (60 * 60 * SEC) /* so long is believed to last what has no end */
#define RETRY_US     (60 * SEC)      /* after a failure, then doubled, */
#define RETRY_MAX_US (60 * 60 * SEC)

/* RFC 6886, 3.6: a router's clock may be slow by an eighth, and by two seconds. */
static gboolean has_rebooted(const WattleLease *lease, const WattleLeaseAnswer *answer,
                             gint64 now_us)
{
        gint64 elapsed_s = (now_us - lease->taken_us) / SEC;

        return lease->has_epoch && answer->has_epoch && lease->protocol == answer->protocol &&
               answer->epoch_s < (gint64)lease->epoch_s + elapsed_s * 7 / 8 - 2;
}

/* A router behind another NAT gives ports of an address that nobody can call. */
static gboolean is_usable(const WattleLeaseAnswer *answer)
{
        const char *why;

        return answer->mapped && answer->at.port != 0 && answer->at.addr.family == AF_INET &&
               !wattle_addr_is_special(&answer->at.addr) &&
               wattle_address_judge(&answer->at.addr, WATTLE_USE_PUBLIC_ENDPOINT, &why) ==
                       WATTLE_ADDRESS_FITS;
}

static gint64 pause_us(const WattleLease *lease, const WattleLeaseAnswer *answer)
{
        gint64 half_us = (gint64)answer->lifetime_s * SEC / 2;

        if (!lease->usable)
                return MIN(RETRY_US << MIN(lease->failures - 1, 10), RETRY_MAX_US);
        return answer->lifetime_s == 0 ? WATTLE_LEASE_RENEW_US
                                       : CLAMP(half_us, RENEW_MIN_US, WATTLE_LEASE_RENEW_US);
}

/* No answer is no word that it is gone. */
static gboolean may_last(const WattleLease *lease, const WattleLeaseAnswer *answer, gint64 now_us)
{
        return lease->usable && !answer->mapped && answer->failure != WATTLE_PORTMAP_REFUSED &&
               now_us < lease->expires_us;
}

WattleLeaseNews wattle_lease_take(WattleLease *lease, const WattleLeaseAnswer *answer,
                                  gint64 now_us)
{
        const WattleLease before = *lease;
        gboolean usable = is_usable(answer);

        if (may_last(lease, answer, now_us)) {
                lease->next_us = now_us + RETRY_US;
                return WATTLE_LEASE_SAME;
        }
        *lease = (WattleLease){ .held = answer->mapped,
                                .usable = usable,
                                .protocol = answer->protocol,
                                .at = answer->at,
                                .has_epoch = answer->has_epoch,
                                .epoch_s = answer->epoch_s,
                                .taken_us = now_us,
                                .expires_us = now_us + (answer->lifetime_s == 0
                                                                ? FOR_EVER_US
                                                                : (gint64)answer->lifetime_s * SEC),
                                .failures = usable ? 0 : before.failures + 1 };
        if (!usable)
                lease->failure = answer->mapped ? WATTLE_PORTMAP_NOT_PUBLIC : answer->failure;
        lease->next_us = now_us + pause_us(lease, answer);
        if (before.usable && usable && has_rebooted(&before, answer, now_us))
                return WATTLE_LEASE_REBOOTED;
        if (before.taken_us != 0 && before.usable == usable &&
            (usable ? wattle_socket_addr_equal(&before.at, &lease->at)
                    : before.failure == lease->failure))
                return WATTLE_LEASE_SAME;
        return WATTLE_LEASE_NEWS;
}

void wattle_lease_hurry(WattleLease *lease)
{
        lease->next_us = 0;
        lease->failures = 0;
        lease->has_epoch = FALSE;
        lease->expires_us = 0;
}
