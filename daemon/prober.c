/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "daemon/prober.h"

#include <errno.h>
#include <linux/errqueue.h>
#include <netinet/icmp6.h>
#include <netinet/in.h>
#include <netinet/ip_icmp.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/endpoint.h"
#include "common/error.h"
#include "common/port-table.h"

/* Packets that are read at a time, so that other sources of the event loop have their turn. */
#define BATCH 32

typedef struct {
        WattleProber *prober;
        WattleProbeWay way;
        guint8 family;
        int fd; /* -1: not to be had */
        sd_event_source *source;
} Socket;

struct WattleProber {
        WattleProberEvents events;
        Socket sockets[4]; /* both ways of both families */
};

/* Receives a packet or, of the error queue, one that came back. FALSE if there is none; *ret_size
 * is G_MAXSIZE for one that is too long. */
static gboolean receive(const Socket *socket, int flags, guint8 *bytes, gsize size,
                        WattleSocketAddr *from, gsize *ret_size)
{
        WattleKernelAddr address = { 0 };
        char control[512];
        struct iovec iov = { bytes, size };
        struct msghdr message = { .msg_name = &address,
                                  .msg_namelen = sizeof address,
                                  .msg_iov = &iov,
                                  .msg_iovlen = 1,
                                  .msg_control = control,
                                  .msg_controllen = sizeof control };
        gssize n = recvmsg(socket->fd, &message, flags | MSG_DONTWAIT);

        if (n < 0)
                return FALSE;
        *ret_size = message.msg_flags & MSG_TRUNC ? G_MAXSIZE : (gsize)n;
        if (!wattle_socket_addr_read(&address, message.msg_namelen, from))
                *ret_size = G_MAXSIZE;
        if (!(flags & MSG_ERRQUEUE) || *ret_size == G_MAXSIZE)
                return TRUE;
        /* Only what the other end itself sent back is an answer: "port unreachable" from the
         * address that was asked. Our own kernel, which has no route, is not. */
        for (struct cmsghdr *cmsg = CMSG_FIRSTHDR(&message); cmsg;
             cmsg = CMSG_NXTHDR(&message, cmsg)) {
                const struct sock_extended_err *error = (gconstpointer)CMSG_DATA(cmsg);
                WattleSocketAddr offender;

                if (cmsg->cmsg_len < CMSG_LEN(sizeof *error))
                        continue;
                if (((cmsg->cmsg_level == IPPROTO_IP && cmsg->cmsg_type == IP_RECVERR &&
                      error->ee_origin == SO_EE_ORIGIN_ICMP) ||
                     (cmsg->cmsg_level == IPPROTO_IPV6 && cmsg->cmsg_type == IPV6_RECVERR &&
                      error->ee_origin == SO_EE_ORIGIN_ICMP6)) &&
                    error->ee_errno == ECONNREFUSED &&
                    wattle_socket_addr_read(SO_EE_OFFENDER(error),
                                            cmsg->cmsg_len - CMSG_LEN(sizeof *error), &offender) &&
                    wattle_addr_equal(&offender.addr, &from->addr))
                        return TRUE;
        }
        *ret_size = G_MAXSIZE;
        return TRUE;
}

static void send_bytes(const Socket *socket, const WattleAddr *to, guint16 port,
                       gconstpointer bytes, gsize size)
{
        WattleSocketAddr at = { .addr = *to, .port = port };
        WattleKernelAddr address;
        socklen_t length = wattle_socket_addr_write(&at, &address);

        /* An error of an earlier packet is reported by the next call, which sends nothing then. */
        if (sendto(socket->fd, bytes, size, MSG_DONTWAIT, &address.any, length) < 0 &&
            (errno == ECONNREFUSED || errno == EHOSTUNREACH))
                (void)!sendto(socket->fd, bytes, size, MSG_DONTWAIT, &address.any, length);
}

static void on_probe(Socket *socket, const WattleAddr *from, const guint8 *bytes, gsize size)
{
        const WattleProberEvents *events = &socket->prober->events;
        guint8 answer[WATTLE_PROBE_SIZE];
        WattleSighting sighting;
        WattlePairing pairing;
        WattleHello hello;
        WattleProbe probe;

        if (wattle_hello_read(bytes, size, &hello)) {
                events->hello(from, &hello, events->data);
                return;
        }
        if (wattle_pairing_read(bytes, size, &pairing)) {
                events->pairing(from, &pairing, events->data);
                return;
        }
        if (wattle_sighting_read(bytes, size, &sighting)) {
                events->sighting(from, &sighting, events->data);
                return;
        }
        if (!wattle_probe_read(bytes, size, &probe))
                return;
        switch (probe.kind) {
        case WATTLE_PROBE_ANSWER:
                events->answered(from, probe.nonce, TRUE, events->data);
                return;
        case WATTLE_PROBE_QUESTION:
                if (!events->may_answer(from, events->data))
                        return;
                probe.kind = WATTLE_PROBE_ANSWER;
                wattle_probe_write(&probe, answer);
                send_bytes(socket, from, WATTLE_PROBE_PORT, answer, sizeof answer);
                return;
        }
}

