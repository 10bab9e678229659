/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cli/systemd.h"

#include <errno.h>
#include <string.h>

#include "common/error.h"

#define SYSTEMD    "org.freedesktop.systemd1"
#define MANAGER    "/org/freedesktop/systemd1", "org.freedesktop.systemd1.Manager"
#define NETWORKD   "org.freedesktop.network1"
#define JOB_MAX_US (90 * G_USEC_PER_SEC)

static void bus_error_clear(sd_bus_error *error)
{
        sd_bus_error_free(error);
}

#define AUTO_BUS_ERROR __attribute__((cleanup(bus_error_clear))) sd_bus_error

static void message_unref(sd_bus_message **message)
{
        sd_bus_message_unref(*message);
}

static void slot_unref(sd_bus_slot **slot)
{
        sd_bus_slot_unref(*slot);
}

static gboolean fail(GError **error, const char *what, const sd_bus_error *bus_error, int result)
{
        g_set_error(error, WATTLE_ERROR, WATTLE_ERROR_FAILED, "%s: %s", what,
                    bus_error && bus_error->message ? bus_error->message : g_strerror(-result));
        return FALSE;
}

gboolean wattle_systemd_open(sd_bus **ret, GError **error)
{
        int result = sd_bus_open_system(ret);

        /* A reload of all units takes its time on a slow machine. */
        if (result >= 0)
                result = sd_bus_set_method_call_timeout(*ret, JOB_MAX_US);
        return result >= 0 || fail(error, "the system bus", NULL, result);
}

static gboolean get_unit_property(sd_bus *bus, const char *unit, const char *property,
                                  const char *type, sd_bus_message **ret, GError **error)
{
        AUTO_BUS_ERROR bus_error = SD_BUS_ERROR_NULL;
        g_autofree char *path = NULL;
        int result = sd_bus_path_encode("/org/freedesktop/systemd1/unit", unit, &path);

        if (result >= 0)
                result = sd_bus_get_property(bus, SYSTEMD, path, SYSTEMD ".Unit", property,
                                             &bus_error, ret, type);
        return result >= 0 || fail(error, unit, &bus_error, result);
}

gboolean wattle_systemd_is_active(sd_bus *bus, const char *unit, gboolean *ret, GError **error)
{
        __attribute__((cleanup(message_unref))) sd_bus_message *reply = NULL;
        const char *state;
        int result;

        if (!get_unit_property(bus, unit, "ActiveState", "s", &reply, error))
                return FALSE;
        result = sd_bus_message_read(reply, "s", &state);
        if (result < 0)
                return fail(error, unit, NULL, result);
        *ret = strcmp(state, "active") == 0 || strcmp(state, "reloading") == 0;
        return TRUE;
}

gboolean wattle_systemd_changed_at(sd_bus *bus, const char *unit, guint64 *ret_us, GError **error)
{
        __attribute__((cleanup(message_unref))) sd_bus_message *reply = NULL;
        int result;

        if (!get_unit_property(bus, unit, "StateChangeTimestamp", "t", &reply, error))
                return FALSE;
        result = sd_bus_message_read(reply, "t", ret_us);
        return result >= 0 || fail(error, unit, NULL, result);
}

gboolean wattle_systemd_reload(sd_bus *bus, GError **error)
{
        AUTO_BUS_ERROR bus_error = SD_BUS_ERROR_NULL;
        int result = sd_bus_call_method(bus, SYSTEMD, MANAGER, "Reload", &bus_error, NULL, NULL);

        return result >= 0 || fail(error, "systemctl daemon-reload", &bus_error, result);
}

/* A job that is waited for. */
typedef struct {
        const char *path;
        char *result; /* NULL until it is done */
} Job;

static int on_job_removed(sd_bus_message *message, void *data, G_GNUC_UNUSED sd_bus_error *error)
{
        Job *job = data;
        const char *path, *unit, *result;
        guint32 id;

        if (sd_bus_message_read(message, "uoss", &id, &path, &unit, &result) >= 0 && job->path &&
            strcmp(path, job->path) == 0 && !job->result)
                job->result = g_strdup(result);
        return 0;
}

static gboolean wait_for_job(sd_bus *bus, Job *job, const char *unit, GError **error)
{
        gint64 end = g_get_monotonic_time() + JOB_MAX_US;

        while (!job->result) {
                int result = sd_bus_process(bus, NULL);
                gint64 left = end - g_get_monotonic_time();

                if (result == 0 && left > 0)
                        result = sd_bus_wait(bus, (guint64)left);
                if (result < 0)
                        return fail(error, unit, NULL, result);
                if (left <= 0)
                        return fail(error, unit, NULL, -ETIMEDOUT);
        }
        if (strcmp(job->result, "done") == 0)
                return TRUE;
        g_set_error(error, WATTLE_ERROR, WATTLE_ERROR_FAILED,
                    "%s: the job ended with '%s': 'systemctl status %s' tells more", unit,
                    job->result, unit);
        return FALSE;
}

gboolean wattle_systemd_run_job(sd_bus *bus, const char *method, const char *unit, GError **error)
{
        __attribute__((cleanup(message_unref))) sd_bus_message *reply = NULL;
        __attribute__((cleanup(slot_unref))) sd_bus_slot *slot = NULL;
        AUTO_BUS_ERROR bus_error = SD_BUS_ERROR_NULL;
        Job job = { 0 };
        gboolean ok;
        int result;

        /* A second subscription of ours is refused, and none is needed. */
        sd_bus_call_method(bus, SYSTEMD, MANAGER, "Subscribe", NULL, NULL, NULL);
        result = sd_bus_match_signal(bus, &slot, SYSTEMD, MANAGER, "JobRemoved", on_job_removed,
                                     &job);
        /* The signal is read off the bus only in wait_for_job(), however early it comes. */
        if (result >= 0)
                result = sd_bus_call_method(bus, SYSTEMD, MANAGER, method, &bus_error, &reply, "ss",
                                            unit, "replace");
        if (result >= 0)
                result = sd_bus_message_read(reply, "o", &job.path);
        if (result < 0)
                return fail(error, unit, &bus_error, result);
        ok = wait_for_job(bus, &job, unit, error);
        g_free(job.result);
        return ok;
}

gboolean wattle_networkd_reload(sd_bus *bus, GError **error)
{
        AUTO_BUS_ERROR bus_error = SD_BUS_ERROR_NULL;
        int result = sd_bus_call_method(bus, NETWORKD, "/org/freedesktop/network1",
                                        NETWORKD ".Manager", "Reload", &bus_error, NULL, NULL);

        return result >= 0 || fail(error, "networkctl reload", &bus_error, result);
}
