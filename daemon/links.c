/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "daemon/links.h"

#include <errno.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <string.h>
#include <sys/socket.h>

#include "common/error.h"

#define DATAGRAM_MAX (32 * 1024)
#define QUIET_US     (50 * 1000)
#define LATEST_US    (250 * 1000)
#define MAX_PATHS    4096

struct WattleLinks {
        WattleLinksEvents events;
        WattleNetlink monitor;
        GArray *links; /* of WattleLink */
        GHashTable *paths;
        sd_event *event;
        sd_event_source *io;
        sd_event_source *timer;
        guint64 first_us; /* when the first change came that was not told yet; 0: none */
        gboolean is_sure; /* and of what is not told yet not all is WATTLE_LINKS_PATHS */
};

const GArray *wattle_links_get(const WattleLinks *links)
{
        return links->links;
}

const WattleLink *wattle_links_find(const WattleLinks *links, const char *name)
{
        for (guint i = 0; i < links->links->len; i++) {
                const WattleLink *link = &g_array_index(links->links, WattleLink, i);

                if (strcmp(link->name, name) == 0)
                        return link;
        }
        return NULL;
}

static void put_link(GArray *links, const WattleLink *link, WattleLinksNews *news)
{
        for (guint i = 0; i < links->len; i++) {
                WattleLink *old = &g_array_index(links, WattleLink, i);

                if (old->index != link->index)
                        continue;
                /* The kernel tells of a link for much that does not matter here, as statistics. */
                news->changed |= memcmp(old, link, sizeof *link) != 0;
                news->lost |= (old->carrier && !link->carrier) || (old->up && !link->up);
                *old = *link;
                return;
        }
        g_array_append_val(links, *link);
        news->changed = TRUE;
}

static void remove_link(GArray *links, guint32 index, WattleLinksNews *news)
{
        for (guint i = 0; i < links->len; i++)
                if (g_array_index(links, WattleLink, i).index == index) {
                        g_array_remove_index_fast(links, i);
                        news->lost = news->changed = TRUE;
                        return;
                }
}

/* mnl_nlmsg_ok() takes a length beyond INT_MAX for a negative one, which is below any. */
static gboolean is_whole(const struct nlmsghdr *message, int left)
{
        return left >= (int)sizeof *message && message->nlmsg_len <= (guint32)left &&
               mnl_nlmsg_ok(message, left);
}

GHashTable *wattle_links_paths(void)
{
        return g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, g_free);
}

/* Whether the kernel said just this of the address or route before. */
static gboolean is_known(GHashTable *paths, const struct nlmsghdr *message)
{
        guint64 which, what;
        const guint64 *before;

        if (!wattle_route_news_digest(message, &which, &what))
                return FALSE;
        before = g_hash_table_lookup(paths, &which);
        if (before && *before == what)
                return TRUE;
        /* A router of the Internet has a million of them: then all are news. */
        if (g_hash_table_size(paths) == MAX_PATHS)
                g_hash_table_remove_all(paths);
        g_hash_table_insert(paths, g_memdup2(&which, sizeof which), g_memdup2(&what, sizeof what));
        return FALSE;
}

WattleLinksNews wattle_links_read(GArray *links, GHashTable *paths, gconstpointer bytes, gsize size)
{
        const struct nlmsghdr *message = bytes;
        WattleLinksNews news = { 0 };
        int left = (int)size;

        for (; is_whole(message, left); message = mnl_nlmsg_next(message, &left)) {
                WattleLink link;

                switch (wattle_route_news_read(message, &link)) {
                case WATTLE_ROUTE_NEWS_LINK:
                        put_link(links, &link, &news);
                        break;
                case WATTLE_ROUTE_NEWS_LINK_GONE:
                        remove_link(links, link.index, &news);
                        break;
                case WATTLE_ROUTE_NEWS_PATH:
                        news.paths |= !is_known(paths, message);
                        break;
                case WATTLE_ROUTE_NEWS_PATH_GONE:
                        news.lost = news.changed = TRUE;
                        break;
                case WATTLE_ROUTE_NEWS_NONE:
                        break;
                }
                /* With a link or an address the kernel takes routes away, and does not say which:
                 * when one of them comes again, it is news. */
                if (news.changed)
                        g_hash_table_remove_all(paths);
        }
        return news;
}

static int on_timer(G_GNUC_UNUSED sd_event_source *source, G_GNUC_UNUSED uint64_t now_us,
                    void *data)
{
        WattleLinks *links = data;

        WattleLinksChange change = links->is_sure ? WATTLE_LINKS_CHANGED : WATTLE_LINKS_PATHS;

        links->first_us = 0;
        links->is_sure = FALSE;
        links->events.changed(change, links->events.data);
        return 0;
}

static int arm_timer(WattleLinks *links)
{
        guint64 now_us, due_us;
        int result = sd_event_now(links->event, CLOCK_BOOTTIME, &now_us);

        if (result < 0)
                return result;
        if (links->first_us == 0)
                links->first_us = now_us;
        due_us = MIN(now_us + QUIET_US, links->first_us + LATEST_US);
        result = sd_event_source_set_time(links->timer, due_us);
        return result < 0 ? result : sd_event_source_set_enabled(links->timer, SD_EVENT_ONESHOT);
}

