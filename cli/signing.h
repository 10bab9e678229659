/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The admin's signing key: where it is, how it is made and opened, and what people are told of it.
 * Whatever goes wrong is said on stderr. */
#pragma once

#include "cli/cli.h"
#include "common/language.h"
#include "common/signing-secret.h"
#include "common/sys/trust.h"

#define WATTLE_SIGNING_OPTION_TEXT N_("the secret key; else ~/.config/wattle/signing.key")

/* given, or that of the user, "~/.config/wattle/signing.key". */
char *wattle_signing_path(const char *given);

/* A new key into a new file, after a password for it was asked twice; with no_password it gets
 * none. NULL if there is one already, no password, no memory. */
WattleSigningSecret *wattle_signing_make(const char *path,
                                         gboolean no_password) G_GNUC_WARN_UNUSED_RESULT;

/* Reads the file, which only its owner may be able to read, and asks for the password, thrice at
 * most, if it has one. */
WattleSigningSecret *wattle_signing_open(const char *path) G_GNUC_WARN_UNUSED_RESULT;

/* Whether who asks for a signature would take one of this key, or nobody asks for one. FALSE with
 * an error in the report. */
gboolean wattle_signing_check_trusted(const WattleSigningKey *key, const WattleTrust *trust,
                                      WattleReport *report) G_GNUC_WARN_UNUSED_RESULT;

/* "E1700D3C403722B0 (measure flash follow below mushroom strike)" */
char *wattle_signing_describe(const WattleSigningKey *key);
