/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* One netlink socket: a request, its answers, its acknowledgement. Encoding is libmnl's. */
#pragma once

#include <glib.h>
#include <libmnl/libmnl.h>

typedef struct {
        int bus;
        struct mnl_socket *socket;
        guint32 sequence;
        gboolean interrupted; /* the last dump failed because what it shows changed, which libmnl
                                 makes EINTR of NLM_F_DUMP_INTR: ask again */
} WattleNetlink;

/* bus is NETLINK_GENERIC or NETLINK_ROUTE. */
gboolean wattle_netlink_open(WattleNetlink *netlink, int bus,
                             GError **error) G_GNUC_WARN_UNUSED_RESULT;
void wattle_netlink_close(WattleNetlink *netlink);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(WattleNetlink, wattle_netlink_close)

/* Called with each message of the answer; FALSE stops with its error. */
typedef gboolean (*WattleNetlinkReply)(const struct nlmsghdr *message, gpointer data,
                                       GError **error);

/* Sends a whole message (its sequence number is filled in) and waits for the end of the answer: the
 * acknowledgement, or the end of a dump. reply may be NULL. The kernel's error comes as NOT_FOUND
 * (ENODEV, ENOENT, ESRCH) or FAILED. After an answer that broke off the next request has a socket
 * of its own: the rest of that answer would be taken for its own, and the kernel still be busy with
 * it. */
gboolean wattle_netlink_request(WattleNetlink *netlink, struct nlmsghdr *message,
                                WattleNetlinkReply reply, gpointer data,
                                GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* The number of a generic netlink family; loading the kernel's module is the kernel's work. */
gboolean wattle_netlink_find_family(WattleNetlink *netlink, const char *name, guint16 *ret,
                                    GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Removes a link (RTM_DELLINK, rtnetlink(7)); netlink is of NETLINK_ROUTE. */
gboolean wattle_netlink_delete_link(WattleNetlink *netlink, guint32 ifindex,
                                    GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Switches a link up or down, as 'ip link set' does (RTM_NEWLINK with IFF_UP). */
gboolean wattle_netlink_set_link_up(WattleNetlink *netlink, guint32 ifindex, gboolean up,
                                    GError **error) G_GNUC_WARN_UNUSED_RESULT;
