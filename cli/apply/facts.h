/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Where the facts of plan.h come from: files, the kernel and the bus. Nothing is changed here. */
#pragma once

#include "cli/apply/applier.h"
#include "cli/apply/plan.h"
#include "common/sys/deploy.h"
#include "common/wg-message.h"

/* One mesh: what is to be done with it, and why. */
typedef struct {
        const WattleApplier *applier;
        const char *mesh;
        WattleDeployment deployment; /* the caller loads it, and tells its report */
        WattleBefore before;
        WattleApplyFacts facts;
        gboolean is_known; /* the mesh is installed, or has left something here */
        WattlePlan plan;
} WattleApply;

void wattle_apply_clear(WattleApply *apply);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(WattleApply, wattle_apply_clear)

/* Fills before, facts and is_known. */
gboolean wattle_apply_look(WattleApply *apply, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* The least change of the kernel's device to what is wanted. */
void wattle_apply_diff(const WattleApply *apply, const WattleWgDevice *device, WattleWgChange *ret);
