/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* An invitation: a tiny mesh with one new device and those that it can call, signed as the whole
 * one is, and the key that signed it. With it the new device can speak to a member, who knows it
 * already and gives it the rest.
 *
 * People carry it as text: "wattle:", base64 (RFC 4648, its first alphabet, without padding) in
 * lines, and a dot. In there is: a version, flags, the signing key (id and key), the private key if
 * there is one, the two parts of the signature, the length of its comment (two bytes, big endian)
 * and that comment, the text of the tiny mesh; and 8 bytes of BLAKE2b of all that, by which a slip
 * in copying is told from a forged signature. */
#pragma once

#include "common/profile.h"
#include "common/signature.h"

#define WATTLE_INVITATION_MAX_BYTES   65536 /* of the text that people carry */
#define WATTLE_INVITATION_MAX_MEMBERS 3

typedef struct {
        WattleSigningKey signer;
        gboolean has_private_key;
        WattleKey private_key; /* of the new device; then all of it is a secret */
        WattleSignature signature;
        GBytes *text; /* of the tiny mesh */
} WattleInvitation;

void wattle_invitation_clear(WattleInvitation *invitation);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(WattleInvitation, wattle_invitation_clear)

/* The tiny mesh for a device of a profile, as text to be signed. self is the name of the admin's
 * own device, which has the new profile first, or NULL. NULL with an error if no device can be
 * called from outside. At most max_members others are in it. */
char *wattle_invitation_write(const WattleProfile *profile, const WattleDevice *device,
                              const char *self, guint max_members, GError **error);

/* The text for people, in lines of 64, to be wiped if there is a private key in it. */
char *wattle_invitation_format(const WattleInvitation *invitation);

/* Such a text, whatever stands before and behind it, with what mail and chats add: line ends,
 * blanks, marks of a quotation. invitation must be zeroed. Nothing is verified. */
gboolean wattle_invitation_parse(const char *text, gsize size, WattleInvitation *invitation,
                                 GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Whether there is enough of the text: for whoever reads from a terminal. */
gboolean wattle_invitation_is_whole(const char *text, gsize size);

/* The tiny mesh, if one of these keys (of WattleSigningKey) signed it; NULL stands for the one in
 * the invitation. file is how messages call it; *ret_signer, which may be NULL, is which key it
 * was. NULL with errors in the report. */
WattleProfile *wattle_invitation_load(const WattleInvitation *invitation, const GArray *keys,
                                      const char *file, WattleSigningKey *ret_signer,
                                      WattleReport *report) G_GNUC_WARN_UNUSED_RESULT;
