/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "daemon/surroundings.h"

#include "common/error.h"

gboolean wattle_surroundings_get_device(WattleSurroundings *around, const char *interface,
                                        WattleWgDevice *device, GError **error)
{
        g_autoptr(GError) own_error = NULL;

        if (around->has_wireguard) {
                if (wattle_wireguard_get(&around->wireguard, interface, device, &own_error))
                        return TRUE;
                if (!g_error_matches(own_error, WATTLE_ERROR, WATTLE_ERROR_NOT_FOUND)) {
                        g_propagate_error(error, g_steal_pointer(&own_error));
                        return FALSE;
                }
                wattle_wireguard_close(&around->wireguard);
        }
        /* The kernel loads WireGuard with the first interface, and gives it another number each
         * time. */
        around->has_wireguard = wattle_wireguard_open(&around->wireguard, error);
        return around->has_wireguard &&
               wattle_wireguard_get(&around->wireguard, interface, device, error);
}

gboolean wattle_surroundings_set_endpoint(WattleSurroundings *around, guint32 ifindex,
                                          const WattleKey *peer, const WattleSocketAddr *at,
                                          GError **error)
{
        WattleWgPeerChange change = { .public_key = *peer, .endpoint = at };
        g_auto(WattleWgChange) all = { .peers = g_array_new(FALSE, FALSE, sizeof change) };

        g_array_append_val(all.peers, change);
        return wattle_wireguard_set(&around->wireguard, ifindex, &all, NULL, error);
}

gboolean wattle_surroundings_set_keepalive(WattleSurroundings *around, guint32 ifindex,
                                           const WattleKey *peer, guint16 keepalive_s,
                                           GError **error)
{
        WattleWgPeerChange change = { .public_key = *peer,
                                      .set_keepalive = TRUE,
                                      .keepalive_s = keepalive_s };
        g_auto(WattleWgChange) all = { .peers = g_array_new(FALSE, FALSE, sizeof change) };

        g_array_append_val(all.peers, change);
        return wattle_wireguard_set(&around->wireguard, ifindex, &all, NULL, error);
}

static const WattleWgPeer *find_peer(const WattleWgDevice *device, const WattleKey *key)
{
        for (guint i = 0; i < device->peers->len; i++) {
                const WattleWgPeer *peer = &g_array_index(device->peers, WattleWgPeer, i);

                if (wattle_key_equal(&peer->public_key, key))
                        return peer;
        }
        return NULL;
}

gboolean wattle_surroundings_has_sent(WattleSurroundings *around, const char *interface,
                                      const WattleKey *key, guint64 tx_bytes)
{
        g_auto(WattleWgDevice) device = { 0 };
        const WattleWgPeer *peer;

        wattle_wg_device_init(&device);
        if (!wattle_wireguard_get(&around->wireguard, interface, &device, NULL))
                return FALSE;
        peer = find_peer(&device, key);
        return peer && peer->tx_bytes > tx_bytes;
}

gboolean wattle_surroundings_readd(WattleSurroundings *around, const char *interface,
                                   const WattleKey *key, const WattleSocketAddr *at)
{
        WattleWgPeerChange removal = { .public_key = *key, .remove = TRUE };
        WattleWgPeerChange again = { .public_key = *key, .is_new = TRUE, .endpoint = at };
        g_auto(WattleWgDevice) device = { 0 };
        g_auto(WattleWgChange) change = { 0 };
        const WattleWgPeer *peer;

        wattle_wg_device_init(&device);
        if (!wattle_wireguard_get(&around->wireguard, interface, &device, NULL))
                return FALSE;
        peer = find_peer(&device, key);
        if (!peer || peer->has_preshared_key)
                return FALSE;
        again.set_keepalive = peer->keepalive_s > 0;
        again.keepalive_s = peer->keepalive_s;
        again.replace_allowed_ips = TRUE;
        again.allowed_ips = peer->allowed_ips;
        again.n_allowed_ips = peer->n_allowed_ips;
        change.peers = g_array_new(FALSE, FALSE, sizeof again);
        g_array_append_val(change.peers, removal);
        g_array_append_val(change.peers, again);
        return wattle_wireguard_set(&around->wireguard, device.ifindex, &change, NULL, NULL);
}

WattleReach wattle_surroundings_reach(WattleSurroundings *around, guint32 ifindex, guint32 fwmark,
                                      const WattleSocketAddr *at, WattleRoute *ret_route)
{
        const GArray *links = wattle_links_get(around->links);

        *ret_route = (WattleRoute){ 0 };
        if (!wattle_route_lookup(&around->route, &at->addr, at->scope, fwmark, ret_route, NULL) ||
            ret_route->ifindex == ifindex)
                return WATTLE_REACH_NONE;
        if (!ret_route->on_link)
                return WATTLE_REACH_GATEWAY;
        if (wattle_link_is_lan(links, ret_route->ifindex))
                return WATTLE_REACH_ON_LINK;
        /* By a point-to-point link (a modem, somebody's VPN) all the world is reached without a
         * gateway, and none of it is a neighbour. */
        return wattle_link_is_point_to_point(links, ret_route->ifindex) ? WATTLE_REACH_GATEWAY
                                                                        : WATTLE_REACH_NONE;
}

GArray *wattle_surroundings_lans(const WattleSurroundings *around)
{
        const GArray *links = wattle_links_get(around->links);
        GArray *lans = g_array_new(FALSE, FALSE, sizeof(guint32));

        for (guint i = 0; i < links->len; i++) {
                guint32 index = g_array_index(links, WattleLink, i).index;

                if (wattle_link_is_lan(links, index))
                        g_array_append_val(lans, index);
        }
        return lans;
}

/* Two passes: a peer that has room for some only has those of IPv4 first. */
static void append_family(GArray *ret, const GArray *all, const GArray *links, guint8 family)
{
        for (guint i = 0; i < all->len; i++) {
                const WattleLinkAddr *one = &g_array_index(all, WattleLinkAddr, i);

                if (one->addr.family == family && wattle_link_is_lan(links, one->ifindex) &&
                    wattle_addr_class(&one->addr) != WATTLE_ADDR_LINK_LOCAL)
                        g_array_append_val(ret, one->addr);
        }
}

GArray *wattle_surroundings_addresses(WattleSurroundings *around)
{
        const GArray *links = wattle_links_get(around->links);
        g_autoptr(GArray) all = wattle_link_addresses(&around->route, NULL);
        GArray *list = g_array_new(FALSE, FALSE, sizeof(WattleAddr));

        if (all) {
                append_family(list, all, links, AF_INET);
                append_family(list, all, links, AF_INET6);
        }
        return list;
}
