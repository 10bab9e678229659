/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* wattle-nm, the oneshot behind wattle-nm@MESH.service: writes the connection profile of one mesh
 * for NetworkManager below /run, before NetworkManager starts. A bad mesh changes nothing; a mesh
 * that is gone, disabled or no longer NetworkManager's loses its profile. */
#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/error.h"
#include "common/nm-profile.h"
#include "common/scalar.h"
#include "common/sys/deploy.h"
#include "common/sys/install.h"
#include "nm-plugin/connection.h"
#include "nm-plugin/vpn-profile.h"

#define PROGRAM "wattle-nm"

/* NetworkManager reads no profile with a secret that others than root can. */
#define PROFILE_MODE 0600

/* NetworkManager makes it when it starts. */
#define NM_RUNNING_PATH "run/NetworkManager/devices"

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

/* At boot NetworkManager reads what we write. Later it does not before it is told, and 'wattle
 * apply' would see a profile that is in place already. */
static gboolean leave_mark(int root_fd, const char *mesh, GError **error)
{
        return faccessat(root_fd, NM_RUNNING_PATH, F_OK, 0) < 0 ||
               wattle_pending_set(root_fd, mesh, error);
}

static gboolean remove_profile(int root_fd, const char *mesh, const char **ret_done, GError **error)
{
        g_autofree char *path = wattle_nm_profile_path(mesh);

        if (unlinkat(root_fd, path, 0) < 0) {
                *ret_done = "none";
                return errno == ENOENT || errno == ENOTDIR ||
                       wattle_error_set_errno(error, errno, "/%s", path);
        }
        *ret_done = "removed";
        return leave_mark(root_fd, mesh, error);
}

static gboolean write_profile(int root_fd, const char *mesh, const WattleDeployment *deployment,
                              const char **ret_done, GError **error)
{
        g_autofree char *path = wattle_nm_profile_path(mesh);
        g_autoptr(NMConnection) connection = NULL;
        g_auto(WattleKey) private_key = { 0 };
        gboolean changed, ok;
        gsize size;
        char *text;

        if (!wattle_private_key_read(root_fd, deployment->view, &private_key, error))
                return FALSE;
        connection = deployment->view->connection == WATTLE_CONNECTION_VPN
                             ? wattle_vpn_profile_new(deployment->view)
                             : wattle_connection_new(deployment->view, &private_key);
        text = wattle_connection_format(connection, deployment->view, &size, error);
        if (!text)
                return FALSE;
        ok = wattle_install_file(root_fd, path, PROFILE_MODE, text, size, &changed, error);
        sodium_memzero(text, size);
        g_free(text);
        if (!ok)
                return FALSE;
        *ret_done = changed ? "written" : "unchanged";
        return !changed || leave_mark(root_fd, mesh, error);
}

static gboolean update_profile(int root_fd, const char *mesh, const WattleDeployment *deployment,
                               const char **ret_done, GError **error)
{
        return deployment->view && deployment->view->owner == WATTLE_OWNER_NETWORK_MANAGER
                       ? write_profile(root_fd, mesh, deployment, ret_done, error)
                       : remove_profile(root_fd, mesh, ret_done, error);
}

static int run(const char *root, const char *mesh)
{
        g_auto(WattleReport) report = { 0 };
        g_auto(WattleDeployment) deployment = { 0 };
        g_autoptr(GError) error = NULL;
        const char *done = NULL;
        int root_fd = open(root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        gid_t gid = getegid();
        gboolean ok;

        if (root_fd < 0) {
                fprintf(stderr, "<3>%s: %s\n", root, g_strerror(errno));
                return EXIT_FAILURE;
        }
        wattle_report_init(&report);
        ok = wattle_deployment_load(&deployment, root_fd, mesh, &gid, &report);
        log_report(&report);
        ok = ok && update_profile(root_fd, mesh, &deployment, &done, &error);
        if (error)
                fprintf(stderr, "<3>mesh %s: %s\n", mesh, error->message);
        if (ok)
                fprintf(stderr, "<6>mesh %s: profile for NetworkManager: %s\n", mesh, done);
        else
                fprintf(stderr, "<3>mesh %s: keeping the previous configuration\n", mesh);
        close(root_fd);
        return ok ? EXIT_SUCCESS : EXIT_FAILURE;
}

static int usage(FILE *stream, int status)
{
        fputs("Usage: " PROGRAM " [--root=DIR] MESH\n"
              "\n"
              "Writes the connection profile of MESH for NetworkManager below /run. wattle-nm@MESH.service\n"
              "runs it before NetworkManager starts; see wattle-nm(8).\n"
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
