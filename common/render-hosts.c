/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <string.h>

#include "common/render.h"
#include "common/scalar.h"

/* An address with all the names that a device may have. */
#define MAX_LINE                                                                                   \
        (WATTLE_ADDR_TEXT_MAX +                                                                    \
         (1 + WATTLE_DEVICE_MAX_ALIASES) * (2 * WATTLE_DNS_LABEL_MAX + WATTLE_DNS_NAME_MAX + 4))

/* About as many bytes as most devices take. */
#define DEVICE_BYTES 64

static char *put_name(char *p, const char *name, const char *domain)
{
        *p++ = ' ';
        p = stpcpy(p, name);
        *p++ = '.';
        p = stpcpy(p, domain);
        *p++ = ' ';
        return stpcpy(p, name);
}

static void render_device(const WattleView *view, const WattleViewDevice *device, WattleFile *file)
{
        for (guint i = 0; i < device->n_addresses; i++) {
                char line[MAX_LINE];
                char *p = line + wattle_addr_format(&device->addresses[i].value, line);

                p = put_name(p, device->name, view->domain);
                for (guint j = 0; j < device->n_aliases; j++)
                        p = put_name(p, device->aliases[j].value, view->domain);
                *p++ = '\n';
                g_string_append_len(file->content, line, p - line);
        }
}

void wattle_render_hosts(const WattleView *view, WattleFileset *files)
{
        WattleFile *file = wattle_fileset_add(files, WATTLE_FILE_HOSTS, view->mesh, 0644);
        g_autofree const WattleViewDevice **devices = wattle_render_devices(view);
        guint n = wattle_render_n_devices(view);

        wattle_render_origin(view, file);
        wattle_file_expect(file, (gsize)n * DEVICE_BYTES);
        for (guint i = 0; i < n; i++)
                render_device(view, devices[i], file);
}
