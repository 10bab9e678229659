/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cli/keyfile.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/print.h"
#include "common/paths.h"
#include "common/sys/file.h"

char *wattle_key_file_of_mesh(const WattleCli *cli, const char *mesh, WattleReport *report)
{
        g_auto(WattleLocal) local = { 0 };

        wattle_local_init(&local);
        if (!wattle_local_load(&local, cli->root_fd, mesh, report))
                return NULL;
        return wattle_paths_key(local.private_key_file, mesh);
}

void wattle_warn_of_readers(void)
{
        struct stat st;

        if (fstat(STDOUT_FILENO, &st) == 0 && S_ISREG(st.st_mode) && st.st_mode & S_IRWXO)
                wattle_print_error("warning: this private key goes to a file that others can read; "
                                   "chmod 0600 it, or set umask 077 before");
}

gboolean wattle_print_secret(const char *text)
{
        wattle_warn_of_readers();
        if (wattle_write_all(STDOUT_FILENO, text, strlen(text)))
                return TRUE;
        wattle_print_error("standard output: %s", g_strerror(errno));
        return FALSE;
}
