/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/sys/kernel/route.h"

#include <linux/if.h>
#include <linux/rtnetlink.h>
#include <string.h>

#include "common/digest.h"
#include "common/error.h"
#include "common/language.h"

/* The kinds that "ip link add type" knows and that are no wire. Hardware has no kind. */
static const struct {
        const char *name;
        WattleLinkKind kind;
} kinds[] = {
        { "bridge", WATTLE_LINK_BRIDGE },    { "veth", WATTLE_LINK_VETH },
        { "wireguard", WATTLE_LINK_TUNNEL }, { "tun", WATTLE_LINK_TUNNEL },
        { "ppp", WATTLE_LINK_TUNNEL },       { "gre", WATTLE_LINK_TUNNEL },
        { "gretap", WATTLE_LINK_TUNNEL },    { "ip6gre", WATTLE_LINK_TUNNEL },
        { "ip6gretap", WATTLE_LINK_TUNNEL }, { "ipip", WATTLE_LINK_TUNNEL },
        { "ip6tnl", WATTLE_LINK_TUNNEL },    { "sit", WATTLE_LINK_TUNNEL },
        { "vti", WATTLE_LINK_TUNNEL },       { "vti6", WATTLE_LINK_TUNNEL },
        { "xfrm", WATTLE_LINK_TUNNEL },      { "vxlan", WATTLE_LINK_TUNNEL },
        { "geneve", WATTLE_LINK_TUNNEL },    { "erspan", WATTLE_LINK_TUNNEL },
        { "ip6erspan", WATTLE_LINK_TUNNEL }, { "bareudp", WATTLE_LINK_TUNNEL },
        { "gtp", WATTLE_LINK_TUNNEL },       { "ovpn", WATTLE_LINK_TUNNEL },
        { "amt", WATTLE_LINK_TUNNEL },       { "dummy", WATTLE_LINK_NOWHERE },
        { "ifb", WATTLE_LINK_NOWHERE },      { "nlmon", WATTLE_LINK_NOWHERE },
        { "vrf", WATTLE_LINK_NOWHERE },      { "vcan", WATTLE_LINK_NOWHERE },
};

static gboolean read_u32(const struct nlattr *attr, guint32 *ret)
{
        if (mnl_attr_validate(attr, MNL_TYPE_U32) < 0)
                return FALSE;
        *ret = mnl_attr_get_u32(attr);
        return TRUE;
}

/* A text that ends within its attribute. */
static const char *read_text(const struct nlattr *attr)
{
        return mnl_attr_validate(attr, MNL_TYPE_NUL_STRING) < 0 ? NULL : mnl_attr_get_str(attr);
}

static void read_kind(const struct nlattr *info, WattleLink *link)
{
        const struct nlattr *attr;
        const char *kind = NULL;

        mnl_attr_for_each_nested(attr, info)
        {
                if (mnl_attr_get_type(attr) == IFLA_INFO_KIND)
                        kind = read_text(attr);
        }
        for (guint i = 0; kind && i < G_N_ELEMENTS(kinds); i++)
                if (strcmp(kind, kinds[i].name) == 0)
                        link->kind = kinds[i].kind;
        link->wireguard = g_strcmp0(kind, "wireguard") == 0;
}

static gboolean read_link(const struct nlmsghdr *message, WattleLink *ret)
{
        const struct ifinfomsg *info = mnl_nlmsg_get_payload(message);
        const struct nlattr *attr;
        WattleLink link = { 0 };

        /* A bridge tells of its ports by links of this family: one that leaves it is not gone. */
        if (mnl_nlmsg_get_payload_len(message) < sizeof *info || info->ifi_family == AF_BRIDGE ||
            info->ifi_index <= 0)
                return FALSE;
        link.index = (guint32)info->ifi_index;
        link.up = (info->ifi_flags & IFF_UP) != 0;
        link.carrier = (info->ifi_flags & IFF_LOWER_UP) != 0;
        link.point_to_point = (info->ifi_flags & IFF_POINTOPOINT) != 0;
        if (info->ifi_flags & IFF_LOOPBACK)
                link.kind = WATTLE_LINK_NOWHERE;
        /* Without a kind of its own: a modem, serial PPP, a tunnel of a driver that we do not know.
         */
        else if (link.point_to_point)
                link.kind = WATTLE_LINK_TUNNEL;
        mnl_attr_for_each(attr, message, sizeof *info)
        {
                if (mnl_attr_get_type(attr) == IFLA_IFNAME && read_text(attr))
                        g_strlcpy(link.name, read_text(attr), sizeof link.name);
                else if (mnl_attr_get_type(attr) == IFLA_MASTER)
                        read_u32(attr, &link.master);
                else if (mnl_attr_get_type(attr) == IFLA_LINKINFO)
                        read_kind(attr, &link);
        }
        *ret = link;
        return TRUE;
}