/* What was lost with the datagrams that the kernel had no room for, nobody knows. */
static WattleLinksNews read_all_again(WattleLinks *links)
{
        g_auto(WattleNetlink) netlink = { 0 };
        g_autoptr(GError) error = NULL;
        GArray *list = NULL;

        if (wattle_netlink_open(&netlink, NETLINK_ROUTE, &error))
                list = wattle_link_list(&netlink, &error);
        g_hash_table_remove_all(links->paths);
        if (list) {
                g_array_unref(links->links);
                links->links = list;
        }
        return (WattleLinksNews){ .changed = TRUE, .lost = TRUE };
}

/* FALSE when there is no more. */
static gboolean read_datagram(WattleLinks *links, gpointer buffer, WattleLinksNews *news)
{
        struct sockaddr_nl from = { 0 };
        struct iovec iov = { buffer, DATAGRAM_MAX };
        struct msghdr message = {
                .msg_name = &from, .msg_namelen = sizeof from, .msg_iov = &iov, .msg_iovlen = 1
        };
        gssize n = recvmsg(mnl_socket_get_fd(links->monitor.socket), &message, MSG_DONTWAIT);
        WattleLinksNews more = { 0 };

        if (n < 0 && (errno == EAGAIN || errno == EINTR))
                return errno == EINTR;
        if (n < 0 || message.msg_flags & MSG_TRUNC)
                more = read_all_again(links);
        else if (from.nl_pid == 0) /* the kernel, not another program */
                more = wattle_links_read(links->links, links->paths, buffer, (gsize)n);
        news->changed |= more.changed;
        news->lost |= more.lost;
        news->paths |= more.paths;
        return TRUE;
}

/* Datagrams that are read at a time, so that other sources of the event loop have their turn. */
#define BATCH 64

static int on_readable(G_GNUC_UNUSED sd_event_source *source, G_GNUC_UNUSED int fd,
                       G_GNUC_UNUSED uint32_t revents, void *data)
{
        WattleLinks *links = data;
        g_autofree char *buffer = g_malloc(DATAGRAM_MAX);
        WattleLinksNews news = { 0 };

        for (guint i = 0; i < BATCH && read_datagram(links, buffer, &news); i++)
                ;
        if (news.lost)
                links->events.changed(WATTLE_LINKS_LOST, links->events.data);
        links->is_sure |= news.changed;
        return news.changed || news.paths ? arm_timer(links) : 0;
}

static gboolean subscribe(WattleNetlink *netlink, GError **error)
{
        static const int groups[] = { RTNLGRP_LINK, RTNLGRP_IPV4_IFADDR, RTNLGRP_IPV6_IFADDR,
                                      RTNLGRP_IPV4_ROUTE, RTNLGRP_IPV6_ROUTE };

        for (guint i = 0; i < G_N_ELEMENTS(groups); i++) {
                int group = groups[i];

                if (mnl_socket_setsockopt(netlink->socket, NETLINK_ADD_MEMBERSHIP, &group,
                                          sizeof group) < 0)
                        return wattle_error_set_errno(error, errno, "news of the network");
        }
        return TRUE;
}

static gboolean add_sources(WattleLinks *links, GError **error)
{
        int result =
                sd_event_add_io(links->event, &links->io, mnl_socket_get_fd(links->monitor.socket),
                                EPOLLIN, on_readable, links);

        if (result >= 0)
                result = sd_event_add_time(links->event, &links->timer, CLOCK_BOOTTIME, G_MAXUINT64,
                                           1000, on_timer, links);
        if (result >= 0)
                result = sd_event_source_set_enabled(links->timer, SD_EVENT_OFF);
        return result >= 0 || wattle_error_set_errno(error, -result, "the event loop");
}

WattleLinks *wattle_links_new(sd_event *event, const WattleLinksEvents *events, GError **error)
{
        g_autoptr(WattleLinks) links = g_new0(WattleLinks, 1);
        g_auto(WattleNetlink) netlink = { 0 };

        links->events = *events;
        links->event = sd_event_ref(event);
        links->paths = wattle_links_paths();
        /* First the news, then the list: nothing falls between. */
        if (!wattle_netlink_open(&links->monitor, NETLINK_ROUTE, error) ||
            !subscribe(&links->monitor, error) ||
            !wattle_netlink_open(&netlink, NETLINK_ROUTE, error))
                return NULL;
        links->links = wattle_link_list(&netlink, error);
        if (!links->links || !add_sources(links, error))
                return NULL;
        return g_steal_pointer(&links);
}

void wattle_links_free(WattleLinks *links)
{
        if (!links)
                return;
        sd_event_source_disable_unref(links->io);
        sd_event_source_disable_unref(links->timer);
        sd_event_unref(links->event);
        wattle_netlink_close(&links->monitor);
        g_clear_pointer(&links->links, g_array_unref);
        g_hash_table_unref(links->paths);
        g_free(links);
}
