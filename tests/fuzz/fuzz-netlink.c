/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A datagram of rtnetlink: links that come and go, and a route. */
#include <string.h>

#include "daemon/links.h"
#include "tests/fuzz/fuzz.h"

static void check_links(const GArray *links)
{
        for (guint i = 0; i < links->len; i++) {
                const WattleLink *link = &g_array_index(links, WattleLink, i);

                g_assert_cmpuint(link->index, >, 0);
                g_assert_cmpuint(strlen(link->name), <=, WATTLE_INTERFACE_NAME_MAX);
                (void)wattle_link_is_lan(links, link->index);
        }
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
        g_autoptr(GArray) links = g_array_new(FALSE, FALSE, sizeof(WattleLink));
        g_autoptr(GHashTable) paths = wattle_links_paths();
        /* As in a socket's buffer, aligned and padded; and no longer than that. */
        g_autofree uint8_t *copy = g_malloc0(MAX(NLMSG_ALIGN(size), 4));
        const struct nlmsghdr *message = (gpointer)copy;
        WattleRoute route;

        if (size > 0)
                memcpy(copy, bytes, size);
        for (guint i = 0; i < 2; i++) {
                WattleLinksNews news = wattle_links_read(links, paths, copy, size);

                g_assert_true(news.changed || !news.lost);
                check_links(links);
        }
        if (size >= sizeof *message && message->nlmsg_len <= size &&
            mnl_nlmsg_ok(message, (int)size) && wattle_route_read(message, &route))
                g_assert_cmpuint(route.ifindex, >, 0);
        return 0;
}