WattleRouteNews wattle_route_news_read(const struct nlmsghdr *message, WattleLink *link)
{
        switch (message->nlmsg_type) {
        case RTM_NEWLINK:
                return read_link(message, link) ? WATTLE_ROUTE_NEWS_LINK : WATTLE_ROUTE_NEWS_NONE;
        case RTM_DELLINK:
                return read_link(message, link) ? WATTLE_ROUTE_NEWS_LINK_GONE
                                                : WATTLE_ROUTE_NEWS_NONE;
        case RTM_NEWADDR:
        case RTM_NEWROUTE:
                return WATTLE_ROUTE_NEWS_PATH;
        case RTM_DELADDR:
        case RTM_DELROUTE:
                return WATTLE_ROUTE_NEWS_PATH_GONE;
        default:
                return WATTLE_ROUTE_NEWS_NONE;
        }
}

static gboolean is_lifetime(gboolean is_route, guint16 type)
{
        return type == (is_route ? RTA_CACHEINFO : IFA_CACHEINFO);
}

/* What may be of one kind only once; a route is replaced by another gateway or link, an address by
 * other flags. */
static gboolean is_identity(gboolean is_route, guint16 type)
{
        if (is_route)
                return type == RTA_DST || type == RTA_SRC || type == RTA_PRIORITY ||
                       type == RTA_TABLE;
        return type == IFA_ADDRESS || type == IFA_LOCAL;
}

gboolean wattle_route_news_digest(const struct nlmsghdr *message, guint64 *ret_which,
                                  guint64 *ret_what)
{
        gboolean is_route = message->nlmsg_type == RTM_NEWROUTE;
        gsize size = is_route ? sizeof(struct rtmsg) : sizeof(struct ifaddrmsg);
        const guint8 *payload = mnl_nlmsg_get_payload(message);
        guint64 which, what;
        const struct nlattr *attr;

        if (mnl_nlmsg_get_payload_len(message) < size)
                return FALSE;
        which = wattle_digest(WATTLE_DIGEST_EMPTY, &message->nlmsg_type,
                              sizeof message->nlmsg_type);
        what = wattle_digest(which, payload, size);
        /* Family, length of the prefix and, of a route, TOS; of an address the interface. */
        which = wattle_digest(which, payload, is_route ? 4 : 2);
        if (!is_route)
                which = wattle_digest(which, payload + 4, 4);
        mnl_attr_for_each(attr, message, size)
        {
                guint16 type = mnl_attr_get_type(attr);

                if (is_route && type == RTA_NH_ID)
                        return FALSE;
                if (is_identity(is_route, type))
                        which = wattle_digest(which, attr, attr->nla_len);
                if (!is_lifetime(is_route, type))
                        what = wattle_digest(what, attr, attr->nla_len);
        }
        *ret_which = which;
        *ret_what = what;
        return TRUE;
}

static const WattleLink *find_link(const GArray *links, guint32 index)
{
        for (guint i = 0; i < links->len; i++)
                if (g_array_index(links, WattleLink, i).index == index)
                        return &g_array_index(links, WattleLink, i);
        return NULL;
}

/* docker0, cni0, podman0, lxdbr0 and virbr0 have no names that can be relied on, and br-1c0ffee is
 * Docker's where br-lan is a home router's LAN. Their ports tell: pairs into containers and taps of
 * virtual machines there, a card, VLAN or bond here. */
static gboolean has_wire(const GArray *links, guint32 bridge)
{
        for (guint i = 0; i < links->len; i++) {
                const WattleLink *port = &g_array_index(links, WattleLink, i);

                if (port->master == bridge && port->kind == WATTLE_LINK_WIRE)
                        return TRUE;
        }
        return FALSE;
}

