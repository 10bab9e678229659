/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A profile with its signature, as two files of a host. There are up to three of them for a mesh:
 * what is installed, the last good one, and a candidate (common/paths.h). */
#pragma once

#include "common/lineage.h"
#include "common/sys/trust.h"

typedef struct {
        GBytes *text;
        GBytes *signature;     /* NULL: the mesh is not signed */
        WattleLineage lineage; /* of the text */
} WattlePair;

void wattle_pair_clear(WattlePair *pair);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(WattlePair, wattle_pair_clear)

/* That whose profile is at path, absolute and below root_fd. pair must be zeroed. FALSE with
 * NOT_FOUND if there is none or, with trust, none that verifies; both name the path. */
gboolean wattle_pair_read(WattlePair *pair, int root_fd, const char *path, const WattleTrust *trust,
                          GError **error) G_GNUC_WARN_UNUSED_RESULT;

gboolean wattle_pair_equal(const WattlePair *a, const WattlePair *b);

/* Puts it there, on the disk when this returns, and unless it is there already. */
gboolean wattle_pair_install(const WattlePair *pair, int root_fd, const char *path,
                             const WattleTrust *trust, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Removes it; the folder stays. */
gboolean wattle_pair_remove(int root_fd, const char *path,
                            GError **error) G_GNUC_WARN_UNUSED_RESULT;
