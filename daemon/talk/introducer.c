/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "daemon/talk/introducer.h"

#include <string.h>

#include "common/sys/clock.h"

struct WattleIntroducer {
        const WattleRoster *roster;
        WattleProber *prober;
        WattleIntroductions introductions;
};

static WattleSocketAddr seen_at(const WattleMember *member)
{
        WattleSocketAddr at = member->endpoint;

        at.scope = 0;
        return at;
}

static void tell(const WattleIntroducer *introducer, const WattleMember *member,
                 const WattleMember *other, gboolean goes_on)
{
        WattlePairing pairing = { .kind = WATTLE_PAIRING_INTRODUCED,
                                  .port = other->port_of_links,
                                  .goes_on = goes_on,
                                  .other = other->key,
                                  .seen = seen_at(other),
                                  .you = seen_at(member) };

        if (member->n_addresses > 0)
                wattle_prober_send_pairing(introducer->prober, &member->addresses[0], &pairing);
}

static void refuse(const WattleIntroducer *introducer, const WattleMember *member,
                   const WattleKey *other)
{
        WattlePairing pairing = { .kind = WATTLE_PAIRING_REFUSED, .other = *other };

        if (member->n_addresses > 0)
                wattle_prober_send_pairing(introducer->prober, &member->addresses[0], &pairing);
}

void wattle_introducer_ask(WattleIntroducer *introducer, const WattleMember *member,
                           const WattleKey *other)
{
        const WattleMember *peer = wattle_roster_with_key(introducer->roster, other);
        gboolean lower;
        gboolean is_lower = memcmp(member->key.bytes, other->bytes, WATTLE_KEY_SIZE) < 0;

        if (!introducer->prober)
                return;
        if (!peer || !wattle_introductions_fit(member, peer, g_get_real_time() / G_USEC_PER_SEC)) {
                refuse(introducer, member, other);
                return;
        }
        if (!wattle_introductions_begin(&introducer->introductions, &member->key, other,
                                        wattle_clock_now_us(), &lower))
                return;
        tell(introducer, peer, member, is_lower != lower);
        tell(introducer, member, peer, is_lower == lower);
}

void wattle_introducer_use(WattleIntroducer *introducer, WattleProber *prober)
{
        introducer->prober = prober;
}

WattleIntroducer *wattle_introducer_new(const WattleRoster *roster)
{
        WattleIntroducer *introducer = g_new0(WattleIntroducer, 1);

        introducer->roster = roster;
        return introducer;
}

void wattle_introducer_free(WattleIntroducer *introducer)
{
        g_free(introducer);
}
