/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "relay/table.h"

#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/error.h"
#include "common/sys/clock.h"
#include "relay/pair.h"

#define BATCH   32
#define LOOK_US (10 * G_USEC_PER_SEC) /* for pairs that have ended */
#define BUFFER  (1024 * 1024)         /* of a socket: a burst of a fast sender */
#define V4      0
#define V6      1

typedef struct {
        WattleRelayTable *table;
        guint16 port;
        WattlePair pair;
        int fds[2]; /* by V4, V6; -1: the host does not have the family */
        WattleRelayWatch *watches[2];
        /* Ours, at which each side's last packet came in: its NAT knows no other. */
        WattleAddr local[2];
} Port;

struct WattleRelayTable {
        WattleRelayLoop *loop;
        WattleRelayWatch *timer;
        void (*empty)(gpointer data);
        gpointer data;
        GPtrArray *ports; /* of Port */
        guint n_ports;    /* of the range, as was said last */
        WattleRelayCounters counters;
        guint8 buffers[BATCH][WATTLE_RELAY_DATAGRAM_MAX];
        guint8 held[BATCH][WATTLE_INITIATION_SIZE];
};

typedef union {
        struct cmsghdr header;
        char in[CMSG_SPACE(sizeof(struct in_pktinfo))];
        char in6[CMSG_SPACE(sizeof(struct in6_pktinfo))];
} Control;

/* A batch as it is read or written. */
typedef struct {
        struct mmsghdr messages[BATCH];
        struct iovec iovs[BATCH];
        WattleKernelAddr addresses[BATCH];
        Control controls[BATCH];
        guint n;
} Batch;

static void port_free(gpointer data)
{
        Port *port = data;

        for (guint i = 0; i < 2; i++) {
                wattle_relay_watch_free(port->watches[i]);
                if (port->fds[i] >= 0)
                        close(port->fds[i]);
        }
        g_free(port);
}

static void prepare_read(WattleRelayTable *table, Batch *batch)
{
        for (guint i = 0; i < BATCH; i++) {
                batch->iovs[i] = (struct iovec){ table->buffers[i], WATTLE_RELAY_DATAGRAM_MAX };
                batch->messages[i].msg_hdr = (struct msghdr){
                        .msg_name = &batch->addresses[i],
                        .msg_namelen = sizeof batch->addresses[i],
                        .msg_iov = &batch->iovs[i],
                        .msg_iovlen = 1,
                        .msg_control = &batch->controls[i],
                        .msg_controllen = sizeof batch->controls[i],
                };
        }
}

/* Where a datagram came in. */
static void read_local(struct msghdr *message, WattleAddr *ret)
{
        for (struct cmsghdr *cmsg = CMSG_FIRSTHDR(message); cmsg;
             cmsg = CMSG_NXTHDR(message, cmsg)) {
                if (cmsg->cmsg_level == IPPROTO_IP && cmsg->cmsg_type == IP_PKTINFO) {
                        const struct in_pktinfo *info = (gconstpointer)CMSG_DATA(cmsg);

                        *ret = (WattleAddr){ .family = AF_INET };
                        memcpy(ret->bytes, &info->ipi_addr, 4);
                } else if (cmsg->cmsg_level == IPPROTO_IPV6 && cmsg->cmsg_type == IPV6_PKTINFO) {
                        const struct in6_pktinfo *info = (gconstpointer)CMSG_DATA(cmsg);

                        *ret = (WattleAddr){ .family = AF_INET6 };
                        memcpy(ret->bytes, &info->ipi6_addr, 16);
                }
        }
}

/* From the address of ours that the side knows; the route chooses the interface. */
static void write_local(const WattleAddr *local, struct msghdr *message, Control *control)
{
        struct cmsghdr *cmsg = &control->header;
        gboolean is_v4 = local->family == AF_INET;
        struct in_pktinfo in = { 0 };
        struct in6_pktinfo in6 = { 0 };

        memset(control, 0, sizeof *control);
        memcpy(&in.ipi_spec_dst, local->bytes, 4);
        memcpy(&in6.ipi6_addr, local->bytes, 16);
        message->msg_control = control;
        message->msg_controllen = is_v4 ? sizeof control->in : sizeof control->in6;
        cmsg->cmsg_level = is_v4 ? IPPROTO_IP : IPPROTO_IPV6;
        cmsg->cmsg_type = is_v4 ? IP_PKTINFO : IPV6_PKTINFO;
        cmsg->cmsg_len = is_v4 ? CMSG_LEN(sizeof in) : CMSG_LEN(sizeof in6);
        if (is_v4)
                memcpy(CMSG_DATA(cmsg), &in, sizeof in);
        else
                memcpy(CMSG_DATA(cmsg), &in6, sizeof in6);
}

