/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cli/update/joined.h"

#include <string.h>

#include "common/sys/file.h"
#include "common/sys/host.h"

gboolean wattle_joined_write_settings(int root_fd, const char *mesh, const WattleProfile *profile,
                                      const WattleDevice *device, gboolean is_key_hidden,
                                      GError **error)
{
        g_autofree char *path = g_strconcat(WATTLE_CONFDIR "/", mesh, WATTLE_JOINED_SUFFIX, NULL);
        g_autofree char *name = wattle_host_name();
        const WattleDevice *namesake = wattle_profile_find_device(profile, name);
        g_autoptr(GString) text = g_string_new("# Written by 'wattle join'; files with later names "
                                               "say it otherwise.\n[Local]\nActivationPolicy=up\n");

        if (is_key_hidden || (namesake && strcmp(namesake->name, device->name) != 0))
                g_string_append_printf(text, "# Neither key nor host name tell.\nDevice=%s\n",
                                       device->name);
        return wattle_make_folders(root_fd, path + 1, error) &&
               wattle_write_file(root_fd, path + 1, 0644, text->str, text->len, error) &&
               wattle_sync_folder(root_fd, path + 1, error);
}
