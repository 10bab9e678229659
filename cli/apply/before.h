/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the file of a mesh says that is in place now, networkd's .netdev or NetworkManager's
 * profile: the interface that it made, and the endpoint that it gave each peer. */
#pragma once

#include <glib.h>

#include "common/endpoint.h"
#include "common/key.h"
#include "common/paths.h"

typedef struct {
        char *interface;       /* NULL: there is no file; owned */
        GHashTable *endpoints; /* WattleKey to the text of the endpoint; NULL: it gave none */
} WattleBefore;

/* No endpoint, and the interface if there is one: enough of a file that is as the mesh says, for
 * then none of its endpoints differs. */
void wattle_before_init(WattleBefore *before, const char *interface);

/* The .netdev or the profile for NetworkManager, whose private key is read over and wiped. A file
 * that is missing or not ours leaves before empty. */
void wattle_before_read(WattleBefore *before, int root_fd, WattleFileKind kind, const char *mesh);
void wattle_before_clear(WattleBefore *before);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(WattleBefore, wattle_before_clear)

/* Whether the file had another endpoint for this key, or none; not so for a key that it did not
 * have. */
gboolean wattle_before_differs(const WattleBefore *before, const WattleKey *key,
                               const WattleSocketAddr *endpoint);
