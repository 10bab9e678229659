/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/signing-key.h"

#include <sodium.h>
#include <string.h>

#include "common/error.h"

#define ALGORITHM "Ed"

/* Base64 of a secret key begins with these: who has put one in the wrong place is told so. */
#define SECRET_PREFIX_LOCKED "RWRTY0Iy"
#define SECRET_PREFIX_OPEN   "RWQAAEIy"

typedef struct {
        char algorithm[2];
        WattleSigningKey key;
} Packed;

G_STATIC_ASSERT(sizeof(Packed) == 42);

static gboolean looks_secret(const char *text)
{
        return strlen(text) > WATTLE_SIGNING_KEY_TEXT_MAX &&
               (g_str_has_prefix(text, SECRET_PREFIX_LOCKED) ||
                g_str_has_prefix(text, SECRET_PREFIX_OPEN));
}

/* Text that is canonical has one form alone: sodium refuses any other padding and bits that are too
 * many. */
gboolean wattle_signing_key_parse(const char *text, WattleSigningKey *ret, GError **error)
{
        gsize n = strlen(text), n_bytes = 0;
        const char *end = text;
        Packed packed;

        if (looks_secret(text))
                return wattle_error_refuse(error, "this is a secret key: the public one is meant, "
                                                  "which begins with RW and has 56 characters");
        if (n != WATTLE_SIGNING_KEY_TEXT_MAX - 1 ||
            sodium_base642bin((guint8 *)&packed, sizeof packed, text, n, NULL, &n_bytes, &end,
                              sodium_base64_VARIANT_ORIGINAL) != 0 ||
            end != text + n || n_bytes != sizeof packed ||
            memcmp(packed.algorithm, ALGORITHM, 2) != 0)
                return wattle_error_refuse(error, "not a public key of minisign's: RW and 54 more "
                                                  "characters of base64");
        if (!crypto_core_ed25519_is_valid_point(packed.key.bytes))
                return wattle_error_refuse(error, "no key of Ed25519: nobody can sign with it");
        *ret = packed.key;
        return TRUE;
}

void wattle_signing_key_format(const WattleSigningKey *key, char text[WATTLE_SIGNING_KEY_TEXT_MAX])
{
        Packed packed = { .key = *key };

        memcpy(packed.algorithm, ALGORITHM, 2);
        sodium_bin2base64(text, WATTLE_SIGNING_KEY_TEXT_MAX, (const guint8 *)&packed, sizeof packed,
                          sodium_base64_VARIANT_ORIGINAL);
}

void wattle_signing_id_format(const guint8 id[WATTLE_SIGNING_ID_SIZE],
                              char text[WATTLE_SIGNING_ID_TEXT_MAX])
{
        guint64 number;

        memcpy(&number, id, sizeof number);
        g_snprintf(text, WATTLE_SIGNING_ID_TEXT_MAX, "%016" G_GINT64_MODIFIER "X",
                   GUINT64_FROM_LE(number));
}

gboolean wattle_signing_key_equal(const WattleSigningKey *a, const WattleSigningKey *b)
{
        return memcmp(a->bytes, b->bytes, sizeof a->bytes) == 0;
}

static gboolean has_key(const GArray *keys, const WattleSigningKey *key)
{
        for (guint i = 0; i < keys->len; i++)
                if (wattle_signing_key_equal(&g_array_index(keys, WattleSigningKey, i), key))
                        return TRUE;
        return FALSE;
}

static void read_line(const char *line, WattlePlace place, GArray *keys, WattleReport *report)
{
        g_autoptr(GError) error = NULL;
        WattleSigningKey key;

        if (*line == '\0' || *line == '#' || g_str_has_prefix(line, "untrusted comment:"))
                return;
        if (!wattle_signing_key_parse(line, &key, &error))
                wattle_report_error(report, place, "%s", error->message);
        else if (keys->len >= WATTLE_SIGNING_KEYS_MAX)
                wattle_report_error(report, place, "more than %d keys", WATTLE_SIGNING_KEYS_MAX);
        else if (!has_key(keys, &key))
                g_array_append_val(keys, key);
}

gboolean wattle_signing_keys_read(gconstpointer bytes, gsize size, const char *file, GArray *keys,
                                  WattleReport *report)
{
        g_autofree char *text = g_strndup(size > 0 ? bytes : "", size);
        guint n_errors = report->n_errors, n_before = keys->len;
        WattlePlace place = { file, 0, 1 };
        g_auto(GStrv) lines = NULL;

        if (strlen(text) != size) {
                wattle_report_error(report, (WattlePlace){ file, 0, 0 }, "is no text");
                return FALSE;
        }
        lines = g_strsplit(text, "\n", -1);
        for (guint i = 0; lines[i]; i++) {
                place.line = i + 1;
                read_line(g_strchomp(lines[i]), place, keys, report);
        }
        if (report->n_errors == n_errors && keys->len == n_before)
                wattle_report_error(report, (WattlePlace){ file, 0, 0 },
                                    "has no key: whoever trusts nobody's signature removes the "
                                    "file, and the mesh is not signed");
        return report->n_errors == n_errors;
}