gboolean wattle_link_is_lan(const GArray *links, guint32 index)
{
        const WattleLink *link = find_link(links, index);

        if (!link || !link->up || !link->carrier)
                return FALSE;
        switch (link->kind) {
        case WATTLE_LINK_WIRE:
                return TRUE;
        /* A pair as such is refused nowhere: in a container it is the only card that there is, and
         * a host that has pairs to its containers has them in a bridge. */
        case WATTLE_LINK_VETH:
                return TRUE;
        case WATTLE_LINK_BRIDGE:
                return has_wire(links, index);
        case WATTLE_LINK_TUNNEL:
        case WATTLE_LINK_NOWHERE:
                return FALSE;
        }
        g_assert_not_reached();
}

gboolean wattle_link_is_point_to_point(const GArray *links, guint32 index)
{
        const WattleLink *link = find_link(links, index);

        return link && link->point_to_point;
}

static gboolean on_link(const struct nlmsghdr *message, gpointer data, G_GNUC_UNUSED GError **error)
{
        GArray *links = data;
        WattleLink link;

        if (wattle_route_news_read(message, &link) == WATTLE_ROUTE_NEWS_LINK)
                g_array_append_val(links, link);
        return TRUE;
}

/* A dump that was interrupted shows what never was: it is asked for again. */
static GArray *dump(WattleNetlink *netlink, guint16 type, gsize extra, WattleNetlinkReply reply,
                    gsize element_size, GError **error)
{
        g_autoptr(GArray) list = g_array_new(FALSE, FALSE, (guint)element_size);

        for (guint tries = 0; tries < 10; tries++) {
                g_autoptr(GError) own_error = NULL;
                char buffer[256];
                struct nlmsghdr *header = mnl_nlmsg_put_header(buffer);

                header->nlmsg_type = type;
                header->nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
                mnl_nlmsg_put_extra_header(header, extra);
                g_array_set_size(list, 0);
                if (wattle_netlink_request(netlink, header, reply, list, &own_error))
                        return g_steal_pointer(&list);
                if (!netlink->interrupted) {
                        g_propagate_error(error, g_steal_pointer(&own_error));
                        return NULL;
                }
        }
        g_set_error_literal(error, WATTLE_ERROR, WATTLE_ERROR_FAILED,
                            _("interfaces come and go all the time"));
        return NULL;
}

GArray *wattle_link_list(WattleNetlink *netlink, GError **error)
{
        return dump(netlink, RTM_GETLINK, sizeof(struct ifinfomsg), on_link, sizeof(WattleLink),
                    error);
}

static void read_address(const struct nlattr *attr, guint8 family, WattleAddr *ret)
{
        gsize size = family == AF_INET ? 4 : 16;

        if (mnl_attr_get_payload_len(attr) != size)
                return;
        *ret = (WattleAddr){ .family = family };
        memcpy(ret->bytes, mnl_attr_get_payload(attr), size);
}

#define FLEETING (IFA_F_TEMPORARY | IFA_F_TENTATIVE | IFA_F_DADFAILED | IFA_F_DEPRECATED)

/* Of a point-to-point link IFA_ADDRESS is the other end, and IFA_LOCAL ours (linux/if_addr.h). */
static gboolean on_address(const struct nlmsghdr *message, gpointer data,
                           G_GNUC_UNUSED GError **error)
{
        const struct ifaddrmsg *head = mnl_nlmsg_get_payload(message);
        WattleLinkAddr read = { 0 };
        guint32 flags;
        const struct nlattr *attr;
        gboolean has_local = FALSE;

        if (message->nlmsg_type != RTM_NEWADDR ||
            mnl_nlmsg_get_payload_len(message) < sizeof *head ||
            (head->ifa_family != AF_INET && head->ifa_family != AF_INET6))
                return TRUE;
        flags = head->ifa_flags;
        read.ifindex = head->ifa_index;
        mnl_attr_for_each(attr, message, sizeof *head)
        {
                guint16 type = mnl_attr_get_type(attr);

                if (type == IFA_LOCAL || (type == IFA_ADDRESS && !has_local))
                        read_address(attr, head->ifa_family, &read.addr);
                has_local = has_local || type == IFA_LOCAL;
                if (type == IFA_FLAGS && mnl_attr_get_payload_len(attr) == sizeof flags)
                        flags = mnl_attr_get_u32(attr);
        }
        if (!(flags & FLEETING) && read.addr.family != 0)
                g_array_append_val((GArray *)data, read);
        return TRUE;
}

