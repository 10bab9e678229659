/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A system bus with systemd and systemd-networkd on it, for 'wattle apply' in namespaces: what they
 * are to do is done by a script, fake-bus SCRIPT FOLDER, with the method and the unit as its
 * arguments; and a unit is active while FOLDER has a file of its name. Standard input is the socket
 * that it listens on. Each caller may be killed at any time. */
#include <systemd/sd-bus.h>

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define SYSTEMD    "org.freedesktop.systemd1"
#define SYSTEMD_ID ":1.2"
#define JOB        "/org/freedesktop/systemd1/job/7"

static const char *script, *folder;

static int run(const char *method, const char *unit)
{
        int status;
        pid_t child = fork();

        if (child == 0) {
                execl(script, script, method, unit, (char *)NULL);
                _exit(127);
        }
        return child > 0 && waitpid(child, &status, 0) == child && status == 0;
}

static int look_at(const char *unit, struct stat *st)
{
        char path[4096];

        snprintf(path, sizeof path, "%s/%s", folder, unit);
        return stat(path, st);
}

static int is_active(const char *unit)
{
        struct stat st;

        return look_at(unit, &st) == 0;
}

static uint64_t changed_at(const char *unit)
{
        struct stat st;

        return look_at(unit, &st) < 0 ? 0 : (uint64_t)st.st_mtim.tv_sec * 1000000;
}

static int end_job(sd_bus_message *call, const char *unit, const char *result)
{
        sd_bus *bus = sd_bus_message_get_bus(call);
        sd_bus_message *signal = NULL;
        int ok = sd_bus_message_new_signal(bus, &signal, "/org/freedesktop/systemd1",
                                           SYSTEMD ".Manager", "JobRemoved");

        if (ok >= 0)
                ok = sd_bus_message_set_sender(signal, SYSTEMD_ID);
        if (ok >= 0)
                ok = sd_bus_message_append(signal, "uoss", 7, JOB, unit, result);
        if (ok >= 0)
                ok = sd_bus_send(bus, signal, NULL);
        sd_bus_message_unref(signal);
        return ok;
}

static int do_job(sd_bus_message *call)
{
        const char *unit, *result;
        int ok = sd_bus_message_read(call, "s", &unit);

        if (ok < 0)
                return ok;
        result = run(sd_bus_message_get_member(call), unit) ? "done" : "failed";
        ok = sd_bus_reply_method_return(call, "o", JOB);
        return ok < 0 ? ok : end_job(call, unit, result);
}

/* Of a unit. */
static int get_property(sd_bus_message *call)
{
        const char *interface, *property;
        char *unit = NULL;
        int ok = sd_bus_message_read(call, "ss", &interface, &property);

        if (ok >= 0)
                ok = sd_bus_path_decode(sd_bus_message_get_path(call),
                                        "/org/freedesktop/systemd1/unit", &unit);
        if (ok <= 0)
                return sd_bus_reply_method_errorf(call, SD_BUS_ERROR_UNKNOWN_PROPERTY, "not here");
        if (strcmp(property, "LoadState") == 0)
                ok = sd_bus_reply_method_return(call, "v", "s", "loaded");
        else if (strcmp(property, "StateChangeTimestamp") == 0)
                ok = sd_bus_reply_method_return(call, "v", "t", changed_at(unit));
        else if (strcmp(property, "ActiveState") == 0)
                ok = sd_bus_reply_method_return(call, "v", "s",
                                                is_active(unit) ? "active" : "inactive");
        else
                ok = sd_bus_reply_method_errorf(call, SD_BUS_ERROR_UNKNOWN_PROPERTY, "not here");
        free(unit);
        return ok;
}

static int on_call(sd_bus_message *call, void *data, sd_bus_error *error)
{
        (void)data;
        (void)error;
        if (sd_bus_message_is_method_call(call, NULL, "Hello"))
                return sd_bus_reply_method_return(call, "s", ":1.1");
        if (sd_bus_message_is_method_call(call, NULL, "NameHasOwner"))
                return sd_bus_reply_method_return(call, "b", 0);
        if (sd_bus_message_is_method_call(call, NULL, "GetNameOwner"))
                return sd_bus_reply_method_return(call, "s", SYSTEMD_ID);
        if (sd_bus_message_is_method_call(call, NULL, "ListUnitsByPatterns"))
                return sd_bus_reply_method_return(call, "a(ssssssouso)", 0);
        if (sd_bus_message_is_method_call(call, "org.freedesktop.DBus.Properties", "Get"))
                return get_property(call);
        if (sd_bus_message_is_method_call(call, NULL, "Reload")) {
                run("Reload", sd_bus_message_get_path(call));
                return sd_bus_reply_method_return(call, NULL);
        }
        if (strstr(sd_bus_message_get_member(call), "Unit"))
                return do_job(call);
        return sd_bus_reply_method_return(call, NULL); /* AddMatch, Subscribe */
}

static int serve(int fd)
{
        sd_bus *bus = NULL;
        int result = sd_bus_new(&bus);

        if (result >= 0)
                result = sd_bus_set_fd(bus, fd, fd);
        if (result >= 0)
                result = sd_bus_set_server(bus, 1, (sd_id128_t){ .bytes = { 1 } });
        if (result >= 0)
                result = sd_bus_add_filter(bus, NULL, on_call, NULL);
        if (result >= 0)
                result = sd_bus_start(bus);
        while (result >= 0) {
                result = sd_bus_process(bus, NULL);
                if (result == 0)
                        result = sd_bus_wait(bus, UINT64_MAX);
        }
        sd_bus_unref(bus);
        return result;
}

int main(int argc, char **argv)
{
        int fd;

        if (argc != 3)
                return EXIT_FAILURE;
        script = argv[1];
        folder = argv[2];
        while ((fd = accept(STDIN_FILENO, NULL, NULL)) >= 0) {
                signal(SIGCHLD, SIG_IGN);
                if (fork() == 0) {
                        signal(SIGCHLD, SIG_DFL);
                        serve(fd);
                        return EXIT_SUCCESS;
                }
                close(fd);
        }
        return EXIT_SUCCESS;
}
