/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the unit tests share of signed meshes: invitations, and profiles with their signatures. */
#pragma once

#include "common/key.h"
#include "common/signing-secret.h"

/* The text that is carried, for that of a tiny mesh, which must be good. private_key, which may be
 * NULL, goes with it. */
char *make_invitation(const WattleSigningSecret *secret, const char *text,
                      const WattleKey *private_key);

/* MESH.mesh.minisig of a profile, which must be good. */
char *make_signature(const WattleSigningSecret *secret, const char *text);