GArray *wattle_link_addresses(WattleNetlink *netlink, GError **error)
{
        return dump(netlink, RTM_GETADDR, sizeof(struct ifaddrmsg), on_address,
                    sizeof(WattleLinkAddr), error);
}

gboolean wattle_route_is_default(const struct nlmsghdr *message)
{
        const struct rtmsg *route = mnl_nlmsg_get_payload(message);

        return (message->nlmsg_type == RTM_NEWROUTE || message->nlmsg_type == RTM_DELROUTE) &&
               mnl_nlmsg_get_payload_len(message) >= sizeof *route && route->rtm_dst_len == 0 &&
               route->rtm_type == RTN_UNICAST &&
               (route->rtm_family == AF_INET || route->rtm_family == AF_INET6);
}

/* Of a route by several ways at once. */
static void add_hops(GArray *indices, const struct nlattr *attr)
{
        const guint8 *bytes = mnl_attr_get_payload(attr);
        gsize left = mnl_attr_get_payload_len(attr);

        while (left >= sizeof(struct rtnexthop)) {
                struct rtnexthop hop;
                guint32 index;

                memcpy(&hop, bytes, sizeof hop);
                index = (guint32)hop.rtnh_ifindex;
                g_array_append_val(indices, index);
                if (hop.rtnh_len < sizeof hop || (gsize)RTNH_ALIGN(hop.rtnh_len) >= left)
                        return;
                bytes += RTNH_ALIGN(hop.rtnh_len);
                left -= RTNH_ALIGN(hop.rtnh_len);
        }
}

/* The number of the main table fits into the old field. */
static gboolean on_default_route(const struct nlmsghdr *message, gpointer data,
                                 G_GNUC_UNUSED GError **error)
{
        const struct rtmsg *route = mnl_nlmsg_get_payload(message);
        const struct nlattr *attr;

        if (!wattle_route_is_default(message) || route->rtm_table != RT_TABLE_MAIN)
                return TRUE;
        mnl_attr_for_each(attr, message, sizeof *route)
        {
                guint32 index;

                if (mnl_attr_get_type(attr) == RTA_MULTIPATH)
                        add_hops(data, attr);
                if (mnl_attr_get_type(attr) != RTA_OIF ||
                    mnl_attr_get_payload_len(attr) != sizeof index)
                        continue;
                index = mnl_attr_get_u32(attr);
                g_array_append_val((GArray *)data, index);
        }
        return TRUE;
}

GArray *wattle_route_uplinks(WattleNetlink *netlink, GError **error)
{
        return dump(netlink, RTM_GETROUTE, sizeof(struct rtmsg), on_default_route, sizeof(guint32),
                    error);
}

/* A gateway of the other family, RFC 5549. */
static void read_via(const struct nlattr *attr, WattleAddr *ret)
{
        const struct rtvia *via = mnl_attr_get_payload(attr);
        gsize size = mnl_attr_get_payload_len(attr);

        if (size != sizeof *via + 16 || via->rtvia_family != AF_INET6)
                return;
        ret->family = AF_INET6;
        memcpy(ret->bytes, via->rtvia_addr, 16);
}

gboolean wattle_route_read(const struct nlmsghdr *message, WattleRoute *ret)
{
        const struct rtmsg *route = mnl_nlmsg_get_payload(message);
        WattleRoute read = { .on_link = TRUE };
        const struct nlattr *attr;

        if (message->nlmsg_type != RTM_NEWROUTE ||
            mnl_nlmsg_get_payload_len(message) < sizeof *route || route->rtm_type != RTN_UNICAST ||
            (route->rtm_family != AF_INET && route->rtm_family != AF_INET6))
                return FALSE;
        mnl_attr_for_each(attr, message, sizeof *route)
        {
                switch (mnl_attr_get_type(attr)) {
                case RTA_OIF:
                        if (!read_u32(attr, &read.ifindex))
                                return FALSE;
                        break;
                case RTA_GATEWAY:
                        read.on_link = FALSE;
                        read_address(attr, route->rtm_family, &read.gateway);
                        break;
                case RTA_VIA:
                        read.on_link = FALSE;
                        read_via(attr, &read.gateway);
                        break;
                case RTA_PREFSRC:
                        read_address(attr, route->rtm_family, &read.source);
                        break;
                default:
                        break;
                }
        }
        if (read.ifindex == 0)
                return FALSE;
        *ret = read;
        return TRUE;
}

