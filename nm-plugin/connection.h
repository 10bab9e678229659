/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A view as a connection of NetworkManager's of type wireguard: the one answer to "what would
 * NetworkManager be told of this mesh". */
#pragma once

#include <NetworkManager.h>

#include "common/key.h"
#include "common/view.h"

/* A full reference, normalised. private_key may be NULL: then the connection has none, and
 * everything else is the same. The copy of the key is libnm's, which wipes it. */
NMConnection *wattle_connection_new(const WattleView *view, const WattleKey *private_key);

/* The connection as a keyfile (nm-settings-keyfile(5)) with the names of the peers as comments; the
 * same bytes for the same view and key. It holds the private key: wipe it. NULL with an error of
 * libnm's, which would be a bug of ours. */
char *wattle_connection_format(NMConnection *connection, const WattleView *view, gsize *ret_size,
                               GError **error) G_GNUC_WARN_UNUSED_RESULT;
