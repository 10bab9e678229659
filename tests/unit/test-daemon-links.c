/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The list of interfaces, kept up to date by datagrams of the kernel, and what each means. */
#include "daemon/links.h"

#include <linux/if.h>
#include <linux/rtnetlink.h>
#include <string.h>

#include "tests/unit/fixture.h"

#define UP IFF_UP | IFF_LOWER_UP

typedef struct {
        guint16 type;
        int index;
        guint flags;
        const char *name;
        guint32 lifetime_s; /* of an address or a route */
        guint32 gateway;    /* of a route */
} Message;

typedef struct {
        const char *test;
        Message messages[3];
        const char *expected; /* what the list is, and what was said of it */
} Row;

#define LINK(what, index, flags, name)                                                             \
        {                                                                                          \
                RTM_##what##LINK, index, flags, name, 0, 0                                         \
        }
#define ADDR(what, index, flags, life)                                                             \
        {                                                                                          \
                RTM_##what##ADDR, index, flags, NULL, life, 0                                      \
        }
#define ROUTE(index, gateway, life)                                                                \
        {                                                                                          \
                RTM_NEWROUTE, index, 0, NULL, life, gateway                                        \
        }

/* Before each row there are 2 eth0, up with a carrier, 192.168.1.2 on it, and a route by gateway 1.
 */
static const Row rows[] = {
        { "nothing", { { 0 } }, "2 eth0" },
        { "new", { LINK(NEW, 3, UP, "eth1") }, "2 eth0, 3 eth1: changed" },
        { "the-same-again", { LINK(NEW, 2, UP, "eth0") }, "2 eth0" },
        { "carrier-lost", { LINK(NEW, 2, IFF_UP, "eth0") }, "2 eth0: changed, lost" },
        { "renamed", { LINK(NEW, 2, UP, "lan0") }, "2 lan0: changed" },
        { "gone", { LINK(DEL, 2, 0, "eth0") }, ": changed, lost" },
        { "an-unknown-one-gone", { LINK(DEL, 7, 0, "x") }, "2 eth0" },
        { "address", { ADDR(NEW, 3, 0, 900) }, "2 eth0: paths" },
        { "address-that-lives-longer", { ADDR(NEW, 2, 0, 1800) }, "2 eth0" },
        { "address-that-is-deprecated", { ADDR(NEW, 2, IFA_F_DEPRECATED, 1800) }, "2 eth0: paths" },
        { "address-gone", { ADDR(DEL, 2, 0, 900) }, "2 eth0: changed, lost" },
        { "address-gone-and-there-again",
          { ADDR(DEL, 2, 0, 900), ADDR(NEW, 2, 0, 900) },
          "2 eth0: changed, lost, paths" },
        { "route", { ROUTE(3, 1, 900) }, "2 eth0: paths" },
        { "route-that-lives-longer", { ROUTE(2, 1, 1800) }, "2 eth0" },
        { "route-by-another-gateway", { ROUTE(2, 2, 900) }, "2 eth0: paths" },
        { "route-by-another-gateway-and-back",
          { ROUTE(2, 2, 900), ROUTE(2, 1, 900) },
          "2 eth0: paths" },
        { "route-again-after-a-link",
          { LINK(NEW, 3, UP, "eth1"), ROUTE(2, 1, 900) },
          "2 eth0, 3 eth1: changed, paths" },
        { "several",
          { LINK(NEW, 3, UP, "eth1"), LINK(DEL, 2, 0, "eth0"), ADDR(NEW, 3, 0, 900) },
          "3 eth1: changed, lost, paths" },
};

static void put_link(struct nlmsghdr *header, const Message *message)
{
        struct ifinfomsg *info = mnl_nlmsg_put_extra_header(header, sizeof *info);

        info->ifi_index = message->index;
        info->ifi_flags = message->flags;
        if (message->name)
                mnl_attr_put_strz(header, IFLA_IFNAME, message->name);
}

static void put_address(struct nlmsghdr *header, const Message *message)
{
        struct ifaddrmsg *info = mnl_nlmsg_put_extra_header(header, sizeof *info);
        struct ifa_cacheinfo times = { .ifa_valid = message->lifetime_s };

        info->ifa_family = AF_INET;
        info->ifa_index = (guint)message->index;
        info->ifa_flags = (guint8)message->flags;
        mnl_attr_put_u32(header, IFA_ADDRESS, htonl(0xc0a80102));
        mnl_attr_put(header, IFA_CACHEINFO, sizeof times, &times);
}

static void put_route(struct nlmsghdr *header, const Message *message)
{
        struct rtmsg *route = mnl_nlmsg_put_extra_header(header, sizeof *route);
        struct rta_cacheinfo times = { .rta_expires = message->lifetime_s };

        route->rtm_family = AF_INET;
        route->rtm_type = RTN_UNICAST;
        mnl_attr_put_u32(header, RTA_OIF, (guint32)message->index);
        mnl_attr_put_u32(header, RTA_GATEWAY, message->gateway);
        mnl_attr_put(header, RTA_CACHEINFO, sizeof times, &times);
}

static void put(GByteArray *bytes, const Message *message)
{
        char buffer[256] = { 0 };
        struct nlmsghdr *header = mnl_nlmsg_put_header(buffer);

        header->nlmsg_type = message->type;
        if (message->type == RTM_NEWADDR || message->type == RTM_DELADDR)
                put_address(header, message);
        else if (message->type == RTM_NEWROUTE)
                put_route(header, message);
        else
                put_link(header, message);
        g_byte_array_append(bytes, (guint8 *)buffer, header->nlmsg_len);
}

static char *list_text(const GArray *links, WattleLinksNews news)
{
        GString *text = g_string_new(NULL);

        for (guint i = 0; i < links->len; i++)
                g_string_append_printf(text, "%s%u %s", i > 0 ? ", " : "",
                                       g_array_index(links, WattleLink, i).index,
                                       g_array_index(links, WattleLink, i).name);
        if (news.changed || news.paths)
                g_string_append(text, ": ");
        if (news.changed)
                g_string_append(text, news.lost ? "changed, lost" : "changed");
        if (news.paths)
                g_string_append(text, news.changed ? ", paths" : "paths");
        return g_string_free(text, FALSE);
}

static void row_test(gconstpointer data)
{
        const Row *row = data;
        g_autoptr(GArray) links = g_array_new(FALSE, FALSE, sizeof(WattleLink));
        g_autoptr(GHashTable) paths = wattle_links_paths();
        g_autoptr(GByteArray) before = g_byte_array_new(), bytes = g_byte_array_new();
        g_autofree char *text = NULL;

        put(before, &(const Message)LINK(NEW, 2, UP, "eth0"));
        put(before, &(Message)ADDR(NEW, 2, 0, 900));
        put(before, &(Message)ROUTE(2, 1, 900));
        wattle_links_read(links, paths, before->data, before->len);
        /* All is told again, for with a link all is forgotten. */
        wattle_links_read(links, paths, before->data, before->len);
        for (guint i = 0; i < G_N_ELEMENTS(row->messages) && row->messages[i].type > 0; i++)
                put(bytes, &row->messages[i]);
        text = list_text(links, wattle_links_read(links, paths, bytes->data, bytes->len));
        g_assert_cmpstr(text, ==, row->expected);
}

int main(int argc, char **argv)
{
        g_test_init(&argc, &argv, NULL);
        add_rows("/links", rows, row_test);
        return g_test_run();
}
