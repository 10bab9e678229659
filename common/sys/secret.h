/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Private keys in files: read with care for who else can read them, written for the owner that
 * needs them. */
#pragma once

#include <glib.h>

#include "common/key.h"

/* One key in base64, alone in a regular file that others cannot read. Errors: NOT_FOUND; UNSAFE,
 * which names the chmod that mends it; INVALID; FAILED (no permission). */
gboolean wattle_secret_read(int dir_fd, const char *path, WattleKey *ret,
                            GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* The same from an open file, a pipe or a terminal; what is its name in messages. */
gboolean wattle_secret_read_fd(int fd, const char *what, WattleKey *ret,
                               GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* A secret of another kind, as text with a NUL: only the owner of the file may be able to read or
 * write it. In libsodium's memory: sodium_free() it. NULL with an error as above; UNSAFE as well if
 * it has more than max bytes. */
char *wattle_secret_read_text(int dir_fd, const char *path, gsize max,
                              GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Whether a process with this group, and without privileges, can read the file: networkd's case. An
 * error says what to do. */
gboolean wattle_secret_check_group(int dir_fd, const char *path, gid_t gid,
                                   GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Makes a new file, never over an old one, and whole or not at all; with gid, root:gid 0640, else
 * 0600. */
gboolean wattle_secret_write(int dir_fd, const char *path, const WattleKey *key, const gid_t *gid,
                             GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* The same with any text, 0600. */
gboolean wattle_secret_write_text(int dir_fd, const char *path, const char *text,
                                  GError **error) G_GNUC_WARN_UNUSED_RESULT;
