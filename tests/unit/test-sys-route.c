/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the kernel says of interfaces and routes, from messages as it sends them; and which of the
 * interfaces have neighbours. */
#include "common/sys/kernel/route.h"

#include <linux/if.h>
#include <linux/rtnetlink.h>
#include <string.h>

#include "tests/unit/fixture.h"

#define UP IFF_UP | IFF_LOWER_UP

typedef struct {
        const char *test;
        guint16 type;
        guint8 family;
        int index;
        guint flags;
        const char *name; /* NULL: not in the message */
        const char *kind; /* likewise */
        guint32 master;
        const char *expected;
} LinkRow;

static struct nlmsghdr *put_link(char *buffer, const LinkRow *row)
{
        struct nlmsghdr *header = mnl_nlmsg_put_header(buffer);
        struct ifinfomsg *info;

        header->nlmsg_type = row->type;
        info = mnl_nlmsg_put_extra_header(header, sizeof *info);
        info->ifi_family = row->family;
        info->ifi_index = row->index;
        info->ifi_flags = row->flags;
        if (row->name)
                mnl_attr_put_strz(header, IFLA_IFNAME, row->name);
        if (row->master > 0)
                mnl_attr_put_u32(header, IFLA_MASTER, row->master);
        if (row->kind) {
                struct nlattr *nest = mnl_attr_nest_start(header, IFLA_LINKINFO);

                mnl_attr_put_strz(header, IFLA_INFO_KIND, row->kind);
                mnl_attr_nest_end(header, nest);
        }
        return header;
}

static char *link_text(WattleRouteNews news, const WattleLink *link)
{
        static const char *const kinds[] = { "wire", "veth", "bridge", "tunnel", "nowhere" };
        static const char *const words[] = { "nothing", "link", "link gone", "path", "path gone" };

        if (news != WATTLE_ROUTE_NEWS_LINK && news != WATTLE_ROUTE_NEWS_LINK_GONE)
                return g_strdup(words[news]);
        return g_strdup_printf("%s %u %s %s%s%s%s%s in %u", words[news], link->index, link->name,
                               kinds[link->kind], link->up ? " up" : "",
                               link->carrier ? " carrier" : "", link->wireguard ? " wireguard" : "",
                               link->point_to_point ? " ptp" : "", link->master);
}

static const LinkRow links[] = {
        { "card", RTM_NEWLINK, 0, 2, UP, "eth0", NULL, 0, "link 2 eth0 wire up carrier in 0" },
        { "no-carrier", RTM_NEWLINK, 0, 2, IFF_UP, "eth0", NULL, 0, "link 2 eth0 wire up in 0" },
        { "down", RTM_NEWLINK, 0, 2, 0, "eth0", NULL, 0, "link 2 eth0 wire in 0" },
        { "gone", RTM_DELLINK, 0, 2, 0, "eth0", NULL, 0, "link gone 2 eth0 wire in 0" },
        { "left-its-bridge", RTM_DELLINK, AF_BRIDGE, 2, UP, "eth0", NULL, 5, "nothing" },
        { "vlan", RTM_NEWLINK, 0, 3, UP, "eth0.7", "vlan", 5,
          "link 3 eth0.7 wire up carrier in 5" },
        { "kind-of-the-future", RTM_NEWLINK, 0, 3, UP, "x", "hyperlan", 0,
          "link 3 x wire up carrier in 0" },
        { "veth", RTM_NEWLINK, 0, 4, UP, "v", "veth", 5, "link 4 v veth up carrier in 5" },
        { "bridge", RTM_NEWLINK, 0, 5, UP, "br", "bridge", 0, "link 5 br bridge up carrier in 0" },
        { "ours", RTM_NEWLINK, 0, 6, UP | IFF_POINTOPOINT, "home", "wireguard", 0,
          "link 6 home tunnel up carrier wireguard ptp in 0" },
        { "tap", RTM_NEWLINK, 0, 7, UP, "tap0", "tun", 5, "link 7 tap0 tunnel up carrier in 5" },
        { "modem", RTM_NEWLINK, 0, 8, UP | IFF_POINTOPOINT, "wwan0", NULL, 0,
          "link 8 wwan0 tunnel up carrier ptp in 0" },
        { "loopback", RTM_NEWLINK, 0, 1, UP | IFF_LOOPBACK, "lo", NULL, 0,
          "link 1 lo nowhere up carrier in 0" },
        { "dummy", RTM_NEWLINK, 0, 9, UP, "d", "dummy", 0, "link 9 d nowhere up carrier in 0" },
        { "long-name-is-cut", RTM_NEWLINK, 0, 9, UP, "abcdefghijklmnopqrstuvw", NULL, 0,
          "link 9 abcdefghijklmno wire up carrier in 0" },
        { "no-name", RTM_NEWLINK, 0, 9, UP, NULL, NULL, 0, "link 9  wire up carrier in 0" },
        { "no-index", RTM_NEWLINK, 0, 0, UP, "x", NULL, 0, "nothing" },
        { "negative-index", RTM_NEWLINK, 0, -1, UP, "x", NULL, 0, "nothing" },
        { "address", RTM_NEWADDR, 0, 2, 0, NULL, NULL, 0, "path" },
        { "address-gone", RTM_DELADDR, 0, 2, 0, NULL, NULL, 0, "path gone" },
        { "route", RTM_NEWROUTE, 0, 2, 0, NULL, NULL, 0, "path" },
        { "route-gone", RTM_DELROUTE, 0, 2, 0, NULL, NULL, 0, "path gone" },
        { "neighbour", RTM_NEWNEIGH, 0, 2, 0, NULL, NULL, 0, "nothing" },
};

