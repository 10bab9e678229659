/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Moves that are under way: an endpoint is set, and nothing has proved it yet. They stand in a file
 * of the runtime folder, MESH.moves, before the first of them is set, so that a wattled after one
 * that was killed can go back. See doc/hacking.md, "A move that nothing has proved does not outlive
 * wattled". */
#pragma once

#include "common/endpoint.h"
#include "common/key.h"

#define WATTLE_UNPROVED_MAX_BYTES (2 * 1024 * 1024)

typedef struct {
        guint32 ifindex; /* of the mesh's interface: the moves of one that is gone do not matter */
        WattleKey peer;
        WattleSocketAddr from, to;
} WattleUnproved;

/* Appends to moves (of WattleUnproved). FALSE if the bytes are not just what
 * wattle_unproved_write() writes; moves is then as before. */
gboolean wattle_unproved_read(gconstpointer bytes, gsize size, GArray *moves,
                              GError **error) G_GNUC_WARN_UNUSED_RESULT;
char *wattle_unproved_write(const GArray *moves);

/* No file is an empty one, and an empty one no file. */
gboolean wattle_unproved_load(int dir_fd, const char *mesh, GArray *moves,
                              GError **error) G_GNUC_WARN_UNUSED_RESULT;
gboolean wattle_unproved_store(int dir_fd, const char *mesh, const GArray *moves,
                               GError **error) G_GNUC_WARN_UNUSED_RESULT;
