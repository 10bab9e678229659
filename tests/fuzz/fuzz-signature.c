/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Signatures, lists of signing keys, and secret signing keys, as bytes from outside. */
#include "common/signature.h"

#include <string.h>

#include "tests/fuzz/fuzz.h"

static void read_signature(const uint8_t *bytes, size_t size)
{
        g_auto(WattleSignature) signature = { 0 }, again = { 0 };
        g_autoptr(GError) error = NULL;
        g_autofree char *text = NULL;

        if (!wattle_signature_read(bytes, size, &signature, &error)) {
                g_assert_nonnull(error);
                return;
        }
        /* What was read is written as the same again. */
        text = wattle_signature_format(&signature);
        g_assert_true(wattle_signature_read(text, strlen(text), &again, &error));
        g_assert_cmpmem(signature.bytes, sizeof signature.bytes, again.bytes, sizeof again.bytes);
        g_assert_cmpmem(signature.global, sizeof signature.global, again.global,
                        sizeof again.global);
        g_assert_cmpstr(signature.comment, ==, again.comment);
}

static void read_keys(const uint8_t *bytes, size_t size)
{
        g_autoptr(GArray) keys = g_array_new(FALSE, FALSE, sizeof(WattleSigningKey));
        g_auto(WattleReport) report = { 0 };
        gboolean ok;

        wattle_report_init(&report);
        ok = wattle_signing_keys_read(bytes, size, "home.pub", keys, &report);
        g_assert_true(ok == (report.n_errors == 0));
        g_assert_true(!ok || keys->len > 0);
        g_assert_cmpuint(keys->len, <=, WATTLE_SIGNING_KEYS_MAX);
}

/* Locked ones are not unlocked: scrypt is slow on purpose. */
static void read_secret(const uint8_t *bytes, size_t size)
{
        g_auto(WattleSigningSecretFile) file = { 0 };
        g_autoptr(WattleSigningSecret) secret = NULL;
        g_autoptr(GError) error = NULL;
        gboolean ok = wattle_signing_secret_file_read(bytes, size, &file, &error);

        g_assert_true(ok == (error == NULL));
        if (!ok || file.is_locked)
                return;
        secret = wattle_signing_secret_unlock(&file, NULL, &error);
        g_assert_true((secret != NULL) == (error == NULL));
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
        read_signature(bytes, size);
        read_keys(bytes, size);
        read_secret(bytes, size);
        return 0;
}
