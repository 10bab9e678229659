/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* On a device that can be called: a member asks for another one, and both are told where we see the
 * other. introductions.h decides. */
#pragma once

#include "daemon/prober.h"
#include "daemon/talk/introductions.h"

typedef struct WattleIntroducer WattleIntroducer;

/* roster is borrowed. */
WattleIntroducer *wattle_introducer_new(const WattleRoster *roster);
void wattle_introducer_free(WattleIntroducer *introducer);

/* By what it speaks: borrowed; NULL while the interface is away. */
void wattle_introducer_use(WattleIntroducer *introducer, WattleProber *prober);

/* A member asks for another one. The kernel was read just now, so that the endpoints of both are
 * those of now. Both are told; or the member alone, that it cannot be. */
void wattle_introducer_ask(WattleIntroducer *introducer, const WattleMember *member,
                           const WattleKey *other);
