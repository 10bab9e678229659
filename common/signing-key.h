/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A public signing key, and the list of those that a host trusts for a mesh, MESH.pub. The format
 * is minisign's (jedisct1.github.io/minisign, "Public key format"): base64 of "Ed", eight bytes
 * that name the key, and 32 of Ed25519. */
#pragma once

#include <glib.h>

#include "common/report.h"

#define WATTLE_SIGNING_KEY_SIZE     32
#define WATTLE_SIGNING_ID_SIZE      8
#define WATTLE_SIGNING_KEY_TEXT_MAX 57 /* "RW" and 54 more, with a NUL */
#define WATTLE_SIGNING_ID_TEXT_MAX  17

/* Beyond what people need: each is tried for each signature. */
#define WATTLE_SIGNING_KEYS_MAX       32
#define WATTLE_SIGNING_KEYS_MAX_BYTES 65536

typedef struct {
        guint8 id[WATTLE_SIGNING_ID_SIZE]; /* random; a name, and no proof: signatures do not
                                              cover theirs */
        guint8 bytes[WATTLE_SIGNING_KEY_SIZE];
} WattleSigningKey;

gboolean wattle_signing_key_parse(const char *text, WattleSigningKey *ret,
                                  GError **error) G_GNUC_WARN_UNUSED_RESULT;
void wattle_signing_key_format(const WattleSigningKey *key, char text[WATTLE_SIGNING_KEY_TEXT_MAX]);

/* 16 hexadecimal digits, as minisign 0.12 shows it. */
void wattle_signing_id_format(const guint8 id[WATTLE_SIGNING_ID_SIZE],
                              char text[WATTLE_SIGNING_ID_TEXT_MAX]);

/* Whether it is the same key, whatever its id. */
gboolean wattle_signing_key_equal(const WattleSigningKey *a, const WattleSigningKey *b);

/* One key a line; a file of minisign's is such a list, too. Empty lines are passed over, and
 * comments: they begin with # or "untrusted comment:". Appends to keys, of WattleSigningKey. FALSE
 * with errors in the report, of which none at all is one. */
gboolean wattle_signing_keys_read(gconstpointer bytes, gsize size, const char *file, GArray *keys,
                                  WattleReport *report) G_GNUC_WARN_UNUSED_RESULT;
