/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* wattle-filter: holds the packet filter of one mesh in the kernel, and has the host's firewall let
 * in what the mesh needs, while its interface is up. What that is was decided when the files of the
 * mesh were written; here it is put in place and taken away. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <systemd/sd-daemon.h>
#include <unistd.h>

#include "common/error.h"
#include "common/render.h"
#include "common/scalar.h"
#include "common/sys/file.h"
#include "common/sys/host.h"
#include "common/sys/load.h"
#include "common/sys/log.h"
#include "common/sys/tailnet/tailnets.h"
#include "filter/firewalld.h"
#include "filter/settings.h"
#include "filter/table.h"
#include "filter/ufw-unit.h"
#include "filter/watch.h"

#define PROGRAM    "wattle-filter"
#define EXIT_USAGE 2

/* A rule for each route of a mesh; so much is 10 000 of them. */
#define MAX_TEXT (1024 * 1024)

typedef struct {
        int root_fd;
        const char *mesh;    /* or tailnet: no two have one name */
        WattleFileKind kind; /* of the file that has the table */
        WattleFileKind firewall_kind;
        char *interface;
        gboolean is_carried; /* by a VPN connection: nothing binds the unit to the interface */
        gboolean was_there;  /* the interface, so that with it we go */
        char *text;          /* of the table; NULL: this mesh has none */
        WattleTable *table;
        WattleWatch *watch;
        sd_event *event;            /* borrowed */
        gboolean has_firewall;      /* firewalld has to hear of this mesh */
        gboolean is_open;           /* it was told what is wanted last */
        WattleFirewalld *firewalld; /* NULL: there was never anything to say to it */
        WattleUfwUnit *ufw;         /* likewise */
} Filter;

static void filter_clear(Filter *filter)
{
        g_clear_pointer(&filter->table, wattle_table_free);
        g_clear_pointer(&filter->watch, wattle_watch_free);
        g_clear_pointer(&filter->firewalld, wattle_firewalld_free);
        g_clear_pointer(&filter->ufw, wattle_ufw_unit_free);
        g_free(filter->interface);
        g_free(filter->text);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Filter, filter_clear)

static void unref_event(sd_event **event)
{
        sd_event_unref(*event);
}

/* The text of the table into *ret, NULL if the mesh has none. */
static gboolean read_text(const Filter *filter, char **ret, GError **error)
{
        g_autofree char *path = wattle_paths_file(filter->kind, filter->mesh);
        g_autoptr(GError) own = NULL;
        g_autoptr(GBytes) bytes = wattle_read_file(filter->root_fd, path, MAX_TEXT, &own);

        if (bytes)
                *ret = g_strndup(g_bytes_get_data(bytes, NULL), g_bytes_get_size(bytes));
        else if (g_error_matches(own, WATTLE_ERROR, WATTLE_ERROR_NOT_FOUND))
                *ret = NULL;
        else {
                g_propagate_prefixed_error(error, g_steal_pointer(&own), "/%s: ", path);
                return FALSE;
        }
        return TRUE;
}

static const char *bus_address(void)
{
        const char *address = secure_getenv("DBUS_SYSTEM_BUS_ADDRESS");

        return address ? address : "unix:path=/run/dbus/system_bus_socket";
}

static void tell_firewalld(Filter *filter, WattleFirewall *firewall)
{
        if (!filter->firewalld)
                filter->firewalld =
                        wattle_firewalld_new(filter->event, bus_address(), filter->root_fd,
                                             filter->mesh, filter->interface);
        wattle_firewalld_want(filter->firewalld, firewall);
}

static void tell_ufw(Filter *filter, gboolean is_wanted)
{
        if (!filter->ufw && is_wanted && wattle_host_has_ufw(filter->root_fd))
                filter->ufw = wattle_ufw_unit_new(filter->event, bus_address(), filter->mesh);
        if (filter->ufw)
                wattle_ufw_unit_want(filter->ufw, is_wanted);
}

/* They are told when that changes, and never waited for. A bad file is no reason to be without the
 * table. */
static void settle_firewall(Filter *filter, gboolean is_up)
{
        g_auto(WattleFirewall) firewall = { 0 };
        g_autoptr(GError) error = NULL;
        gboolean is_wanted = is_up && filter->has_firewall;

        if (is_wanted == filter->is_open)
                return;
        if (is_wanted &&
            !wattle_filter_read_firewall(filter->root_fd, filter->mesh, &firewall, &error)) {
                wattle_log(WATTLE_LOG_ERROR, "mesh %s: %s: nothing is opened", filter->mesh,
                           error ? error->message : "the file for the firewall is gone");
                return;
        }
        tell_firewalld(filter, is_wanted ? &firewall : NULL);
        tell_ufw(filter, is_wanted);
        filter->is_open = is_wanted;
}

