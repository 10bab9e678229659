/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cli/managers/bus.h"

#include <errno.h>

#include "common/error.h"

/* A reload of all units takes its time on a slow machine. */
#define CALL_MAX_US (90 * G_USEC_PER_SEC)

gboolean wattle_bus_fail(GError **error, const char *what, const sd_bus_error *bus_error,
                         int result)
{
        g_set_error(error, WATTLE_ERROR, WATTLE_ERROR_FAILED, "%s: %s", what,
                    bus_error && bus_error->message ? bus_error->message : g_strerror(-result));
        return FALSE;
}

gboolean wattle_bus_open(sd_bus **ret, GError **error)
{
        int result = sd_bus_open_system(ret);

        if (result >= 0)
                result = sd_bus_set_method_call_timeout(*ret, CALL_MAX_US);
        return result >= 0 || wattle_bus_fail(error, "the system bus", NULL, result);
}

gboolean wattle_bus_wait(sd_bus *bus, const char *what, guint64 limit_us, WattleBusDone is_done,
                         gpointer data, GError **error)
{
        gint64 end = g_get_monotonic_time() + (gint64)limit_us;

        while (!is_done(data)) {
                int result = sd_bus_process(bus, NULL);
                gint64 left = end - g_get_monotonic_time();

                if (result == 0 && left > 0)
                        result = sd_bus_wait(bus, (guint64)left);
                if (result < 0)
                        return wattle_bus_fail(error, what, NULL, result);
                if (left <= 0)
                        return wattle_bus_fail(error, what, NULL, -ETIMEDOUT);
        }
        return TRUE;
}
