/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The signature of a profile: what a text that is signed must say of itself, so that neither
 * another mesh's nor an older one passes for it, and the signature with a trusted comment which
 * says the same. */
#pragma once

#include "common/profile.h"
#include "common/signature.h"

/* What follows a profile's path: "home.mesh.minisig". */
#define WATTLE_SIGNATURE_SUFFIX ".minisig"

/* Both files in one, as wattle-serve gives them: wattle_signature_join(). */
#define WATTLE_PAIR_SUFFIX ".signed"

/* Whether the text says Name= and Serial=, and whether signer is among its SigningKeys=, if it has
 * these; signer NULL: whoever it will be. FALSE with errors in the report. */
gboolean wattle_profile_check_signed(const WattleProfile *profile, const WattleSigningKey *signer,
                                     WattleReport *report) G_GNUC_WARN_UNUSED_RESULT;

/* Whether a verified trusted comment that is wattle's agrees with the profile; one of other words,
 * as minisign writes it, says nothing. */
gboolean wattle_profile_check_comment(const WattleProfile *profile, const char *comment,
                                      GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* The serial in such a comment of that mesh; FALSE if it is none. */
gboolean wattle_profile_comment_serial(const char *comment, const char *mesh, guint64 *ret_serial);

/* The trusted comment, "wattle1 mesh=home serial=42 prev=0123456789abcdef": prev has the first 16
 * digits of Previous=, and is left out without it. */
char *wattle_profile_make_comment(const WattleProfile *profile);

/* The .minisig file of a text that passed wattle_profile_check_signed(); profile is that text,
 * read. */
char *wattle_profile_sign(const WattleProfile *profile, gconstpointer text, gsize size,
                          const WattleSigningSecret *secret);