/* Of a mesh that is carried there is a file in any case, for the interface. */
static gboolean has_firewall(const Filter *filter)
{
        g_autofree char *path = wattle_paths_file(filter->firewall_kind, filter->mesh);
        g_auto(WattleFirewall) firewall = { 0 };

        if (!filter->is_carried)
                return wattle_path_exists(filter->root_fd, path);
        return wattle_filter_read_firewall(filter->root_fd, filter->mesh, &firewall, NULL) &&
               (firewall.is_auto || firewall.zones->len > 0);
}

static WattleTable *new_table(const Filter *filter, GError **error)
{
        g_autofree char *name = g_strdup_printf(WATTLE_FILTER_TABLE_PREFIX "%s", filter->mesh);

        return wattle_table_new(name, filter->text, error);
}

/* Brings the kernel to what the interface's state asks for. */
static gboolean settle(Filter *filter, GError **error)
{
        gboolean is_up = wattle_watch_is_up(filter->watch);
        gboolean wanted = filter->text && is_up;

        settle_firewall(filter, is_up);
        if (!wanted)
                g_clear_pointer(&filter->table, wattle_table_free);
        else if (!filter->table)
                filter->table = new_table(filter, error);
        if (wanted && !filter->table)
                return FALSE;
        (void)sd_notifyf(0, "READY=1\nSTATUS=The interface %s is %s", filter->interface,
                         !is_up   ? "down: nothing is filtered"
                         : wanted ? "up: its table is in place"
                                  : "up, and needs no filter");
        return TRUE;
}

/* For handlers: what ends the loop if it failed. */
static int settle_or_end(Filter *filter)
{
        g_autoptr(GError) error = NULL;

        if (settle(filter, &error))
                return 0;
        wattle_log(WATTLE_LOG_ERROR, "mesh %s: %s", filter->mesh, error->message);
        return -EIO;
}

static int on_link(gpointer data)
{
        Filter *filter = data;
        gboolean is_there = wattle_watch_is_there(filter->watch);

        if (filter->is_carried && filter->was_there && !is_there)
                return sd_event_exit(filter->event, EXIT_SUCCESS);
        filter->was_there = is_there;
        return settle_or_end(filter);
}

/* Takes over text. Where nothing is left to hold, or the kernel does not change what it has,
 * settle() begins anew. */
static void take_text(Filter *filter, char *text)
{
        gboolean same = g_strcmp0(text, filter->text) == 0;
        g_autoptr(GError) error = NULL;

        g_free(filter->text);
        filter->text = text;
        if (same || !filter->table || (text && wattle_table_replace(filter->table, text, &error)))
                return;
        if (error)
                wattle_log(WATTLE_LOG_WARNING, "mesh %s: %s: once more from the start",
                           filter->mesh, error->message);
        g_clear_pointer(&filter->table, wattle_table_free);
}

static int on_hangup(G_GNUC_UNUSED sd_event_source *source,
                     G_GNUC_UNUSED const struct signalfd_siginfo *info, void *data)
{
        Filter *filter = data;
        g_autoptr(GError) error = NULL;
        char *text;

        (void)sd_notifyf(0, "RELOADING=1\nMONOTONIC_USEC=%" G_GINT64_FORMAT,
                         g_get_monotonic_time());
        if (read_text(filter, &text, &error))
                take_text(filter, text);
        else
                wattle_log(WATTLE_LOG_ERROR, "%s: keeping the previous table", error->message);
        filter->has_firewall = has_firewall(filter);
        filter->is_open = filter->is_open && !filter->has_firewall;
        return settle_or_end(filter);
}

static int on_end(sd_event_source *source, G_GNUC_UNUSED const struct signalfd_siginfo *info,
                  G_GNUC_UNUSED void *data)
{
        return sd_event_exit(sd_event_source_get_event(source), EXIT_SUCCESS);
}

