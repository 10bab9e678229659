/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The part of 'wattle apply' that is about NetworkManager: its profile of the mesh, and what runs
 * of it. What is to be done is decided in plan.h. Nothing here links libnm: the profile is written
 * by wattle-nm@MESH.service. See doc/hacking.md, "Connections of NetworkManager". */
#pragma once

#include <glib.h>
#include <systemd/sd-bus.h>

#include "cli/apply/before.h"
#include "cli/managers/nm.h"
#include "common/local.h"
#include "common/view.h"

typedef struct {
        int root_fd;
        sd_bus *bus;
        const char *mesh;
} WattleNmMesh;

/* What there is of a mesh at NetworkManager. */
typedef struct {
        gboolean is_running;  /* NetworkManager is there to be told */
        gboolean has_profile; /* or what a writer that was killed has left of it */
        WattleBefore before;  /* what the profile says */
        char *files[2];       /* by WattleConnectionKind: where NetworkManager has a connection of
                                 ours from; NULL: it has none */
        char *active;         /* the object of its active connection; NULL: it is down */
        WattleConnectionKind active_kind;
        char *interface; /* that it made; NULL: there is none */
        char *theirs; /* the connection of active, if it is a VPN that a user made for the mesh */
} WattleNmFacts;

/* Before anything changes. facts must be zeroed, and cleared also after an error. */
gboolean wattle_nm_apply_look(const WattleNmMesh *mesh, WattleNmFacts *facts,
                              GError **error) G_GNUC_WARN_UNUSED_RESULT;
void wattle_nm_facts_clear(WattleNmFacts *facts);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(WattleNmFacts, wattle_nm_facts_clear)

/* Switches it off and takes the profile away, and copies that NetworkManager made of it; for a
 * pending mesh, see common/sys/deploy.h, that may have happened in part. *ret_removed: there was
 * one. */
gboolean wattle_nm_apply_remove(const WattleNmMesh *mesh, const WattleNmFacts *facts,
                                gboolean is_pending, gboolean *ret_removed,
                                GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* *ret_written: with new content. */
gboolean wattle_nm_apply_write(const WattleNmMesh *mesh, gboolean *ret_written,
                               GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Has NetworkManager read the profile, if that is new to it, and forget a connection of the other
 * kind. *ret_connection is the object. */
gboolean wattle_nm_apply_load(const WattleNmMesh *mesh, WattleConnectionKind kind, gboolean is_new,
                              char **ret_connection, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Gives what is up the profile's addresses and routes, and leaves the peers as they are. */
gboolean wattle_nm_apply_reapply(const WattleNmMesh *mesh, const WattleNmFacts *facts,
                                 const WattleView *view, gboolean is_pending,
                                 const char *connection, GError **error) G_GNUC_WARN_UNUSED_RESULT;
