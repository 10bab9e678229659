/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* rtnetlink(7): network interfaces, and the way that a packet would take. */
#pragma once

#include "common/ip.h"
#include "common/scalar.h"
#include "common/sys/kernel/netlink.h"

/* What an interface is, as far as it says who is at its other end. */
typedef enum {
        /* Ethernet, Wi-Fi, and what stands on them: VLAN, bond, macvlan */
        WATTLE_LINK_WIRE,
        /* One end of a pair. An address on it is that of a container or a namespace, whose only
         * wire it is. */
        WATTLE_LINK_VETH,
        WATTLE_LINK_BRIDGE,  /* as good as its ports */
        WATTLE_LINK_TUNNEL,  /* WireGuard, tun and tap, GRE, VXLAN, PPP: others carry its packets */
        WATTLE_LINK_NOWHERE, /* lo, dummy and their like */
} WattleLinkKind;

typedef struct {
        guint32 index;
        guint32 master; /* the bridge, bond or VRF that it is part of; 0: none */
        WattleLinkKind kind;
        gboolean wireguard;
        gboolean point_to_point; /* IFF_POINTOPOINT: no neighbours, one other end */
        gboolean up;             /* IFF_UP */
        gboolean carrier;        /* IFF_LOWER_UP */
        char name[WATTLE_INTERFACE_NAME_MAX + 1];
} WattleLink;

/* What a message of rtnetlink is about. */
typedef enum {
        WATTLE_ROUTE_NEWS_NONE, /* nothing for us, or not what the kernel sends */
        WATTLE_ROUTE_NEWS_LINK,
        WATTLE_ROUTE_NEWS_LINK_GONE,
        WATTLE_ROUTE_NEWS_PATH,      /* an address or route is new or changed */
        WATTLE_ROUTE_NEWS_PATH_GONE, /* an address or route is gone */
} WattleRouteNews;

/* Reads a message; link is filled in for the two kinds that have one. */
WattleRouteNews wattle_route_news_read(const struct nlmsghdr *message, WattleLink *link);

/* Whether a message, of whatever kind, is about a default route that leads somewhere. */
gboolean wattle_route_is_default(const struct nlmsghdr *message);

/* For an address or route that is new or changed: a digest of which it is, and one of all that is
 * said of it but how long it lives. FALSE if the message does not say all: a route by a next hop
 * that has a number of its own. */
gboolean wattle_route_news_digest(const struct nlmsghdr *message, guint64 *ret_which,
                                  guint64 *ret_what);

/* Whether hosts that are reached directly by this interface are its neighbours on a LAN: not
 * through a tunnel, nor a bridge that has containers or virtual machines alone. links has all of
 * the host, of WattleLink. See doc/hacking.md, "A bridge is as good as its ports". */
gboolean wattle_link_is_lan(const GArray *links, guint32 index);

gboolean wattle_link_is_point_to_point(const GArray *links, guint32 index);

/* All interfaces, of WattleLink. */
GArray *wattle_link_list(WattleNetlink *netlink, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* An address of this host. */
typedef struct {
        guint32 ifindex;
        WattleAddr addr;
} WattleLinkAddr;

/* All that last: without those that IPv6 makes for a day, and that are not usable yet or no more.
 * Of WattleLinkAddr, in the kernel's order. */
GArray *wattle_link_addresses(WattleNetlink *netlink, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* The interfaces that default routes of the main table leave by, of guint32; one may be there more
 * than once. */
GArray *wattle_route_uplinks(WattleNetlink *netlink, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* The way to an address. */
typedef struct {
        guint32 ifindex;
        gboolean on_link;   /* no gateway: the other is a neighbour there */
        WattleAddr gateway; /* family 0: none, or not to be read */
        WattleAddr source;  /* family 0: not said */
} WattleRoute;

/* FALSE if the message is no route that leads anywhere. */
gboolean wattle_route_read(const struct nlmsghdr *message, WattleRoute *ret);

/* The first interface other than that one which has a route in a routing table; 0: none has. */
gboolean wattle_route_find_other(WattleNetlink *netlink, guint32 table, guint32 ifindex,
                                 guint32 *ret_other, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Asks the kernel which way a packet to that address with that mark would go. ifindex, if not 0,
 * fixes the interface (a link-local address has one). FALSE with an error if there is none. */
gboolean wattle_route_lookup(WattleNetlink *netlink, const WattleAddr *to, guint32 ifindex,
                             guint32 mark, WattleRoute *ret,
                             GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* The link by which packets with the mark of that interface's WireGuard leave for the Internet; 0:
 * none. */
guint32 wattle_route_uplink(WattleNetlink *netlink, guint32 ifindex, guint32 mark);
