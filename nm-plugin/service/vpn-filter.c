/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "nm-plugin/service/vpn-filter.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "common/error.h"
#include "common/sys/file.h"
#include "common/sys/install.h"
#include "nm-plugin/service/systemd.h"

static void call_systemd(GDBusConnection *bus, const char *method, const char *uuid)
{
        g_autofree char *unit = wattle_paths_unit(WATTLE_UNIT_FILTER, uuid);

        wattle_systemd_call(bus, method, unit, "the packet filter of the VPN");
}

/* Most meshes need none: then nothing is locked and nothing written. */
static gboolean has_files(int root_fd, const char *uuid)
{
        g_autofree char *filter = wattle_paths_file(WATTLE_FILE_FILTER, uuid);
        g_autofree char *firewall = wattle_paths_file(WATTLE_FILE_FIREWALL, uuid);

        return wattle_path_exists(root_fd, filter) || wattle_path_exists(root_fd, firewall);
}

gboolean wattle_vpn_filter_begin(GDBusConnection *bus, int root_fd, const char *uuid,
                                 const WattleFileset *files, gboolean *ret, GError **error)
{
        gboolean is_wanted = files->files->len > 0;
        WattleChanges changes;

        if (is_wanted && !wattle_install(root_fd, uuid, files, NULL, &changes, error))
                return FALSE;
        if (is_wanted)
                call_systemd(bus, "ReloadOrRestartUnit", uuid);
        else
                wattle_vpn_filter_end(bus, root_fd, uuid);
        *ret = is_wanted;
        return TRUE;
}

void wattle_vpn_filter_ensure(GDBusConnection *bus, const char *uuid)
{
        call_systemd(bus, "StartUnit", uuid);
}

void wattle_vpn_filter_end(GDBusConnection *bus, int root_fd, const char *uuid)
{
        g_auto(WattleFileset) nothing = { 0 };
        g_autoptr(GError) error = NULL;
        WattleChanges changes;

        if (!has_files(root_fd, uuid))
                return;
        wattle_fileset_init_carried(&nothing);
        if (!wattle_install(root_fd, uuid, &nothing, NULL, &changes, &error))
                g_warning("%s", error->message);
        call_systemd(bus, "StopUnit", uuid);
}

static gboolean set_sysctl(int root_fd, const WattleSysctl *sysctl, GError **error)
{
        g_autofree char *words = g_strdelimit(g_strdup(sysctl->name), ".", '/');
        g_autofree char *path = g_strconcat("proc/sys/", words, NULL);
        g_autofree char *value = g_strdup_printf("%u\n", sysctl->value);
        g_auto(WattleFd) fd = wattle_below_open(root_fd, path, O_WRONLY | O_CLOEXEC, 0);

        return (fd >= 0 && write(fd, value, strlen(value)) >= 0) ||
               wattle_error_set_errno(error, errno, "/%s", path);
}

gboolean wattle_vpn_filter_set_sysctls(int root_fd, const WattleSysctl *sysctls, guint n,
                                       GError **error)
{
        for (guint i = 0; i < n; i++)
                if ((sysctls[i].kind == WATTLE_SYSCTL_RP_FILTER ||
                     sysctls[i].kind == WATTLE_SYSCTL_SRC_VALID_MARK) &&
                    !set_sysctl(root_fd, &sysctls[i], error))
                        return FALSE;
        return TRUE;
}