static int loop(sd_event *event, Filter *filter)
{
        int result = sd_event_add_signal(event, NULL, SIGHUP, on_hangup, filter);

        if (result >= 0)
                result = sd_event_add_signal(event, NULL, SIGTERM, on_end, NULL);
        if (result >= 0)
                result = sd_event_add_signal(event, NULL, SIGINT, on_end, NULL);
        if (result >= 0)
                result = settle_or_end(filter);
        if (result >= 0)
                result = sd_event_loop(event);
        (void)sd_notify(0, "STOPPING=1");
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

static void find(Filter *filter)
{
        gboolean is_mesh = wattle_mesh_exists(filter->root_fd, filter->mesh);

        filter->kind = WATTLE_FILE_FILTER;
        filter->firewall_kind = WATTLE_FILE_FIREWALL;
        filter->interface = wattle_filter_carried_interface(filter->root_fd, filter->mesh);
        filter->is_carried = filter->interface != NULL;
        if (filter->is_carried)
                return;
        filter->kind = WATTLE_FILE_TAILNET_FILTER;
        filter->firewall_kind = WATTLE_FILE_TAILNET_FIREWALL;
        filter->interface =
                is_mesh ? NULL : wattle_tailnet_load_interface(filter->root_fd, filter->mesh);
        if (filter->interface)
                return;
        filter->kind = WATTLE_FILE_FILTER;
        filter->firewall_kind = WATTLE_FILE_FIREWALL;
        filter->interface = wattle_filter_interface(filter->root_fd, filter->mesh);
}

static gboolean start(Filter *filter, sd_event *event, GError **error)
{
        g_autoptr(GError) left = NULL;

        if (!wattle_firewalld_undo(bus_address(), filter->root_fd, filter->mesh, &left))
                wattle_log(WATTLE_LOG_WARNING, "mesh %s: %s", filter->mesh, left->message);
        if (!read_text(filter, &filter->text, error))
                return FALSE;
        filter->event = event;
        filter->has_firewall = has_firewall(filter);
        filter->watch = wattle_watch_new(event, filter->interface, on_link, filter, error);
        filter->was_there = filter->watch && wattle_watch_is_there(filter->watch);
        return filter->watch != NULL;
}

static int run(const char *root, const char *mesh)
{
        __attribute__((cleanup(unref_event))) sd_event *event = NULL;
        g_autoptr(GError) error = NULL;
        g_auto(WattleFd) root_fd = wattle_root_open(root, &error);
        g_auto(Filter) filter = { .root_fd = root_fd, .mesh = mesh };

        if (root_fd < 0) {
                wattle_log(WATTLE_LOG_ERROR, "%s", error->message);
                return EXIT_FAILURE;
        }
        find(&filter);
        if (!filter.interface)
                return EXIT_FAILURE;
        block_signals();
        if (sd_event_default(&event) < 0) {
                wattle_log(WATTLE_LOG_ERROR, "no event loop");
                return EXIT_FAILURE;
        }
        if (!start(&filter, event, &error)) {
                wattle_log(WATTLE_LOG_ERROR, "mesh %s: %s", mesh, error->message);
                return EXIT_FAILURE;
        }
        return loop(event, &filter);
}

/* Behind one that has ended; most have left nothing. */
static int undo(const char *root, const char *mesh)
{
        g_autoptr(GError) error = NULL;
        g_auto(WattleFd) root_fd = wattle_root_open(root, &error);

        if (root_fd >= 0 && wattle_firewalld_undo(bus_address(), root_fd, mesh, &error))
                return EXIT_SUCCESS;
        wattle_log(WATTLE_LOG_ERROR, "mesh %s: %s", mesh, error->message);
        return EXIT_FAILURE;
}

static int usage(FILE *stream, int status)
{
        fputs("Usage: " PROGRAM " [--root=DIR] [--undo] MESH\n"
              "\n"
              "Holds the packet filter of a mesh, /run/wattle/MESH.nft, while its interface is up, and\n"
              "has the host's firewall let in what /run/wattle/MESH.firewall says.\n"
              "wattle-filter@MESH.service runs it; see wattle-filter(8).\n"
              "\n"
              "  --root=DIR  look for the mesh below DIR\n"
              "  --undo      close what one that has ended has left open\n"
              "  --help      show this\n"
              "  --version   show the version\n",
              stream);
        return status;
}

int main(int argc, char **argv)
{
        const char *root = "/";
        gboolean undoes = FALSE;
        g_autoptr(GError) error = NULL;

        if (argc > 1 && strcmp(argv[1], "--help") == 0)
                return usage(stdout, EXIT_SUCCESS);
        if (argc > 1 && strcmp(argv[1], "--version") == 0) {
                puts(PROGRAM " " WATTLE_VERSION);
                return EXIT_SUCCESS;
        }
        if (argc > 1 && g_str_has_prefix(argv[1], "--root=")) {
                root = argv[1] + strlen("--root=");
                argv++;
                argc--;
        }
        if (argc > 1 && strcmp(argv[1], "--undo") == 0) {
                undoes = TRUE;
                argv++;
                argc--;
        }
        if (argc != 2)
                return usage(stderr, EXIT_USAGE);
        if (!wattle_identifier_check(argv[1], WATTLE_MESH_NAME_MAX, &error)) {
                wattle_log(WATTLE_LOG_ERROR, "MESH: %s", error->message);
                return EXIT_USAGE;
        }
        return undoes ? undo(root, argv[1]) : run(root, argv[1]);
}
