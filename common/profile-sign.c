/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/profile-sign.h"

#include <string.h>

#include "common/error.h"
#include "common/language.h"
#include "common/scalar.h"

#define COMMENT_PREFIX "wattle1 "
#define N_PREV_DIGITS  16

static gboolean has_signer(const WattleProfile *profile, const WattleSigningKey *signer)
{
        for (guint i = 0; i < profile->n_signing_keys; i++)
                if (wattle_signing_key_equal(&profile->signing_keys[i].value, signer))
                        return TRUE;
        return FALSE;
}

gboolean wattle_profile_check_signed(const WattleProfile *profile, const WattleSigningKey *signer,
                                     WattleReport *report)
{
        WattlePlace place = wattle_profile_place(profile, profile->place);
        guint n_errors = report->n_errors;
        char text[WATTLE_SIGNING_KEY_TEXT_MAX];

        if (!profile->has_name)
                wattle_report_error(report, place,
                                    "a signed mesh says its name, lest another one's file passes "
                                    "for it: write Name=%s below [Mesh]",
                                    profile->name);
        if (!profile->has_serial)
                wattle_report_error(report, place,
                                    "a signed mesh has a Serial=, lest an older one passes for it: "
                                    "write Serial=1 below [Mesh], and let it rise with every "
                                    "change");
        if (signer && profile->n_signing_keys > 0 && !has_signer(profile, signer)) {
                wattle_signing_key_format(signer, text);
                wattle_report_error(
                        report, wattle_profile_place(profile, profile->signing_keys[0].place),
                        "SigningKeys: %s, which signs this text, is not among them: add it, or "
                        "sign with one that is",
                        text);
        }
        return report->n_errors == n_errors;
}

char *wattle_profile_make_comment(const WattleProfile *profile)
{
        char previous[WATTLE_TEXT_SUM_TEXT_MAX];

        if (!profile->has_previous)
                return g_strdup_printf(COMMENT_PREFIX "mesh=%s serial=%" G_GUINT64_FORMAT,
                                       profile->name, profile->serial);
        wattle_text_sum_format(&profile->previous, previous);
        return g_strdup_printf(COMMENT_PREFIX "mesh=%s serial=%" G_GUINT64_FORMAT " prev=%.*s",
                               profile->name, profile->serial, N_PREV_DIGITS, previous);
}

gboolean wattle_profile_check_comment(const WattleProfile *profile, const char *comment,
                                      GError **error)
{
        g_autofree char *expected = wattle_profile_make_comment(profile);

        if (!g_str_has_prefix(comment, COMMENT_PREFIX) || strcmp(comment, expected) == 0)
                return TRUE;
        g_set_error(error, WATTLE_ERROR, WATTLE_ERROR_INVALID,
                    _("the trusted comment is '%s', and the text is '%s': sign it again with "
                      "'wattle sign'"),
                    comment, expected);
        return FALSE;
}

gboolean wattle_profile_comment_serial(const char *comment, const char *mesh, guint64 *ret_serial)
{
        g_autofree char *head = g_strdup_printf(COMMENT_PREFIX "mesh=%s serial=", mesh);
        g_autofree char *number = NULL;

        if (!g_str_has_prefix(comment, head))
                return FALSE;
        number = g_strndup(comment + strlen(head), strcspn(comment + strlen(head), " "));
        return wattle_uint_parse(number, 0, G_MAXUINT64, ret_serial, NULL);
}

char *wattle_profile_sign(const WattleProfile *profile, gconstpointer text, gsize size,
                          const WattleSigningSecret *secret)
{
        g_autofree char *comment = wattle_profile_make_comment(profile);
        g_auto(WattleSignature) signature = { 0 };
        WattleTextHash hash;

        wattle_text_hash(text, size, &hash);
        wattle_signature_make(secret, &hash, comment, &signature);
        return wattle_signature_format(&signature);
}