static void on_echo(const Socket *socket, const WattleAddr *from, const guint8 *bytes, gsize size)
{
        const WattleProberEvents *events = &socket->prober->events;
        guint8 reply = socket->family == AF_INET ? ICMP_ECHOREPLY : ICMP6_ECHO_REPLY;
        WattleProbe probe;

        if (size > sizeof(struct icmphdr) && bytes[0] == reply &&
            wattle_probe_read(bytes + sizeof(struct icmphdr), size - sizeof(struct icmphdr),
                              &probe))
                events->answered(from, probe.nonce, FALSE, events->data);
}

static int on_readable(G_GNUC_UNUSED sd_event_source *source, G_GNUC_UNUSED int fd,
                       uint32_t revents, void *data)
{
        Socket *socket = data;
        guint8 bytes[WATTLE_HELLO_MAX_SIZE];
        WattleSocketAddr from;
        gsize size;

        for (guint i = 0; revents & EPOLLERR && i < BATCH &&
                          receive(socket, MSG_ERRQUEUE, bytes, sizeof bytes, &from, &size);
             i++) {
                const WattleProberEvents *events = &socket->prober->events;
                WattleProbe probe;

                if (size != G_MAXSIZE && wattle_probe_read(bytes, size, &probe) &&
                    probe.kind == WATTLE_PROBE_QUESTION)
                        events->answered(&from.addr, probe.nonce, FALSE, events->data);
        }
        for (guint i = 0; i < BATCH && receive(socket, 0, bytes, sizeof bytes, &from, &size); i++) {
                if (size == G_MAXSIZE)
                        continue;
                if (socket->way == WATTLE_PROBE_BY_UDP)
                        on_probe(socket, &from.addr, bytes, size);
                else
                        on_echo(socket, &from.addr, bytes, size);
        }
        return 0;
}

static gboolean set_flag(int fd, int level, int option)
{
        int on = 1;

        return setsockopt(fd, level, option, &on, sizeof on) == 0;
}

/* Bound to the interface: an address of the mesh that is reached by another way is not asked, and a
 * stranger on the LAN who sends to our address in the mesh is not heard. */
static int open_udp(const char *interface, const WattleAddr *own)
{
        gboolean is_v4 = own->family == AF_INET;
        int fd = socket(own->family, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
        WattleSocketAddr at = { .addr = *own, .port = WATTLE_PROBE_PORT };
        WattleKernelAddr address;
        socklen_t length = wattle_socket_addr_write(&at, &address);

        if (fd < 0)
                return -1;
        if (setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, interface, (socklen_t)strlen(interface)) ==
                    0 &&
            set_flag(fd, is_v4 ? IPPROTO_IP : IPPROTO_IPV6, is_v4 ? IP_FREEBIND : IPV6_FREEBIND) &&
            set_flag(fd, is_v4 ? IPPROTO_IP : IPPROTO_IPV6, is_v4 ? IP_RECVERR : IPV6_RECVERR) &&
            (is_v4 || set_flag(fd, IPPROTO_IPV6, IPV6_V6ONLY)) &&
            bind(fd, &address.any, length) == 0)
                return fd;
        close(fd);
        return -1;
}

static int open_echo(const char *interface, const WattleAddr *own)
{
        int fd = socket(own->family, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK,
                        own->family == AF_INET ? IPPROTO_ICMP : IPPROTO_ICMPV6);

        if (fd >= 0 && setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, interface,
                                  (socklen_t)strlen(interface)) < 0) {
                close(fd);
                return -1;
        }
        return fd;
}

static int add_socket(WattleProber *prober, sd_event *event, guint index, const char *interface,
                      const WattleAddr *own)
{
        Socket *socket = &prober->sockets[index];
        int result = 0;

        socket->family = own->family;
        socket->way = index < 2 ? WATTLE_PROBE_BY_UDP : WATTLE_PROBE_BY_ECHO;
        socket->fd = socket->way == WATTLE_PROBE_BY_UDP ? open_udp(interface, own)
                                                        : open_echo(interface, own);
        if (socket->fd < 0)
                return -errno;
        result = sd_event_add_io(event, &socket->source, socket->fd, EPOLLIN, on_readable, socket);
        return result;
}

