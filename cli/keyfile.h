/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Where the verbs find and put private keys, and how text with a key in it leaves the process. */
#pragma once

#include "cli/cli.h"
#include "common/key.h"

/* The file of a mesh's private key, absolute: PrivateKeyFile= of this host's settings, or
 * /etc/wattle/MESH.key. The mesh need not be installed: a new device has its key first. NULL with
 * errors in the report if the settings are bad. */
char *wattle_key_file_of_mesh(const WattleCli *cli, const char *mesh,
                              WattleReport *report) G_GNUC_WARN_UNUSED_RESULT;

/* On stderr, if standard output is a file that others can read. */
void wattle_warn_of_readers(void);

/* Straight to standard output: stdio would keep a copy. Warns if that is a file which others can
 * read. */
gboolean wattle_print_secret(const char *text) G_GNUC_WARN_UNUSED_RESULT;
