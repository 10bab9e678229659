/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The frame of the programs that write the files of one mesh at boot: their arguments, and the root
 * below which they read and write. */
#pragma once

#include <glib.h>

/* Writes what the host is to have of the mesh, and tells the journal; FALSE if that failed. */
typedef gboolean (*WattleWrite)(int root_fd, const char *mesh);

/* main() of such a program; help is what --help shows. Returns its exit status. */
int wattle_writer_main(int argc, char **argv, const char *help, WattleWrite write);
