/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "daemon/talk/beacons.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/port-table.h"
#include "common/sys/clock.h"
#include "common/sys/log.h"

#define BATCH 16 /* packets at a time, so that others have their turn */

/* Whoever floods the port: so often in a second we look, and what the socket holds beyond is lost.
 */
#define LOOKS_A_SECOND 20
#define ROOM_BYTES     (16 * 1024)

typedef struct {
        WattleBeacons *beacons;
        guint8 family;
        WattleSocketAddr group;
        int fd; /* -1: it is not open */
        sd_event_source *source;
} Socket;

struct WattleBeacons {
        sd_event *event;
        const WattleLinks *links;
        WattleNetlink *route;
        GArray *users; /* of WattleBeaconsUser */
        Socket sockets[2];
        WattleBeat beat;
        gboolean is_metered; /* what leaves by */
        guint32 ways_out[2]; /* these links; 0: none */
        GRand *rand;
        sd_event_source *timer;
};

static void arm(WattleBeacons *beacons)
{
        gint64 due_us = wattle_beat_due_us(&beacons->beat);
        gboolean wanted = due_us != G_MAXINT64 && beacons->users->len > 0;

        if (wanted)
                (void)sd_event_source_set_time(beacons->timer, (guint64)MAX(due_us, 1));
        (void)sd_event_source_set_enabled(beacons->timer, wanted ? SD_EVENT_ONESHOT : SD_EVENT_OFF);
}

typedef union {
        struct cmsghdr header;
        char bytes[CMSG_SPACE(sizeof(struct in6_pktinfo))];
} Control;

/* From that link and address, whatever the routes say. */
static gsize write_source(const WattleBeatPlace *place, Control *control)
{
        struct cmsghdr *header = &control->header;

        memset(control, 0, sizeof *control);
        if (place->from.family == AF_INET) {
                struct in_pktinfo info = { .ipi_ifindex = (int)place->ifindex };

                memcpy(&info.ipi_spec_dst, place->from.bytes, sizeof info.ipi_spec_dst);
                header->cmsg_level = IPPROTO_IP;
                header->cmsg_type = IP_PKTINFO;
                header->cmsg_len = CMSG_LEN(sizeof info);
                memcpy(CMSG_DATA(header), &info, sizeof info);
                return CMSG_SPACE(sizeof info);
        } else {
                struct in6_pktinfo info = { .ipi6_ifindex = place->ifindex };

                memcpy(&info.ipi6_addr, place->from.bytes, sizeof info.ipi6_addr);
                header->cmsg_level = IPPROTO_IPV6;
                header->cmsg_type = IPV6_PKTINFO;
                header->cmsg_len = CMSG_LEN(sizeof info);
                memcpy(CMSG_DATA(header), &info, sizeof info);
                return CMSG_SPACE(sizeof info);
        }
}

/* What cannot be sent is lost, as on any network. */
static void send_one(const Socket *socket, const WattleBeatPlace *place, const WattleBeacon *beacon)
{
        WattleSocketAddr to = socket->group;
        WattleKernelAddr address;
        guint8 bytes[WATTLE_BEACON_SIZE];
        struct iovec iov = { bytes, sizeof bytes };
        Control control;
        struct msghdr message = {
                .msg_name = &address, .msg_iov = &iov, .msg_iovlen = 1, .msg_control = &control
        };

        if (socket->family == AF_INET6)
                to.scope = place->ifindex;
        message.msg_namelen = wattle_socket_addr_write(&to, &address);
        message.msg_controllen = write_source(place, &control);
        wattle_beacon_write(beacon, bytes);
        (void)!sendmsg(socket->fd, &message, MSG_DONTWAIT);
}

static const Socket *of_family(const WattleBeacons *beacons, guint8 family)
{
        return &beacons->sockets[family == AF_INET6];
}

static int on_timer(G_GNUC_UNUSED sd_event_source *source, G_GNUC_UNUSED guint64 due_us, void *data)
{
        WattleBeacons *beacons = data;
        WattleBeatPlace place;

        while (wattle_beat_next(&beacons->beat, beacons->rand, wattle_clock_now_us(), &place)) {
                const Socket *socket = of_family(beacons, place.from.family);

                for (guint i = 0; socket->fd >= 0 && i < beacons->users->len; i++) {
                        const WattleBeaconsUser *user =
                                &g_array_index(beacons->users, WattleBeaconsUser, i);
                        WattleBeacon beacon;

                        if (user->make(&place, &beacon, user->data))
                                send_one(socket, &place, &beacon);
                }
        }
        arm(beacons);
        return 0;
}