static void add(Batch *batch, const Port *port, guint to, gconstpointer bytes, gsize size)
{
        const WattlePairSide *side = &port->pair.sides[to];
        struct msghdr *message = &batch->messages[batch->n].msg_hdr;
        guint length = wattle_socket_addr_write(&side->at, &batch->addresses[batch->n]);

        batch->iovs[batch->n] = (struct iovec){ (gpointer)bytes, size };
        *message = (struct msghdr){ .msg_name = &batch->addresses[batch->n],
                                    .msg_namelen = length,
                                    .msg_iov = &batch->iovs[batch->n],
                                    .msg_iovlen = 1 };
        write_local(&port->local[to], message, &batch->controls[batch->n]);
        batch->n++;
}

/* What cannot be sent is lost, as on any network. */
static void send_batch(Port *port, Batch *batch, guint family)
{
        WattleRelayCounters *counters = &port->table->counters;
        guint sent = 0;

        while (sent < batch->n) {
                int n = sendmmsg(port->fds[family], batch->messages + sent, batch->n - sent,
                                 MSG_DONTWAIT);

                if (n < 0 && errno == EINTR)
                        continue;
                if (n <= 0) {
                        counters->dropped++;
                        sent++; /* one that has no way; the others may */
                        continue;
                }
                for (guint i = sent; i < sent + (guint)n; i++)
                        counters->bytes += batch->iovs[i].iov_len;
                counters->packets += (guint)n;
                sent += (guint)n;
        }
}

static void take(Port *port, struct mmsghdr *read, guint index, Batch out[2], gint64 now_us)
{
        WattleRelayTable *table = port->table;
        struct msghdr *message = &read->msg_hdr;
        const guint8 *bytes = message->msg_iov->iov_base;
        gsize size = read->msg_len;
        WattlePairVerdict verdict;
        WattleSocketAddr at;
        guint from, to = 0;

        if ((message->msg_flags & MSG_TRUNC) ||
            !wattle_socket_addr_read(message->msg_name, message->msg_namelen, &at)) {
                table->counters.dropped++;
                return;
        }
        verdict = wattle_pair_take(&port->pair, &at, bytes, size, now_us, &from, &to);
        if (from < 2)
                read_local(message, &port->local[from]);
        if (verdict == WATTLE_PAIR_DROP) {
                table->counters.dropped++;
                return;
        }
        if (verdict == WATTLE_PAIR_PASS_HELD) {
                memcpy(table->held[index], port->pair.held, WATTLE_INITIATION_SIZE);
                bytes = table->held[index];
                size = WATTLE_INITIATION_SIZE;
        }
        add(&out[port->pair.sides[to].at.addr.family == AF_INET6 ? V6 : V4], port, to, bytes, size);
}

static void on_readable(int fd, gpointer data)
{
        static Batch in, out[2]; /* one thread, and 30 KB */
        Port *port = data;
        gint64 now_us = wattle_clock_now_us();
        int n;

        prepare_read(port->table, &in);
        out[V4].n = out[V6].n = 0;
        n = recvmmsg(fd, in.messages, BATCH, MSG_DONTWAIT, NULL);
        for (int i = 0; i < n; i++)
                take(port, &in.messages[i], (guint)i, out, now_us);
        send_batch(port, &out[V4], V4);
        send_batch(port, &out[V6], V6);
}

static int open_socket(guint family, guint16 number)
{
        gboolean is_v4 = family == V4;
        int fd = socket(is_v4 ? AF_INET : AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
        struct sockaddr_in in = { .sin_family = AF_INET, .sin_port = htons(number) };
        struct sockaddr_in6 in6 = { .sin6_family = AF_INET6, .sin6_port = htons(number) };
        int on = 1, size = BUFFER;

        if (fd < 0)
                return -1;
        (void)setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof size);
        (void)setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof size);
        if (is_v4 ? setsockopt(fd, IPPROTO_IP, IP_PKTINFO, &on, sizeof on) == 0 &&
                            bind(fd, (const struct sockaddr *)&in, sizeof in) == 0
                  : setsockopt(fd, IPPROTO_IPV6, IPV6_RECVPKTINFO, &on, sizeof on) == 0 &&
                            setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on) == 0 &&
                            bind(fd, (const struct sockaddr *)&in6, sizeof in6) == 0)
                return fd;
        close(fd);
        return -1;
}

/* NULL if the port is somebody else's in one of the families. */
static Port *port_new(WattleRelayTable *table, guint16 number)
{
        Port *port = g_new0(Port, 1);
        gboolean is_ours = TRUE;

        port->table = table;
        port->port = number;
        for (guint i = 0; i < 2; i++) {
                port->fds[i] = open_socket(i, number);
                if (port->fds[i] >= 0)
                        port->watches[i] = wattle_relay_loop_watch(table->loop, port->fds[i],
                                                                   on_readable, port);
                is_ours = is_ours &&
                          (port->watches[i] || (port->fds[i] < 0 && errno == EAFNOSUPPORT));
        }
        if (is_ours && (port->fds[V4] >= 0 || port->fds[V6] >= 0))
                return port;
        port_free(port);
        return NULL;
}

