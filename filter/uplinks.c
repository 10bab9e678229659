/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "filter/uplinks.h"

#include <errno.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <sys/socket.h>

#include "common/error.h"
#include "common/sys/kernel/route.h"
#include "common/sys/log.h"

/* As much as the kernel puts into one datagram. */
#define DATAGRAM_MAX (32 * 1024)

struct WattleUplinks {
        WattleUplinksChanged changed;
        gpointer data;
        WattleNetlink news;
        sd_event_source *io;
};

static gboolean has_default_route(gconstpointer bytes, gssize size)
{
        int left = (int)size;

        for (const struct nlmsghdr *message = bytes; mnl_nlmsg_ok(message, left);
             message = mnl_nlmsg_next(message, &left))
                if (wattle_route_is_default(message))
                        return TRUE;
        return FALSE;
}

/* What was lost for want of room (ENOBUFS), or came from no kernel, is looked at as well: it costs
 * one look. */
static int on_readable(G_GNUC_UNUSED sd_event_source *source, int fd,
                       G_GNUC_UNUSED uint32_t revents, void *data)
{
        WattleUplinks *uplinks = data;
        g_autofree char *buffer = g_malloc(DATAGRAM_MAX);
        gssize n = recv(fd, buffer, DATAGRAM_MAX, MSG_DONTWAIT | MSG_TRUNC);

        if (n < 0 && (errno == EAGAIN || errno == EINTR))
                return 0;
        if (n < 0 || n > DATAGRAM_MAX || has_default_route(buffer, n))
                uplinks->changed(uplinks->data);
        return 0;
}

static gboolean listen_to(WattleUplinks *uplinks, int group, GError **error)
{
        if (mnl_socket_setsockopt(uplinks->news.socket, NETLINK_ADD_MEMBERSHIP, &group,
                                  sizeof group) == 0)
                return TRUE;
        return wattle_error_set_errno(error, errno, "news of routes");
}

WattleUplinks *wattle_uplinks_new(sd_event *event, WattleUplinksChanged changed, gpointer data,
                                  GError **error)
{
        g_autoptr(WattleUplinks) uplinks = g_new0(WattleUplinks, 1);
        int result;

        uplinks->changed = changed;
        uplinks->data = data;
        if (!wattle_netlink_open(&uplinks->news, NETLINK_ROUTE, error) ||
            !listen_to(uplinks, RTNLGRP_IPV4_ROUTE, error) ||
            !listen_to(uplinks, RTNLGRP_IPV6_ROUTE, error))
                return NULL;
        result = sd_event_add_io(event, &uplinks->io, mnl_socket_get_fd(uplinks->news.socket),
                                 EPOLLIN, on_readable, uplinks);
        if (result < 0) {
                wattle_error_set_errno(error, -result, "the event loop");
                return NULL;
        }
        return g_steal_pointer(&uplinks);
}

void wattle_uplinks_free(WattleUplinks *uplinks)
{
        if (!uplinks)
                return;
        sd_event_source_disable_unref(uplinks->io);
        wattle_netlink_close(&uplinks->news);
        g_free(uplinks);
}

GPtrArray *wattle_uplinks_list(void)
{
        GPtrArray *names = g_ptr_array_new_with_free_func(g_free);
        g_auto(WattleNetlink) netlink = { 0 };
        g_autoptr(GArray) indices = NULL;
        g_autoptr(GError) error = NULL;

        if (wattle_netlink_open(&netlink, NETLINK_ROUTE, &error))
                indices = wattle_route_uplinks(&netlink, &error);
        if (!indices)
                wattle_log(WATTLE_LOG_WARNING, "default routes: %s", error->message);
        for (guint i = 0; indices && i < indices->len; i++) {
                char name[IF_NAMESIZE];

                if (if_indextoname(g_array_index(indices, guint32, i), name))
                        g_ptr_array_add(names, g_strdup(name));
        }
        return names;
}
