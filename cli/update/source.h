/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Where a newer profile may be had: a file of this host, a web server, or a member of the mesh,
 * through the tunnel. The signature is beside the profile, with .minisig behind its name. */
#pragma once

#include "cli/update/fetch-client.h"
#include "cli/update/offer.h"
#include "common/ip.h"

typedef enum {
        WATTLE_UPDATE_SOURCE_FILE,
        WATTLE_UPDATE_SOURCE_URL,
        WATTLE_UPDATE_SOURCE_PEER,
} WattleUpdateSourceKind;

typedef struct {
        WattleUpdateSourceKind kind;
        char *name;        /* as messages call it: the path, the URL, the peer's */
        char *at;          /* path or URL of the profile */
        char *interface;   /* of a peer: the only way that leads to it */
        guint64 timeout_s; /* for the signature, which is small; 0 stands for WATTLE_FETCH_TIMEOUT_S
                            */
} WattleUpdateSource;

void wattle_update_source_clear(WattleUpdateSource *source);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(WattleUpdateSource, wattle_update_source_clear)

/* A URL, or a path as --from= and UpdateFrom= have it. A folder stands for MESH.mesh in it. source
 * must be zeroed. */
gboolean wattle_update_source_parse(const char *text, const char *mesh, WattleUpdateSource *source,
                                    GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* wattle-serve of a member. */
void wattle_update_source_of_peer(const char *mesh, const char *device, const WattleAddr *address,
                                  const char *interface, WattleUpdateSource *source);

/* Text, signature and name of the offer, which must be zeroed; progress, which may be NULL, is told
 * how many bytes have come of how many, 0 if that is not known. A regular file of this host is
 * read, never a FIFO or a device. */
gboolean wattle_update_source_get(const WattleUpdateSource *source, WattleOffer *offer,
                                  WattleFetchProgress progress, gpointer data,
                                  GError **error) G_GNUC_WARN_UNUSED_RESULT;
