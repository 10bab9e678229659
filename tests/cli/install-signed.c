/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Installs a signed profile, and keeps what stands there as the last good one, for a test that
 * kills it: install-signed ROOT MESH NEW, where NEW and NEW.minisig are a pair. */
#include <fcntl.h>
#include <stdlib.h>

#include "cli/apply/signed-install.h"
#include "cli/update/settle.h"
#include "common/sys/file.h"

int main(int argc, char **argv)
{
        g_auto(WattleFd) root_fd = argc == 4 ? open(argv[1], O_RDONLY | O_DIRECTORY) : -1;
        g_autofree char *path = NULL, *signature_path = NULL;
        g_auto(WattleReport) report = { 0 };
        g_auto(WattleTrust) trust = { 0 };
        g_autoptr(GBytes) text = NULL, signature = NULL;
        g_autoptr(GError) error = NULL;
        WattleLineage lineage;

        if (root_fd < 0)
                return EXIT_FAILURE;
        wattle_report_init(&report);
        path = wattle_mesh_find(root_fd, argv[2]);
        signature_path = g_strconcat(argv[3], ".minisig", NULL);
        text = wattle_read_file(AT_FDCWD, argv[3], 65536, NULL);
        signature = wattle_read_file(AT_FDCWD, signature_path, 65536, NULL);
        if (!path || !text || !signature ||
            !wattle_mesh_read_trust(&trust, root_fd, argv[2], &report) ||
            !wattle_signed_install(&trust, root_fd, path + 1, text, signature, &error))
                return EXIT_FAILURE;
        wattle_lineage_read(g_bytes_get_data(text, NULL), g_bytes_get_size(text), &lineage);
        return wattle_update_keep_installed(root_fd, argv[2], lineage.serial, &error)
                       ? EXIT_SUCCESS
                       : EXIT_FAILURE;
}
