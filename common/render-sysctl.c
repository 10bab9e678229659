/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/render.h"

static void set_all(WattleFile *file, const char *family, const char *key)
{
        g_autofree char *name = g_strdup_printf("net.%s.conf.all.%s", family, key);

        wattle_file_set_uint(file, name, 1);
}

/* With a hyphen, for at boot systemd-sysctl comes before the interface, and would warn. */
static void set_interface(WattleFile *file, const WattleView *view, const char *key, guint value)
{
        g_autofree char *name = g_strdup_printf("-net.ipv4.conf.%s.%s", view->interface, key);

        wattle_file_set_uint(file, name, value);
}

void wattle_render_sysctl(const WattleView *view, WattleFileset *files)
{
        WattleFile *file;

        if (!view->routing_client && !view->routing_server && !view->exit_node)
                return;
        file = wattle_fileset_add(
                files, g_strdup_printf("run/sysctl.d/" WATTLE_FILE_PREFIX "%s.conf", view->mesh),
                0644);
        wattle_render_origin(view, file);
        /* Loose on this interface alone; the others keep what they have. */
        if (view->routing_client)
                set_interface(file, view, "rp_filter", 2);
        /* Answers come in by the interfaces to which we forward, so one alone would not do; and
         * IPv6 knows only "all". */
        if (view->routing_server) {
                set_interface(file, view, "forwarding", 1);
                set_all(file, "ipv4", "forwarding");
                if (view->has_ipv6)
                        set_all(file, "ipv6", "forwarding");
        }
        /* Answers to marked packets come in by the physical interface: its reverse path is to be
         * looked up with the mark. */
        if (view->exit_node)
                set_all(file, "ipv4", "src_valid_mark");
}
