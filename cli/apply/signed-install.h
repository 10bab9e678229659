/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Puts a signed profile in the place of another one so that a reader finds one of the two with its
 * signature at any moment, and after a lost machine too: the new signature as .minisig.new, the
 * profile by rename, and the signature renamed to .minisig; each file and folder is on the disk
 * before the next step. */
#pragma once

#include "common/sys/load.h"
#include "common/sys/trust.h"

/* path is below dir_fd, in a folder that is there. trust: whose signature the profile that stands
 * there has, to settle what a killed run has left; without a path if that is unsigned. */
gboolean wattle_signed_install(const WattleTrust *trust, int dir_fd, const char *path, GBytes *text,
                               GBytes *signature, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* The first step and the last one, for who renames a profile into its place in between, and has it
 * on the disk: wattle_sync_folder(). */
gboolean wattle_signed_begin(const WattleTrust *trust, int dir_fd, const char *path,
                             GBytes *signature, GError **error) G_GNUC_WARN_UNUSED_RESULT;
gboolean wattle_signed_end(int dir_fd, const char *path, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Makes the last step of a run that was killed before it, if there was one. */
gboolean wattle_signed_settle(const WattleTrust *trust, int dir_fd, const char *path,
                              GError **error) G_GNUC_WARN_UNUSED_RESULT;
