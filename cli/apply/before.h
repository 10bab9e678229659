/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the file of a mesh says that is in place now, networkd's .netdev or NetworkManager's
 * profile: the interface that it made, and the endpoint that it gave each peer. */
#pragma once

#include <glib.h>

#include "common/endpoint.h"
#include "common/key.h"

typedef struct {
        char *interface;       /* NULL: there is no file */
        GHashTable *endpoints; /* WattleKey to the text of the endpoint; NULL: it gave none */
} WattleNetdev;

/* A file that is missing or not ours leaves netdev empty. */
void wattle_netdev_read(WattleNetdev *netdev, int root_fd, const char *mesh);
/* The same of the profile for NetworkManager, whose private key is read over and wiped. */
void wattle_netdev_read_nm(WattleNetdev *netdev, int root_fd, const char *mesh);
void wattle_netdev_clear(WattleNetdev *netdev);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(WattleNetdev, wattle_netdev_clear)

/* Whether the file had another endpoint for this key, or none; not so for a key that it did not
 * have. */
gboolean wattle_netdev_differs(const WattleNetdev *netdev, const WattleKey *key,
                               const WattleEndpoint *endpoint);