/* By which link it came and to which address; FALSE: it is not said. */
static gboolean read_target(struct msghdr *message, guint32 *ret_ifindex, WattleAddr *ret_to)
{
        for (struct cmsghdr *cmsg = CMSG_FIRSTHDR(message); cmsg;
             cmsg = CMSG_NXTHDR(message, cmsg)) {
                const void *data = CMSG_DATA(cmsg);

                if (cmsg->cmsg_level == IPPROTO_IP && cmsg->cmsg_type == IP_PKTINFO) {
                        const struct in_pktinfo *info = data;

                        *ret_ifindex = (guint32)info->ipi_ifindex;
                        *ret_to = (WattleAddr){ .family = AF_INET };
                        memcpy(ret_to->bytes, &info->ipi_addr, sizeof info->ipi_addr);
                        return TRUE;
                }
                if (cmsg->cmsg_level == IPPROTO_IPV6 && cmsg->cmsg_type == IPV6_PKTINFO) {
                        const struct in6_pktinfo *info = data;

                        *ret_ifindex = info->ipi6_ifindex;
                        *ret_to = (WattleAddr){ .family = AF_INET6 };
                        memcpy(ret_to->bytes, &info->ipi6_addr, sizeof info->ipi6_addr);
                        return TRUE;
                }
        }
        return FALSE;
}

/* What was sent to us and not to the group may come from behind a router. */
static void take(const Socket *socket, struct msghdr *message, const guint8 *bytes, gsize size)
{
        WattleBeacons *beacons = socket->beacons;
        WattleSocketAddr from;
        WattleBeacon beacon;
        WattleAddr to;
        guint32 ifindex;

        if (!read_target(message, &ifindex, &to) || !wattle_addr_equal(&to, &socket->group.addr) ||
            !wattle_socket_addr_read(message->msg_name, message->msg_namelen, &from) ||
            !wattle_beacon_read(bytes, size, &beacon) ||
            !wattle_beat_may_hear(&beacons->beat, ifindex, wattle_clock_now_us()))
                return;
        for (guint i = 0; i < beacons->users->len; i++) {
                const WattleBeaconsUser *user =
                        &g_array_index(beacons->users, WattleBeaconsUser, i);

                user->heard(&beacon, &from.addr, ifindex, user->data);
        }
}

static int on_readable(G_GNUC_UNUSED sd_event_source *source, int fd,
                       G_GNUC_UNUSED uint32_t revents, void *data)
{
        for (guint i = 0; i < BATCH; i++) {
                guint8 bytes[WATTLE_BEACON_MAX_SIZE + 1];
                struct iovec iov = { bytes, sizeof bytes };
                WattleKernelAddr address;
                Control control;
                struct msghdr message = { .msg_name = &address,
                                          .msg_namelen = sizeof address,
                                          .msg_iov = &iov,
                                          .msg_iovlen = 1,
                                          .msg_control = &control,
                                          .msg_controllen = sizeof control };
                gssize n = recvmsg(fd, &message, MSG_DONTWAIT);

                if (n < 0)
                        break;
                take(data, &message, bytes, (gsize)n);
        }
        return 0;
}

static gboolean set_number(int fd, int level, int option, int value)
{
        return setsockopt(fd, level, option, &value, sizeof value) == 0;
}

/* Each family has a socket of its own: one of both would not hear IPv4. To no group that others of
 * this host are in, and a hop of one. */
