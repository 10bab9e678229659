/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The part of 'wattle apply' that is about NetworkManager: its profile of the mesh, and what runs
 * of it. Nothing here links libnm: the profile is written by wattle-nm@MESH.service. */
#pragma once

#include <glib.h>
#include <systemd/sd-bus.h>

#include "cli/apply/before.h"
#include "common/local.h"
#include "common/sys/kernel/wireguard.h"
#include "common/view.h"

typedef struct {
        int root_fd;
        sd_bus *bus;
        const char *mesh;
        gboolean running;    /* NetworkManager is there to be told */
        WattleBefore before; /* the profile as it was */
        char *active;        /* the object of its active connection; NULL: it is down */
        WattleConnectionKind active_kind;
        char *interface; /* that it made; NULL: it is down */
        char *theirs; /* the connection of active, if it is a VPN that a user made for the mesh */
} WattleNmApply;

/* Looks at what is there, before anything changes. */
gboolean wattle_nm_apply_init(WattleNmApply *apply, int root_fd, sd_bus *bus, const char *mesh,
                              GError **error) G_GNUC_WARN_UNUSED_RESULT;
void wattle_nm_apply_clear(WattleNmApply *apply);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(WattleNmApply, wattle_nm_apply_clear)

/* Fails if the mesh was edited at NetworkManager, which has a copy below /etc then. */
gboolean wattle_nm_apply_check(const WattleNmApply *apply, WattleConnectionKind kind,
                               GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Switches it off and takes the profile away; for a pending mesh, see common/sys/deploy.h, that may
 * have happened in part. So does a copy that NetworkManager made of it. *ret_removed: there was
 * one. */
gboolean wattle_nm_apply_remove(const WattleNmApply *apply, gboolean pending, gboolean *ret_removed,
                                GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* What was done with a profile. */
typedef struct {
        gboolean written; /* with new content */
        gboolean
                active; /* and still is, itself: its peers are for the caller to bring up to date */
        gboolean reapplied; /* addresses, routes or how an exit node is used */
        gboolean zone;      /* of firewalld */
        gboolean restarted; /* the interface was made anew */
} WattleNmApplied;

/* Has the profile written and read, and what runs of it follow, but for the peers. applied must be
 * zeroed. For a pending mesh nothing is taken for done. */
gboolean wattle_nm_apply_update(const WattleNmApply *apply, const WattleView *view,
                                gboolean pending, WattleNmApplied *applied,
                                GError **error) G_GNUC_WARN_UNUSED_RESULT;
