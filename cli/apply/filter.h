/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* wattle-filter@MESH.service of one mesh, as 'wattle apply' finds and leaves it. */
#pragma once

#include <glib.h>
#include <systemd/sd-bus.h>

typedef enum {
        WATTLE_FILTER_LEAVE,
        WATTLE_FILTER_START,
        WATTLE_FILTER_RELOAD,
        WATTLE_FILTER_STOP,
} WattleFilterStep;

typedef struct {
        gboolean wanted;  /* the mesh has a table */
        gboolean changed; /* and it is another one than before, or nobody knows */
        gboolean running;
        gboolean has_device; /* systemd knows the interface, so that the unit can start at once: it
                                is bound to it, and would be waited for without end */
} WattleFilterFacts;

WattleFilterStep wattle_filter_plan(const WattleFilterFacts *facts);

/* Looks, and does what the plan says. wanted and changed are the caller's to know. */
gboolean wattle_filter_apply(sd_bus *bus, const char *mesh, const char *interface, gboolean wanted,
                             gboolean changed, GError **error) G_GNUC_WARN_UNUSED_RESULT;
