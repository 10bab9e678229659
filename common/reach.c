/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/reach.h"

#include <arpa/inet.h>

#include "common/address-policy.h"

static WattleFamilies family_of(const WattleEndpoint *endpoint)
{
        const char *why;
        gboolean is_ipv6 = endpoint->at.addr.family == AF_INET6;

        if (endpoint->name)
                return WATTLE_FAMILIES_NONE;
        if (wattle_address_judge(&endpoint->at.addr, WATTLE_USE_PUBLIC_ENDPOINT, &why) ==
            WATTLE_ADDRESS_FITS)
                return is_ipv6 ? WATTLE_FAMILIES_IPV6 : WATTLE_FAMILIES_IPV4;
        return is_ipv6 ? WATTLE_FAMILIES_IPV6_NEAR : WATTLE_FAMILIES_IPV4_NEAR;
}

/* The families alone: who has a private address can call one of everybody's. */
static WattleFamilies calls(WattleFamilies families)
{
        if (families & WATTLE_FAMILIES_IPV4_NEAR)
                families |= WATTLE_FAMILIES_IPV4;
        if (families & WATTLE_FAMILIES_IPV6_NEAR)
                families |= WATTLE_FAMILIES_IPV6;
        return families;
}

WattleFamilies wattle_reach_families(const WattleDevice *device)
{
        WattleFamilies families = WATTLE_FAMILIES_NONE;

        for (guint i = 0; i < device->n_candidates; i++)
                if (device->candidates[i].kind == WATTLE_CANDIDATE_PUBLIC)
                        families |= family_of(&device->candidates[i].endpoint);
        return families;
}

gboolean wattle_reach_is_callable(const WattleDevice *device)
{
        for (guint i = 0; i < device->n_candidates; i++)
                if (device->candidates[i].kind == WATTLE_CANDIDATE_PUBLIC)
                        return TRUE;
        return FALSE;
}

static const WattleEndpoint *choose(const WattleDevice *self, const WattleDevice *peer,
                                    gboolean takes_names)
{
        WattleFamilies ours = calls(wattle_reach_families(self));
        const WattleEndpoint *first = NULL;

        for (guint i = 0; i < peer->n_candidates; i++) {
                const WattleEndpoint *endpoint = &peer->candidates[i].endpoint;

                if (peer->candidates[i].kind != WATTLE_CANDIDATE_PUBLIC ||
                    (endpoint->name && !takes_names))
                        continue;
                if (endpoint->name || ours == WATTLE_FAMILIES_NONE || (ours & family_of(endpoint)))
                        return endpoint;
                if (!first)
                        first = endpoint;
        }
        return first;
}

const WattleSocketAddr *wattle_reach_literal(const WattleDevice *self, const WattleDevice *peer)
{
        const WattleEndpoint *endpoint = choose(self, peer, FALSE);

        return endpoint ? &endpoint->at : NULL;
}

const WattleEndpoint *wattle_reach_endpoint(const WattleDevice *self, const WattleDevice *peer)
{
        return choose(self, peer, TRUE);
}

gboolean wattle_reach_is_mutual(const WattleDevice *self, const WattleDevice *peer)
{
        WattleFamilies ours = wattle_reach_families(self);

        return ours != WATTLE_FAMILIES_NONE && (ours & calls(wattle_reach_families(peer))) != 0;
}
