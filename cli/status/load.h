/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Where the status of a mesh comes from: wattled, which knows most and tells everybody; else the
 * kernel, which tells root alone. What could not be had is said in notes, with what to do. */
#pragma once

#include <signal.h>
#include <systemd/sd-bus.h>

#include "cli/cli.h"
#include "common/status.h"

typedef struct {
        const WattleCli *cli;
        sd_bus *bus;    /* NULL until wanted, and where there is none */
        gboolean asked; /* for the bus */
        gboolean watching;
} WattleStatusSource;

void wattle_status_source_clear(WattleStatusSource *source);

/* FALSE with errors in the report if there is nothing to show: the mesh is not installed, or bad.
 * status must be initialised; notes are of char *. *ret_complete is FALSE if the peers' state was
 * not to be had. */
gboolean wattle_status_load(WattleStatusSource *source, const char *mesh, WattleStatus *status,
                            GPtrArray *notes, gboolean *ret_complete,
                            WattleReport *report) G_GNUC_WARN_UNUSED_RESULT;

/* Until something has changed, so many seconds have passed, or a signal came that is not in the
 * mask. */
void wattle_status_wait(WattleStatusSource *source, guint seconds, const sigset_t *mask);
