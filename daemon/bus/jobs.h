/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Units that do as root what wattled may not: 'wattle apply', 'wattle up' and 'wattle down'.
 * wattled never waits; a call is answered when its unit has ended. */
#pragma once

#include <glib.h>
#include <systemd/sd-bus.h>

#include "daemon/bus/quota.h"

typedef enum {
        WATTLE_JOB_APPLY,  /* wattle-apply@MESH.service */
        WATTLE_JOB_DOWN,   /* wattle-down@MESH.service */
        WATTLE_JOB_UP,     /* wattle-up@MESH.service */
        WATTLE_JOB_UPDATE, /* wattle-update-sources@MESH.service */
} WattleJobKind;

typedef struct WattleJobs WattleJobs;

/* A job went well; its caller has no reply yet. */
typedef void (*WattleJobDone)(WattleJobKind kind, gpointer data);

/* Who waits longer than limit_us is told so, and is waited for no more. The bus must be attached to
 * an event loop. */
WattleJobs *wattle_jobs_new(sd_bus *bus, WattleQuota *quota, guint64 limit_us, WattleJobDone done,
                            gpointer data);
void wattle_jobs_free(WattleJobs *jobs);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(WattleJobs, wattle_jobs_free)

/* Starts the unit for the mesh, and replies when it has ended; uid is the caller's. Below 0: it was
 * not asked for, and the error may be set. */
int wattle_jobs_start(WattleJobs *jobs, sd_bus_message *call, uid_t uid, WattleJobKind kind,
                      const char *mesh, sd_bus_error *error);
