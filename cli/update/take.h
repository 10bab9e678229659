/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* An offered profile is judged against what this host has and, if it may be, installed, applied and
 * confirmed. */
#pragma once

#include "cli/update/offer.h"
#include "cli/update/settle.h"

typedef struct {
        gboolean only_check; /* judge it, and change nothing */
        gboolean may_jump;   /* a person's word for WATTLE_OFFER_JUMP */
        gboolean may_leave;  /* and for WATTLE_OFFER_WITHOUT_US: the mesh is switched off here */
        const char *peer;    /* that it came from, or NULL */
        /* Who can confirm it; NULL: nobody need. As wattle_witness_choose(). */
        char **(*find_witnesses)(const WattleUpdater *updater, const WattleProfile *old,
                                 const WattleProfile *new, const char *peer);
} WattleTakeOptions;

typedef struct {
        WattleOfferVerdict verdict;
        gboolean is_kept; /* it is the last good one now; else, if taken, it is held or blind */
} WattleTaken;

/* offer as wattle_offer_judge() wants it. FALSE with errors in the report if the host cannot be
 * brought to either profile; a bad offer is one too. Anything else is in *ret. Says what it does.
 */
gboolean wattle_update_take(const WattleUpdater *updater, WattleOffer *offer,
                            const WattleTakeOptions *options, WattleTaken *ret,
                            WattleReport *report) G_GNUC_WARN_UNUSED_RESULT;