static Port *find_pair(const WattleRelayTable *table, const WattleRelayEnd ends[2])
{
        for (guint i = 0; i < table->ports->len; i++) {
                Port *port = g_ptr_array_index(table->ports, i);
                const WattlePairSide *sides = port->pair.sides;

                for (guint j = 0; j < 2; j++)
                        if (wattle_key_equal(&sides[0].end.key, &ends[j].key) &&
                            wattle_key_equal(&sides[1].end.key, &ends[1 - j].key))
                                return port;
        }
        return NULL;
}

static gboolean is_taken(const WattleRelayTable *table, guint16 number)
{
        for (guint i = 0; i < table->ports->len; i++)
                if (((const Port *)g_ptr_array_index(table->ports, i))->port == number)
                        return TRUE;
        return FALSE;
}

/* By chance, so that nobody knows beforehand where a pair will be. */
static Port *open_port(WattleRelayTable *table, const WattlePorts *range,
                       WattleRelayRefusal *ret_refusal)
{
        guint n = (guint)range->last - range->first + 1;
        guint first = (guint)g_random_int_range(0, (gint32)n);

        *ret_refusal = WATTLE_RELAY_FULL;
        for (guint i = 0; i < n; i++) {
                guint16 number = (guint16)(range->first + (first + i) % n);
                Port *port;

                if (is_taken(table, number))
                        continue;
                port = port_new(table, number);
                if (port) {
                        *ret_refusal = WATTLE_RELAY_NOT_REFUSED;
                        return port;
                }
                *ret_refusal = WATTLE_RELAY_NO_PORT;
        }
        return NULL;
}

static guint count_of(const WattleRelayTable *table, const WattleKey *key)
{
        guint n = 0;

        for (guint i = 0; i < table->ports->len; i++) {
                const Port *port = g_ptr_array_index(table->ports, i);

                n += wattle_key_equal(&port->pair.sides[0].end.key, key) ||
                     wattle_key_equal(&port->pair.sides[1].end.key, key);
        }
        return n;
}

static WattleRelayRefusal open_pair(WattleRelayTable *table, const WattleRelayMessage *open,
                                    Port **ret)
{
        guint share = MAX(WATTLE_RELAY_SHARE_MIN, table->n_ports / 4);
        WattleRelayRefusal refusal;

        if (open->only_old)
                return WATTLE_RELAY_NO_PAIR;
        if (count_of(table, &open->ends[0].key) >= share ||
            count_of(table, &open->ends[1].key) >= share)
                return WATTLE_RELAY_SHARE;
        *ret = open_port(table, &open->ports, &refusal);
        if (!*ret)
                return refusal;
        wattle_pair_init(&(*ret)->pair, open->ends, wattle_clock_now_us());
        g_ptr_array_add(table->ports, *ret);
        wattle_relay_timer_set(table->timer, LOOK_US);
        return WATTLE_RELAY_NOT_REFUSED;
}

void wattle_relay_table_open(WattleRelayTable *table, const WattleRelayMessage *open,
                             WattleRelayMessage *ret_opened)
{
        Port *port = find_pair(table, open->ends);

        table->n_ports = (guint)open->ports.last - open->ports.first + 1;
        *ret_opened = (WattleRelayMessage){ .kind = WATTLE_RELAY_OPENED, .id = open->id };
        if (port)
                wattle_pair_update(&port->pair, open->ends);
        else
                ret_opened->refusal = open_pair(table, open, &port);
        if (port) {
                /* Time for both to come. */
                port->pair.passed_us = wattle_clock_now_us();
                ret_opened->port = port->port;
        }
}

static void on_timer(G_GNUC_UNUSED int fd, gpointer data)
{
        WattleRelayTable *table = data;
        gint64 now_us = wattle_clock_now_us();

        for (guint i = table->ports->len; i-- > 0;) {
                const Port *port = g_ptr_array_index(table->ports, i);

                if (now_us - port->pair.passed_us >= WATTLE_RELAY_IDLE_US)
                        g_ptr_array_remove_index_fast(table->ports, i);
        }
        if (table->ports->len == 0)
                table->empty(table->data);
        else
                wattle_relay_timer_set(table->timer, LOOK_US);
}

void wattle_relay_table_count(const WattleRelayTable *table, WattleRelayCounters *ret)
{
        *ret = table->counters;
        ret->pairs = table->ports->len;
        ret->ports = table->n_ports;
}

WattleRelayTable *wattle_relay_table_new(WattleRelayLoop *loop, void (*empty)(gpointer data),
                                         gpointer data, GError **error)
{
        g_autoptr(WattleRelayTable) table = g_new0(WattleRelayTable, 1);

        table->loop = loop;
        table->empty = empty;
        table->data = data;
        table->ports = g_ptr_array_new_with_free_func(port_free);
        table->timer = wattle_relay_loop_timer(loop, on_timer, table);
        if (table->timer)
                return g_steal_pointer(&table);
        wattle_error_set_errno(error, errno, "a timer");
        return NULL;
}

void wattle_relay_table_free(WattleRelayTable *table)
{
        if (!table)
                return;
        wattle_relay_watch_free(table->timer);
        g_clear_pointer(&table->ports, g_ptr_array_unref);
        g_free(table);
}
