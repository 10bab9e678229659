/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* wattle-networkd, the oneshot behind wattle-networkd@MESH.service: writes what systemd-networkd,
 * udev and the resolver read of one mesh below /run, before networkd starts. A bad mesh changes no
 * file; a mesh that is gone or disabled loses its files. */
#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/scalar.h"
#include "common/sys/deploy.h"
#include "common/sys/install.h"

#define PROGRAM        "wattle-networkd"
#define HEAP_BLOCK_MAX (32 * 1024 * 1024)

/* sd-daemon(3): the priority before the line, for the journal. */
static void log_report(WattleReport *report)
{
        wattle_report_sort(report);
        for (guint i = 0; i < report->faults->len; i++) {
                const WattleFault *fault = &g_array_index(report->faults, WattleFault, i);
                g_autofree char *line = wattle_fault_format(fault);

                fprintf(stderr, "<%c>%s\n", fault->kind == WATTLE_FAULT_ERROR ? '3' : '4', line);
        }
}

/* At boot networkd reads what we write. Later it does not before it is told, and 'wattle apply'
 * would see files that are in place already. */
static gboolean leave_mark(int root_fd, const char *name, const WattleChanges *changes,
                           GError **error)
{
        if (changes->changed->len + changes->removed->len == 0 ||
            faccessat(root_fd, "run/systemd/netif/state", F_OK, 0) < 0)
                return TRUE;
        return wattle_pending_set(root_fd, name, error);
}

static int run(const char *root, const char *name)
{
        g_auto(WattleReport) report = { 0 };
        g_auto(WattleDeployment) deployment = { 0 };
        g_auto(WattleChanges) changes = { 0 };
        g_autoptr(GError) error = NULL;
        int root_fd = open(root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        gid_t gid = getegid();
        gboolean ok;

        if (root_fd < 0) {
                fprintf(stderr, "<3>%s: %s\n", root, g_strerror(errno));
                return EXIT_FAILURE;
        }
        wattle_report_init(&report);
        wattle_changes_init(&changes);
        /* The unit's Group= is networkd's own, and so is that of the files that we make. */
        ok = wattle_deployment_load(&deployment, root_fd, name, &gid, &report);
        log_report(&report);
        if (!ok)
                fprintf(stderr, "<3>mesh %s: keeping the previous configuration\n", name);
        else if (!(ok = wattle_install(root_fd, name, &deployment.files, &changes, &error) &&
                        leave_mark(root_fd, name, &changes, &error)))
                fprintf(stderr, "<3>mesh %s: %s\n", name, error->message);
        else
                fprintf(stderr, "<6>mesh %s: %u files, %u changed, %u removed\n", name,
                        deployment.files.files->len, changes.changed->len, changes.removed->len);
        close(root_fd);
        return ok ? EXIT_SUCCESS : EXIT_FAILURE;
}

static int usage(FILE *stream, int status)
{
        fputs("Usage: " PROGRAM " [--root=DIR] MESH\n"
              "\n"
              "Writes the files of MESH for systemd-networkd below /run. wattle-networkd@MESH.service runs\n"
              "it before networkd starts; see wattle-networkd(8).\n"
              "\n"
              "  --root=DIR  read and write below DIR\n"
              "  --help      show this\n",
              stream);
        return status;
}

int main(int argc, char **argv)
{
        const char *root = "/";
        g_autoptr(GError) error = NULL;

        /* We live for one mesh: large blocks go back to our own heap, not to the kernel, which
         * would clear their pages anew for the next one. */
        mallopt(M_MMAP_THRESHOLD, HEAP_BLOCK_MAX);
        mallopt(M_TRIM_THRESHOLD, HEAP_BLOCK_MAX);

        if (argc > 1 && strcmp(argv[1], "--help") == 0)
                return usage(stdout, EXIT_SUCCESS);
        if (argc > 1 && g_str_has_prefix(argv[1], "--root=")) {
                root = argv[1] + strlen("--root=");
                argv++;
                argc--;
        }
        if (argc != 2)
                return usage(stderr, 2);
        if (!wattle_identifier_check(argv[1], WATTLE_MESH_NAME_MAX, &error)) {
                fprintf(stderr, "<3>MESH: %s\n", error->message);
                return 2;
        }
        return run(root, argv[1]);
}
