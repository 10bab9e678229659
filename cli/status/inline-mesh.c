/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cli/status/inline-mesh.h"

#include <string.h>

#include "cli/managers/bus.h"
#include "cli/managers/nm.h"
#include "cli/print.h"
#include "common/language.h"

static gboolean list(GPtrArray **ret)
{
        g_autoptr(GError) error = NULL;
        sd_bus *bus = NULL;
        gboolean running = FALSE, ok;

        ok = wattle_bus_open(&bus, &error) && wattle_nm_is_running(bus, &running, &error) &&
             running && wattle_nm_list_inline_meshes(bus, ret, &error);
        sd_bus_flush_close_unref(bus);
        return ok;
}

GPtrArray *wattle_inline_mesh_find(const char *mesh)
{
        GPtrArray *found = NULL;

        if (!list(&found))
                return g_ptr_array_new();
        for (guint i = found->len; mesh && i-- > 0;)
                if (strcmp(((WattleNmInlineMesh *)g_ptr_array_index(found, i))->mesh, mesh) != 0)
                        g_ptr_array_remove_index(found, i);
        return found;
}

char *wattle_inline_mesh_text(const char *connection)
{
        return g_strdup_printf(
                _("it is carried in the VPN connection '%s', and not installed: nothing "
                  "is shown of its peers, see nm-wattle-service(8)"),
                connection);
}

void wattle_inline_mesh_print(const char *mesh)
{
        g_autoptr(GPtrArray) found = wattle_inline_mesh_find(mesh);

        for (guint i = 0; i < found->len; i++) {
                const WattleNmInlineMesh *carried = g_ptr_array_index(found, i);
                g_autofree char *text = wattle_inline_mesh_text(carried->connection);

                wattle_print_error("%s: %s", carried->mesh, text);
        }
}
