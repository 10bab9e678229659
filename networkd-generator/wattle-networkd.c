/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* wattle-networkd, the oneshot behind wattle-networkd@MESH.service: writes what systemd-networkd,
 * udev and the resolver read of one mesh below /run, before networkd starts. A bad mesh changes no
 * file; a mesh that is gone or disabled loses its files. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/error.h"
#include "common/render.h"
#include "common/scalar.h"
#include "common/sys/host.h"
#include "common/sys/install.h"
#include "common/sys/secret.h"

#define PROGRAM "wattle-networkd"

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

/* networkd drops its privileges and sees no home folder; a key that it cannot read would give an
 * interface without one. */
static gboolean check_key(int root_fd, const WattleView *view, guint systemd_version,
                          GError **error)
{
        if (view->owner != WATTLE_OWNER_NETWORKD)
                return TRUE;
        if (!view->private_key_file) {
                if (wattle_networkd_takes_credentials(systemd_version))
                        return TRUE;
                g_set_error(
                        error, WATTLE_ERROR, WATTLE_ERROR_INVALID,
                        "the key is a credential, which networkd %u does not take: put it in " WATTLE_CONFDIR
                        "/%s.key",
                        systemd_version, view->mesh);
                return FALSE;
        }
        if (g_str_has_prefix(view->private_key_file, "/home/") ||
            g_str_has_prefix(view->private_key_file, "/root/") ||
            g_str_has_prefix(view->private_key_file, "/run/user/")) {
                g_set_error(
                        error, WATTLE_ERROR, WATTLE_ERROR_UNSAFE,
                        "%s: systemd-networkd sees no home folder: move the key to " WATTLE_CONFDIR,
                        view->private_key_file);
                return FALSE;
        }
        if (wattle_secret_check_group(root_fd, view->private_key_file + 1, getegid(), error))
                return TRUE;
        if (g_error_matches(*error, WATTLE_ERROR, WATTLE_ERROR_NOT_FOUND))
                g_prefix_error(error, "no private key, 'wattle genkey %s' makes one: /",
                               view->mesh);
        else
                g_prefix_error(error, "/");
        return FALSE;
}

static gboolean fill_files(int root_fd, const WattleMesh *mesh, WattleFileset *files,
                           WattleReport *report)
{
        g_autoptr(WattleView) view =
                wattle_host_view(root_fd, mesh, NULL, WATTLE_OWNER_AUTO, report);
        guint systemd_version = wattle_host_systemd_version(root_fd);
        g_autoptr(GError) error = NULL;

        if (!view)
                return FALSE;
        if (!view->self.managed) {
                wattle_report_error(
                        report, (WattlePlace){ g_intern_string(mesh->path), 0, 0 },
                        "device %s has Managed=no, but here wattle runs: remove that line",
                        view->self.name);
                return FALSE;
        }
        if (!check_key(root_fd, view, systemd_version, &error)) {
                wattle_report_error(report, (WattlePlace){ NULL, 0, 0 }, "%s", error->message);
                return FALSE;
        }
        wattle_render_host(view, systemd_version, files);
        return TRUE;
}

/* TRUE and no files for a mesh that is not to be here; one that is disabled may be as bad as it
 * likes, for the generator does not look at the profile either. */
static gboolean make_files(int root_fd, const char *name, WattleFileset *files,
                           WattleReport *report)
{
        g_autofree char *path = wattle_mesh_find(root_fd, name);
        g_auto(WattleMesh) mesh = { 0 };
        gboolean loaded;

        if (!path)
                return TRUE;
        loaded = wattle_mesh_load(&mesh, root_fd, name, report);
        return !mesh.local.enable || (loaded && fill_files(root_fd, &mesh, files, report));
}

static int run(const char *root, const char *name)
{
        g_auto(WattleReport) report = { 0 };
        g_auto(WattleFileset) files = { 0 };
        g_auto(WattleChanges) changes = { 0 };
        g_autoptr(GError) error = NULL;
        int root_fd = open(root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        gboolean ok;

        if (root_fd < 0) {
                fprintf(stderr, "<3>%s: %s\n", root, g_strerror(errno));
                return EXIT_FAILURE;
        }
        wattle_report_init(&report);
        wattle_fileset_init(&files);
        wattle_changes_init(&changes);
        ok = make_files(root_fd, name, &files, &report);
        log_report(&report);
        if (!ok)
                fprintf(stderr, "<3>mesh %s: keeping the previous configuration\n", name);
        else if (!(ok = wattle_install(root_fd, name, &files, &changes, &error)))
                fprintf(stderr, "<3>mesh %s: %s\n", name, error->message);
        else
                fprintf(stderr, "<6>mesh %s: %u files, %u changed, %u removed\n", name,
                        files.files->len, changes.changed->len, changes.removed->len);
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
