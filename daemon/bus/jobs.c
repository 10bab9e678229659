/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "daemon/bus/jobs.h"

#include <string.h>

#include "common/paths.h"
#include "common/sys/bus-match.h"
#include "common/sys/bus-status.h"
#include "common/sys/bus.h"

#define SYSTEMD       "org.freedesktop.systemd1"
#define UNITS_MANAGER "/org/freedesktop/systemd1", SYSTEMD ".Manager"

#define ANSWER_US (25 * G_USEC_PER_SEC)

static const WattleUnitKind units[] = {
        [WATTLE_JOB_APPLY] = WATTLE_UNIT_APPLY,
        [WATTLE_JOB_DOWN] = WATTLE_UNIT_DOWN,
        [WATTLE_JOB_UP] = WATTLE_UNIT_UP,
        [WATTLE_JOB_UPDATE] = WATTLE_UNIT_UPDATE_SOURCES,
};

struct WattleJobs {
        sd_bus *bus;
        WattleQuota *quota;
        guint64 limit_us;
        WattleJobDone done;
        gpointer data;
        GQueue running; /* of Job */
};

typedef struct {
        WattleJobs *jobs;
        sd_bus_message *call;
        uid_t uid;
        sd_bus_slot *slot;  /* of the question that is under way */
        sd_bus_slot *match; /* for the ends of systemd's jobs */
        sd_event_source *timer;
        WattleJobKind kind;
        char *unit, *path;
} Job;

/* Jobs are told to those who subscribe, and then all of them: not longer than needed. */
static void subscribe(WattleJobs *jobs, gboolean wanted)
{
        sd_bus_call_method_async(jobs->bus, NULL, SYSTEMD, UNITS_MANAGER,
                                 wanted ? "Subscribe" : "Unsubscribe", NULL, NULL, NULL);
}

static void job_free(Job *job)
{
        g_queue_remove(&job->jobs->running, job);
        if (g_queue_is_empty(&job->jobs->running))
                subscribe(job->jobs, FALSE);
        wattle_quota_give_back(job->jobs->quota, job->uid);
        sd_event_source_unref(job->timer);
        sd_bus_slot_unref(job->slot);
        sd_bus_slot_unref(job->match);
        sd_bus_message_unref(job->call);
        g_free(job->unit);
        g_free(job->path);
        g_free(job);
}

WattleJobs *wattle_jobs_new(sd_bus *bus, WattleQuota *quota, guint64 limit_us, WattleJobDone done,
                            gpointer data)
{
        WattleJobs *jobs = g_new(WattleJobs, 1);

        *jobs = (WattleJobs){ bus, wattle_quota_ref(quota), limit_us, done, data, G_QUEUE_INIT };
        return jobs;
}

void wattle_jobs_free(WattleJobs *jobs)
{
        Job *job;

        if (!jobs)
                return;
        while ((job = g_queue_peek_head(&jobs->running))) {
                sd_bus_reply_method_errorf(job->call, WATTLE_BUS_ERROR_FAILED, "wattled ends");
                job_free(job);
        }
        wattle_quota_unref(jobs->quota);
        g_free(jobs);
}

static void finish_job(Job *job, const char *outcome)
{
        if (strcmp(outcome, "done") == 0) {
                job->jobs->done(job->kind, job->jobs->data);
                sd_bus_reply_method_return(job->call, NULL);
        } else {
                sd_bus_reply_method_errorf(job->call, WATTLE_BUS_ERROR_FAILED,
                                           "%s ended with '%s': 'journalctl -u %s' tells why",
                                           job->unit, outcome, job->unit);
        }
        job_free(job);
}

static int on_job_removed(sd_bus_message *signal, void *data, G_GNUC_UNUSED sd_bus_error *error)
{
        Job *job = data;
        const char *path, *unit, *outcome;
        guint32 id;

        if (sd_bus_message_read(signal, "uoss", &id, &path, &unit, &outcome) > 0 &&
            g_strcmp0(job->path, path) == 0)
                finish_job(job, outcome);
        return 0;
}