static gboolean prepare(const Socket *socket)
{
        int fd = socket->fd;
        WattleSocketAddr any = { .addr.family = socket->family, .port = WATTLE_BEACON_PORT };
        WattleKernelAddr address;
        guint length = wattle_socket_addr_write(&any, &address);

        if (!set_number(fd, SOL_SOCKET, SO_RCVBUF, ROOM_BYTES))
                return FALSE;
        if (socket->family == AF_INET)
                return set_number(fd, IPPROTO_IP, IP_PKTINFO, 1) &&
                       set_number(fd, IPPROTO_IP, IP_MULTICAST_ALL, 0) &&
                       set_number(fd, IPPROTO_IP, IP_MULTICAST_LOOP, 0) &&
                       set_number(fd, IPPROTO_IP, IP_MULTICAST_TTL, 1) &&
                       bind(fd, &address.any, length) == 0;
        return set_number(fd, IPPROTO_IPV6, IPV6_V6ONLY, 1) &&
               set_number(fd, IPPROTO_IPV6, IPV6_RECVPKTINFO, 1) &&
               set_number(fd, IPPROTO_IPV6, IPV6_MULTICAST_ALL, 0) &&
               set_number(fd, IPPROTO_IPV6, IPV6_MULTICAST_LOOP, 0) &&
               set_number(fd, IPPROTO_IPV6, IPV6_MULTICAST_HOPS, 1) &&
               bind(fd, &address.any, length) == 0;
}

static void close_socket(Socket *socket)
{
        socket->source = sd_event_source_disable_unref(socket->source);
        if (socket->fd >= 0)
                close(socket->fd);
        socket->fd = -1;
}

