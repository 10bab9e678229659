/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/sys/writer.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/scalar.h"
#include "common/sys/file.h"
#include "common/sys/log.h"

#define EXIT_USAGE 2

static int run(const char *root, const char *mesh, WattleWrite write)
{
        g_autoptr(GError) error = NULL;
        int root_fd = wattle_root_open(root, &error);
        gboolean ok;

        if (root_fd < 0) {
                wattle_log(WATTLE_LOG_ERROR, "%s", error->message);
                return EXIT_FAILURE;
        }
        ok = write(root_fd, mesh);
        close(root_fd);
        return ok ? EXIT_SUCCESS : EXIT_FAILURE;
}

int wattle_writer_main(int argc, char **argv, const char *help, WattleWrite write)
{
        const char *root = "/";
        g_autoptr(GError) error = NULL;

        if (argc > 1 && strcmp(argv[1], "--help") == 0) {
                fputs(help, stdout);
                return EXIT_SUCCESS;
        }
        if (argc > 1 && g_str_has_prefix(argv[1], "--root=")) {
                root = argv[1] + strlen("--root=");
                argv++;
                argc--;
        }
        if (argc != 2) {
                fputs(help, stderr);
                return EXIT_USAGE;
        }
        if (!wattle_identifier_check(argv[1], WATTLE_MESH_NAME_MAX, &error)) {
                wattle_log(WATTLE_LOG_ERROR, "MESH: %s", error->message);
                return EXIT_USAGE;
        }
        return run(root, argv[1], write);
}
