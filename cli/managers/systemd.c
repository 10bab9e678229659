/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cli/managers/systemd.h"

#include <string.h>

#include "cli/managers/bus.h"
#include "common/error.h"
#include "common/language.h"

#define SYSTEMD     "org.freedesktop.systemd1"
#define MANAGER     "/org/freedesktop/systemd1", "org.freedesktop.systemd1.Manager"
#define NETWORKD    "org.freedesktop.network1"
#define JOB_MAX_US  (90 * G_USEC_PER_SEC)
#define LINK_MAX_US (30 * G_USEC_PER_SEC)

static gboolean get_unit_property(sd_bus *bus, const char *unit, const char *property,
                                  const char *type, sd_bus_message **ret, GError **error)
{
        AUTO_BUS_ERROR bus_error = SD_BUS_ERROR_NULL;
        g_autofree char *path = NULL;
        int result = sd_bus_path_encode("/org/freedesktop/systemd1/unit", unit, &path);

        if (result >= 0)
                result = sd_bus_get_property(bus, SYSTEMD, path, SYSTEMD ".Unit", property,
                                             &bus_error, ret, type);
        return result >= 0 || wattle_bus_fail(error, unit, &bus_error, result);
}

/* Whether a property of text has one of two values. */
static gboolean unit_is(sd_bus *bus, const char *unit, const char *property, const char *value,
                        const char *other, gboolean *ret, GError **error)
{
        AUTO_BUS_MESSAGE *reply = NULL;
        const char *state;
        int result;

        if (!get_unit_property(bus, unit, property, "s", &reply, error))
                return FALSE;
        result = sd_bus_message_read(reply, "s", &state);
        if (result < 0)
                return wattle_bus_fail(error, unit, NULL, result);
        *ret = strcmp(state, value) == 0 || g_strcmp0(state, other) == 0;
        return TRUE;
}

gboolean wattle_systemd_is_active(sd_bus *bus, const char *unit, gboolean *ret, GError **error)
{
        return unit_is(bus, unit, "ActiveState", "active", "reloading", ret, error);
}

gboolean wattle_systemd_is_loaded(sd_bus *bus, const char *unit, gboolean *ret, GError **error)
{
        return unit_is(bus, unit, "LoadState", "loaded", NULL, ret, error);
}

gboolean wattle_systemd_has_failed(sd_bus *bus, const char *unit, gboolean *ret, GError **error)
{
        return unit_is(bus, unit, "ActiveState", "failed", NULL, ret, error);
}

static int read_unit_names(sd_bus_message *reply, GPtrArray *names)
{
        const char *name;
        int result = sd_bus_message_enter_container(reply, 'a', "(ssssssouso)");

        while (result >= 0 &&
               (result = sd_bus_message_read(reply, "(ssssssouso)", &name, NULL, NULL, NULL, NULL,
                                             NULL, NULL, NULL, NULL, NULL)) > 0)
                g_ptr_array_add(names, g_strdup(name));
        return result;
}

gboolean wattle_systemd_list_active(sd_bus *bus, const char *const *globs, char ***ret,
                                    GError **error)
{
        static const char *const states[] = { "active", "reloading", NULL };
        AUTO_BUS_ERROR bus_error = SD_BUS_ERROR_NULL;
        AUTO_BUS_MESSAGE *message = NULL, *reply = NULL;
        g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func(g_free);
        int result = sd_bus_message_new_method_call(bus, &message, SYSTEMD, MANAGER,
                                                    "ListUnitsByPatterns");

        if (result >= 0)
                result = sd_bus_message_append_strv(message, (char **)states);
        if (result >= 0)
                result = sd_bus_message_append_strv(message, (char **)globs);
        if (result >= 0)
                result = sd_bus_call(bus, message, 0, &bus_error, &reply);
        if (result >= 0)
                result = read_unit_names(reply, names);
        if (result < 0)
                return wattle_bus_fail(error, _("the units that run"), &bus_error, result);
        g_ptr_array_add(names, NULL);
        *ret = (char **)g_ptr_array_steal(names, NULL);
        return TRUE;
}

gboolean wattle_systemd_changed_at(sd_bus *bus, const char *unit, guint64 *ret_us, GError **error)
{
        AUTO_BUS_MESSAGE *reply = NULL;
        int result;

        if (!get_unit_property(bus, unit, "StateChangeTimestamp", "t", &reply, error))
                return FALSE;
        result = sd_bus_message_read(reply, "t", ret_us);
        return result >= 0 || wattle_bus_fail(error, unit, NULL, result);
}

