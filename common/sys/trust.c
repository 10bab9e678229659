/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/sys/trust.h"

#include <errno.h>
#include <sodium.h>
#include <string.h>
#include <sys/stat.h>

#include "common/error.h"
#include "common/profile-sign.h"
#include "common/sys/file.h"

void wattle_trust_clear(WattleTrust *trust)
{
        g_clear_pointer(&trust->path, g_free);
        g_clear_pointer(&trust->keys, g_array_unref);
}

void wattle_signer_clear(WattleSigner *signer)
{
        g_clear_pointer(&signer->comment, g_free);
}

static gboolean check_mode(int dir_fd, const char *path, const char *name, WattleReport *report)
{
        struct stat st;

        if (wattle_below_stat(dir_fd, path, &st) < 0 || !(st.st_mode & (S_IWGRP | S_IWOTH)))
                return TRUE;
        wattle_report_error(report, (WattlePlace){ name, 0, 0 },
                            "others can write this file (mode %04o), and so say whom this host "
                            "trusts: chmod 0644 it, and look whether its keys are the right ones",
                            st.st_mode & 07777);
        return FALSE;
}

gboolean wattle_trust_read(WattleTrust *trust, int dir_fd, const char *path, const char *name,
                           WattleReport *report)
{
        g_autoptr(GError) error = NULL;
        g_autoptr(GBytes) bytes =
                wattle_read_file(dir_fd, path, WATTLE_SIGNING_KEYS_MAX_BYTES, &error);
        gconstpointer data;
        gsize size;

        if (!bytes) {
                wattle_report_error(report, (WattlePlace){ name, 0, 0 }, "%s", error->message);
                return FALSE;
        }
        if (sodium_init() < 0)
                g_error("libsodium failed to initialise");
        trust->path = g_strdup(name);
        trust->keys = g_array_new(FALSE, FALSE, sizeof(WattleSigningKey));
        data = g_bytes_get_data(bytes, &size);
        return check_mode(dir_fd, path, name, report) &&
               wattle_signing_keys_read(data, size, name, trust->keys, report);
}

/* The bytes of one file, of the signature; NULL if it does not do. */
static GBytes *verify_with(const WattleTrust *trust, int dir_fd, const char *path,
                           const WattleTextHash *hash, WattleSigner *ret, GError **error)
{
        g_autoptr(GBytes) bytes = wattle_read_file(dir_fd, path, WATTLE_SIGNATURE_MAX_BYTES, error);
        g_auto(WattleSignature) signature = { 0 };
        gconstpointer data;
        gsize size;
        guint i;

        if (!bytes)
                return NULL;
        data = g_bytes_get_data(bytes, &size);
        if (!wattle_signature_read(data, size, &signature, error) ||
            !wattle_signature_verify(&signature, hash, trust->keys, &i, error))
                return NULL;
        ret->key = g_array_index(trust->keys, WattleSigningKey, i);
        ret->comment = g_steal_pointer(&signature.comment);
        return g_steal_pointer(&bytes);
}

static void report_unverified(const WattleTrust *trust, const char *name, const GError *error,
                              WattleReport *report)
{
        g_autofree char *signature = g_strconcat(name, WATTLE_SIGNATURE_SUFFIX, NULL);

        if (g_error_matches(error, WATTLE_ERROR, WATTLE_ERROR_NOT_FOUND))
                wattle_report_error(report, (WattlePlace){ name, 0, 0 },
                                    "is not signed, and %s asks for it: copy %s from where the "
                                    "mesh was signed, or sign it with 'wattle sign'",
                                    trust->path, signature);
        else
                wattle_report_error(report, (WattlePlace){ signature, 0, 0 },
                                    "%s; copy it and the profile from where they were signed, or "
                                    "sign anew with 'wattle sign'",
                                    error->message);
}

/* Under the one name or the other; the error is about the first. */
static GBytes *find_signature(const WattleTrust *trust, int dir_fd, const char *path, GBytes *bytes,
                              WattleSigner *ret, GError **error)
{
        g_autofree char *name = g_strconcat(path, WATTLE_SIGNATURE_SUFFIX, NULL);
        g_autofree char *next = g_strconcat(name, WATTLE_SIGNATURE_NEXT_SUFFIX, NULL);
        g_autoptr(GError) fault = NULL;
        GBytes *signature;
        WattleTextHash hash;
        gsize size;
        gconstpointer data = g_bytes_get_data(bytes, &size);

        wattle_text_hash(data, size, &hash);
        signature = verify_with(trust, dir_fd, name, &hash, ret, &fault);
        if (!signature)
                signature = verify_with(trust, dir_fd, next, &hash, ret, NULL);
        if (!signature)
                g_propagate_error(error, g_steal_pointer(&fault));
        return signature;
}

gboolean wattle_trust_verify(const WattleTrust *trust, int dir_fd, const char *path,
                             const char *name, GBytes *bytes, WattleSigner *ret,
                             WattleReport *report)
{
        g_autoptr(GError) error = NULL;
        g_autoptr(GBytes) signature = find_signature(trust, dir_fd, path, bytes, ret, &error);

        if (!signature)
                report_unverified(trust, name, error, report);
        return signature != NULL;
}

GBytes *wattle_trust_find_signature(const WattleTrust *trust, int dir_fd, const char *path,
                                    GBytes *bytes)
{
        g_auto(WattleSigner) signer = { 0 };

        return find_signature(trust, dir_fd, path, bytes, &signer, NULL);
}