static void link_row(gconstpointer data)
{
        const LinkRow *row = data;
        char buffer[512] = { 0 };
        WattleLink link = { 0 };
        WattleRouteNews news = wattle_route_news_read(put_link(buffer, row), &link);
        g_autofree char *text = link_text(news, &link);

        g_assert_cmpstr(text, ==, row->expected);
}

/* Whatever length a message ends at, nothing beyond it is looked at. */
static void cut_link(void)
{
        char buffer[512] = { 0 };
        const struct nlmsghdr *whole = put_link(buffer, &(LinkRow){ .type = RTM_NEWLINK,
                                                                    .index = 2,
                                                                    .flags = UP,
                                                                    .name = "eth0",
                                                                    .kind = "bridge",
                                                                    .master = 3 });

        for (guint32 size = sizeof *whole; size < whole->nlmsg_len; size++) {
                /* Messages are padded to four bytes. */
                g_autofree struct nlmsghdr *cut = g_memdup2(buffer, NLMSG_ALIGN(size));
                WattleLink link;

                cut->nlmsg_len = size;
                if (size < sizeof *whole + sizeof(struct ifinfomsg))
                        g_assert_cmpint(wattle_route_news_read(cut, &link), ==,
                                        WATTLE_ROUTE_NEWS_NONE);
                else
                        g_assert_cmpint(wattle_route_news_read(cut, &link), ==,
                                        WATTLE_ROUTE_NEWS_LINK);
        }
}

typedef struct {
        const char *test;
        guint16 type;
        guint8 kind;
        guint32 oif;           /* 0: not in the message */
        gboolean gateway, via; /* 192.168.1.1, and one that is too short to be read */
        const char *source;    /* NULL: not in the message */
        const char *expected;
} RouteRow;

static const RouteRow routes[] = {
        { "neighbour", RTM_NEWROUTE, RTN_UNICAST, 2, FALSE, FALSE, "192.168.1.2",
          "on link 2 from 192.168.1.2" },
        { "no-source", RTM_NEWROUTE, RTN_UNICAST, 2, FALSE, FALSE, NULL, "on link 2" },
        { "gateway", RTM_NEWROUTE, RTN_UNICAST, 2, TRUE, FALSE, "192.168.1.2",
          "through 192.168.1.1 by 2 from 192.168.1.2" },
        { "gateway-of-the-other-family", RTM_NEWROUTE, RTN_UNICAST, 2, FALSE, TRUE, NULL,
          "through 2" },
        { "our-own-address", RTM_NEWROUTE, RTN_LOCAL, 1, FALSE, FALSE, NULL, "none" },
        { "unreachable", RTM_NEWROUTE, RTN_UNREACHABLE, 1, FALSE, FALSE, NULL, "none" },
        { "blackhole", RTM_NEWROUTE, RTN_BLACKHOLE, 1, FALSE, FALSE, NULL, "none" },
        { "no-interface", RTM_NEWROUTE, RTN_UNICAST, 0, FALSE, FALSE, NULL, "none" },
        { "another-message", RTM_DELROUTE, RTN_UNICAST, 2, FALSE, FALSE, NULL, "none" },
};

