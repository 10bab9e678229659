/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* An invitation, as text that people carry, and the bytes in it: those are made into such a text
 * first, or its check sum would let nothing through. */
#include "common/invitation.h"

#include <sodium.h>
#include <string.h>

#include "tests/fuzz/fuzz.h"

static void read_text(const char *text, gsize size)
{
        g_auto(WattleInvitation) invitation = { 0 }, again = { 0 };
        g_auto(WattleReport) report = { 0 };
        g_autoptr(WattleProfile) mesh = NULL;
        g_autoptr(GError) error = NULL;
        g_autofree char *formatted = NULL;
        gboolean ok = wattle_invitation_parse(text, size, &invitation, &error);

        g_assert_true(ok == (error == NULL));
        if (!ok)
                return;
        g_assert_true(wattle_invitation_is_whole(text, size));
        formatted = wattle_invitation_format(&invitation);
        g_assert_true(wattle_invitation_parse(formatted, strlen(formatted), &again, &error));
        g_assert_true(g_bytes_equal(invitation.text, again.text));
        wattle_report_init(&report);
        mesh = wattle_invitation_load(&invitation, NULL, "home.invite", NULL, &report);
        g_assert_true((mesh != NULL) == (report.n_errors == 0));
}

static void read_bytes(const uint8_t *bytes, size_t size)
{
        guint8 sum[crypto_generichash_BYTES_MIN];
        g_autofree guint8 *whole = g_malloc(size + 8);
        gsize max = sodium_base64_encoded_len(size + 8, sodium_base64_VARIANT_ORIGINAL_NO_PADDING);
        g_autofree char *base64 = g_malloc(max), *text = NULL;

        crypto_generichash(sum, sizeof sum, bytes, size, NULL, 0);
        if (size > 0)
                memcpy(whole, bytes, size);
        memcpy(whole + size, sum, 8);
        sodium_bin2base64(base64, max, whole, size + 8, sodium_base64_VARIANT_ORIGINAL_NO_PADDING);
        text = g_strconcat("wattle:", base64, ".", NULL);
        read_text(text, strlen(text));
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
        if (sodium_init() < 0)
                return 0;
        read_text((const char *)bytes, size);
        read_bytes(bytes, size);
        return 0;
}