static void open_socket(Socket *sock)
{
        int result = 0;

        sock->fd = socket(sock->family, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
        if (sock->fd < 0 && errno == EAFNOSUPPORT)
                return; /* a kernel without IPv6 */
        if (sock->fd < 0 || !prepare(sock))
                result = -errno;
        if (result == 0)
                result = sd_event_add_io(sock->beacons->event, &sock->source, sock->fd, EPOLLIN,
                                         on_readable, sock);
        if (result >= 0)
                result =
                        sd_event_source_set_ratelimit(sock->source, G_USEC_PER_SEC, LOOKS_A_SECOND);
        if (result >= 0)
                return;
        wattle_log(WATTLE_LOG_WARNING,
                   "UDP port %u, IPv%u: %s: devices on a LAN are not found by beacons",
                   WATTLE_BEACON_PORT, sock->family == AF_INET ? 4 : 6, g_strerror(-result));
        close_socket(sock);
}

/* Again on a link where it is a member already that says so, and where it is too much of it that
 * does too: other links go on. */
static void join_group(const Socket *socket, guint32 ifindex)
{
        if (socket->fd < 0)
                return;
        if (socket->family == AF_INET) {
                struct ip_mreqn member = { .imr_ifindex = (int)ifindex };

                memcpy(&member.imr_multiaddr, socket->group.addr.bytes,
                       sizeof member.imr_multiaddr);
                (void)setsockopt(socket->fd, IPPROTO_IP, IP_ADD_MEMBERSHIP, &member, sizeof member);
        } else {
                struct ipv6_mreq member = { .ipv6mr_interface = ifindex };

                memcpy(&member.ipv6mr_multiaddr, socket->group.addr.bytes,
                       sizeof member.ipv6mr_multiaddr);
                (void)setsockopt(socket->fd, IPPROTO_IPV6, IPV6_JOIN_GROUP, &member, sizeof member);
        }
}

static void find_ways_out(WattleBeacons *beacons)
{
        static const WattleAddr anywhere[] = {
                { AF_INET, { 192, 0, 2, 1 } },
                { AF_INET6, { 0x20, 0x01, 0x0d, 0xb8, [15] = 1 } },
        };

        for (guint i = 0; i < G_N_ELEMENTS(anywhere); i++) {
                WattleRoute route;

                beacons->ways_out[i] = 0;
                if (wattle_route_lookup(beacons->route, &anywhere[i], 0, 0, &route, NULL))
                        beacons->ways_out[i] = route.ifindex;
        }
}

gboolean wattle_beacons_is_metered(const WattleBeacons *beacons, guint32 ifindex)
{
        return beacons->is_metered &&
               (ifindex == beacons->ways_out[0] || ifindex == beacons->ways_out[1]);
}

/* Where it was known too late that it is free, the burst is to come. */
void wattle_beacons_set_metered(WattleBeacons *beacons, gboolean is_metered)
{
        if (beacons->is_metered && !is_metered)
                wattle_beat_again(&beacons->beat, wattle_clock_now_us());
        beacons->is_metered = is_metered;
        arm(beacons);
}

void wattle_beacons_links_changed(WattleBeacons *beacons)
{
        WattleBeatPlace places[WATTLE_BEAT_MAX_PLACES];
        g_autoptr(GArray) addresses = NULL;
        guint n;

        if (beacons->users->len == 0)
                return;
        addresses = wattle_link_addresses(beacons->route, NULL);
        if (!addresses)
                return;
        n = wattle_beat_find_places(wattle_links_get(beacons->links), addresses, places);
        /* Of the family of which we have no address there yet, we hear others already. */
        for (guint i = 0; i < n * G_N_ELEMENTS(beacons->sockets); i++)
                join_group(&beacons->sockets[i % G_N_ELEMENTS(beacons->sockets)],
                           places[i / G_N_ELEMENTS(beacons->sockets)].ifindex);
        find_ways_out(beacons);
        wattle_beat_set_places(&beacons->beat, places, n, wattle_clock_now_us());
        arm(beacons);
}

void wattle_beacons_again(WattleBeacons *beacons)
{
        wattle_beat_again(&beacons->beat, wattle_clock_now_us());
        arm(beacons);
}

void wattle_beacons_join(WattleBeacons *beacons, const WattleBeaconsUser *user)
{
        for (guint i = 0; beacons->users->len == 0 && i < G_N_ELEMENTS(beacons->sockets); i++)
                open_socket(&beacons->sockets[i]);
        g_array_append_val(beacons->users, *user);
        wattle_beacons_links_changed(beacons);
        wattle_beacons_again(beacons);
}

static void close_all(WattleBeacons *beacons)
{
        for (guint i = 0; i < G_N_ELEMENTS(beacons->sockets); i++)
                close_socket(&beacons->sockets[i]);
}

void wattle_beacons_leave(WattleBeacons *beacons, gconstpointer data)
{
        for (guint i = beacons->users->len; i-- > 0;)
                if (g_array_index(beacons->users, WattleBeaconsUser, i).data == data)
                        g_array_remove_index(beacons->users, i);
        if (beacons->users->len == 0)
                close_all(beacons);
        arm(beacons);
}

void wattle_beacons_answer(WattleBeacons *beacons, guint32 ifindex)
{
        wattle_beat_answer(&beacons->beat, ifindex, beacons->rand, wattle_clock_now_us());
        arm(beacons);
}

const WattleBeat *wattle_beacons_beat(const WattleBeacons *beacons)
{
        return &beacons->beat;
}

static void init_socket(WattleBeacons *beacons, guint8 family, const char *group)
{
        Socket *socket = &beacons->sockets[family == AF_INET6];

        *socket = (Socket){ .beacons = beacons, .family = family, .fd = -1 };
        socket->group = (WattleSocketAddr){ .addr.family = family, .port = WATTLE_BEACON_PORT };
        (void)inet_pton(family, group, socket->group.addr.bytes);
}

WattleBeacons *wattle_beacons_new(sd_event *event, const WattleLinks *links, WattleNetlink *route)
{
        WattleBeacons *beacons = g_new0(WattleBeacons, 1);
        int result;

        beacons->event = sd_event_ref(event);
        beacons->links = links;
        beacons->route = route;
        beacons->users = g_array_new(FALSE, FALSE, sizeof(WattleBeaconsUser));
        beacons->rand = g_rand_new();
        init_socket(beacons, AF_INET, WATTLE_BEACON_GROUP_4);
        init_socket(beacons, AF_INET6, WATTLE_BEACON_GROUP_6);
        result = sd_event_add_time(event, &beacons->timer, CLOCK_BOOTTIME, G_MAXUINT64, 1000,
                                   on_timer, beacons);
        if (result >= 0)
                result = sd_event_source_set_enabled(beacons->timer, SD_EVENT_OFF);
        if (result < 0)
                wattle_log(WATTLE_LOG_ERROR, "beacons: a timer: %s", g_strerror(-result));
        return beacons;
}

void wattle_beacons_free(WattleBeacons *beacons)
{
        if (!beacons)
                return;
        close_all(beacons);
        sd_event_source_disable_unref(beacons->timer);
        sd_event_unref(beacons->event);
        g_array_unref(beacons->users);
        g_rand_free(beacons->rand);
        g_free(beacons);
}
