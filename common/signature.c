/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/signature.h"

#include <sodium.h>
#include <string.h>

#include "common/error.h"

#define PREHASHED "ED"
#define LEGACY    "Ed"

#define UNTRUSTED "untrusted comment: "
#define TRUSTED   "trusted comment: "

#define N_LINES 4

/* The second line. */
typedef struct {
        char algorithm[2];
        guint8 id[WATTLE_SIGNING_ID_SIZE];
        guint8 bytes[WATTLE_SIGNATURE_SIZE];
} Packed;

G_STATIC_ASSERT(sizeof(Packed) == 74);

#define PACKED_TEXT_MAX 101
#define GLOBAL_TEXT_MAX 89

void wattle_text_hash(gconstpointer bytes, gsize size, WattleTextHash *ret)
{
        crypto_generichash(ret->bytes, sizeof ret->bytes, bytes, size, NULL, 0);
}

void wattle_signature_clear(WattleSignature *signature)
{
        g_clear_pointer(&signature->comment, g_free);
}

/* Just so many bytes. */
static gboolean decode(const char *text, gpointer bytes, gsize size)
{
        gsize n = strlen(text), n_bytes = 0;
        const char *end = text;

        return sodium_base642bin(bytes, size, text, n, NULL, &n_bytes, &end,
                                 sodium_base64_VARIANT_ORIGINAL) == 0 &&
               end == text + n && n_bytes == size;
}

static gboolean refuse_legacy(GError **error)
{
        return wattle_error_refuse(error, "line 2: a signature of minisign's old kind (-l): sign "
                                          "again without -l, or with 'wattle sign'");
}

/* Text that goes to terminals and logs. */
static gboolean is_printable(const char *text)
{
        if (!g_utf8_validate(text, -1, NULL))
                return FALSE;
        for (const char *p = text; *p; p = g_utf8_next_char(p))
                if (*p != '\t' && !g_unichar_isprint(g_utf8_get_char(p)))
                        return FALSE;
        return TRUE;
}

static gboolean read_comment(const char *line, WattleSignature *signature, GError **error)
{
        const char *text = line + strlen(TRUSTED);

        if (!g_str_has_prefix(line, TRUSTED))
                return wattle_error_refuse(error, "line 3: does not begin with '%s'", TRUSTED);
        if (strlen(text) > WATTLE_SIGNATURE_MAX_COMMENT)
                return wattle_error_refuse(error, "line 3: the comment has more than %d bytes",
                                           WATTLE_SIGNATURE_MAX_COMMENT);
        if (!is_printable(text))
                return wattle_error_refuse(error, "line 3: the comment is no printable text");
        signature->comment = g_strdup(text);
        return TRUE;
}

static gboolean read_lines(char *const *lines, WattleSignature *signature, GError **error)
{
        Packed packed;

        if (!g_str_has_prefix(lines[0], UNTRUSTED))
                return wattle_error_refuse(error,
                                           "line 1: does not begin with '%s"
                                           "': no signature of minisign's",
                                           UNTRUSTED);
        if (!decode(lines[1], &packed, sizeof packed))
                return wattle_error_refuse(error, "line 2: not the 100 characters of a signature");
        if (memcmp(packed.algorithm, LEGACY, 2) == 0)
                return refuse_legacy(error);
        if (memcmp(packed.algorithm, PREHASHED, 2) != 0)
                return wattle_error_refuse(error, "line 2: a signature of another kind");
        memcpy(signature->id, packed.id, sizeof packed.id);
        memcpy(signature->bytes, packed.bytes, sizeof packed.bytes);
        if (!decode(lines[3], signature->global, sizeof signature->global))
                return wattle_error_refuse(error, "line 4: not the 88 characters of the signature "
                                                  "of the comment");
        return read_comment(lines[2], signature, error);
}

gboolean wattle_signature_read(gconstpointer bytes, gsize size, WattleSignature *signature,
                               GError **error)
{
        g_autofree char *text = NULL;
        g_auto(GStrv) lines = NULL;
        guint n;

        if (size > WATTLE_SIGNATURE_MAX_BYTES)
                return wattle_error_refuse(error, "more than %d bytes: no signature",
                                           WATTLE_SIGNATURE_MAX_BYTES);
        text = g_strndup(size > 0 ? bytes : "", size);
        if (strlen(text) != size)
                return wattle_error_refuse(error, "no text, and so no signature");
        lines = g_strsplit(text, "\n", -1);
        n = g_strv_length(lines);
        if (n > 0 && *lines[n - 1] == '\0')
                n--; /* the last line has its end */
        for (guint i = 0; i < n; i++)
                if (g_str_has_suffix(lines[i], "\r"))
                        lines[i][strlen(lines[i]) - 1] = '\0';
        if (n != N_LINES)
                return wattle_error_refuse(error,
                                           "%u lines, and a signature has four: is it cut "
                                           "off, or are there two?",
                                           n);
        return read_lines(lines, signature, error);
}

