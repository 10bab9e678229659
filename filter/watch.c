/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "filter/watch.h"

#include <errno.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <string.h>
#include <sys/socket.h>

#include "common/error.h"
#include "common/sys/kernel/route.h"

/* As much as the kernel puts into one datagram. */
#define DATAGRAM_MAX (32 * 1024)

struct WattleWatch {
        char *interface;
        WattleWatchChanged changed;
        gpointer data;
        WattleNetlink news;
        sd_event_source *io;
        guint32 index; /* 0: there is none of the name */
        gboolean up;
};

gboolean wattle_watch_is_there(const WattleWatch *watch)
{
        return watch->index != 0;
}

gboolean wattle_watch_is_up(const WattleWatch *watch)
{
        return watch->up;
}

/* An interface that is renamed is another one. */
static void see_link(WattleWatch *watch, const WattleLink *link)
{
        if (strcmp(link->name, watch->interface) == 0) {
                watch->index = link->index;
                watch->up = link->up;
        } else if (link->index == watch->index) {
                watch->index = 0;
                watch->up = FALSE;
        }
}

static void see_no_link(WattleWatch *watch, guint32 index)
{
        if (index != watch->index)
                return;
        watch->index = 0;
        watch->up = FALSE;
}

static void read_news(WattleWatch *watch, gconstpointer bytes, gssize size)
{
        int left = (int)size;

        for (const struct nlmsghdr *message = bytes; mnl_nlmsg_ok(message, left);
             message = mnl_nlmsg_next(message, &left)) {
                WattleLink link;

                switch (wattle_route_news_read(message, &link)) {
                case WATTLE_ROUTE_NEWS_LINK:
                        see_link(watch, &link);
                        break;
                case WATTLE_ROUTE_NEWS_LINK_GONE:
                        see_no_link(watch, link.index);
                        break;
                case WATTLE_ROUTE_NEWS_PATH:
                case WATTLE_ROUTE_NEWS_PATH_GONE:
                case WATTLE_ROUTE_NEWS_NONE:
                        break;
                }
        }
}

static gboolean look(WattleWatch *watch, GError **error)
{
        g_auto(WattleNetlink) netlink = { 0 };
        g_autoptr(GArray) links = NULL;

        if (!wattle_netlink_open(&netlink, NETLINK_ROUTE, error))
                return FALSE;
        links = wattle_link_list(&netlink, error);
        if (!links)
                return FALSE;
        see_no_link(watch, watch->index);
        for (guint i = 0; i < links->len; i++)
                see_link(watch, &g_array_index(links, WattleLink, i));
        return TRUE;
}

/* One datagram. The kernel had no room for some news (ENOBUFS): the links themselves tell. */
static int on_readable(G_GNUC_UNUSED sd_event_source *source, int fd,
                       G_GNUC_UNUSED uint32_t revents, void *data)
{
        WattleWatch *watch = data;
        g_autofree char *buffer = g_malloc(DATAGRAM_MAX);
        struct sockaddr_nl from = { 0 };
        struct iovec iov = { buffer, DATAGRAM_MAX };
        struct msghdr message = {
                .msg_name = &from, .msg_namelen = sizeof from, .msg_iov = &iov, .msg_iovlen = 1
        };
        gssize n = recvmsg(fd, &message, MSG_DONTWAIT);
        gboolean was_up = watch->up, was_there = watch->index != 0;
        g_autoptr(GError) error = NULL;

        if (n < 0 && (errno == EAGAIN || errno == EINTR))
                return 0;
        if (n < 0 || message.msg_flags & MSG_TRUNC) {
                if (!look(watch, &error))
                        return -EIO;
        } else if (from.nl_pid == 0) { /* the kernel, not another program */
                read_news(watch, buffer, n);
        }
        if (watch->up == was_up && (watch->index != 0) == was_there)
                return 0;
        return watch->changed(watch->data);
}

WattleWatch *wattle_watch_new(sd_event *event, const char *interface, WattleWatchChanged changed,
                              gpointer data, GError **error)
{
        g_autoptr(WattleWatch) watch = g_new0(WattleWatch, 1);
        int group = RTNLGRP_LINK, result;

        watch->interface = g_strdup(interface);
        watch->changed = changed;
        watch->data = data;
        if (!wattle_netlink_open(&watch->news, NETLINK_ROUTE, error))
                return NULL;
        if (mnl_socket_setsockopt(watch->news.socket, NETLINK_ADD_MEMBERSHIP, &group,
                                  sizeof group) < 0) {
                wattle_error_set_errno(error, errno, "news of the network");
                return NULL;
        }
        /* First the news, then the list: nothing falls between. */
        if (!look(watch, error))
                return NULL;
        result = sd_event_add_io(event, &watch->io, mnl_socket_get_fd(watch->news.socket), EPOLLIN,
                                 on_readable, watch);
        if (result < 0) {
                wattle_error_set_errno(error, -result, "the event loop");
                return NULL;
        }
        return g_steal_pointer(&watch);
}

void wattle_watch_free(WattleWatch *watch)
{
        if (!watch)
                return;
        sd_event_source_disable_unref(watch->io);
        wattle_netlink_close(&watch->news);
        g_free(watch->interface);
        g_free(watch);
}
