/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <string.h>

#include "common/render.h"

static void append_name(GString *line, const char *name, const char *domain)
{
        g_string_append_printf(line, " %s.%s %s", name, domain, name);
}

static void render_device(const WattleView *view, const WattleViewDevice *device, WattleFile *file)
{
        for (guint i = 0; i < device->n_addresses; i++) {
                char addr[WATTLE_ADDR_TEXT_MAX];

                wattle_addr_format(&device->addresses[i], addr);
                g_string_append(file->content, addr);
                append_name(file->content, device->name, view->domain);
                for (guint j = 0; j < device->n_aliases; j++)
                        append_name(file->content, device->aliases[j], view->domain);
                g_string_append_c(file->content, '\n');
        }
}

void wattle_render_hosts(const WattleView *view, WattleFileset *files)
{
        WattleFile *file =
                wattle_fileset_add(files, g_strdup_printf("run/wattle/%s.hosts", view->mesh), 0644);
        gboolean self_done = FALSE;

        wattle_render_origin(view, file);
        for (guint i = 0; i < view->n_peers; i++) {
                const WattleViewDevice *peer = &view->peers[i].device;

                if (!self_done && strcmp(view->self.name, peer->name) < 0) {
                        render_device(view, &view->self, file);
                        self_done = TRUE;
                }
                render_device(view, peer, file);
        }
        if (!self_done)
                render_device(view, &view->self, file);
}
