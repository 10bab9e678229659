/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "portmap/exchange.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/error.h"

/* NAT-PMP takes 4 s to find nobody, UPnP 2 to search and some questions by HTTP. */
#define LIMIT_US (20 * G_USEC_PER_SEC)

struct WattleExchange {
        pid_t child;
        int answer; /* the child writes it */
        sd_event_source *readable, *limit;
        void (*done)(const WattleLeaseAnswer *answer, gpointer data);
        gpointer data;
};

static void finish(WattleExchange *exchange, const WattleLeaseAnswer *answer)
{
        void (*done)(const WattleLeaseAnswer *, gpointer) = exchange->done;
        gpointer data = exchange->data;

        wattle_exchange_free(exchange);
        done(answer, data);
}

/* A child that crashed over what it read is a router that does not answer. */
static int on_readable(G_GNUC_UNUSED sd_event_source *source, int fd,
                       G_GNUC_UNUSED uint32_t revents, void *data)
{
        WattleLeaseAnswer answer = { .failure = WATTLE_PORTMAP_LATE };
        gssize n = read(fd, &answer, sizeof answer);

        if (n != sizeof answer)
                answer = (WattleLeaseAnswer){ .failure = WATTLE_PORTMAP_LATE };
        finish(data, &answer);
        return 0;
}

static int on_limit(G_GNUC_UNUSED sd_event_source *source, G_GNUC_UNUSED guint64 due_us, void *data)
{
        finish(data, &(WattleLeaseAnswer){ .failure = WATTLE_PORTMAP_LATE });
        return 0;
}

static void ask(int answer_fd, const WattleRouterJob *job) G_GNUC_NORETURN;

static void ask(int answer_fd, const WattleRouterJob *job)
{
        WattleLeaseAnswer answer = { 0 };
        sigset_t none;

        sigemptyset(&none);
        sigprocmask(SIG_SETMASK, &none, NULL);
        wattle_router_run(job, &answer);
        _exit(write(answer_fd, &answer, sizeof answer) == sizeof answer ? 0 : 1);
}

static int watch(WattleExchange *exchange, sd_event *event)
{
        int result = sd_event_add_io(event, &exchange->readable, exchange->answer, EPOLLIN,
                                     on_readable, exchange);

        if (result >= 0)
                result = sd_event_add_time_relative(event, &exchange->limit, CLOCK_BOOTTIME,
                                                    LIMIT_US, G_USEC_PER_SEC, on_limit, exchange);
        return result;
}

WattleExchange *wattle_exchange_new(sd_event *event, const WattleRouterJob *job,
                                    void (*done)(const WattleLeaseAnswer *answer, gpointer data),
                                    gpointer data, GError **error)
{
        WattleExchange *exchange = g_new0(WattleExchange, 1);
        int ends[2] = { -1, -1 }, result;

        exchange->done = done;
        exchange->data = data;
        result = pipe2(ends, O_CLOEXEC) < 0 ? -errno : 0;
        exchange->answer = ends[0];
        if (result >= 0)
                exchange->child = fork();
        if (result >= 0 && exchange->child == 0)
                ask(ends[1], job);
        if (exchange->child < 0)
                result = -errno;
        if (ends[1] >= 0)
                close(ends[1]);
        if (result >= 0)
                result = watch(exchange, event);
        if (result >= 0)
                return exchange;
        wattle_exchange_free(exchange);
        wattle_error_set_errno(error, -result, "a child that asks the router");
        return NULL;
}

void wattle_exchange_free(WattleExchange *exchange)
{
        if (!exchange)
                return;
        sd_event_source_disable_unref(exchange->readable);
        sd_event_source_disable_unref(exchange->limit);
        if (exchange->child > 0) {
                kill(exchange->child, SIGKILL);
                while (waitpid(exchange->child, NULL, 0) < 0 && errno == EINTR)
                        ;
        }
        if (exchange->answer >= 0)
                close(exchange->answer);
        g_free(exchange);
}