/* Ends a job that systemd has not taken on. */
static int fail_job(Job *job, const sd_bus_error *failure)
{
        sd_bus_reply_method_errorf(job->call, WATTLE_BUS_ERROR_FAILED, "%s: %s", job->unit,
                                   failure && failure->message ? failure->message
                                                               : "systemd's answer makes no sense");
        job_free(job);
        return 0;
}

static int on_started(sd_bus_message *answer, void *data, G_GNUC_UNUSED sd_bus_error *error)
{
        Job *job = data;
        const sd_bus_error *failure = sd_bus_message_get_error(answer);
        const char *path;

        job->slot = sd_bus_slot_unref(job->slot);
        if (failure || sd_bus_message_read(answer, "o", &path) <= 0)
                return fail_job(job, failure);
        job->path = g_strdup(path);
        return 0;
}

static int start_unit(Job *job)
{
        AUTO_BUS_MESSAGE *message = NULL;
        sd_bus *bus = job->jobs->bus;
        int result =
                sd_bus_message_new_method_call(bus, &message, SYSTEMD, UNITS_MANAGER, "StartUnit");

        if (result >= 0)
                result = sd_bus_message_append(message, "ss", job->unit, "replace");
        if (result >= 0)
                result = sd_bus_call_async(bus, &job->slot, message, on_started, job, ANSWER_US);
        return result;
}

/* Only systemd's own word counts, and it is matched before there is anything to tell. */
static int on_systemd(sd_bus_message *answer, void *data, G_GNUC_UNUSED sd_bus_error *error)
{
        Job *job = data;
        const sd_bus_error *failure = sd_bus_message_get_error(answer);
        const char *owner;

        job->slot = sd_bus_slot_unref(job->slot);
        if (failure || sd_bus_message_read(answer, "s", &owner) <= 0 ||
            wattle_bus_match(job->jobs->bus, &job->match, owner, UNITS_MANAGER, "JobRemoved",
                             on_job_removed, job) < 0 ||
            start_unit(job) < 0)
                return fail_job(job, failure);
        return 0;
}

/* systemd may tell its end to nobody: it has been executed anew meanwhile, or hangs. */
static int on_timer(G_GNUC_UNUSED sd_event_source *source, G_GNUC_UNUSED uint64_t now_us,
                    void *data)
{
        Job *job = data;

        sd_bus_reply_method_errorf(job->call, WATTLE_BUS_ERROR_FAILED,
                                   "%s has not ended, as far as systemd tells: 'systemctl status "
                                   "%s' shows how it stands",
                                   job->unit, job->unit);
        job_free(job);
        return 0;
}

int wattle_jobs_start(WattleJobs *jobs, sd_bus_message *call, uid_t uid, WattleJobKind kind,
                      const char *mesh, sd_bus_error *error)
{
        Job *job;
        int result;

        if (!wattle_quota_take(jobs->quota, uid, error))
                return sd_bus_error_get_errno(error);
        job = g_new(Job, 1);
        *job = (Job){ .jobs = jobs,
                      .call = sd_bus_message_ref(call),
                      .uid = uid,
                      .kind = kind,
                      .unit = wattle_paths_unit(units[kind], mesh) };
        if (g_queue_is_empty(&jobs->running))
                subscribe(jobs, TRUE);
        g_queue_push_tail(&jobs->running, job);
        result = sd_event_add_time_relative(sd_bus_get_event(jobs->bus), &job->timer,
                                            CLOCK_BOOTTIME, jobs->limit_us, 0, on_timer, job);
        if (result >= 0)
                result = wattle_bus_ask_owner(jobs->bus, &job->slot, SYSTEMD, on_systemd, job);
        if (result < 0)
                job_free(job);
        return result < 0 ? result : 1;
}
