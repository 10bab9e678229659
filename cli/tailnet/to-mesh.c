/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cli/tailnet/to-mesh.h"

#include <string.h>

#include "common/error.h"
#include "common/value.h"

typedef struct {
        const WattleTailnetToMesh *how;
        WattleAddr next[WATTLE_DEVICE_MAX_ADDRESSES]; /* of each subnet */
        GString *text;
} Writer;

static void put_prefix(GString *text, const WattlePrefix *prefix, guint i)
{
        char one[WATTLE_PREFIX_TEXT_MAX];

        wattle_prefix_format(prefix, one);
        g_string_append_printf(text, "%s%s", i > 0 ? " " : "", one);
}

static void put_addr(GString *text, const WattleAddr *addr, guint i)
{
        char one[WATTLE_ADDR_TEXT_MAX];

        wattle_addr_format(addr, one);
        g_string_append_printf(text, "%s%s", i > 0 ? " " : "", one);
}

/* Of the devices' own addresses: one for each family that they have. */
static void put_own_subnets(GString *text, const WattleTailnetStatus *said)
{
        gboolean has[2] = { FALSE, FALSE };
        guint n = 0;

        for (guint i = 0; i < said->devices->len; i++) {
                const WattleTailnetDevice *device =
                        &g_array_index(said->devices, WattleTailnetDevice, i);

                for (guint j = 0; j < device->addresses.n; j++)
                        has[wattle_addr_bits(&device->addresses.addresses[j]) == 128] = TRUE;
        }
        for (guint i = 0; i < WATTLE_TAILNET_N_RANGES; i++) {
                const WattlePrefix *range = &wattle_tailnet_ranges[i];

                if (has[wattle_addr_bits(&range->addr) == 128])
                        put_prefix(text, range, n++);
        }
}

static gboolean has_addresses(const WattleTailnetStatus *said)
{
        for (guint i = 0; i < said->devices->len; i++)
                if (g_array_index(said->devices, WattleTailnetDevice, i).addresses.n > 0)
                        return TRUE;
        return FALSE;
}

static void put_mesh(Writer *writer, const WattleTailnetStatus *said)
{
        const WattleTailnetToMesh *how = writer->how;
        GString *text = writer->text;

        g_string_append(
                text,
                "# Made of a tailnet's devices. Keys do not come along: on each device run 'wattle "
                "genkey MESH',\n"
                "# and write what 'wattle pubkey MESH' prints behind PublicKey= below.\n"
                "[Mesh]\nSerial=1\nSubnet=");
        for (guint i = 0; i < how->n_subnets; i++)
                put_prefix(text, &how->subnets[i], i);
        if (how->n_subnets == 0)
                put_own_subnets(text, said);
        g_string_append_c(text, '\n');
}

static gboolean put_addresses(Writer *writer, const WattleTailnetDevice *device, GError **error)
{
        const WattleTailnetToMesh *how = writer->how;

        if (how->n_subnets + device->addresses.n > 0)
                g_string_append(writer->text, "Address=");
        for (guint i = 0; i < how->n_subnets; i++) {
                if (!wattle_addr_next(&writer->next[i]) ||
                    !wattle_prefix_has_host(&how->subnets[i], &writer->next[i])) {
                        char text[WATTLE_PREFIX_TEXT_MAX];

                        wattle_prefix_format(&how->subnets[i], text);
                        return wattle_error_refuse(error, "%s is too small for these devices",
                                                   text);
                }
                put_addr(writer->text, &writer->next[i], i);
        }
        for (guint i = 0; i < device->addresses.n && how->n_subnets == 0; i++)
                put_addr(writer->text, &device->addresses.addresses[i], i);
        if (how->n_subnets + device->addresses.n > 0)
                g_string_append_c(writer->text, '\n');
        return TRUE;
}

/* Where tailscaled reaches it, of which the address alone may be good for a mesh: a comment. */
static void put_hint(Writer *writer, const WattleTailnetDevice *device)
{
        WattleSocketAddr at = device->endpoint;
        char now[WATTLE_SOCKET_ADDR_TEXT_MAX], hint[WATTLE_SOCKET_ADDR_TEXT_MAX];

        if (!wattle_socket_addr_is_set(&at) || wattle_addr_has_scope(&at.addr))
                return;
        wattle_socket_addr_format(&at, now);
        at.port = writer->how->port;
        wattle_socket_addr_format(&at, hint);
        g_string_append_printf(writer->text, "# Tailscale reaches it at %s:\n# %s=%s\n", now,
                               wattle_addr_class(&at.addr) == WATTLE_ADDR_GLOBAL
                                       ? "PublicEndpoint"
                                       : "PrivateEndpoint",
                               hint);
}

static gboolean put_device(Writer *writer, const WattleTailnetDevice *device, GError **error)
{
        GString *text = writer->text;

        g_string_append_printf(text, "\n[Device %s]\n# PublicKey=\n", device->name);
        if (!put_addresses(writer, device, error))
                return FALSE;
        if (device->os && strcmp(device->os, "linux") != 0)
                g_string_append_printf(text, "# It runs %s, and no wattle.\nManaged=no\n",
                                       device->os);
        put_hint(writer, device);
        if (device->routes.n > 0) {
                g_string_append(text, "Routes=");
                for (guint i = 0; i < device->routes.n; i++)
                        put_prefix(text, &device->routes.prefixes[i], i);
                g_string_append_c(text, '\n');
        }
        if (device->exit_node)
                g_string_append(text, "ExitNode=yes\n");
        return TRUE;
}

char *wattle_tailnet_to_mesh(const WattleTailnetStatus *said, const WattleTailnetToMesh *how,
                             GError **error)
{
        g_autoptr(GString) text = g_string_new(NULL);
        Writer writer = { .how = how, .text = text };

        if (!has_addresses(said)) {
                wattle_error_refuse(error, "it tells of no devices that have an address: is the "
                                           "host logged in?");
                return NULL;
        }
        for (guint i = 0; i < how->n_subnets; i++)
                writer.next[i] = how->subnets[i].addr;
        put_mesh(&writer, said);
        for (guint i = 0; i < said->devices->len; i++)
                if (!put_device(&writer, &g_array_index(said->devices, WattleTailnetDevice, i),
                                error))
                        return NULL;
        return g_string_free(g_steal_pointer(&text), FALSE);
}
