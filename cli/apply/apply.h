/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Brings a running host to what its mesh says now, and disturbs nothing that stays as it is: files
 * that changed are replaced, the kernel's peers get the least change, networkd reads its files
 * again only for routes, addresses and interfaces. Looks (facts.h), decides (plan.h), and runs the
 * steps. */
#pragma once

#include "cli/apply/applier.h"
#include "cli/apply/facts.h"
#include "common/sys/file.h"

/* What was done, for the caller to tell; what is not here is as planned. */
typedef struct {
        WattleWgSummary device;
        guint n_changed_files, n_removed_files;
        gboolean nm_reapplied; /* addresses or routes of the interface that is up */
        gboolean nm_zone;      /* the interface is in another zone of firewalld */
        gboolean nm_restarted; /* the interface was made anew by NetworkManager */
} WattleApplied;

/* Waits until no other apply runs, and mends what one that was killed has left; *ret holds the lock
 * until it is closed. */
gboolean wattle_apply_lock(const WattleApplier *applier, WattleFd *ret,
                           GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Looks at the host, and fills what the caller has zeroed; changes nothing. Needs root. */
gboolean wattle_apply_plan(WattleApply *apply, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Carries the plan out. After an error the next apply goes on, and so it does until the caller says
 * that what hangs on the mesh is done, too. Needs the lock, which was had before the deployment was
 * loaded. applied must be zeroed. */
gboolean wattle_apply_run(const WattleApply *apply, WattleApplied *applied,
                          GError **error) G_GNUC_WARN_UNUSED_RESULT;
void wattle_apply_done(const WattleApply *apply);
