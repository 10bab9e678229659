/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "daemon/knock.h"

#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/error.h"

#define FIRST_PLACE 0x7f400000u /* 127.64.0.0 */
#define BATCH       32          /* packets at a time, so that others have their turn */

struct WattleKnock {
        WattleKnocked knocked;
        gpointer data;
        int fd;
        guint16 port;
        sd_event_source *source;
};

/* Where a packet was sent to; its sender and what is in it say nothing that could be believed. */
static gboolean receive(const WattleKnock *knock, guint32 *ret_number)
{
        char byte, control[128];
        struct iovec iov = { &byte, sizeof byte };
        struct msghdr message = { .msg_iov = &iov,
                                  .msg_iovlen = 1,
                                  .msg_control = control,
                                  .msg_controllen = sizeof control };

        *ret_number = WATTLE_KNOCK_PLACES;
        if (recvmsg(knock->fd, &message, MSG_DONTWAIT) < 0)
                return FALSE;
        for (struct cmsghdr *cmsg = CMSG_FIRSTHDR(&message); cmsg;
             cmsg = CMSG_NXTHDR(&message, cmsg))
                if (cmsg->cmsg_level == IPPROTO_IP && cmsg->cmsg_type == IP_PKTINFO) {
                        const struct in_pktinfo *info = (gconstpointer)CMSG_DATA(cmsg);

                        *ret_number = ntohl(info->ipi_addr.s_addr) - FIRST_PLACE;
                }
        return TRUE;
}

static int on_readable(G_GNUC_UNUSED sd_event_source *source, G_GNUC_UNUSED int fd,
                       G_GNUC_UNUSED uint32_t revents, void *data)
{
        WattleKnock *knock = data;
        guint32 number;

        for (guint i = 0; i < BATCH && receive(knock, &number); i++)
                if (number < WATTLE_KNOCK_PLACES)
                        knock->knocked(number, knock->data);
        return 0;
}

/* Bound to the loopback, lest somebody outside knocks. */
static gboolean open_socket(WattleKnock *knock)
{
        struct sockaddr_in at = { .sin_family = AF_INET };
        socklen_t size = sizeof at;
        int on = 1;

        knock->fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
        if (knock->fd < 0 || setsockopt(knock->fd, SOL_SOCKET, SO_BINDTODEVICE, "lo", 2) < 0 ||
            setsockopt(knock->fd, IPPROTO_IP, IP_PKTINFO, &on, sizeof on) < 0 ||
            bind(knock->fd, (const struct sockaddr *)&at, sizeof at) < 0 ||
            getsockname(knock->fd, (struct sockaddr *)&at, &size) < 0)
                return FALSE;
        knock->port = ntohs(at.sin_port);
        return TRUE;
}

WattleKnock *wattle_knock_new(sd_event *event, WattleKnocked knocked, gpointer data, GError **error)
{
        g_autoptr(WattleKnock) knock = g_new0(WattleKnock, 1);
        int result;

        knock->knocked = knocked;
        knock->data = data;
        if (!open_socket(knock)) {
                wattle_error_set_errno(error, errno, "a socket at the loopback");
                return NULL;
        }
        result = sd_event_add_io(event, &knock->source, knock->fd, EPOLLIN, on_readable, knock);
        if (result < 0) {
                wattle_error_set_errno(error, -result, "a socket at the loopback");
                return NULL;
        }
        return g_steal_pointer(&knock);
}

void wattle_knock_free(WattleKnock *knock)
{
        if (!knock)
                return;
        sd_event_source_disable_unref(knock->source);
        if (knock->fd >= 0)
                close(knock->fd);
        g_free(knock);
}

void wattle_knock_place(const WattleKnock *knock, guint32 number, WattleSocketAddr *ret)
{
        guint32 address = htonl(FIRST_PLACE + number % WATTLE_KNOCK_PLACES);

        *ret = (WattleSocketAddr){ .addr.family = AF_INET, .port = knock->port };
        memcpy(ret->addr.bytes, &address, sizeof address);
}
