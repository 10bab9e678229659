/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A mesh as a file that somebody was sent: into a connection that carries it whole, and out again,
 * byte for byte. */
#pragma once

#include <NetworkManager.h>

#include "common/profile.h"

/* A report says so many faults in an error; of the others, how many there are. */
#define WATTLE_MESH_FILE_MAX_FAULTS 10

/* The faults of a report, a line each, the warnings left out; NULL if there is no error. */
char *wattle_mesh_file_explain(WattleReport *report);

/* The text of a mesh that a connection can carry: read, checked, at most as large as a connection
 * takes. The profile read from it goes to ret_profile. A file that is none of a mesh is refused in
 * one sentence; of a bad mesh the error has all faults, each with its place. */
char *wattle_mesh_file_read(const char *path, WattleProfile **ret_profile,
                            GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* A new connection of type wattle that carries the mesh. It says which device this is if the host's
 * name tells, and has no private key. */
NMConnection *wattle_mesh_file_import(const char *path, const char *host_name,
                                      GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Writes the mesh that the connection carries, or that is installed below root_fd under the name it
 * has. No private key is ever in it. */
gboolean wattle_mesh_file_export(NMConnection *connection, int root_fd, const char *path,
                                 GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* "home.mesh", for the connection. */
char *wattle_mesh_file_name(NMConnection *connection);
