/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cli/managers/link.h"

#include <linux/netlink.h>
#include <net/if.h>

#include "common/error.h"
#include "common/language.h"
#include "common/sys/kernel/netlink.h"
#include "common/sys/kernel/wireguard.h"

gboolean wattle_link_get(const char *interface, WattleWgDevice *device, gboolean *ret_found,
                         GError **error)
{
        g_auto(WattleWireguard) wireguard = { 0 };
        g_autoptr(GError) own_error = NULL;

        if (if_nametoindex(interface) == 0) {
                *ret_found = FALSE;
                return TRUE;
        }
        *ret_found = wattle_wireguard_open(&wireguard, &own_error) &&
                     wattle_wireguard_get(&wireguard, interface, device, &own_error);
        /* Its manager may have taken it away meanwhile. */
        if (*ret_found || if_nametoindex(interface) == 0)
                return TRUE;
        g_set_error(
                error, WATTLE_ERROR, WATTLE_ERROR_FAILED,
                _("interface %s is there, but not WireGuard's (%s): remove it, or write Interface= "
                  "below [Local]"),
                interface, own_error->message);
        return FALSE;
}

gboolean wattle_link_remove(const char *interface, gboolean *ret_removed, GError **error)
{
        g_auto(WattleWgDevice) device = { 0 };
        g_auto(WattleNetlink) netlink = { 0 };
        g_autoptr(GError) own_error = NULL;

        wattle_wg_device_init(&device);
        if (!wattle_link_get(interface, &device, ret_removed, error))
                return FALSE;
        if (!*ret_removed)
                return TRUE;
        if (wattle_netlink_open(&netlink, NETLINK_ROUTE, &own_error) &&
            wattle_netlink_delete_link(&netlink, device.ifindex, &own_error))
                return TRUE;
        /* Its manager was faster. */
        if (g_error_matches(own_error, WATTLE_ERROR, WATTLE_ERROR_NOT_FOUND))
                return TRUE;
        g_propagate_prefixed_error(error, g_steal_pointer(&own_error), _("removing %s: "),
                                   interface);
        return FALSE;
}
