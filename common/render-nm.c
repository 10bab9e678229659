/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/render.h"

/* A section [device-*] and not "unmanaged-devices=" of [keyfile]: that one is an admin's list which
 * a later file replaces, and no user could overrule it. Without the snippet NetworkManager shows
 * networkd's interface as a second connection, "externally connected". */
void wattle_render_nm_hands_off(const char *name, const char *interface, WattleFile *file)
{
        g_autofree char *section = g_strdup_printf("device-%s", name);
        g_autofree char *match = g_strdup_printf("interface-name:%s", interface);

        wattle_file_section(file, section);
        wattle_file_set(file, "match-device", match);
        wattle_file_set(file, "managed", "0");
}

void wattle_render_nm(const WattleView *view, WattleFileset *files)
{
        g_autofree char *name = g_strconcat("wattle-", view->mesh, NULL);
        WattleFile *file;

        if (view->owner != WATTLE_OWNER_NETWORKD)
                return;
        file = wattle_fileset_add(files, WATTLE_FILE_UNMANAGED, view->mesh, 0644);
        wattle_render_origin(view, file);
        wattle_render_nm_hands_off(name, view->interface, file);
}
