/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What 'wattle apply' does to a host, as a list of steps that is decided before the first is done.
 * Pure: what was there before, what the mesh wants and what the host is like go in; apply.c runs
 * what comes out. See doc/hacking.md, "A plan, and then the steps", and the decisions below it. */
#pragma once

#include "cli/apply/before.h"
#include "cli/apply/nm.h"
#include "cli/managers/foreign.h"
#include "cli/managers/nm.h"
#include "common/paths.h"
#include "common/sys/install.h"
#include "common/view.h"
#include "common/wg-message.h"

/* The host and the mesh on it at this moment; facts.h looks. */
typedef struct {
        guint systemd_version;
        gboolean is_pending;      /* what runs may be older than the files, however these compare */
        gboolean is_overridden;   /* the admin's word on the .netdev beats ours */
        gboolean link_exists;     /* the interface that is wanted is there */
        gboolean old_link_exists; /* and the one that the .netdev file in place made */
        gboolean device_differs;  /* from what is wanted, and how: */
        WattleWgSummary device;
        guint wanted_files;  /* bits of WattleFileKind */
        WattleChanges files; /* what is to change for these */
        gboolean networkd_runs;
        gboolean resolved_runs;
        char table_taker[16]; /* an interface that has routes in the exit node's table; "": none */
        gboolean has_lookup;  /* wattle-lookup is installed */
        gboolean has_filter;  /* wattle-filter is installed */
        gboolean has_device;  /* and can start: systemd knows the wanted interface */
        gboolean is_linked[WATTLE_N_UNITS]; /* by the generator, when it last ran */
        gboolean is_active[WATTLE_N_UNITS]; /* of the writers and the filter */
        WattleNmFacts nm;
        WattleForeign foreign;
} WattleApplyFacts;

typedef enum {
        WATTLE_STEP_TAKE_FROM_NM,  /* what NetworkManager has of the mesh, running and stored */
        WATTLE_STEP_REMOVE_LINK,   /* interface */
        WATTLE_STEP_KEEP_NETDEV,   /* the one that networkd has loaded, see swap.h */
        WATTLE_STEP_INSTALL,       /* the files */
        WATTLE_STEP_RELOAD_NM,     /* its configuration */
        WATTLE_STEP_UPDATE_DEVICE, /* the least change of the kernel's peers */
        WATTLE_STEP_RELOAD_SYSTEMD,
        WATTLE_STEP_START_UNIT, /* unit */
        WATTLE_STEP_STOP_UNIT,
        WATTLE_STEP_RELOAD_UNIT,
        WATTLE_STEP_START_NETWORKD,
        WATTLE_STEP_RELOAD_NETWORKD,
        WATTLE_STEP_CHECK_DEVICE,   /* again, should networkd have set the peers */
        WATTLE_STEP_WRITE_PROFILE,  /* NetworkManager's, if it is not as the mesh says */
        WATTLE_STEP_LOAD_PROFILE,   /* has NetworkManager read it, if it is new */
        WATTLE_STEP_FOLLOW_PROFILE, /* what that takes: wattle_plan_follow() */
        WATTLE_STEP_REAPPLY,
        WATTLE_STEP_NM_DOWN,
        WATTLE_STEP_NM_UP,
        WATTLE_STEP_NM_UP_THEIRS, /* the user's VPN that was up */
        WATTLE_STEP_APPLY_SYSCTLS,
} WattleStepKind;

typedef struct {
        WattleStepKind kind;
        const char *interface; /* borrowed of what the plan was made from */
        WattleUnitKind unit;
} WattleStep;

#define WATTLE_MAX_STEPS 20

typedef struct {
        WattleStep steps[WATTLE_MAX_STEPS];
        guint n;
} WattlePlan;

/* wanted is NULL for a mesh that is not to be here. No step: there is nothing to change. FALSE if
 * what is there is somebody else's: then nothing may be done. plan must be zeroed. */
gboolean wattle_plan(const WattleBefore *before, const WattleView *wanted,
                     const WattleApplyFacts *facts, WattlePlan *plan,
                     GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* The first step of that kind; NULL: there is none. */
const WattleStep *wattle_plan_find(const WattlePlan *plan, WattleStepKind kind);

/* What the caller is to say before the steps are run: whose VPN they take away, and the command
 * that keeps it. NULL: nothing. */
char *wattle_plan_warning(const WattlePlan *plan, const WattleApplyFacts *facts);

/* The same for what runs of a connection, once its profile is written and read. difference is that
 * of a native one. */
void wattle_plan_follow(const WattleView *wanted, const WattleApplyFacts *facts, gboolean written,
                        const WattleNmDifference *difference, WattlePlan *plan);
