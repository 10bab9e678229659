/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What wattled knows of a mesh's peers that shall outlive it: the endpoint of each that was proved
 * last. A text file for each mesh, MESH.endpoints in its state folder. */
#pragma once

#include "common/migrate/migrate.h"

#define WATTLE_ENDPOINT_FILE_MAX_BYTES (2 * 1024 * 1024)
#define WATTLE_ENDPOINT_FILE_MAX_AGE_S (30 * 24 * 3600)

typedef struct {
        WattleKey peer;
        WattleSocketAddr
                at;      /* scope 0: a link-local address is not kept, for links are renumbered */
        gint64 proved_s; /* CLOCK_REALTIME; only to forget what is old */
} WattleGoodEndpoint;

/* Appends to endpoints (of WattleGoodEndpoint). FALSE if the bytes are not just what
 * wattle_endpoint_file_write() writes; endpoints is then as before. */
gboolean wattle_endpoint_file_read(gconstpointer bytes, gsize size, GArray *endpoints,
                                   GError **error) G_GNUC_WARN_UNUSED_RESULT;
char *wattle_endpoint_file_write(const GArray *endpoints);

/* No file is an empty one; too old entries are left out. */
gboolean wattle_endpoint_file_load(int dir_fd, const char *mesh, gint64 now_s, GArray *endpoints,
                                   GError **error) G_GNUC_WARN_UNUSED_RESULT;
gboolean wattle_endpoint_file_store(int dir_fd, const char *mesh, const GArray *endpoints,
                                    GError **error) G_GNUC_WARN_UNUSED_RESULT;