static void route_row(gconstpointer data)
{
        const RouteRow *row = data;
        char buffer[512] = { 0 }, from[WATTLE_ADDR_TEXT_MAX] = "",
             gateway[WATTLE_ADDR_TEXT_MAX] = "";
        struct nlmsghdr *header = mnl_nlmsg_put_header(buffer);
        g_autofree char *text = NULL;
        struct rtmsg *route;
        WattleRoute read;
        WattleAddr source;

        header->nlmsg_type = row->type;
        route = mnl_nlmsg_put_extra_header(header, sizeof *route);
        route->rtm_family = AF_INET;
        route->rtm_type = row->kind;
        if (row->oif > 0)
                mnl_attr_put_u32(header, RTA_OIF, row->oif);
        if (row->gateway)
                mnl_attr_put_u32(header, RTA_GATEWAY, htonl(0xc0a80101));
        if (row->via)
                mnl_attr_put_u32(header, RTA_VIA, 1);
        if (row->source) {
                g_assert_true(wattle_addr_parse(row->source, &source, NULL));
                mnl_attr_put(header, RTA_PREFSRC, 4, source.bytes);
        }
        if (!wattle_route_read(header, &read)) {
                g_assert_cmpstr("none", ==, row->expected);
                return;
        }
        if (read.source.family != 0)
                wattle_addr_format(&read.source, from);
        if (read.gateway.family != 0)
                wattle_addr_format(&read.gateway, gateway);
        text = g_strdup_printf("%s %s%s%u%s%s", read.on_link ? "on link" : "through", gateway,
                               *gateway ? " by " : "", read.ifindex, *from ? " from " : "", from);
        g_assert_cmpstr(text, ==, row->expected);
}

/* Interfaces of a host, and whether number 1 of them has neighbours on a LAN. */
typedef struct {
        const char *test;
        WattleLink links[4];
        gboolean expected;
} LanRow;

#define LINK(number, link_kind, of)                                                                \
        {                                                                                          \
                .index = number, .kind = WATTLE_LINK_##link_kind, .master = of, .up = TRUE,        \
                .carrier = TRUE                                                                    \
        }

static const LanRow lans[] = {
        { "card", { LINK(1, WIRE, 0) }, TRUE },
        { "down", { { .index = 1, .carrier = TRUE } }, FALSE },
        { "no-carrier", { { .index = 1, .up = TRUE } }, FALSE },
        { "not-there", { LINK(2, WIRE, 0) }, FALSE },
        { "in-a-container", { LINK(1, VETH, 0) }, TRUE },
        { "tunnel", { LINK(1, TUNNEL, 0) }, FALSE },
        { "loopback", { LINK(1, NOWHERE, 0) }, FALSE },
        { "bridge-with-a-card",
          { LINK(1, BRIDGE, 0), LINK(2, TUNNEL, 1), LINK(3, WIRE, 1) },
          TRUE },
        { "docker0", { LINK(1, BRIDGE, 0), LINK(2, VETH, 1), LINK(3, VETH, 1) }, FALSE },
        { "virbr0", { LINK(1, BRIDGE, 0), LINK(2, TUNNEL, 1) }, FALSE },
        { "empty-bridge", { LINK(1, BRIDGE, 0), LINK(2, WIRE, 0) }, FALSE },
        { "card-of-another-bridge",
          { LINK(1, BRIDGE, 0), LINK(2, BRIDGE, 0), LINK(3, WIRE, 2) },
          FALSE },
};

