/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* How a mesh stands on this host in one word, for scripts. */
#pragma once

#include "common/status.h"

/* In this order: the first that is missing says the word. */
typedef struct {
        gboolean exists;    /* a profile, or an invitation that was taken */
        gboolean has_key;   /* or it is not known */
        gboolean is_good;   /* the profile or what stands in for it can be read, and the settings */
        gboolean is_member; /* the profile has this device */
        gboolean is_invited;  /* the profile is still to come */
        gboolean is_troubled; /* another profile than what stands there runs, or its peers are not
                                 looked after */
        const WattleStatus *status; /* if it is a member */
} WattleStateFacts;

/* "no-profile", "need-key", "not-a-member", "down", "starting" (no peer was heard yet), "degraded",
 * "running". */
const char *wattle_state_word(const WattleStateFacts *facts);
