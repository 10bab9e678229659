/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Who can call whom, as far as a profile says. That a device can be called is true of a family of
 * addresses: a home behind DS-Lite has a PublicEndpoint= of IPv6, which a peer that has IPv4 alone
 * does not reach. */
#pragma once

#include "common/profile.h"

/* What a device shows to have. Nothing shown is nothing known: a device without an endpoint may be
 * anywhere, and of a DNS name nobody knows the families before it is looked up. */
typedef enum {
        WATTLE_FAMILIES_NONE = 0,
        WATTLE_FAMILIES_IPV4 = 1 << 0,
        WATTLE_FAMILIES_IPV6 = 1 << 1,
        /* Of addresses that only their own network reaches, as private ones: that of a peer which
         * shows such ones too may be the same. */
        WATTLE_FAMILIES_IPV4_NEAR = 1 << 2,
        WATTLE_FAMILIES_IPV6_NEAR = 1 << 3,
} WattleFamilies;

/* The families in which others can call the device: those of its literal PublicEndpoint=. */
WattleFamilies wattle_reach_families(const WattleDevice *device);

/* Whether others can call it at all: it has a PublicEndpoint=, be it a name. */
gboolean wattle_reach_is_callable(const WattleDevice *device);

/* Whether self may call peer: that has a PublicEndpoint=, and it is not known that self has no
 * address of its family. */
gboolean wattle_reach_may_call(const WattleDevice *self, const WattleDevice *peer);

/* Where self calls peer. The first literal PublicEndpoint= of a family that self shows to have; if
 * there is none, or self shows nothing, the first literal one. NULL if it has none. */
const WattleSocketAddr *wattle_reach_literal(const WattleDevice *self, const WattleDevice *peer);

/* The same for a program that looks names up itself: a name is good for every family. */
const WattleEndpoint *wattle_reach_endpoint(const WattleDevice *self, const WattleDevice *peer);

/* The name of the device by which the two find each other inside the mesh, for one of them runs no
 * wattle and neither can be called: its Via=. If both have one, that of the device whose name comes
 * first, so that either side says the same. NULL: they need none, or there is none. Borrowed. */
const char *wattle_reach_via(const WattleDevice *a, const WattleDevice *b);

/* Whether there is a device that this one, which runs no wattle, would reach by Via= alone. */
gboolean wattle_reach_needs_via(const WattleProfile *profile, const WattleDevice *device);

/* A Via= for it: of those that can be called, the best that passes on packets anyway. NULL: there
 * is none. Borrowed. */
const WattleDevice *wattle_reach_choose_via(const WattleProfile *profile,
                                            const WattleDevice *device);

/* Whether the profile has the two on one LAN: their PrivateEndpoint= are of one /24 or /64, and
 * they do not have PublicEndpoint= of different homes. It may know less than they do. */
gboolean wattle_reach_is_near(const WattleDevice *a, const WattleDevice *b);

/* Whether it may tell two others, which cannot call each other, where it sees them: both call it,
 * so it sees them as the world does, and it runs wattle. A device with Relay= does more, or
 * retires. */
gboolean wattle_reach_may_introduce(const WattleDevice *device);

/* Whether peer can surely call self: they share a family in which self can be called. */
gboolean wattle_reach_is_mutual(const WattleDevice *self, const WattleDevice *peer);

/* The first of a device's endpoints that is a DNS name; NULL: none is. Borrowed. */
const char *wattle_reach_name(const WattleCandidate *candidates, guint n);
