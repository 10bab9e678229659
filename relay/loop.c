/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "relay/loop.h"

#include <errno.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "common/error.h"

struct WattleRelayWatch {
        WattleRelayLoop *loop;
        int fd;
        gboolean is_timer; /* the fd is ours */
        WattleRelayReady ready;
        gpointer data;
};

struct WattleRelayLoop {
        int epoll, signals; /* -1: none */
        WattleRelayWatch *ends;
        gboolean ended;
};

WattleRelayWatch *wattle_relay_loop_watch(WattleRelayLoop *loop, int fd, WattleRelayReady ready,
                                          gpointer data)
{
        WattleRelayWatch *watch = g_new(WattleRelayWatch, 1);
        struct epoll_event event = { .events = EPOLLIN, .data.ptr = watch };

        *watch = (WattleRelayWatch){ .loop = loop, .fd = fd, .ready = ready, .data = data };
        if (epoll_ctl(loop->epoll, EPOLL_CTL_ADD, fd, &event) == 0)
                return watch;
        g_free(watch);
        return NULL;
}

WattleRelayWatch *wattle_relay_loop_timer(WattleRelayLoop *loop, WattleRelayReady ready,
                                          gpointer data)
{
        int fd = timerfd_create(CLOCK_BOOTTIME, TFD_CLOEXEC | TFD_NONBLOCK);
        WattleRelayWatch *timer = fd >= 0 ? wattle_relay_loop_watch(loop, fd, ready, data) : NULL;

        if (timer)
                timer->is_timer = TRUE;
        else if (fd >= 0)
                close(fd);
        return timer;
}

void wattle_relay_timer_set(WattleRelayWatch *timer, gint64 span_us)
{
        struct itimerspec spec = { .it_value = { span_us / G_USEC_PER_SEC,
                                                 span_us % G_USEC_PER_SEC * 1000 } };

        (void)timerfd_settime(timer->fd, 0, &spec, NULL);
}

void wattle_relay_watch_free(WattleRelayWatch *watch)
{
        if (!watch)
                return;
        (void)epoll_ctl(watch->loop->epoll, EPOLL_CTL_DEL, watch->fd, NULL);
        if (watch->is_timer)
                close(watch->fd);
        g_free(watch);
}

/* What came is left there: nobody reads on. */
static void on_signal(G_GNUC_UNUSED int fd, gpointer data)
{
        wattle_relay_loop_end(data);
}

WattleRelayLoop *wattle_relay_loop_new(GError **error)
{
        g_autoptr(WattleRelayLoop) loop = g_new0(WattleRelayLoop, 1);
        sigset_t set;

        loop->signals = -1;
        loop->epoll = epoll_create1(EPOLL_CLOEXEC);
        sigemptyset(&set);
        sigaddset(&set, SIGTERM);
        sigaddset(&set, SIGINT);
        if (loop->epoll >= 0 && sigprocmask(SIG_BLOCK, &set, NULL) == 0)
                loop->signals = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
        if (loop->signals >= 0)
                loop->ends = wattle_relay_loop_watch(loop, loop->signals, on_signal, loop);
        if (loop->ends)
                return g_steal_pointer(&loop);
        wattle_error_set_errno(error, errno, "the event loop");
        return NULL;
}

void wattle_relay_loop_free(WattleRelayLoop *loop)
{
        if (!loop)
                return;
        wattle_relay_watch_free(loop->ends);
        if (loop->signals >= 0)
                close(loop->signals);
        if (loop->epoll >= 0)
                close(loop->epoll);
        g_free(loop);
}

static void call(const WattleRelayWatch *watch)
{
        guint64 times;

        if (!watch->is_timer || read(watch->fd, &times, sizeof times) == sizeof times)
                watch->ready(watch->fd, watch->data);
}

/* One at a time: what is called may free any other watch. The kernel takes turns itself. */
gboolean wattle_relay_loop_run(WattleRelayLoop *loop, GError **error)
{
        while (!loop->ended) {
                struct epoll_event event;
                int n = epoll_wait(loop->epoll, &event, 1, -1);

                if (n < 0 && errno != EINTR)
                        return wattle_error_set_errno(error, errno, "the event loop");
                if (n > 0)
                        call(event.data.ptr);
        }
        return TRUE;
}

void wattle_relay_loop_end(WattleRelayLoop *loop)
{
        loop->ended = TRUE;
}
