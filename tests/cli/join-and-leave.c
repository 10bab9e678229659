/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What joining and leaving do to the files of a host, without managers, for a test that kills it:
 * join-and-leave ROOT join FILE, with an invitation in FILE, or join-and-leave ROOT leave MESH. */
#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/join/join.h"
#include "cli/join/leave.h"
#include "common/sys/file.h"

static gboolean join(int root_fd, const char *path, GError **error)
{
        g_autoptr(GBytes) text =
                wattle_read_file(AT_FDCWD, path, WATTLE_INVITATION_MAX_BYTES, error);
        g_auto(WattleReport) report = { 0 };
        g_auto(WattleJoin) what = { 0 };
        g_autofree char *fault = NULL;

        if (!text)
                return FALSE;
        wattle_report_init(&report);
        if (wattle_join_read(&what, g_bytes_get_data(text, NULL), g_bytes_get_size(text), path,
                             &report) &&
            wattle_join_check(&what, root_fd, &report))
                return wattle_join_install(&what, root_fd, NULL, error);
        fault = wattle_report_first_error(&report);
        g_set_error_literal(error, G_FILE_ERROR, G_FILE_ERROR_FAILED, fault);
        return FALSE;
}

int main(int argc, char **argv)
{
        g_auto(WattleFd) root_fd = argc == 4 ? open(argv[1], O_RDONLY | O_DIRECTORY) : -1;
        g_autoptr(GError) error = NULL;

        if (root_fd < 0 || sodium_init() < 0)
                return EXIT_FAILURE;
        if (strcmp(argv[2], "join") == 0 ? join(root_fd, argv[3], &error)
                                         : wattle_leave_remove(root_fd, argv[3], &error))
                return EXIT_SUCCESS;
        fprintf(stderr, "%s\n", error->message);
        return EXIT_FAILURE;
}
