/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/signing-secret.h"

#include <sodium.h>
#include <string.h>

#include "common/error.h"
#include "common/language.h"

#define ALGORITHM "Ed"
#define KDF       "Sc"
#define CHECKSUM  "B2"

#define UNTRUSTED "untrusted comment: "

/* More than minisign ever asks for would only be to hold us up. */
#define OPS_MAX    (G_GUINT64_CONSTANT(4) * crypto_pwhash_scryptsalsa208sha256_OPSLIMIT_SENSITIVE)
#define MEMORY_MAX (G_GUINT64_CONSTANT(4) * crypto_pwhash_scryptsalsa208sha256_MEMLIMIT_SENSITIVE)

typedef struct {
        WattleSigningSecret key;
        guint8 checksum[32];
} Sealed;

typedef struct {
        char algorithm[2], kdf[2], checksum[2];
        guint8 salt[32], ops_limit[8], memory_limit[8];
        guint8 sealed[sizeof(Sealed)];
} Packed;

G_STATIC_ASSERT(sizeof(Sealed) == 104 && sizeof(Packed) == 158);

#define PACKED_TEXT_SIZE 212 /* without its NUL */

void wattle_signing_secret_free(WattleSigningSecret *secret)
{
        sodium_free(secret);
}

static WattleSigningSecret *new_secret(void)
{
        WattleSigningSecret *secret = sodium_malloc(sizeof *secret);

        if (!secret)
                g_error("out of memory");
        return secret;
}

WattleSigningSecret *wattle_signing_secret_generate(void)
{
        WattleSigningSecret *secret = new_secret();
        guint8 public_key[WATTLE_SIGNING_KEY_SIZE];

        randombytes_buf(secret->id, sizeof secret->id);
        crypto_sign_keypair(public_key, secret->bytes);
        return secret;
}

void wattle_signing_secret_get_public(const WattleSigningSecret *secret, WattleSigningKey *ret)
{
        memcpy(ret->id, secret->id, sizeof ret->id);
        memcpy(ret->bytes, secret->bytes + 32, sizeof ret->bytes);
}

void wattle_signing_secret_file_clear(WattleSigningSecretFile *file)
{
        sodium_memzero(file, sizeof *file);
}

static void put_le64(guint64 value, guint8 bytes[8])
{
        value = GUINT64_TO_LE(value);
        memcpy(bytes, &value, sizeof value);
}

static guint64 get_le64(const guint8 bytes[8])
{
        guint64 value;

        memcpy(&value, bytes, sizeof value);
        return GUINT64_FROM_LE(value);
}

static gboolean take_packed(const Packed *packed, WattleSigningSecretFile *ret, GError **error)
{
        static const char no_kdf[2];

        if (memcmp(packed->algorithm, ALGORITHM, 2) != 0 ||
            memcmp(packed->checksum, CHECKSUM, 2) != 0)
                return wattle_error_refuse(error, "a secret key of another kind than minisign's");
        ret->is_locked = memcmp(packed->kdf, KDF, 2) == 0;
        if (!ret->is_locked && memcmp(packed->kdf, no_kdf, 2) != 0)
                return wattle_error_refuse(error, "locked in another way than minisign's");
        ret->ops_limit = get_le64(packed->ops_limit);
        ret->memory_limit = get_le64(packed->memory_limit);
        if (ret->is_locked && (ret->ops_limit > OPS_MAX || ret->memory_limit > MEMORY_MAX))
                return wattle_error_refuse(error, "to unlock it would take more memory than "
                                                  "minisign ever asks for");
        memcpy(ret->salt, packed->salt, sizeof ret->salt);
        memcpy(ret->sealed, packed->sealed, sizeof ret->sealed);
        return TRUE;
}

/* The second line, without its end; NULL if there is none. */
static const char *second_line(const char *bytes, gsize size, gsize *ret_size)
{
        const char *newline, *line, *end;

        if (size < strlen(UNTRUSTED) || memcmp(bytes, UNTRUSTED, strlen(UNTRUSTED)) != 0 ||
            !(newline = memchr(bytes, '\n', size)))
                return NULL;
        line = newline + 1;
        size -= (gsize)(line - bytes);
        end = memchr(line, '\n', size);
        *ret_size = end ? (gsize)(end - line) : size;
        if (*ret_size > 0 && line[*ret_size - 1] == '\r')
                --*ret_size;
        return line;
}

gboolean wattle_signing_secret_file_read(gconstpointer bytes, gsize size,
                                         WattleSigningSecretFile *ret, GError **error)
{
        gsize n = 0, n_bytes = 0;
        const char *line = second_line(bytes, size, &n), *end = line;
        Packed packed;
        gboolean ok;

        if (!line || n != PACKED_TEXT_SIZE ||
            sodium_base642bin((guint8 *)&packed, sizeof packed, line, n, NULL, &n_bytes, &end,
                              sodium_base64_VARIANT_ORIGINAL) != 0 ||
            end != line + n || n_bytes != sizeof packed)
                ok = wattle_error_refuse(error, "not a secret key of minisign's: a line of comment "
                                                "and one of 212 characters");
        else
                ok = take_packed(&packed, ret, error);
        sodium_memzero(&packed, sizeof packed);
        return ok;
}

