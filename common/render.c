/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/render.h"

#include <string.h>

void wattle_render_origin(const WattleView *view, WattleFile *file)
{
        g_autofree char *text = g_strdup_printf(WATTLE_RENDER_ORIGIN_WORDS
                                                "%s for device %s. Change the mesh, not this file.",
                                                view->source, view->self.name);

        wattle_file_comment(file, text);
}

guint wattle_render_n_devices(const WattleView *view)
{
        return view->n_peers + 1 + view->n_indirects;
}

/* Puts one more into the sorted list of n. */
static void insert(const WattleViewDevice **devices, guint n, const WattleViewDevice *device)
{
        guint i = n;

        while (i > 0 && strcmp(devices[i - 1]->name, device->name) > 0) {
                devices[i] = devices[i - 1];
                i--;
        }
        devices[i] = device;
}

const WattleViewDevice **wattle_render_devices(const WattleView *view)
{
        const WattleViewDevice **devices =
                g_new(const WattleViewDevice *, wattle_render_n_devices(view));
        guint n = 0, i = 0, j = 0;

        while (i < view->n_peers || j < view->n_indirects)
                if (j == view->n_indirects ||
                    (i < view->n_peers &&
                     strcmp(view->peers[i].device.name, view->indirects[j].device.name) < 0))
                        devices[n++] = &view->peers[i++].device;
                else
                        devices[n++] = &view->indirects[j++].device;
        insert(devices, n, &view->self);
        return devices;
}

void wattle_render_endpoint(const WattleView *view, const WattlePeer *peer, const char *key,
                            WattleFile *file)
{
        if (view->is_exported && peer->named_endpoint)
                wattle_file_set_endpoint(file, key, peer->named_endpoint);
        else if (!view->is_exported && peer->endpoint)
                wattle_file_set_socket_addr(file, key, peer->endpoint);
}

void wattle_render_host(const WattleView *view, guint systemd_version, WattleFileset *files)
{
        wattle_render_networkd(view, systemd_version, files);
        wattle_render_nm(view, files);
        wattle_render_sysctl(view, files);
        wattle_render_filter(view, files);
        wattle_render_firewall(view, files);
        wattle_render_hosts(view, files);
        wattle_render_names(view, files);
        wattle_render_records(view, systemd_version, files);
}
