/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Whom we introduce to each other now: two members that cannot call each other, and call us. Pure:
 * introducer.h sends. See doc/hacking.md, "Who can be called introduces two others". */
#pragma once

#include "daemon/roster.h"

/* That are remembered; a newer one takes the place of the one that was asked for longest ago. A
 * member asks 20 times a second at most (wattle_member_may_answer()). */
#define WATTLE_INTRODUCTIONS_PAIRS 128

typedef struct {
        guint64 pair;    /* a digest; 0: none */
        gint64 next_us;  /* see wattle_introductions_begin() */
        gint64 asked_us; /* last */
        guint n;         /* of rounds */
} WattleIntroduction;

typedef struct {
        WattleIntroduction pairs[WATTLE_INTRODUCTIONS_PAIRS];
} WattleIntroductions;

/* Whether one may be told of the other, and the other of it: both run wattle, and each has a
 * session with us, now_s being CLOCK_REALTIME. And where we see them is good for both: not one of
 * them on a LAN and the other outside. */
gboolean wattle_introductions_fit(const WattleMember *one, const WattleMember *other, gint64 now_s);

/* Whether the two are told now: once a second, after a burst of three. ret_lower: the one with the
 * lower key goes on, and not the other; that changes from round to round. */
gboolean wattle_introductions_begin(WattleIntroductions *introductions, const WattleKey *one,
                                    const WattleKey *other, gint64 now_us, gboolean *ret_lower);
