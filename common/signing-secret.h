/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A secret signing key, and the file that minisign keeps it in ("Secret key format"): 158 bytes in
 * base64, of which 104 are the key, its id and a checksum, xor the stream that scrypt makes of the
 * password. Without a password they stand there as they are. */
#pragma once

#include <glib.h>

#include "common/signing-key.h"

#define WATTLE_SIGNING_SECRET_MAX_BYTES 4096 /* of a file */

/* Lives in memory that libsodium keeps from core dumps and, where the limits allow it, from the
 * disk, and wipes. */
typedef struct {
        guint8 id[WATTLE_SIGNING_ID_SIZE];
        guint8 bytes[64]; /* seed and public key, as crypto_sign takes it */
} WattleSigningSecret;

void wattle_signing_secret_free(WattleSigningSecret *secret);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(WattleSigningSecret, wattle_signing_secret_free)

/* A fresh one. */
WattleSigningSecret *wattle_signing_secret_generate(void);

void wattle_signing_secret_get_public(const WattleSigningSecret *secret, WattleSigningKey *ret);

/* What the file says, before there is a password. */
typedef struct {
        gboolean is_locked; /* it takes one */
        guint8 salt[32];
        guint64 ops_limit, memory_limit; /* of scrypt; memory in bytes */
        guint8 sealed[104];
} WattleSigningSecretFile;

void wattle_signing_secret_file_clear(WattleSigningSecretFile *file);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(WattleSigningSecretFile, wattle_signing_secret_file_clear)

gboolean wattle_signing_secret_file_read(gconstpointer bytes, gsize size,
                                         WattleSigningSecretFile *ret,
                                         GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* NULL with an error: INVALID if the password is wrong, FAILED if there is not the memory that the
 * file asks for. password NULL for one that takes none. */
WattleSigningSecret *wattle_signing_secret_unlock(const WattleSigningSecretFile *file,
                                                  const char *password,
                                                  GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* The text of a file, for password NULL one without. Where there is no GiB to be had for scrypt,
 * half of it is tried and so on, as minisign does. In libsodium's memory: sodium_free() it. */
char *wattle_signing_secret_lock(const WattleSigningSecret *secret, const char *password,
                                 GError **error) G_GNUC_WARN_UNUSED_RESULT;
