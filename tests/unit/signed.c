/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/unit/signed.h"

#include <string.h>

#include "common/invitation.h"
#include "common/profile-sign.h"
#include "tests/unit/fixture.h"

char *make_invitation(const WattleSigningSecret *secret, const char *text,
                      const WattleKey *private_key)
{
        g_auto(WattleInvitation) invitation = { 0 };
        g_auto(WattleReport) report = { 0 };
        g_autoptr(WattleProfile) mesh = NULL;
        g_autofree char *comment = NULL;
        WattleTextHash hash;

        wattle_report_init(&report);
        invitation.text = g_bytes_new(text, strlen(text));
        mesh = wattle_profile_load_invitation(g_bytes_ref(invitation.text), "x", &report);
        g_assert_nonnull(mesh);
        comment = wattle_profile_make_comment(mesh);
        wattle_text_hash(text, strlen(text), &hash);
        wattle_signature_make(secret, &hash, comment, &invitation.signature);
        wattle_signing_secret_get_public(secret, &invitation.signer);
        invitation.has_private_key = private_key != NULL;
        if (private_key)
                invitation.private_key = *private_key;
        return wattle_invitation_format(&invitation);
}

char *make_signature(const WattleSigningSecret *secret, const char *text)
{
        g_autoptr(WattleProfile) profile = good_profile(text);
        g_autofree char *comment = wattle_profile_make_comment(profile);
        g_auto(WattleSignature) signature = { 0 };
        WattleTextHash hash;

        wattle_text_hash(text, strlen(text), &hash);
        wattle_signature_make(secret, &hash, comment, &signature);
        return wattle_signature_format(&signature);
}
