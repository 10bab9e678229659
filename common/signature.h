/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A signature of a text as minisign writes it into a .minisig file ("Signature format"), four lines
 * of which the second and the fourth are base64: "ED", the key's id and Ed25519 over BLAKE2b-512 of
 * the text; and Ed25519 over these 64 bytes and the trusted comment. minisign's older kind, "Ed"
 * over the text itself, is refused. */
#pragma once

#include <glib.h>

#include "common/signing-key.h"
#include "common/signing-secret.h"

#define WATTLE_SIGNATURE_SIZE      64
#define WATTLE_SIGNATURE_MAX_BYTES 16384
#define WATTLE_SIGNATURE_MAX_COMMENT                                                               \
        1000 /* in bytes: minisign 0.11 cannot read all that it writes */

/* BLAKE2b-512 of a whole file. */
typedef struct {
        guint8 bytes[64];
} WattleTextHash;

void wattle_text_hash(gconstpointer bytes, gsize size, WattleTextHash *ret);

typedef struct {
        guint8 id[WATTLE_SIGNING_ID_SIZE]; /* not signed itself: a hint */
        guint8 bytes[WATTLE_SIGNATURE_SIZE];
        guint8 global[WATTLE_SIGNATURE_SIZE];
        char *comment; /* the trusted one; believe it only once it is verified */
} WattleSignature;

void wattle_signature_clear(WattleSignature *signature);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(WattleSignature, wattle_signature_clear)

/* The bytes of a .minisig file. Lines may end as on Windows; nothing may follow the fourth.
 * signature must be zeroed. Errors are INVALID, and name the line. */
gboolean wattle_signature_read(gconstpointer bytes, gsize size, WattleSignature *signature,
                               GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Such a file and the text that it signs, as one: its four lines, and the text as it is. */
GBytes *wattle_signature_join(GBytes *signature, GBytes *text);

/* The two again. Of what has no four lines all is signature, which is none, and the text is empty.
 */
void wattle_signature_split(GBytes *joined, GBytes **ret_signature, GBytes **ret_text);

/* The whole text of such a file. */
char *wattle_signature_format(const WattleSignature *signature);

/* Whether one of the keys (of WattleSigningKey) made it, of that text and with that comment;
 * *ret_key is its index. The error says what may have happened. */
gboolean wattle_signature_verify(const WattleSignature *signature, const WattleTextHash *text,
                                 const GArray *keys, guint *ret_key,
                                 GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* comment: printable, at most WATTLE_SIGNATURE_MAX_COMMENT bytes. signature must be zeroed. */
void wattle_signature_make(const WattleSigningSecret *secret, const WattleTextHash *text,
                           const char *comment, WattleSignature *signature);
