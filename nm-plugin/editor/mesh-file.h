/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A mesh as a file that somebody was sent, or an invitation to one: into a connection that carries
 * it whole, and out again, byte for byte. */
#pragma once

#include <NetworkManager.h>

#include "common/key.h"
#include "common/profile.h"

/* A report says so many faults in an error; of the others, how many there are. */
#define WATTLE_MESH_FILE_MAX_FAULTS 10

/* The faults of a report, a line each, the warnings left out; NULL if there is no error. */
char *wattle_mesh_file_explain(WattleReport *report);

typedef struct {
        WattleProfile *mesh; /* of an invitation the tiny one */
        char *profile;       /* its text; NULL of an invitation */
        char *invitation;    /* as people carry it, without a private key; NULL of a profile */
        gboolean has_key;
        WattleKey private_key; /* which came with the invitation */
} WattleMeshFile;

void wattle_mesh_file_clear(WattleMeshFile *file);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(WattleMeshFile, wattle_mesh_file_clear)

/* A mesh that a connection can carry: read, checked, at most as large as a connection takes. A file
 * that is none of a mesh is refused in one sentence; of a bad mesh the error has all faults, each
 * with its place. ret must be zeroed. */
gboolean wattle_mesh_file_read(const char *path, WattleMeshFile *ret,
                               GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* A new connection of type wattle that carries the mesh. It says which device this is if the
 * invitation or the host's name tells, and has a private key only if that came with the
 * invitation. */
NMConnection *wattle_mesh_file_import(const char *path, const char *host_name,
                                      GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Writes the mesh that the connection carries, or that is installed below root_fd under the name it
 * has. No private key is ever in it. */
gboolean wattle_mesh_file_export(NMConnection *connection, int root_fd, const char *path,
                                 GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* "home.mesh", for the connection. */
char *wattle_mesh_file_name(NMConnection *connection);
