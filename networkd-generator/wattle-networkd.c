/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* wattle-networkd, the oneshot behind wattle-networkd@MESH.service: writes what systemd-networkd,
 * udev and the resolver read of one mesh below /run, before networkd starts. A bad mesh changes no
 * file; a mesh that is gone or disabled loses its files. */
#include <fcntl.h>
#include <unistd.h>

#include "common/sys/deploy.h"
#include "common/sys/file.h"
#include "common/sys/heap.h"
#include "common/sys/install.h"
#include "common/sys/log.h"
#include "common/sys/writer.h"

/* At boot networkd reads what we write. Later it does not before it is told, and 'wattle apply'
 * would see files that are in place already. */
static gboolean leave_mark(int root_fd, const char *name, const WattleChanges *changes,
                           GError **error)
{
        if ((changes->changed | changes->removed) == 0 ||
            !wattle_path_exists(root_fd, "run/systemd/netif/state"))
                return TRUE;
        return wattle_pending_set(root_fd, name, error);
}

static gboolean write_mesh(int root_fd, const char *name)
{
        g_auto(WattleReport) report = { 0 };
        g_auto(WattleDeployment) deployment = { 0 };
        WattleChanges changes = { 0 };
        g_autoptr(GError) error = NULL;
        /* The unit's Group= is networkd's own, and so is that of the files that we make. */
        gid_t gid = getegid();
        gboolean ok;

        wattle_report_init(&report);
        ok = wattle_deployment_load(&deployment, root_fd, name, &gid, WATTLE_LOAD_OR_LAST_GOOD,
                                    &report);
        wattle_log_report(&report);
        if (!ok)
                wattle_log(WATTLE_LOG_ERROR, "mesh %s: keeping the previous configuration", name);
        else if (!(ok = wattle_install(root_fd, name, &deployment.files, NULL, &changes, &error) &&
                        leave_mark(root_fd, name, &changes, &error)))
                wattle_log(WATTLE_LOG_ERROR, "mesh %s: %s", name, error->message);
        else
                wattle_log(WATTLE_LOG_INFO, "mesh %s: %u files, %u changed, %u removed", name,
                           deployment.files.files->len, wattle_file_bits_count(changes.changed),
                           wattle_file_bits_count(changes.removed));
        return ok;
}

int main(int argc, char **argv)
{
        static const char help[] =
                "Usage: wattle-networkd [--root=DIR] MESH\n"
                "\n"
                "Writes the files of MESH for systemd-networkd below /run. wattle-networkd@MESH.service runs\n"
                "it before networkd starts; see wattle-networkd(8).\n"
                "\n"
                "  --root=DIR  read and write below DIR\n"
                "  --help      show this\n";

        wattle_heap_init();
        return wattle_writer_main(argc, argv, help, write_mesh);
}
