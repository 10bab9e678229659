/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The admin's side of joining: an invitation for a device of a signed mesh is made and shown. */
#pragma once

#include "cli/cli.h"
#include "cli/edit.h"
#include "common/profile.h"
#include "common/signing-secret.h"

typedef struct {
        const WattleProfile *profile;
        const WattleDevice *device;
        const char *self; /* the admin's own device, or NULL */
        const WattleSigningSecret *secret;
        const WattleKey *private_key; /* of the device, if the invitation is to have it; or NULL */
        gboolean qr;                  /* as a code for a camera, and not as text */
} WattleInvite;

/* On standard output the text or the code, and on stderr what to do with it. FALSE after an error
 * there. */
gboolean wattle_invite_show(const WattleInvite *invite);

/* Whether there is somebody to invite to, and the code can be drawn; FALSE after an error on
 * stderr.
 */
gboolean wattle_invite_check(const WattleInvite *invite) G_GNUC_WARN_UNUSED_RESULT;

/* Only a signed mesh has invitations: nothing else would tell a good profile from another. FALSE
 * with an error in the report. */
gboolean wattle_invite_check_signed(const WattleEditor *editor,
                                    WattleReport *report) G_GNUC_WARN_UNUSED_RESULT;

/* The device that this host is in an installed mesh; NULL if there is none, or no telling. */
char *wattle_invite_find_self(const WattleCli *cli, const char *mesh);

/* "laptop's key: abandon ability able about above absent", for two people to compare. */
void wattle_invite_print_words(const char *device, const WattleKey *public_key);
