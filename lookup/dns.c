/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "lookup/dns.h"

#include <ares.h>
#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>

#include "common/sys/clock.h"

/* A server that is silent is left for the next after this time, and asked once more after them
 * all. */
#define TRY_MS 2000
#define TRIES  2

/* For the whole. Once one family has an address, the other has less: some routers answer no
 * question for AAAA at all. */
#define ALL_US   (8 * G_USEC_PER_SEC)
#define OTHER_US G_USEC_PER_SEC

/* Each server has one of UDP and one of TCP at a time, for each family. */
#define MAX_SOCKETS (4 * WATTLE_LOOKUP_MAX_SERVERS)

typedef struct {
        const WattleLookupQuestion *question;
        WattleLookupAnswer *answer;
        struct pollfd sockets[MAX_SOCKETS];
        guint n_sockets;
        guint n_left; /* families of which nothing was heard yet */
        gint64 end_us;
} Asking;

/* Before a socket is connected, so before it sends anything. Bound to the link, for a link-local
 * server has no other way to say which; and so that a question goes nowhere if that link has just
 * gone. */
static int on_socket(ares_socket_t fd, G_GNUC_UNUSED int type, void *data)
{
        const Asking *asking = data;
        int mark = (int)asking->question->mark, ifindex = (int)asking->question->ifindex;

        if ((mark == 0 || setsockopt(fd, SOL_SOCKET, SO_MARK, &mark, sizeof mark) == 0) &&
            (ifindex == 0 ||
             setsockopt(fd, SOL_SOCKET, SO_BINDTOIFINDEX, &ifindex, sizeof ifindex) == 0))
                return ARES_SUCCESS;
        asking->answer->failure = errno;
        return -1;
}

static void on_state(void *data, ares_socket_t fd, int readable, int writable)
{
        Asking *asking = data;
        short events = (short)((readable ? POLLIN : 0) | (writable ? POLLOUT : 0));
        guint i = 0;

        while (i < asking->n_sockets && asking->sockets[i].fd != fd)
                i++;
        if (events == 0 && i < asking->n_sockets)
                asking->sockets[i] = asking->sockets[--asking->n_sockets];
        else if (events != 0 && i < G_N_ELEMENTS(asking->sockets)) {
                asking->sockets[i] = (struct pollfd){ .fd = fd, .events = events };
                asking->n_sockets = MAX(asking->n_sockets, i + 1);
        }
}

static void on_answer(void *data, G_GNUC_UNUSED int status, G_GNUC_UNUSED int timeouts,
                      struct ares_addrinfo *found)
{
        Asking *asking = data;
        WattleLookupAnswer *answer = asking->answer;

        asking->n_left--;
        for (const struct ares_addrinfo_node *node = found ? found->nodes : NULL;
             node && answer->n_addresses < WATTLE_LOOKUP_MAX_ADDRESSES; node = node->ai_next) {
                WattleSocketAddr at;

                if (wattle_socket_addr_read(node->ai_addr, node->ai_addrlen, &at))
                        answer->addresses[answer->n_addresses++] = at.addr;
        }
        if (answer->n_addresses > 0)
                asking->end_us = MIN(asking->end_us, wattle_clock_now_us() + OTHER_US);
        if (found)
                ares_freeaddrinfo(found);
}

/* c-ares 1.18 knows no scopes, and leaves it to the socket, which is bound; later ones know no
 * link-local address without one. */
static gboolean set_servers(ares_channel channel, const WattleLookupQuestion *question,
                            gboolean scoped)
{
        g_autoptr(GString) servers = g_string_new(NULL);

        for (guint i = 0; i < question->n_servers; i++) {
                WattleSocketAddr server = question->servers[i];
                char text[WATTLE_SOCKET_ADDR_TEXT_MAX];

                if (!scoped)
                        server.scope = 0;
                wattle_socket_addr_format(&server, text);
                g_string_append_printf(servers, "%s%s", i > 0 ? "," : "", text);
        }
        return ares_set_servers_ports_csv(channel, servers->str) == ARES_SUCCESS;
}

static gboolean open_channel(Asking *asking, ares_channel *ret)
{
        static char lookups[] = "fb";
        struct ares_options options = {
                .flags = ARES_FLAG_NOSEARCH | ARES_FLAG_NOALIASES,
                .timeout = TRY_MS,
                .tries = TRIES,
                .lookups = lookups,
                .sock_state_cb = on_state,
                .sock_state_cb_data = asking,
        };

        if (ares_init_options(ret, &options,
                              ARES_OPT_FLAGS | ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES |
                                      ARES_OPT_LOOKUPS | ARES_OPT_DOMAINS | ARES_OPT_NOROTATE |
                                      ARES_OPT_SOCK_STATE_CB) != ARES_SUCCESS)
                return FALSE;
        ares_set_socket_configure_callback(*ret, on_socket, asking);
        return set_servers(*ret, asking->question, TRUE) ||
               set_servers(*ret, asking->question, FALSE);
}

/* Until something may have come, or c-ares wants to know the time, or all of it is over. */
static void wait(Asking *asking, ares_channel channel)
{
        struct timeval left, until;
        gint64 left_us = MAX(0, asking->end_us - wattle_clock_now_us());
        struct pollfd sockets[MAX_SOCKETS];
        guint n = asking->n_sockets;
        const struct timeval *wait;

        left = (struct timeval){ .tv_sec = (time_t)(left_us / G_USEC_PER_SEC),
                                 .tv_usec = (suseconds_t)(left_us % G_USEC_PER_SEC) };
        wait = ares_timeout(channel, &left, &until);
        memcpy(sockets, asking->sockets, sizeof sockets);
        if (poll(sockets, n, (int)(wait->tv_sec * 1000 + wait->tv_usec / 1000 + 1)) < 0)
                n = 0;
        for (guint i = 0; i < n; i++) {
                short came = sockets[i].revents;

                if (came != 0)
                        ares_process_fd(channel, came & ~POLLOUT ? sockets[i].fd : ARES_SOCKET_BAD,
                                        came & POLLOUT ? sockets[i].fd : ARES_SOCKET_BAD);
        }
        ares_process_fd(channel, ARES_SOCKET_BAD, ARES_SOCKET_BAD);
}

static void ask(Asking *asking, ares_channel channel)
{
        static const int families[] = { AF_INET, AF_INET6 };

        asking->n_left = G_N_ELEMENTS(families);
        for (guint i = 0; i < G_N_ELEMENTS(families); i++) {
                const struct ares_addrinfo_hints hints = { .ai_flags = ARES_AI_NOSORT,
                                                           .ai_family = families[i],
                                                           .ai_socktype = SOCK_DGRAM };

                ares_getaddrinfo(channel, asking->question->name, NULL, &hints, on_answer, asking);
        }
        while (asking->n_left > 0 && wattle_clock_now_us() < asking->end_us)
                wait(asking, channel);
        ares_cancel(channel);
}

void wattle_dns_ask(const WattleLookupQuestion *question, WattleLookupAnswer *ret)
{
        Asking asking = { .question = question,
                          .answer = ret,
                          .end_us = wattle_clock_now_us() + ALL_US };
        ares_channel channel = NULL;

        *ret = (WattleLookupAnswer){ 0 };
        if (ares_library_init(ARES_LIB_INIT_ALL) != ARES_SUCCESS ||
            !open_channel(&asking, &channel))
                ret->failure = ENOMEM;
        else
                ask(&asking, channel);
        if (channel)
                ares_destroy(channel);
        ares_library_cleanup();
        if (ret->n_addresses > 0)
                ret->failure = 0;
}
