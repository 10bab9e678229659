/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* nm-wattle-service, what NetworkManager runs for each VPN connection of type wattle that is up.
 * See nm-wattle-service(8). */
#include <glib-unix.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>

#include "common/nm-profile.h"
#include "nm-plugin/service/guard.h"
#include "nm-plugin/service/plugin.h"

#define PROGRAM "nm-wattle-service"

static char *bus_name;
static gboolean debug, persist;

static const GOptionEntry options[] = {
        { "bus-name", 0, 0, G_OPTION_ARG_STRING, &bus_name,
          "be this name on the system bus (" WATTLE_VPN_SERVICE ")", "NAME" },
        { "debug", 0, 0, G_OPTION_ARG_NONE, &debug, "say more", NULL },
        { "persist", 0, 0, G_OPTION_ARG_NONE, &persist,
          "stay when a connection ended and when NetworkManager is gone", NULL },
        { NULL, 0, 0, 0, NULL, NULL, NULL },
};

static gboolean parse_options(int argc, char **argv, GError **error)
{
        g_autoptr(GOptionContext) context = g_option_context_new(NULL);

        g_option_context_set_summary(context, "The service behind VPN connections of type wattle. "
                                              "NetworkManager runs it; see " PROGRAM "(8).");
        g_option_context_add_main_entries(context, options, NULL);
        if (!g_option_context_parse(context, &argc, &argv, error))
                return FALSE;
        if (argc > 1) {
                g_set_error(error, G_OPTION_ERROR, G_OPTION_ERROR_FAILED,
                            "'%s': no argument is "
                            "known",
                            argv[1]);
                return FALSE;
        }
        if (!bus_name)
                bus_name = g_strdup(WATTLE_VPN_SERVICE);
        if (g_dbus_is_name(bus_name) && !g_dbus_is_unique_name(bus_name))
                return TRUE;
        g_set_error(error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
                    "--bus-name: '%s' is no name for a service", bus_name);
        return FALSE;
}

typedef struct {
        GMainLoop *loop;
        WattleGuard guard;
        WattlePlugin *plugin;
} Service;

static gboolean on_signal(gpointer data)
{
        Service *service = data;

        g_main_loop_quit(service->loop);
        return G_SOURCE_CONTINUE;
}

static void on_quit(G_GNUC_UNUSED WattlePlugin *plugin, gpointer data)
{
        on_signal(data);
}

static void on_nm_vanished(G_GNUC_UNUSED GDBusConnection *bus, G_GNUC_UNUSED const char *name,
                           gpointer data)
{
        Service *service = data;

        if (service->plugin)
                wattle_plugin_tell_nm_is_gone(service->plugin);
        g_main_loop_quit(service->loop);
}

/* Before the service has its name, so that no change of NetworkManager's is missed. libnm's own
 * watch begins with the first connection. */
static gboolean watch_nm(Service *service, GError **error)
{
        g_autoptr(GDBusConnection) bus = g_bus_get_sync(G_BUS_TYPE_SYSTEM, NULL, error);

        if (!bus)
                return FALSE;
        g_bus_watch_name_on_connection(bus, NM_DBUS_SERVICE, G_BUS_NAME_WATCHER_FLAGS_NONE, NULL,
                                       on_nm_vanished, service, NULL);
        return TRUE;
}

static gboolean start(Service *service, GError **error)
{
        service->loop = g_main_loop_new(NULL, FALSE);
        if (!wattle_guard_start(&service->guard, error) || (!persist && !watch_nm(service, error)))
                return FALSE;
        service->plugin = wattle_plugin_new(bus_name, !persist, &service->guard, error);
        if (service->plugin && !persist)
                g_signal_connect(service->plugin, "quit", G_CALLBACK(on_quit), service);
        return service->plugin != NULL;
}

/* An answer to NetworkManager may still be on its way. */
static void flush(Service *service)
{
        g_autoptr(GDBusConnection) bus =
                nm_vpn_service_plugin_get_connection(NM_VPN_SERVICE_PLUGIN(service->plugin));

        g_dbus_connection_flush_sync(bus, NULL, NULL);
}

/* libnm has handlers of its own, which are not safe in a signal: ours replace them. */
static void run(Service *service)
{
        g_unix_signal_add(SIGTERM, on_signal, service);
        g_unix_signal_add(SIGINT, on_signal, service);
        g_main_loop_run(service->loop);
        nm_vpn_service_plugin_shutdown(NM_VPN_SERVICE_PLUGIN(service->plugin));
        while (wattle_plugin_is_busy(service->plugin))
                g_main_context_iteration(NULL, TRUE);
        flush(service);
}

/* Private keys go through us and our child. */
static void forbid_core_dumps(void)
{
        const struct rlimit none = { 0, 0 };

        (void)setrlimit(RLIMIT_CORE, &none);
}

int main(int argc, char **argv)
{
        Service service = { .guard = { -1 } };
        g_autoptr(GError) error = NULL;

        forbid_core_dumps();
        if (!parse_options(argc, argv, &error)) {
                fprintf(stderr, PROGRAM ": %s; --help shows what there is\n", error->message);
                return 2;
        }
        g_log_set_debug_enabled(debug);
        if (sodium_init() < 0) {
                fprintf(stderr, PROGRAM ": libsodium cannot start\n");
                return EXIT_FAILURE;
        }
        if (!start(&service, &error)) {
                g_warning("cannot start: %s", error->message);
                return EXIT_FAILURE;
        }
        run(&service);
        g_object_unref(service.plugin);
        g_main_loop_unref(service.loop);
        g_free(bus_name);
        return EXIT_SUCCESS;
}
