/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/sys/clock.h"

#include <time.h>

gint64 wattle_clock_now_us(void)
{
        struct timespec now;

        clock_gettime(CLOCK_BOOTTIME, &now);
        return now.tv_sec * G_USEC_PER_SEC + now.tv_nsec / 1000;
}
