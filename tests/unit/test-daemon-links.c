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
} Message;

typedef struct {
        const char *test;
        Message messages[3];
        const char *expected; /* what the list is, and what was said of it */
} Row;

/* Before each row there is 2 eth0, up with a carrier. */
static const Row rows[] = {
        { "nothing", { { 0 } }, "2 eth0" },
        { "new", { { RTM_NEWLINK, 3, UP, "eth1" } }, "2 eth0, 3 eth1: changed" },
        { "the-same-again", { { RTM_NEWLINK, 2, UP, "eth0" } }, "2 eth0" },
        { "carrier-lost", { { RTM_NEWLINK, 2, IFF_UP, "eth0" } }, "2 eth0: changed, lost" },
        { "renamed", { { RTM_NEWLINK, 2, UP, "lan0" } }, "2 lan0: changed" },
        { "gone", { { RTM_DELLINK, 2, 0, "eth0" } }, ": changed, lost" },
        { "an-unknown-one-gone", { { RTM_DELLINK, 7, 0, "x" } }, "2 eth0" },
        { "address", { { RTM_NEWADDR, 2, 0, NULL } }, "2 eth0: changed" },
        { "address-gone", { { RTM_DELADDR, 2, 0, NULL } }, "2 eth0: changed, lost" },
        { "several",
          { { RTM_NEWLINK, 3, UP, "eth1" },
            { RTM_DELLINK, 2, 0, "eth0" },
            { RTM_NEWADDR, 3, 0, NULL } },
          "3 eth1: changed, lost" },
};

static void put(GByteArray *bytes, const Message *message)
{
        char buffer[256] = { 0 };
        struct nlmsghdr *header = mnl_nlmsg_put_header(buffer);
        struct ifinfomsg *info;

        header->nlmsg_type = message->type;
        info = mnl_nlmsg_put_extra_header(header, sizeof *info);
        info->ifi_index = message->index;
        info->ifi_flags = message->flags;
        if (message->name)
                mnl_attr_put_strz(header, IFLA_IFNAME, message->name);
        g_byte_array_append(bytes, (guint8 *)buffer, header->nlmsg_len);
}

static char *list_text(const GArray *links, WattleLinksNews news)
{
        GString *text = g_string_new(NULL);

        for (guint i = 0; i < links->len; i++)
                g_string_append_printf(text, "%s%u %s", i > 0 ? ", " : "",
                                       g_array_index(links, WattleLink, i).index,
                                       g_array_index(links, WattleLink, i).name);
        if (news.changed)
                g_string_append(text, ": changed");
        if (news.lost)
                g_string_append(text, ", lost");
        return g_string_free(text, FALSE);
}

static void row_test(gconstpointer data)
{
        const Row *row = data;
        g_autoptr(GArray) links = g_array_new(FALSE, FALSE, sizeof(WattleLink));
        g_autoptr(GByteArray) before = g_byte_array_new(), bytes = g_byte_array_new();
        g_autofree char *text = NULL;

        put(before, &(Message){ RTM_NEWLINK, 2, UP, "eth0" });
        wattle_links_read(links, before->data, before->len);
        for (guint i = 0; i < G_N_ELEMENTS(row->messages) && row->messages[i].type > 0; i++)
                put(bytes, &row->messages[i]);
        text = list_text(links, wattle_links_read(links, bytes->data, bytes->len));
        g_assert_cmpstr(text, ==, row->expected);
}

int main(int argc, char **argv)
{
        g_test_init(&argc, &argv, NULL);
        add_rows("/links", rows, row_test);
        return g_test_run();
}
