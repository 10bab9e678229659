/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/sys/kernel/netlink.h"

#include <errno.h>
#include <linux/genetlink.h>
#include <linux/if.h>
#include <linux/rtnetlink.h>
#include <sodium.h>
#include <unistd.h>

#include "common/error.h"
#include "common/language.h"

/* As much as the kernel puts into one datagram of a dump. */
#define ANSWER_MAX (32 * 1024)

static gboolean set_errno(GError **error, int errsv)
{
        if (errsv == ENODEV || errsv == ESRCH)
                errsv = ENOENT;
        g_set_error_literal(error, WATTLE_ERROR,
                            errsv == ENOENT ? WATTLE_ERROR_NOT_FOUND : WATTLE_ERROR_FAILED,
                            g_strerror(errsv));
        return FALSE;
}

static gboolean open_socket(WattleNetlink *netlink, GError **error)
{
        netlink->socket = mnl_socket_open2(netlink->bus, SOCK_CLOEXEC);
        if (netlink->socket && mnl_socket_bind(netlink->socket, 0, MNL_SOCKET_AUTOPID) == 0)
                return TRUE;
        set_errno(error, errno);
        wattle_netlink_close(netlink);
        return FALSE;
}

gboolean wattle_netlink_open(WattleNetlink *netlink, int bus, GError **error)
{
        *netlink = (WattleNetlink){ .bus = bus };
        return open_socket(netlink, error);
}

void wattle_netlink_close(WattleNetlink *netlink)
{
        if (netlink->socket)
                mnl_socket_close(netlink->socket);
        netlink->socket = NULL;
}

typedef struct {
        WattleNetlinkReply reply;
        gpointer data;
        GError **error;
} Answer;

static int on_message(const struct nlmsghdr *message, void *data)
{
        Answer *answer = data;

        if (!answer->reply || answer->reply(message, answer->data, answer->error))
                return MNL_CB_OK;
        errno = 0; /* the error is set */
        return MNL_CB_ERROR;
}

/* MNL_CB_STOP at the end of the answer, or MNL_CB_ERROR with errno, which is 0 if the error is set.
 */
static int receive(WattleNetlink *netlink, char *buffer, Answer *answer)
{
        int result = MNL_CB_OK;

        while (result > MNL_CB_STOP) {
                gssize n = TEMP_FAILURE_RETRY(
                        mnl_socket_recvfrom(netlink->socket, buffer, ANSWER_MAX));

                if (n < 0)
                        return MNL_CB_ERROR;
                result = mnl_cb_run(buffer, (gsize)n, netlink->sequence,
                                    mnl_socket_get_portid(netlink->socket), on_message, answer);
                netlink->interrupted = result == MNL_CB_ERROR && errno == EINTR;
        }
        return result;
}

/* An error of the kernel's ends the answer; one of ours, of libmnl's, or of a socket that was full
 * does not. */
static gboolean is_end(int errsv)
{
        return errsv != 0 && errsv != EINTR && errsv != EPROTO && errsv != ENOBUFS;
}

gboolean wattle_netlink_request(WattleNetlink *netlink, struct nlmsghdr *message,
                                WattleNetlinkReply reply, gpointer data, GError **error)
{
        g_autofree char *buffer = NULL;
        Answer answer = { reply, data, error };
        int errsv;

        netlink->interrupted = FALSE;
        if (!netlink->socket && !open_socket(netlink, error))
                return FALSE;
        message->nlmsg_seq = ++netlink->sequence;
        if (mnl_socket_sendto(netlink->socket, message, message->nlmsg_len) < 0)
                return set_errno(error, errno);
        buffer = g_malloc(ANSWER_MAX);
        errsv = receive(netlink, buffer, &answer) == MNL_CB_STOP ? -1 : errno;
        sodium_memzero(buffer, ANSWER_MAX); /* a dump of WireGuard holds private keys */
        if (errsv < 0)
                return TRUE;
        if (!is_end(errsv))
                wattle_netlink_close(netlink);
        return errsv != 0 ? set_errno(error, errsv) : FALSE;
}

static gboolean on_family(const struct nlmsghdr *message, gpointer data, GError **error)
{
        guint16 *ret = data;
        const struct nlattr *attr;

        mnl_attr_for_each(attr, message, sizeof(struct genlmsghdr))
        {
                if (mnl_attr_get_type(attr) == CTRL_ATTR_FAMILY_ID &&
                    mnl_attr_validate(attr, MNL_TYPE_U16) == 0)
                        *ret = mnl_attr_get_u16(attr);
        }
        if (*ret == 0)
                g_set_error_literal(error, WATTLE_ERROR, WATTLE_ERROR_FAILED,
                                    _("no family in the answer"));
        return *ret != 0;
}

gboolean wattle_netlink_find_family(WattleNetlink *netlink, const char *name, guint16 *ret,
                                    GError **error)
{
        char buffer[256];
        struct nlmsghdr *header = mnl_nlmsg_put_header(buffer);
        struct genlmsghdr *genl;
        guint16 family = 0;

        header->nlmsg_type = GENL_ID_CTRL;
        header->nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK;
        genl = mnl_nlmsg_put_extra_header(header, sizeof *genl);
        genl->cmd = CTRL_CMD_GETFAMILY;
        genl->version = 1;
        mnl_attr_put_strz(header, CTRL_ATTR_FAMILY_NAME, name);
        if (!wattle_netlink_request(netlink, header, on_family, &family, error))
                return FALSE;
        *ret = family;
        return TRUE;
}

gboolean wattle_netlink_delete_link(WattleNetlink *netlink, guint32 ifindex, GError **error)
{
        char buffer[256];
        struct nlmsghdr *header = mnl_nlmsg_put_header(buffer);
        struct ifinfomsg *link;

        header->nlmsg_type = RTM_DELLINK;
        header->nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK;
        link = mnl_nlmsg_put_extra_header(header, sizeof *link);
        link->ifi_index = (int)ifindex;
        return wattle_netlink_request(netlink, header, NULL, NULL, error);
}

gboolean wattle_netlink_set_link_up(WattleNetlink *netlink, guint32 ifindex, gboolean up,
                                    GError **error)
{
        char buffer[256];
        struct nlmsghdr *header = mnl_nlmsg_put_header(buffer);
        struct ifinfomsg *link;

        header->nlmsg_type = RTM_NEWLINK;
        header->nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK;
        link = mnl_nlmsg_put_extra_header(header, sizeof *link);
        link->ifi_index = (int)ifindex;
        link->ifi_change = IFF_UP;
        link->ifi_flags = up ? IFF_UP : 0;
        return wattle_netlink_request(netlink, header, NULL, NULL, error);
}
