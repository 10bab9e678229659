/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Keys that are good no more although the profile of this host still lets them in: the newer one
 * that took them out was itself taken back (doc/hacking.md, "A way back"). A line for each key. */
#pragma once

#include "common/profile.h"

#define WATTLE_REVOCATIONS_MAX_BYTES (WATTLE_PROFILE_MAX_DEVICES * 64)

/* The text of such a file; keys is of WattleKey. */
char *wattle_revocations_format(const GArray *keys);

/* Keys of that text, of WattleKey: unref it. NULL with errors in the report, which calls the text
 * file. */
GArray *wattle_revocations_read(gconstpointer bytes, gsize size, const char *file,
                                WattleReport *report) G_GNUC_WARN_UNUSED_RESULT;

/* Revokes the devices that have one of the keys. */
void wattle_revocations_apply(const GArray *keys, WattleProfile *profile);
