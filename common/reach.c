/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/reach.h"

#include <arpa/inet.h>
#include <string.h>

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

gboolean wattle_reach_may_call(const WattleDevice *self, const WattleDevice *peer)
{
        WattleFamilies ours = calls(wattle_reach_families(self));

        for (guint i = 0; i < peer->n_candidates; i++)
                if (peer->candidates[i].kind == WATTLE_CANDIDATE_PUBLIC &&
                    (peer->candidates[i].endpoint.name || ours == WATTLE_FAMILIES_NONE ||
                     (ours & family_of(&peer->candidates[i].endpoint))))
                        return TRUE;
        return FALSE;
}

static gboolean is_choice(const WattleCandidate *candidate, gboolean takes_names)
{
        return candidate->kind == WATTLE_CANDIDATE_PUBLIC &&
               (takes_names || !candidate->endpoint.name);
}

/* Most have one, and then no class of an address has a say. */
static const WattleEndpoint *choose(const WattleDevice *self, const WattleDevice *peer,
                                    gboolean takes_names)
{
        const WattleEndpoint *first = NULL;
        WattleFamilies ours;
        guint n = 0;

        for (guint i = 0; i < peer->n_candidates; i++)
                if (is_choice(&peer->candidates[i], takes_names) && n++ == 0)
                        first = &peer->candidates[i].endpoint;
        if (n <= 1)
                return first;
        ours = calls(wattle_reach_families(self));
        for (guint i = 0; i < peer->n_candidates; i++) {
                const WattleEndpoint *endpoint = &peer->candidates[i].endpoint;

                if (is_choice(&peer->candidates[i], takes_names) &&
                    (endpoint->name || ours == WATTLE_FAMILIES_NONE ||
                     (ours & family_of(endpoint))))
                        return endpoint;
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

const char *wattle_reach_name(const WattleCandidate *candidates, guint n)
{
        for (guint i = 0; i < n; i++)
                if (candidates[i].endpoint.name)
                        return candidates[i].endpoint.name;
        return NULL;
}

gboolean wattle_reach_is_mutual(const WattleDevice *self, const WattleDevice *peer)
{
        WattleFamilies ours = wattle_reach_families(self);

        return ours != WATTLE_FAMILIES_NONE && (ours & calls(wattle_reach_families(peer))) != 0;
}

static gboolean is_one_network(const WattleCandidate *a, const WattleCandidate *b)
{
        const WattleAddr *one = &a->endpoint.at.addr, *other = &b->endpoint.at.addr;
        WattlePrefix network = wattle_prefix_around(one, one->family == AF_INET6 ? 64 : 24);

        return a->kind == WATTLE_CANDIDATE_PRIVATE && one->family == other->family &&
               wattle_prefix_contains_addr(&network, other);
}

static gboolean is_one_home(const WattleCandidate *a, const WattleCandidate *b)
{
        if (a->kind != WATTLE_CANDIDATE_PUBLIC)
                return FALSE;
        if (a->endpoint.name || b->endpoint.name)
                return g_strcmp0(a->endpoint.name, b->endpoint.name) == 0;
        return wattle_addr_equal(&a->endpoint.at.addr, &b->endpoint.at.addr);
}

/* Whether any of one device's candidates and any of the same kind of the other's are so. */
static gboolean has_any(const WattleDevice *a, const WattleDevice *b,
                        gboolean (*is)(const WattleCandidate *a, const WattleCandidate *b))
{
        for (guint i = 0; i < a->n_candidates; i++)
                for (guint j = 0; j < b->n_candidates; j++)
                        if (a->candidates[i].kind == b->candidates[j].kind &&
                            is(&a->candidates[i], &b->candidates[j]))
                                return TRUE;
        return FALSE;
}

gboolean wattle_reach_is_near(const WattleDevice *a, const WattleDevice *b)
{
        gboolean differ = wattle_reach_is_callable(a) && wattle_reach_is_callable(b) &&
                          !has_any(a, b, is_one_home);

        return !differ && has_any(a, b, is_one_network);
}

const char *wattle_reach_via(const WattleDevice *a, const WattleDevice *b)
{
        const WattleProfileName *via = a->via ? a->via : b->via;

        if (!via || wattle_reach_is_callable(a) || wattle_reach_is_callable(b))
                return NULL;
        if (a->via && b->via && strcmp(b->name, a->name) < 0)
                via = b->via;
        return via->value;
}

gboolean wattle_reach_may_introduce(const WattleDevice *device)
{
        return device->managed && device->relay == WATTLE_RELAY_NO &&
               wattle_reach_is_callable(device);
}

static gboolean is_other(const WattleDevice *one, const WattleDevice *device)
{
        return one->state == WATTLE_DEVICE_ACTIVE && strcmp(one->name, device->name) != 0;
}

gboolean wattle_reach_needs_via(const WattleProfile *profile, const WattleDevice *device)
{
        if (device->managed || device->via || wattle_reach_is_callable(device))
                return FALSE;
        for (guint i = 0; i < profile->n_devices; i++)
                if (is_other(&profile->devices[i], device) &&
                    !wattle_reach_is_callable(&profile->devices[i]))
                        return TRUE;
        return FALSE;
}

/* Best last: any; one that forwards for others anyway; one that was made for it. */
static guint rank_via(const WattleDevice *device)
{
        if (device->relay == WATTLE_RELAY_YES)
                return 3;
        return device->exit_node ? 2 : 1;
}

const WattleDevice *wattle_reach_choose_via(const WattleProfile *profile,
                                            const WattleDevice *device)
{
        const WattleDevice *best = NULL;

        for (guint i = 0; i < profile->n_devices; i++) {
                const WattleDevice *one = &profile->devices[i];

                if (is_other(one, device) && one->managed && wattle_reach_is_callable(one) &&
                    (!best || rank_via(one) > rank_via(best)))
                        best = one;
        }
        return best;
}
