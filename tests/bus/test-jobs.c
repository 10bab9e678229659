/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the command believes of a job of systemd's, on a bus where anybody may send it signals. */
#include <sys/eventfd.h>
#include <unistd.h>

#include "cli/managers/bus.h"
#include "cli/managers/systemd.h"
#include "tests/bus/stage.h"

/* systemd has its own thread: the command waits for it. */
typedef struct {
        Stage stage;
        sd_bus *bus; /* the command's */
        int end_fd;
        GThread *thread;
} Host;

static gpointer serve(gpointer data)
{
        g_assert_cmpint(sd_event_loop(data), >=, 0);
        return NULL;
}

static int on_end(sd_event_source *source, G_GNUC_UNUSED int fd, G_GNUC_UNUSED guint32 events,
                  G_GNUC_UNUSED void *data)
{
        return sd_event_exit(sd_event_source_get_event(source), 0);
}

static void host_init(Host *host, const char *job_result)
{
        g_autofree char *address = NULL;

        stage_init(&host->stage, POLKIT_ABSENT, NOBODY);
        host->stage.job_result = job_result;
        host->end_fd = eventfd(0, EFD_CLOEXEC);
        g_assert_cmpint(
                sd_event_add_io(host->stage.event, NULL, host->end_fd, EPOLLIN, on_end, NULL), >=,
                0);
        address = g_strdup_printf("unix:path=%s/bus", host->stage.folder);
        g_assert_cmpint(sd_bus_new(&host->bus), >=, 0);
        g_assert_cmpint(sd_bus_set_address(host->bus, address), >=, 0);
        g_assert_cmpint(sd_bus_set_bus_client(host->bus, 1), >=, 0);
        g_assert_cmpint(sd_bus_start(host->bus), >=, 0);
        /* Its name is there then. */
        g_assert_cmpint(sd_bus_call_method(host->bus, "org.freedesktop.DBus",
                                           "/org/freedesktop/DBus", "org.freedesktop.DBus.Peer",
                                           "Ping", NULL, NULL, NULL),
                        >=, 0);
}

static void host_run(Host *host)
{
        host->thread = g_thread_new("systemd", serve, host->stage.event);
}

static void host_clear(Host *host)
{
        g_assert_cmpint(eventfd_write(host->end_fd, 1), ==, 0);
        g_thread_join(host->thread);
        sd_bus_flush_close_unref(host->bus);
        stage_clear(&host->stage);
        close(host->end_fd);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Host, host_clear)

typedef struct {
        const char *name, *result, *forged, *error;
} JobRow;

static const JobRow job_rows[] = {
        { "done", "done", NULL, NULL },
        { "fails", "failed", NULL, "a.service: the job ended with 'failed'" },
        { "fails, and somebody says that it is done", "failed", "done",
          "a.service: the job ended with 'failed'" },
        { "done, and somebody says that it failed", "done", "failed", NULL },
};

static void job(gconstpointer data)
{
        const JobRow *row = data;
        g_auto(Host) host = { 0 };
        g_autoptr(GError) error = NULL;
        gboolean ok;

        host_init(&host, row->result);
        host.stage.forged = row->forged;
        host.stage.victim = host.bus;
        host_run(&host);
        ok = wattle_systemd_run_job(host.bus, "StartUnit", "a.service", &error);
        g_assert_true(ok == !row->error);
        if (!ok)
                g_assert_true(g_str_has_prefix(error->message, row->error));
}

int main(int argc, char **argv)
{
        g_test_init(&argc, &argv, NULL);
        for (guint i = 0; i < G_N_ELEMENTS(job_rows); i++) {
                g_autofree char *path = g_strdup_printf("/jobs/%s", job_rows[i].name);

                g_test_add_data_func(path, &job_rows[i], job);
        }
        return g_test_run();
}
