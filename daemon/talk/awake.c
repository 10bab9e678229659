/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "daemon/talk/awake.h"

#include <errno.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "common/error.h"
#include "common/sys/clock.h"

/* Shorter is no sleep, but two clocks that are not read at once. */
#define SLEEP_MIN_US (G_USEC_PER_SEC / 2)

struct WattleAwake {
        WattleAwakeEvents events;
        sd_event_source *io;
        int fd;
        gint64 asleep_us; /* since the boot */
};

/* CLOCK_BOOTTIME goes on while the host sleeps, CLOCK_MONOTONIC does not. */
static gint64 asleep_us(void)
{
        return wattle_clock_now_us() - g_get_monotonic_time();
}

/* A timer that never comes: the kernel cancels it as the wall clock jumps, and a host that wakes up
 * has its wall clock set (fs/timerfd.c, timerfd_resume()). */
static int arm(int fd)
{
        const struct itimerspec never = { .it_value.tv_sec = (time_t)G_MAXINT64 / G_USEC_PER_SEC };

        return timerfd_settime(fd, TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET, &never, NULL) == 0
                       ? 0
                       : -errno;
}

static int on_jump(G_GNUC_UNUSED sd_event_source *source, int fd, G_GNUC_UNUSED uint32_t revents,
                   void *data)
{
        WattleAwake *awake = data;
        gint64 slept_us = asleep_us() - awake->asleep_us;
        guint64 n;

        /* It says ECANCELED, and is as it was; to set it again would say so too, and do nothing. */
        if (read(fd, &n, sizeof n) < 0 && errno != ECANCELED && errno != EAGAIN)
                return -errno;
        if (slept_us < SLEEP_MIN_US)
                return 0; /* somebody has set the clock */
        awake->asleep_us += slept_us;
        awake->events.slept(slept_us, awake->events.data);
        return 0;
}

WattleAwake *wattle_awake_new(sd_event *event, const WattleAwakeEvents *events, GError **error)
{
        g_autoptr(WattleAwake) awake = g_new0(WattleAwake, 1);
        int result;

        awake->events = *events;
        awake->asleep_us = asleep_us();
        awake->fd = timerfd_create(CLOCK_REALTIME, TFD_CLOEXEC | TFD_NONBLOCK);
        result = awake->fd < 0 ? -errno : arm(awake->fd);
        if (result >= 0)
                result = sd_event_add_io(event, &awake->io, awake->fd, EPOLLIN, on_jump, awake);
        if (result < 0) {
                wattle_error_set_errno(error, -result, "news of the clock");
                return NULL;
        }
        return g_steal_pointer(&awake);
}

void wattle_awake_free(WattleAwake *awake)
{
        if (!awake)
                return;
        sd_event_source_disable_unref(awake->io);
        if (awake->fd >= 0)
                close(awake->fd);
        g_free(awake);
}
