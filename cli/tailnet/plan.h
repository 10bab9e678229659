/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What 'wattle apply' does for a tailnet, as a list of steps that is decided before the first is
 * done; as cli/apply/plan.h for a mesh, and as pure. tailscaled is never stopped to be started: it
 * may be the way by which somebody is here. */
#pragma once

#include "common/sys/install.h"

/* The host and the tailnet on it at this moment. */
typedef struct {
        gboolean wanted;     /* installed and enabled */
        gboolean is_new;     /* a file that is to be installed, or installed with other bytes */
        gboolean is_pending; /* an apply has not ended: what runs may be older than the files */
        gboolean is_linked;  /* by the generator, when it last ran */
        WattleChanges files;
        gboolean writer_runs, networkd_runs, nm_runs;
        gboolean has_daemon, daemon_runs; /* tailscaled */
        gboolean has_login;               /* wattle-tailscale is installed */
        gboolean has_filter, filter_runs; /* wattle-filter, installed and for this one */
        gboolean has_device;              /* the interface is there, as systemd sees it */
        gboolean wants_filter;
} WattleTailnetFacts;

typedef enum {
        WATTLE_TAILNET_STEP_COPY,    /* the file to its place */
        WATTLE_TAILNET_STEP_INSTALL, /* what is made of it */
        WATTLE_TAILNET_STEP_RELOAD_SYSTEMD,
        WATTLE_TAILNET_STEP_START_WRITER,
        WATTLE_TAILNET_STEP_STOP_WRITER,
        WATTLE_TAILNET_STEP_RELOAD_NM,
        WATTLE_TAILNET_STEP_RELOAD_NETWORKD,
        WATTLE_TAILNET_STEP_RESTART_NETWORKD,
        WATTLE_TAILNET_STEP_APPLY_SYSCTLS,
        WATTLE_TAILNET_STEP_START_FILTER,
        WATTLE_TAILNET_STEP_RELOAD_FILTER,
        WATTLE_TAILNET_STEP_STOP_FILTER,
        WATTLE_TAILNET_STEP_START_DAEMON,
        WATTLE_TAILNET_STEP_RESTART_DAEMON, /* as one job of systemd's */
        WATTLE_TAILNET_STEP_START_LOGIN,
        WATTLE_TAILNET_STEP_RESTART_LOGIN, /* so that it sets what is declared */
        WATTLE_TAILNET_N_STEPS,
} WattleTailnetStep;

typedef struct {
        WattleTailnetStep steps[WATTLE_TAILNET_N_STEPS];
        guint n;
} WattleTailnetPlan;

/* plan must be zeroed. */
void wattle_tailnet_plan(const WattleTailnetFacts *facts, WattleTailnetPlan *plan);

gboolean wattle_tailnet_plan_has(const WattleTailnetPlan *plan, WattleTailnetStep step);
