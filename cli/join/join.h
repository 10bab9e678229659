/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The new device's side of joining: an invitation is read, held against what this host is, and
 * installed; then the mesh is there, with one to three members, until one of them has given the
 * whole profile. */
#pragma once

#include <sys/types.h>

#include "common/invitation.h"
#include "common/sys/load.h"

typedef struct {
        char *source; /* as messages call it */
        WattleInvitation invitation;
        WattleProfile *mesh;        /* the tiny one, verified with the key in the invitation */
        const WattleDevice *device; /* which this host is to be */
} WattleJoin;

void wattle_join_clear(WattleJoin *join);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(WattleJoin, wattle_join_clear)

/* join must be zeroed. FALSE with errors in the report. */
gboolean wattle_join_read(WattleJoin *join, const char *text, gsize size, const char *source,
                          WattleReport *report) G_GNUC_WARN_UNUSED_RESULT;

/* Whether it may be installed here: no such mesh, no newer one that was here before, no other
 * signers that are trusted, and our key is the one that is invited. FALSE with errors in the
 * report. Needs root, for the key. */
gboolean wattle_join_check(const WattleJoin *join, int root_fd,
                           WattleReport *report) G_GNUC_WARN_UNUSED_RESULT;

/* Key, settings, invitation and signers, in that order: the last one makes it a mesh. To do it
 * again does no harm. group reads the key. */
gboolean wattle_join_install(const WattleJoin *join, int root_fd, const gid_t *group,
                             GError **error) G_GNUC_WARN_UNUSED_RESULT;