char *wattle_signature_format(const WattleSignature *signature)
{
        char packed_text[PACKED_TEXT_MAX], global_text[GLOBAL_TEXT_MAX];
        Packed packed;

        memcpy(packed.algorithm, PREHASHED, 2);
        memcpy(packed.id, signature->id, sizeof packed.id);
        memcpy(packed.bytes, signature->bytes, sizeof packed.bytes);
        sodium_bin2base64(packed_text, sizeof packed_text, (const guint8 *)&packed, sizeof packed,
                          sodium_base64_VARIANT_ORIGINAL);
        sodium_bin2base64(global_text, sizeof global_text, signature->global,
                          sizeof signature->global, sodium_base64_VARIANT_ORIGINAL);
        return g_strdup_printf(UNTRUSTED "signature of a mesh by wattle\n%s\n" TRUSTED "%s\n%s\n",
                               packed_text, signature->comment, global_text);
}

/* What the second signature is of. */
static GByteArray *make_global(const WattleSignature *signature)
{
        GByteArray *global = g_byte_array_new();

        g_byte_array_append(global, signature->bytes, sizeof signature->bytes);
        g_byte_array_append(global, (const guint8 *)signature->comment,
                            (guint)strlen(signature->comment));
        return global;
}

static gboolean is_made_by(const WattleSigningKey *key, const guint8 bytes[WATTLE_SIGNATURE_SIZE],
                           gconstpointer message, gsize size)
{
        return crypto_sign_verify_detached(bytes, message, size, key->bytes) == 0;
}

static gboolean has_id(const GArray *keys, const guint8 id[WATTLE_SIGNING_ID_SIZE])
{
        for (guint i = 0; i < keys->len; i++)
                if (memcmp(g_array_index(keys, WattleSigningKey, i).id, id,
                           WATTLE_SIGNING_ID_SIZE) == 0)
                        return TRUE;
        return FALSE;
}

static gboolean fail_to_verify(const WattleSignature *signature, const GArray *keys, GError **error)
{
        char id[WATTLE_SIGNING_ID_TEXT_MAX];

        wattle_signing_id_format(signature->id, id);
        if (has_id(keys, signature->id))
                return wattle_error_refuse(error,
                                           "key %s did not sign this text: it was changed "
                                           "since, or is another",
                                           id);
        return wattle_error_refuse(error, "it is signed with key %s, which is not trusted here",
                                   id);
}

/* The id is only a hint, so every key is tried. */
gboolean wattle_signature_verify(const WattleSignature *signature, const WattleTextHash *text,
                                 const GArray *keys, guint *ret_key, GError **error)
{
        g_autoptr(GByteArray) global = make_global(signature);

        for (guint i = 0; i < keys->len; i++) {
                const WattleSigningKey *key = &g_array_index(keys, WattleSigningKey, i);

                if (!is_made_by(key, signature->bytes, text->bytes, sizeof text->bytes))
                        continue;
                if (!is_made_by(key, signature->global, global->data, global->len))
                        return wattle_error_refuse(error, "the trusted comment is not the one that "
                                                          "was signed");
                *ret_key = i;
                return TRUE;
        }
        return fail_to_verify(signature, keys, error);
}

void wattle_signature_make(const WattleSigningSecret *secret, const WattleTextHash *text,
                           const char *comment, WattleSignature *signature)
{
        g_autoptr(GByteArray) global = NULL;

        memcpy(signature->id, secret->id, sizeof signature->id);
        signature->comment = g_strdup(comment);
        crypto_sign_detached(signature->bytes, NULL, text->bytes, sizeof text->bytes,
                             secret->bytes);
        global = make_global(signature);
        crypto_sign_detached(signature->global, NULL, global->data, global->len, secret->bytes);
}

GBytes *wattle_signature_join(GBytes *signature, GBytes *text)
{
        gsize n_signature, n_text;
        const char *first = g_bytes_get_data(signature, &n_signature);
        gconstpointer second = g_bytes_get_data(text, &n_text);
        GByteArray *joined = g_byte_array_sized_new((guint)(n_signature + n_text + 1));

        g_byte_array_append(joined, (const guint8 *)first, (guint)n_signature);
        if (n_signature > 0 && first[n_signature - 1] != '\n')
                g_byte_array_append(joined, (const guint8 *)"\n", 1);
        g_byte_array_append(joined, second, (guint)n_text);
        return g_byte_array_free_to_bytes(joined);
}

void wattle_signature_split(GBytes *joined, GBytes **ret_signature, GBytes **ret_text)
{
        gsize size, n = 0;
        const char *bytes = g_bytes_get_data(joined, &size);

        for (guint lines = 0; lines < N_LINES && n < size; lines++) {
                const char *end = memchr(bytes + n, '\n', size - n);

                n = end ? (gsize)(end - bytes) + 1 : size;
        }
        *ret_signature = g_bytes_new_from_bytes(joined, 0, n);
        *ret_text = g_bytes_new_from_bytes(joined, n, size - n);
}
