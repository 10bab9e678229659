/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* wattled: keeps the endpoints of all meshes of this host where their peers are. The interfaces
 * depend on it in nothing: when it ends, they stay as they are. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <systemd/sd-daemon.h>
#include <unistd.h>

#include "common/sys/file.h"
#include "common/sys/heap.h"
#include "common/sys/log.h"
#include "daemon/bus/connection.h"
#include "daemon/manager.h"

#define SYSTEM_BUS "unix:path=/run/dbus/system_bus_socket"

static void unref_event(sd_event **event)
{
        sd_event_unref(*event);
}

static void notify_ready(const WattleManager *manager)
{
        g_autofree char *sentence = wattle_manager_sentence(manager);

        (void)sd_notifyf(0, "READY=1\nSTATUS=%s", sentence);
}

static int on_hangup(G_GNUC_UNUSED sd_event_source *source,
                     G_GNUC_UNUSED const struct signalfd_siginfo *info, void *data)
{
        (void)sd_notifyf(0, "RELOADING=1\nMONOTONIC_USEC=%" G_GINT64_FORMAT,
                         g_get_monotonic_time());
        wattle_manager_reload(data);
        notify_ready(data);
        return 0;
}

static int on_end(sd_event_source *source, G_GNUC_UNUSED const struct signalfd_siginfo *info,
                  G_GNUC_UNUSED void *data)
{
        return sd_event_exit(sd_event_source_get_event(source), EXIT_SUCCESS);
}

static int loop(sd_event *event, WattleManager *manager)
{
        int result = sd_event_add_signal(event, NULL, SIGHUP, on_hangup, manager);

        if (result >= 0)
                result = sd_event_add_signal(event, NULL, SIGTERM, on_end, NULL);
        if (result >= 0)
                result = sd_event_add_signal(event, NULL, SIGINT, on_end, NULL);
        if (result >= 0) {
                notify_ready(manager);
                result = sd_event_loop(event);
        }
        (void)sd_notify(0, "STOPPING=1");
        if (result < 0)
                wattle_log(WATTLE_LOG_ERROR, "the event loop: %s", g_strerror(-result));
        return result < 0 ? EXIT_FAILURE : result;
}

static void block_signals(void)
{
        sigset_t set;

        sigemptyset(&set);
        sigaddset(&set, SIGHUP);
        sigaddset(&set, SIGTERM);
        sigaddset(&set, SIGINT);
        sigprocmask(SIG_BLOCK, &set, NULL);
        signal(SIGPIPE, SIG_IGN);
}

static int run(const char *root, const char *state_dir, const char *runtime_dir)
{
        __attribute__((cleanup(unref_event))) sd_event *event = NULL;
        g_autoptr(GError) error = NULL;
        g_auto(WattleFd) root_fd = wattle_root_open(root, &error);
        WattleManagerOptions options = { .root_fd = root_fd,
                                         .state_dir = state_dir,
                                         .runtime_dir = runtime_dir };
        g_autoptr(WattleManager) manager = NULL;
        g_autoptr(WattleBusConnection) bus = NULL;
        const char *address = secure_getenv("DBUS_SYSTEM_BUS_ADDRESS");
        int result;

        if (root_fd < 0) {
                wattle_log(WATTLE_LOG_ERROR, "%s", error->message);
                return EXIT_FAILURE;
        }
        block_signals();
        result = sd_event_default(&event);
        if (result < 0) {
                wattle_log(WATTLE_LOG_ERROR, "the event loop: %s", g_strerror(-result));
                return EXIT_FAILURE;
        }
        manager = wattle_manager_new(event, &options, &error);
        if (!manager) {
                wattle_log(WATTLE_LOG_ERROR, "%s", error->message);
                return EXIT_FAILURE;
        }
        if (strcmp(root, "/") == 0)
                bus = wattle_bus_connection_new(event, address ? address : SYSTEM_BUS, manager, 0);
        /* After the bus, by which names of endpoints are looked up. */
        wattle_manager_reload(manager);
        return loop(event, manager);
}

static int usage(FILE *stream, int status)
{
        fputs("Usage: wattled [--root=DIR] [--state=DIR] [--runtime=DIR]\n"
              "\n"
              "Moves the endpoints of the peers of all meshes of this host to where they are reached best.\n"
              "wattled.service runs it; see wattled(8).\n"
              "\n"
              "  --root=DIR     look for meshes below DIR\n"
              "  --state=DIR    keep the last good endpoints in DIR; without it, where systemd says\n"
              "                 (STATE_DIRECTORY), else nowhere\n"
              "  --runtime=DIR  keep moves under way in DIR, in case that wattled is killed; likewise\n"
              "                 (RUNTIME_DIRECTORY)\n"
              "  --help         show this\n"
              "  --version      show the version\n",
              stream);
        return status;
}

int main(int argc, char **argv)
{
        const char *root = "/", *state_dir = g_getenv("STATE_DIRECTORY"),
                   *runtime_dir = g_getenv("RUNTIME_DIRECTORY");

        for (int i = 1; i < argc; i++) {
                if (strcmp(argv[i], "--help") == 0)
                        return usage(stdout, EXIT_SUCCESS);
                if (strcmp(argv[i], "--version") == 0) {
                        puts("wattled " WATTLE_VERSION);
                        return EXIT_SUCCESS;
                }
                if (g_str_has_prefix(argv[i], "--root="))
                        root = argv[i] + strlen("--root=");
                else if (g_str_has_prefix(argv[i], "--state="))
                        state_dir = argv[i] + strlen("--state=");
                else if (g_str_has_prefix(argv[i], "--runtime="))
                        runtime_dir = argv[i] + strlen("--runtime=");
                else
                        return usage(stderr, 2);
        }
        wattle_heap_stay_small();
        return run(root, state_dir, runtime_dir);
}