static const WattleAddr *first_of_family(const WattleAddr *addresses, guint n, guint8 family)
{
        for (guint i = 0; i < n; i++)
                if (addresses[i].family == family)
                        return &addresses[i];
        return NULL;
}

WattleProber *wattle_prober_new(sd_event *event, const char *interface, const WattleAddr *addresses,
                                guint n_addresses, const WattleProberEvents *events, GError **error)
{
        static const guint8 families[] = { AF_INET, AF_INET6 };
        g_autoptr(WattleProber) prober = g_new0(WattleProber, 1);
        int failure = -EAFNOSUPPORT;
        gboolean any = FALSE;

        prober->events = *events;
        for (guint i = 0; i < G_N_ELEMENTS(prober->sockets); i++) {
                const WattleAddr *own = first_of_family(addresses, n_addresses, families[i % 2]);
                int result;

                prober->sockets[i].prober = prober;
                prober->sockets[i].fd = -1;
                if (!own)
                        continue;
                result = add_socket(prober, event, i, interface, own);
                if (result < 0)
                        failure = result;
                any |= result >= 0;
        }
        if (!any) {
                wattle_error_set_errno(error, -failure, "probes");
                return NULL;
        }
        return g_steal_pointer(&prober);
}

void wattle_prober_free(WattleProber *prober)
{
        for (guint i = 0; prober && i < G_N_ELEMENTS(prober->sockets); i++) {
                sd_event_source_disable_unref(prober->sockets[i].source);
                if (prober->sockets[i].fd >= 0)
                        close(prober->sockets[i].fd);
        }
        g_free(prober);
}

static const Socket *find_socket(const WattleProber *prober, guint8 family, WattleProbeWay way)
{
        for (guint i = 0; i < G_N_ELEMENTS(prober->sockets); i++)
                if (prober->sockets[i].fd >= 0 && prober->sockets[i].family == family &&
                    prober->sockets[i].way == way)
                        return &prober->sockets[i];
        return NULL;
}

gboolean wattle_prober_can(const WattleProber *prober, guint8 family, WattleProbeWay way)
{
        return find_socket(prober, family, way) != NULL;
}

void wattle_prober_send(WattleProber *prober, const WattleAddr *to, WattleProbeWay way,
                        guint64 nonce)
{
        const Socket *socket = find_socket(prober, to->family, way);
        guint8 bytes[sizeof(struct icmphdr) + WATTLE_PROBE_SIZE] = { 0 };
        WattleProbe probe = { WATTLE_PROBE_QUESTION, nonce };

        if (!socket)
                return;
        /* The kernel puts identifier and checksum into an echo. */
        bytes[0] = to->family == AF_INET ? ICMP_ECHO : ICMP6_ECHO_REQUEST;
        wattle_probe_write(&probe, bytes + sizeof(struct icmphdr));
        if (way == WATTLE_PROBE_BY_ECHO)
                send_bytes(socket, to, 0, bytes, sizeof bytes);
        else
                send_bytes(socket, to, WATTLE_PROBE_PORT, bytes + sizeof(struct icmphdr),
                           WATTLE_PROBE_SIZE);
}

void wattle_prober_send_hello(WattleProber *prober, const WattleAddr *to, const WattleHello *hello)
{
        const Socket *socket = find_socket(prober, to->family, WATTLE_PROBE_BY_UDP);
        guint8 bytes[WATTLE_HELLO_SIZE];
        gsize size;

        if (!socket)
                return;
        size = wattle_hello_write(hello, bytes);
        send_bytes(socket, to, WATTLE_PROBE_PORT, bytes, size);
}

void wattle_prober_send_pairing(WattleProber *prober, const WattleAddr *to,
                                const WattlePairing *pairing)
{
        const Socket *socket = find_socket(prober, to->family, WATTLE_PROBE_BY_UDP);
        guint8 bytes[WATTLE_PAIRING_SIZE];

        if (!socket)
                return;
        wattle_pairing_write(pairing, bytes);
        send_bytes(socket, to, WATTLE_PROBE_PORT, bytes, sizeof bytes);
}

void wattle_prober_send_sighting(WattleProber *prober, const WattleAddr *to,
                                 const WattleSighting *sighting)
{
        const Socket *socket = find_socket(prober, to->family, WATTLE_PROBE_BY_UDP);
        guint8 bytes[WATTLE_SIGHTING_SIZE];

        if (!socket)
                return;
        wattle_sighting_write(sighting, bytes);
        send_bytes(socket, to, WATTLE_PROBE_PORT, bytes, sizeof bytes);
}
