/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Whom a host trusts for a mesh, and whether a profile is signed by one of them. MESH.pub has the
 * keys; if it is there, the mesh must be signed. The signature is MESH.mesh.minisig beside
 * MESH.mesh, or the same with .new behind it: installing is three steps, and killed between two of
 * them it leaves a profile whose signature still has that name. */
#pragma once

#include "common/report.h"
#include "common/signing-key.h"

#define WATTLE_TRUST_SUFFIX ".pub"

/* Behind the name of a signature whose profile is being installed. */
#define WATTLE_SIGNATURE_NEXT_SUFFIX ".new"

typedef struct {
        char *path;   /* of the .pub file, as messages call it; NULL: nothing need be signed */
        GArray *keys; /* of WattleSigningKey */
} WattleTrust;

void wattle_trust_clear(WattleTrust *trust);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(WattleTrust, wattle_trust_clear)

/* Reads a .pub file, which must be there; name is how messages call it. One that others can write
 * is refused: they would say whom we trust. trust must be zeroed. FALSE with errors in the report.
 * Initialises libsodium. */
gboolean wattle_trust_read(WattleTrust *trust, int dir_fd, const char *path, const char *name,
                           WattleReport *report) G_GNUC_WARN_UNUSED_RESULT;

typedef struct {
        WattleSigningKey key;
        char *comment; /* the trusted one */
} WattleSigner;

void wattle_signer_clear(WattleSigner *signer);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(WattleSigner, wattle_signer_clear)

/* Who of the trusted signed the bytes of the profile at path; name is how messages call that. ret
 * must be zeroed. FALSE with an error in the report: unsigned, a bad signature, none of ours. */
gboolean wattle_trust_verify(const WattleTrust *trust, int dir_fd, const char *path,
                             const char *name, GBytes *bytes, WattleSigner *ret,
                             WattleReport *report) G_GNUC_WARN_UNUSED_RESULT;

/* The bytes of that signature alone; NULL if it does not verify. */
GBytes *wattle_trust_find_signature(const WattleTrust *trust, int dir_fd, const char *path,
                                    GBytes *bytes) G_GNUC_WARN_UNUSED_RESULT;