gboolean wattle_systemd_reload(sd_bus *bus, GError **error)
{
        AUTO_BUS_ERROR bus_error = SD_BUS_ERROR_NULL;
        int result = sd_bus_call_method(bus, SYSTEMD, MANAGER, "Reload", &bus_error, NULL, NULL);

        return result >= 0 || wattle_bus_fail(error, "systemctl daemon-reload", &bus_error, result);
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

static gboolean is_job_done(gpointer data)
{
        const Job *job = data;

        return job->result != NULL;
}

static gboolean wait_for_job(sd_bus *bus, Job *job, const char *unit, GError **error)
{
        if (!wattle_bus_wait(bus, unit, JOB_MAX_US, is_job_done, job, error))
                return FALSE;
        if (strcmp(job->result, "done") == 0)
                return TRUE;
        g_set_error(error, WATTLE_ERROR, WATTLE_ERROR_FAILED,
                    _("%s: the job ended with '%s': 'systemctl status %s' tells more"), unit,
                    job->result, unit);
        return FALSE;
}

gboolean wattle_systemd_run_job_then(sd_bus *bus, const char *method, const char *unit,
                                     WattleJobBegun begun, gpointer data, GError **error)
{
        AUTO_BUS_MESSAGE *reply = NULL;
        AUTO_BUS_SLOT *slot = NULL;
        AUTO_BUS_ERROR bus_error = SD_BUS_ERROR_NULL;
        Job job = { 0 };
        gboolean ok;
        int result;

        /* A second subscription of ours is refused, and none is needed. */
        sd_bus_call_method(bus, SYSTEMD, MANAGER, "Subscribe", NULL, NULL, NULL);
        if (!wattle_bus_watch(bus, &slot, SYSTEMD, MANAGER, "JobRemoved", on_job_removed, &job,
                              error))
                return FALSE;
        /* The signal is read off the bus only in wait_for_job(), however early it comes. */
        result = sd_bus_call_method(bus, SYSTEMD, MANAGER, method, &bus_error, &reply, "ss", unit,
                                    "replace");
        if (result >= 0)
                result = sd_bus_message_read(reply, "o", &job.path);
        if (result < 0)
                return wattle_bus_fail(error, unit, &bus_error, result);
        if (begun)
                begun(data);
        ok = wait_for_job(bus, &job, unit, error);
        g_free(job.result);
        return ok;
}

gboolean wattle_systemd_run_job(sd_bus *bus, const char *method, const char *unit, GError **error)
{
        return wattle_systemd_run_job_then(bus, method, unit, NULL, NULL, error);
}

gboolean wattle_systemd_follow(sd_bus *bus, const char *unit, gboolean wanted, GError **error)
{
        gboolean active, loaded = TRUE;

        if (!wattle_systemd_is_active(bus, unit, &active, error))
                return FALSE;
        if (active == wanted)
                return TRUE;
        if (wanted && !wattle_systemd_is_loaded(bus, unit, &loaded, error))
                return FALSE;
        return !loaded ||
               wattle_systemd_run_job(bus, wanted ? "StartUnit" : "StopUnit", unit, error);
}

gboolean wattle_systemd_apply_sysctls(const char *interface, GError **error)
{
        g_autofree char *prefix = g_strdup_printf("--prefix=/net/ipv4/conf/%s", interface);
        const char *argv[] = { WATTLE_SYSTEMD_UTILDIR "/systemd-sysctl", prefix,
                               "--prefix=/net/ipv4/conf/all", "--prefix=/net/ipv6/conf/all", NULL };
        int status;

        return g_spawn_sync(NULL, (char **)argv, NULL, G_SPAWN_DEFAULT, NULL, NULL, NULL, NULL,
                            &status, error) &&
               g_spawn_check_wait_status(status, error);
}

gboolean wattle_networkd_reload(sd_bus *bus, GError **error)
{
        AUTO_BUS_ERROR bus_error = SD_BUS_ERROR_NULL;
        int result = sd_bus_call_method(bus, NETWORKD, "/org/freedesktop/network1",
                                        NETWORKD ".Manager", "Reload", &bus_error, NULL, NULL);

        return result >= 0 || wattle_bus_fail(error, "networkctl reload", &bus_error, result);
}

static char *link_path(guint32 ifindex)
{
        g_autofree char *number = g_strdup_printf("%u", ifindex);
        char *path = NULL;

        if (sd_bus_path_encode("/org/freedesktop/network1/link", number, &path) < 0)
                g_error("out of memory");
        return path;
}

static gboolean get_operational_state(sd_bus *bus, const char *path, char **ret, GError **error)
{
        AUTO_BUS_ERROR bus_error = SD_BUS_ERROR_NULL;
        int result = sd_bus_get_property_string(bus, NETWORKD, path, NETWORKD ".Link",
                                                "OperationalState", &bus_error, ret);

        return result >= 0 || wattle_bus_fail(error, "systemd-networkd", &bus_error, result);
}

static const char *state_name(gboolean up)
{
        return up ? "routable" : "off";
}

gboolean wattle_networkd_link_is(sd_bus *bus, guint32 ifindex, gboolean up, gboolean *ret,
                                 GError **error)
{
        g_autofree char *path = link_path(ifindex), *state = NULL;

        if (!get_operational_state(bus, path, &state, error))
                return FALSE;
        *ret = strcmp(state, state_name(up)) == 0;
        return TRUE;
}

/* A link that is to become routable, or off. */
typedef struct {
        sd_bus *bus;
        const char *path, *wanted;
} LinkWait;

static gboolean has_state(gpointer data)
{
        const LinkWait *wait = data;
        g_autofree char *state = NULL;

        return get_operational_state(wait->bus, wait->path, &state, NULL) &&
               strcmp(state, wait->wanted) == 0;
}

static int on_any(G_GNUC_UNUSED sd_bus_message *message, G_GNUC_UNUSED void *data,
                  G_GNUC_UNUSED sd_bus_error *error)
{
        return 0;
}

gboolean wattle_networkd_wait_link(sd_bus *bus, guint32 ifindex, gboolean up, GError **error)
{
        g_autofree char *path = link_path(ifindex);
        LinkWait wait = { bus, path, state_name(up) };
        AUTO_BUS_SLOT *slot = NULL;

        return wattle_bus_watch(bus, &slot, NETWORKD, path, "org.freedesktop.DBus.Properties",
                                "PropertiesChanged", on_any, NULL, error) &&
               wattle_bus_wait(bus, "systemd-networkd", LINK_MAX_US, has_state, &wait, error);
}
