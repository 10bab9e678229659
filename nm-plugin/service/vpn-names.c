/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "nm-plugin/service/vpn-names.h"

#include "common/render.h"
#include "common/sys/file.h"
#include "common/sys/host.h"
#include "common/sys/install.h"

void wattle_vpn_names_plan(NMConnection *vpn, int root_fd, const WattleView *view, const char *uuid,
                           WattleFileset *ret)
{
        NMSettingConnection *setting = nm_connection_get_setting_connection(vpn);

        if (nm_setting_connection_get_num_permissions(setting) == 0 &&
            wattle_host_has_nss_module(root_fd))
                wattle_render_carried_names(view, uuid, ret);
}

gboolean wattle_vpn_names_begin(int root_fd, const char *uuid, const WattleFileset *names,
                                gboolean *ret, GError **error)
{
        gboolean is_wanted = names->files->len > 0;
        WattleChanges changes;

        if (is_wanted && !wattle_install(root_fd, uuid, names, NULL, &changes, error))
                return FALSE;
        if (!is_wanted)
                wattle_vpn_names_end(root_fd, uuid);
        *ret = is_wanted;
        return TRUE;
}

void wattle_vpn_names_end(int root_fd, const char *uuid)
{
        g_autofree char *path = wattle_paths_file(WATTLE_FILE_CARRIED_NAMES, uuid);
        g_auto(WattleFileset) nothing = { 0 };
        g_autoptr(GError) error = NULL;
        WattleChanges changes;

        if (!wattle_path_exists(root_fd, path))
                return;
        wattle_fileset_init_carried_names(&nothing);
        if (!wattle_install(root_fd, uuid, &nothing, NULL, &changes, &error))
                g_warning("%s", error->message);
}
