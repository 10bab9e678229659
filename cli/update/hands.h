/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What an updater (settle.h) does with a running host: 'wattle apply', and questions to peers by
 * wattled. */
#pragma once

#include "cli/apply/applier.h"
#include "cli/update/settle.h"
#include "common/profile.h"

/* The data of an updater of these functions begins with it. */
typedef struct {
        const WattleApplier *applier;
} WattleHands;

gboolean wattle_hands_apply(const WattleUpdater *updater, GError **error);
gboolean wattle_hands_wait(const WattleUpdater *updater, const char *const *peers, gint64 limit_s,
                           char **ret_who, GError **error);

/* Starts wattle-update@MESH.service, where it is installed. */
void wattle_hands_guard(const WattleUpdater *updater);

/* As wattle_witness_choose(); NULL too if wattled does not run. */
char **wattle_hands_find_witnesses(const WattleUpdater *updater, const WattleProfile *old,
                                   const WattleProfile *new, const char *peer);