static void lan_row(gconstpointer data)
{
        const LanRow *row = data;
        g_autoptr(GArray) list = g_array_new(FALSE, FALSE, sizeof(WattleLink));

        for (guint i = 0; i < G_N_ELEMENTS(row->links); i++)
                if (row->links[i].index > 0)
                        g_array_append_val(list, row->links[i]);
        g_assert_cmpint(wattle_link_is_lan(list, 1), ==, row->expected);
}

/* Of the running kernel: the loopback's, and each with the length of its family. */
static void addresses(void)
{
        g_auto(WattleNetlink) netlink = { 0 };
        g_autoptr(GError) error = NULL;
        g_autoptr(GArray) list = NULL;
        gboolean has_loopback = FALSE;

        g_assert_true(wattle_netlink_open(&netlink, NETLINK_ROUTE, &error));
        list = wattle_link_addresses(&netlink, &error);
        g_assert_no_error(error);
        for (guint i = 0; i < list->len; i++) {
                const WattleLinkAddr *one = &g_array_index(list, WattleLinkAddr, i);
                char text[WATTLE_ADDR_TEXT_MAX];

                wattle_addr_format(&one->addr, text);
                g_assert_cmpuint(one->ifindex, >, 0);
                has_loopback = has_loopback || g_str_equal(text, "127.0.0.1");
        }
        if (!has_loopback)
                g_test_skip("lo has no address here");
}

static void a_table_that_nobody_has(void)
{
        g_auto(WattleNetlink) netlink = { 0 };
        g_autoptr(GError) error = NULL;
        guint32 other = 7;

        g_assert_true(wattle_netlink_open(&netlink, NETLINK_ROUTE, &error));
        g_assert_true(wattle_route_find_other(&netlink, 0xfffffff0, 0, &other, &error));
        g_assert_cmpuint(other, ==, 0);
}

/* As the kernel tells of routes; the last is cut short. */
static void default_route(void)
{
        static const struct {
                guint16 type;
                struct rtmsg route;
                gboolean expected;
        } rows[] = {
                { RTM_NEWROUTE, { .rtm_family = AF_INET, .rtm_type = RTN_UNICAST }, TRUE },
                { RTM_DELROUTE, { .rtm_family = AF_INET6, .rtm_type = RTN_UNICAST }, TRUE },
                { RTM_NEWROUTE,
                  { .rtm_family = AF_INET, .rtm_type = RTN_UNICAST, .rtm_dst_len = 8 },
                  FALSE },
                { RTM_NEWROUTE, { .rtm_family = AF_INET, .rtm_type = RTN_UNREACHABLE }, FALSE },
                { RTM_NEWROUTE,
                  { .rtm_family = RTNL_FAMILY_IPMR, .rtm_type = RTN_UNICAST },
                  FALSE },
                { RTM_NEWADDR, { .rtm_family = AF_INET, .rtm_type = RTN_UNICAST }, FALSE },
        };
        char buffer[256];
        struct nlmsghdr *header;

        for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
                header = mnl_nlmsg_put_header(buffer);
                header->nlmsg_type = rows[i].type;
                memcpy(mnl_nlmsg_put_extra_header(header, sizeof rows[i].route), &rows[i].route,
                       sizeof rows[i].route);
                g_assert_cmpint(wattle_route_is_default(header), ==, rows[i].expected);
        }
        header = mnl_nlmsg_put_header(buffer);
        header->nlmsg_type = RTM_NEWROUTE;
        g_assert_false(wattle_route_is_default(header));
}

int main(int argc, char **argv)
{
        g_test_init(&argc, &argv, NULL);
        add_rows("/link", links, link_row);
        add_rows("/route", routes, route_row);
        add_rows("/lan", lans, lan_row);
        g_test_add_func("/link-cut-short", cut_link);
        g_test_add_func("/addresses", addresses);
        g_test_add_func("/table-that-nobody-has", a_table_that_nobody_has);
        g_test_add_func("/default-route", default_route);
        return g_test_run();
}