/* minisign's, of the algorithm, the id and the key. */
static void make_checksum(const WattleSigningSecret *secret, guint8 ret[32])
{
        crypto_generichash_state state;

        crypto_generichash_init(&state, NULL, 0, 32);
        crypto_generichash_update(&state, (const guint8 *)ALGORITHM, 2);
        crypto_generichash_update(&state, secret->id, sizeof secret->id);
        crypto_generichash_update(&state, secret->bytes, sizeof secret->bytes);
        crypto_generichash_final(&state, ret, 32);
        sodium_memzero(&state, sizeof state);
}

/* FALSE if there is not so much memory. */
static gboolean mix_password(guint8 sealed[sizeof(Sealed)], const char *password,
                             const guint8 salt[32], guint64 ops_limit, guint64 memory_limit)
{
        guint8 stream[sizeof(Sealed)];

        if (crypto_pwhash_scryptsalsa208sha256(stream, sizeof stream, password, strlen(password),
                                               salt, ops_limit, (size_t)memory_limit) != 0)
                return FALSE;
        for (guint i = 0; i < sizeof stream; i++)
                sealed[i] ^= stream[i];
        sodium_memzero(stream, sizeof stream);
        return TRUE;
}

/* A key without a password has no checksum with minisign 0.11. */
static gboolean is_whole(const Sealed *sealed, gboolean is_locked)
{
        guint8 checksum[32], public_key[32], secret[64];
        gboolean ok;

        make_checksum(&sealed->key, checksum);
        if (is_locked)
                return sodium_memcmp(checksum, sealed->checksum, sizeof checksum) == 0;
        crypto_sign_seed_keypair(public_key, secret, sealed->key.bytes);
        ok = sodium_memcmp(secret, sealed->key.bytes, sizeof secret) == 0;
        sodium_memzero(secret, sizeof secret);
        return ok;
}

static WattleSigningSecret *open_sealed(const Sealed *sealed, gboolean is_locked, GError **error)
{
        WattleSigningSecret *secret;

        if (!is_whole(sealed, is_locked)) {
                g_set_error_literal(error, WATTLE_ERROR, WATTLE_ERROR_INVALID,
                                    is_locked ? _("wrong password")
                                              : _("the secret key is damaged"));
                return NULL;
        }
        secret = new_secret();
        *secret = sealed->key;
        return secret;
}

WattleSigningSecret *wattle_signing_secret_unlock(const WattleSigningSecretFile *file,
                                                  const char *password, GError **error)
{
        WattleSigningSecret *secret = NULL;
        Sealed sealed;

        memcpy(&sealed, file->sealed, sizeof sealed);
        if (file->is_locked && !mix_password((guint8 *)&sealed, password ? password : "",
                                             file->salt, file->ops_limit, file->memory_limit))
                g_set_error(error, WATTLE_ERROR, WATTLE_ERROR_FAILED,
                            _("unlocking it takes %ju MiB of memory, which are not "
                              "to be had: do it on a larger machine"),
                            file->memory_limit >> 20);
        else
                secret = open_sealed(&sealed, file->is_locked, error);
        sodium_memzero(&sealed, sizeof sealed);
        return secret;
}

static gboolean seal(Packed *packed, const char *password, GError **error)
{
        guint64 ops = crypto_pwhash_scryptsalsa208sha256_OPSLIMIT_SENSITIVE;
        guint64 memory = crypto_pwhash_scryptsalsa208sha256_MEMLIMIT_SENSITIVE;

        memcpy(packed->kdf, KDF, 2);
        randombytes_buf(packed->salt, sizeof packed->salt);
        while (!mix_password(packed->sealed, password, packed->salt, ops, memory)) {
                ops /= 2;
                memory /= 2;
                if (ops < crypto_pwhash_scryptsalsa208sha256_OPSLIMIT_MIN ||
                    memory < crypto_pwhash_scryptsalsa208sha256_MEMLIMIT_MIN) {
                        g_set_error_literal(error, WATTLE_ERROR, WATTLE_ERROR_FAILED,
                                            _("not enough memory to lock the key with a password"));
                        return FALSE;
                }
        }
        put_le64(ops, packed->ops_limit);
        put_le64(memory, packed->memory_limit);
        return TRUE;
}

static char *format(const Packed *packed, gboolean is_locked)
{
        const char *comment = is_locked ? UNTRUSTED "wattle's signing key, locked\n"
                                        : UNTRUSTED "wattle's signing key, not locked\n";
        gsize n = strlen(comment);
        char *text = sodium_malloc(n + PACKED_TEXT_SIZE + 2);

        if (!text)
                g_error("out of memory");
        memcpy(text, comment, n);
        sodium_bin2base64(text + n, PACKED_TEXT_SIZE + 1, (const guint8 *)packed, sizeof *packed,
                          sodium_base64_VARIANT_ORIGINAL);
        strcpy(text + n + PACKED_TEXT_SIZE, "\n");
        return text;
}

char *wattle_signing_secret_lock(const WattleSigningSecret *secret, const char *password,
                                 GError **error)
{
        Packed packed = { .algorithm = { 'E', 'd' }, .checksum = { 'B', '2' } };
        Sealed sealed = { .key = *secret };
        char *text = NULL;

        make_checksum(secret, sealed.checksum);
        memcpy(packed.sealed, &sealed, sizeof sealed);
        if (!password || seal(&packed, password, error))
                text = format(&packed, password != NULL);
        sodium_memzero(&sealed, sizeof sealed);
        sodium_memzero(&packed, sizeof packed);
        return text;
}
