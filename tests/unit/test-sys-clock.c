/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/sys/clock.h"

#include <time.h>

#include "tests/unit/fixture.h"

/* Between two looks at the clock itself, whatever the time between. */
static void is_boottime(void)
{
        struct timespec before, after;
        gint64 now_us;

        g_assert_cmpint(clock_gettime(CLOCK_BOOTTIME, &before), ==, 0);
        now_us = wattle_clock_now_us();
        g_assert_cmpint(clock_gettime(CLOCK_BOOTTIME, &after), ==, 0);
        g_assert_cmpint(now_us, >=, before.tv_sec * G_USEC_PER_SEC + before.tv_nsec / 1000);
        g_assert_cmpint(now_us, <=, after.tv_sec * G_USEC_PER_SEC + after.tv_nsec / 1000);
}

int main(int argc, char **argv)
{
        g_test_init(&argc, &argv, NULL);
        g_test_add_func("/clock/is-boottime", is_boottime);
        return g_test_run();
}
