/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cli/managers/bus.h"

#include <errno.h>

#include "common/error.h"
#include "common/language.h"
#include "common/said.h"
#include "common/sys/bus-match.h"

/* A reload of all units takes its time on a slow machine. */
#define CALL_MAX_US (90 * G_USEC_PER_SEC)

gboolean wattle_bus_fail(GError **error, const char *what, const sd_bus_error *bus_error,
                         int result)
{
        g_autofree char *why = bus_error && bus_error->message
                                       ? wattle_said_translate(bus_error->message)
                                       : g_strdup(g_strerror(-result));

        g_set_error(error, WATTLE_ERROR, WATTLE_ERROR_FAILED, "%s: %s", what, why);
        return FALSE;
}

gboolean wattle_bus_open(sd_bus **ret, GError **error)
{
        int result = sd_bus_open_system(ret);
        const char *name;

        /* The bus throws out who has not said hello within half a minute, and a caller may do
         * something else first. */
        if (result >= 0)
                result = sd_bus_get_unique_name(*ret, &name);
        if (result >= 0)
                result = sd_bus_set_method_call_timeout(*ret, CALL_MAX_US);
        return result >= 0 || wattle_bus_fail(error, _("the system bus"), NULL, result);
}

gboolean wattle_bus_watch(sd_bus *bus, sd_bus_slot **ret_slot, const char *service,
                          const char *path, const char *interface, const char *member,
                          sd_bus_message_handler_t handler, void *data, GError **error)
{
        AUTO_BUS_ERROR bus_error = SD_BUS_ERROR_NULL;
        AUTO_BUS_MESSAGE *reply = NULL;
        const char *owner;
        int result = sd_bus_call_method(bus, "org.freedesktop.DBus", "/org/freedesktop/DBus",
                                        "org.freedesktop.DBus", "GetNameOwner", &bus_error, &reply,
                                        "s", service);

        if (result >= 0)
                result = sd_bus_message_read(reply, "s", &owner);
        if (result >= 0)
                result = wattle_bus_match(bus, ret_slot, owner, path, interface, member, handler,
                                          data);
        return result >= 0 || wattle_bus_fail(error, service, &bus_error, result);
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
