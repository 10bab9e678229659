/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/render.h"

void wattle_render_origin(const WattleView *view, WattleFile *file)
{
        g_autofree char *text = g_strdup_printf(WATTLE_RENDER_ORIGIN_WORDS
                                                "%s for device %s. Change the mesh, not this file.",
                                                view->source, view->self.name);

        wattle_file_comment(file, text);
}

void wattle_render_host(const WattleView *view, guint systemd_version, WattleFileset *files)
{
        wattle_render_networkd(view, systemd_version, files);
        wattle_render_nm(view, files);
        wattle_render_sysctl(view, files);
        wattle_render_filter(view, files);
        wattle_render_hosts(view, files);
}
