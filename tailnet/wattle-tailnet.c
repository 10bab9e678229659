/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* wattle-tailnet, the oneshot behind wattle-tailnet@NAME.service: writes what tailscaled,
 * systemd-networkd, NetworkManager and udev read of a tailnet below /run, before they start. A bad
 * tailnet changes no file; one that is gone or disabled loses its files. */
#include "common/render-tailnet.h"
#include "common/sys/host.h"
#include "common/sys/install.h"
#include "common/sys/log.h"
#include "common/sys/tailnet/tailnets.h"
#include "common/sys/writer.h"

/* FALSE with errors in the report. No files for a tailnet that is not, or not to be. */
static gboolean make_files(int root_fd, const char *name, WattleFileset *files,
                           WattleReport *report)
{
        g_auto(WattleTailnet) tailnet = { 0 };
        g_autofree char *path = wattle_tailnet_find(root_fd, name);

        wattle_tailnet_init(&tailnet);
        if (path && !wattle_tailnet_load(&tailnet, root_fd, name, report))
                return FALSE;
        if (path && tailnet.enable)
                wattle_render_tailnet(&tailnet, wattle_host_systemd_version(root_fd), files);
        return TRUE;
}

static gboolean write_tailnet(int root_fd, const char *name)
{
        g_auto(WattleReport) report = { 0 };
        g_auto(WattleFileset) files = { 0 };
        WattleChanges changes;
        g_autoptr(GError) error = NULL;
        gboolean ok;

        wattle_report_init(&report);
        wattle_fileset_init_tailnet(&files);
        ok = make_files(root_fd, name, &files, &report);
        wattle_log_report(&report);
        if (!ok)
                wattle_log(WATTLE_LOG_ERROR, "tailnet %s: keeping the previous configuration",
                           name);
        else if (!(ok = wattle_install(root_fd, name, &files, NULL, &changes, &error)))
                wattle_log(WATTLE_LOG_ERROR, "tailnet %s: %s", name, error->message);
        else
                wattle_log(WATTLE_LOG_INFO, "tailnet %s: %u files, %u changed, %u removed", name,
                           files.files->len, wattle_file_bits_count(changes.changed),
                           wattle_file_bits_count(changes.removed));
        return ok;
}

int main(int argc, char **argv)
{
        static const char help[] =
                "Usage: wattle-tailnet [--root=DIR] TAILNET\n"
                "\n"
                "Writes the files of TAILNET below /run. wattle-tailnet@TAILNET.service runs it before\n"
                "tailscaled starts; see wattle-tailnet(8).\n"
                "\n"
                "  --root=DIR  read and write below DIR\n"
                "  --help      show this\n";

        return wattle_writer_main(argc, argv, help, write_tailnet);
}