static guint32 table_of(const struct nlmsghdr *message)
{
        const struct rtmsg *route = mnl_nlmsg_get_payload(message);
        const struct nlattr *attr;
        guint32 table = route->rtm_table;

        mnl_attr_for_each(attr, message, sizeof *route)
        {
                if (mnl_attr_get_type(attr) == RTA_TABLE)
                        (void)read_u32(attr, &table);
        }
        return table;
}

typedef struct {
        guint32 table, ifindex;
} TableRoute;

static gboolean on_table_route(const struct nlmsghdr *message, gpointer data,
                               G_GNUC_UNUSED GError **error)
{
        WattleRoute route;

        if (wattle_route_read(message, &route)) {
                TableRoute found = { table_of(message), route.ifindex };

                g_array_append_val((GArray *)data, found);
        }
        return TRUE;
}

gboolean wattle_route_find_other(WattleNetlink *netlink, guint32 table, guint32 ifindex,
                                 guint32 *ret_other, GError **error)
{
        g_autoptr(GArray) routes = dump(netlink, RTM_GETROUTE, sizeof(struct rtmsg), on_table_route,
                                        sizeof(TableRoute), error);

        if (!routes)
                return FALSE;
        *ret_other = 0;
        for (guint i = 0; i < routes->len && *ret_other == 0; i++) {
                const TableRoute *route = &g_array_index(routes, TableRoute, i);

                if (route->table == table && route->ifindex != ifindex)
                        *ret_other = route->ifindex;
        }
        return TRUE;
}

typedef struct {
        WattleRoute route;
        gboolean found;
} Lookup;

static gboolean on_route(const struct nlmsghdr *message, gpointer data,
                         G_GNUC_UNUSED GError **error)
{
        Lookup *lookup = data;

        lookup->found |= wattle_route_read(message, &lookup->route);
        return TRUE;
}

gboolean wattle_route_lookup(WattleNetlink *netlink, const WattleAddr *to, guint32 ifindex,
                             guint32 mark, WattleRoute *ret, GError **error)
{
        char buffer[256];
        struct nlmsghdr *header = mnl_nlmsg_put_header(buffer);
        Lookup lookup = { 0 };
        struct rtmsg *route;

        header->nlmsg_type = RTM_GETROUTE;
        header->nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK;
        route = mnl_nlmsg_put_extra_header(header, sizeof *route);
        route->rtm_family = to->family;
        route->rtm_dst_len = (guint8)wattle_addr_bits(to);
        mnl_attr_put(header, RTA_DST, wattle_addr_bits(to) / 8, to->bytes);
        if (ifindex > 0)
                mnl_attr_put_u32(header, RTA_OIF, ifindex);
        if (mark > 0)
                mnl_attr_put_u32(header, RTA_MARK, mark);
        if (!wattle_netlink_request(netlink, header, on_route, &lookup, error))
                return FALSE;
        if (!lookup.found) {
                g_set_error_literal(error, WATTLE_ERROR, WATTLE_ERROR_NOT_FOUND,
                                    _("the route leads nowhere"));
                return FALSE;
        }
        *ret = lookup.route;
        return TRUE;
}

/* Addresses of documentation stand for any. */
guint32 wattle_route_uplink(WattleNetlink *netlink, guint32 ifindex, guint32 mark)
{
        static const WattleAddr anywhere[] = {
                { AF_INET, { 192, 0, 2, 1 } },
                { AF_INET6, { 0x20, 0x01, 0x0d, 0xb8, [15] = 1 } },
        };
        WattleRoute route;

        for (guint i = 0; i < G_N_ELEMENTS(anywhere); i++)
                if (wattle_route_lookup(netlink, &anywhere[i], 0, mark, &route, NULL) &&
                    route.ifindex != ifindex)
                        return route.ifindex;
        return 0;
}
