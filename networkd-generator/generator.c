/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* wattle-generator, a systemd.generator(7): links the units of each enabled mesh into the folder
 * that PID 1 gives it, binds the packet filter to its interface, and does nothing else. PID 1 waits
 * for us: no NSS, no bus, no netlink, no lock, no secret, and of a mesh only its local settings are
 * read. The files for networkd are written later, by wattle-networkd@.service. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/error.h"
#include "common/paths.h"
#include "common/port-table.h"
#include "common/scalar.h"
#include "common/sys/file.h"
#include "common/sys/host.h"
#include "common/sys/load.h"
#include "common/sys/tailnet/tailnets.h"

#define PROGRAM "wattle-generator"

/* What a bad file may put into the kernel's log. The service of the mesh tells the journal more,
 * and 'wattle check' all. */
#define MAX_FAULTS_LOGGED 5

/* Started by PID 1 there is no stderr that anybody reads, and the journal may not run yet. kmsg(4)
 * takes "<priority>text". */
static void log_line(char priority, const char *text)
{
        g_autofree char *line = NULL;
        int fd =
                g_getenv("SYSTEMD_SCOPE") ? open("/dev/kmsg", O_WRONLY | O_CLOEXEC | O_NOCTTY) : -1;

        if (fd < 0) {
                fprintf(stderr, PROGRAM ": %s\n", text);
                return;
        }
        line = g_strdup_printf("<%c>" PROGRAM ": %.*s\n", priority, WATTLE_REPORT_MAX_LINE, text);
        if (write(fd, line, strlen(line)) < 0)
                fprintf(stderr, PROGRAM ": %s\n", text);
        close(fd);
}

static void log_fault(WattleFaultKind kind, const char *line, G_GNUC_UNUSED gpointer data)
{
        log_line(kind == WATTLE_FAULT_ERROR ? '3' : '4', line);
}

static void log_report(WattleReport *report)
{
        wattle_report_summarize(report, MAX_FAULTS_LOGGED, log_fault, NULL);
}

/* DIR/TARGET.wants/UNIT -> FILE. What is there already is left: all generators write into the same
 * folder, and another may want networkd too. */
static gboolean link_unit(int out_fd, const char *target, const char *unit, const char *file,
                          GError **error)
{
        g_autofree char *folder = g_strconcat(target, ".wants", NULL);
        g_autofree char *path = g_build_filename(folder, unit, NULL);

        if (mkdirat(out_fd, folder, 0755) < 0 && errno != EEXIST)
                return wattle_error_set_errno(error, errno, "%s", folder);
        if (symlinkat(file, out_fd, path) < 0 && errno != EEXIST)
                return wattle_error_set_errno(error, errno, "%s", path);
        return TRUE;
}

/* A unit of a mesh's, made of its template. */
static gboolean link_instance(int out_fd, const char *target, WattleUnitKind kind, const char *mesh,
                              GError **error)
{
        g_autofree char *unit = wattle_paths_unit(kind, mesh);
        g_autofree char *template = wattle_paths_unit(kind, "");
        g_autofree char *file = g_build_filename(WATTLE_UNITDIR, template, NULL);

        return link_unit(out_fd, target, unit, file, error);
}

/* wattled, which looks after all meshes. A build or a package may leave it out. */
static gboolean link_daemon(int root_fd, int out_fd, GError **error)
{
        static const char unit[] = WATTLE_UNITDIR "/" WATTLE_UNIT_WATTLED;

        return !wattle_path_exists(root_fd, unit + 1) ||
               link_unit(out_fd, "multi-user.target", WATTLE_UNIT_WATTLED, unit, error);
}

/* No template can name the interface of its mesh. */
static gboolean bind_unit(int out_fd, const char *unit, const char *device, GError **error)
{
        g_autofree char *path = g_strdup_printf("%s.d/50-interface.conf", unit);
        g_autofree char *text = g_strdup_printf("# Made by " PROGRAM "\n"
                                                "[Unit]\n"
                                                "BindsTo=%s\n"
                                                "After=%s\n",
                                                device, device);

        return wattle_make_folders(out_fd, path, error) &&
               wattle_write_file(out_fd, path, 0644, text, strlen(text), error);
}

/* wattle-filter, which the interface starts when it appears, and which goes with it; a unit without
 * a table to hold is not started (ConditionPathExists=). A build or a package may leave it out. */
static gboolean link_filter(int root_fd, int out_fd, const char *mesh, const char *interface,
                            GError **error)
{
        g_autofree char *device = wattle_device_unit(interface);
        g_autofree char *unit = wattle_paths_unit(WATTLE_UNIT_FILTER, mesh);

        return !wattle_host_has_filter(root_fd) ||
               (link_instance(out_fd, device, WATTLE_UNIT_FILTER, mesh, error) &&
                bind_unit(out_fd, unit, device, error));
}

/* The profile to members, by the interface alone. BindToDevice= knows no specifiers, and a socket
 * without it would listen everywhere: so the unit is written whole, with the name itself. It comes
 * with the interface as often as that does, and no crowd of members ends it: systemd's limits would
 * leave it failed. */
static gboolean write_serve_socket(int out_fd, const char *mesh, const char *interface,
                                   GError **error)
{
        g_autofree char *unit = wattle_paths_unit(WATTLE_UNIT_SERVE_SOCKET, mesh);
        g_autofree char *device = wattle_device_unit(interface);
        g_autofree char *link = g_strconcat("../", unit, NULL);
        g_autofree char *text =
                g_strdup_printf("# Made by " PROGRAM "\n"
                                "[Unit]\n"
                                "Description=Members of mesh %s that ask for its "
                                "profile\n"
                                "Documentation=man:wattle-serve(8)\n"
                                "BindsTo=%s\n"
                                "After=%s\n"
                                "StartLimitIntervalSec=0\n"
                                "\n"
                                "[Socket]\n"
                                "ListenStream=%d\n"
                                "BindToDevice=%s\n"
                                "Accept=yes\n"
                                "MaxConnections=8\n"
                                "TriggerLimitIntervalSec=0\n",
                                mesh, device, device, WATTLE_PROFILE_PORT, interface);

        return wattle_write_file(out_fd, unit, 0644, text, strlen(text), error) &&
               link_unit(out_fd, device, unit, link, error);
}

/* What is still to be confirmed, of any mesh ('wattle apply --confirm'); and of a signed one what
 * is told of newer profiles, and the daily look for them. A build or a package may leave it out. */
static gboolean link_update(int root_fd, int out_fd, const char *mesh, const WattleLocal *local,
                            GError **error)
{
        static const char fetch[] = WATTLE_UNITDIR "/" WATTLE_UNIT_FETCH_SOCKET;
        g_autofree char *candidate = wattle_paths_candidate(mesh);

        if (!wattle_host_has_update(root_fd))
                return TRUE;
        if (wattle_path_exists(root_fd, candidate + 1) &&
            !link_instance(out_fd, "multi-user.target", WATTLE_UNIT_UPDATE, mesh, error))
                return FALSE;
        if (!wattle_mesh_must_be_signed(root_fd, mesh))
                return TRUE;
        return link_unit(out_fd, "sockets.target", WATTLE_UNIT_FETCH_SOCKET, fetch, error) &&
               link_instance(out_fd, "sockets.target", WATTLE_UNIT_UPDATE_SOCKET, mesh, error) &&
               link_instance(out_fd, "timers.target", WATTLE_UNIT_UPDATE_TIMER, mesh, error) &&
               write_serve_socket(out_fd, mesh, wattle_local_interface(local, mesh), error);
}

/* Where wattled tells wattle-relay of pairs, should this device be a relay: that stands in the
 * profile, which is not read here. */
static gboolean link_relay(int root_fd, int out_fd, const char *mesh, GError **error)
{
        return !wattle_host_has_relay(root_fd) ||
               link_instance(out_fd, "sockets.target", WATTLE_UNIT_RELAY_SOCKET, mesh, error);
}

/* Whom wattled asks for endpoints past the tunnel of an exit node, where systemd-resolved does not
 * run. All meshes share it. */
static gboolean link_lookup(int root_fd, int out_fd, const WattleLocal *local, GError **error)
{
        return !local->exit_node.value || !wattle_host_has_lookup(root_fd) ||
               link_unit(out_fd, "sockets.target", WATTLE_UNIT_LOOKUP_SOCKET,
                         WATTLE_UNITDIR "/" WATTLE_UNIT_LOOKUP_SOCKET, error);
}

static gboolean link_portmap(int root_fd, int out_fd, const char *mesh, const WattleLocal *local,
                             GError **error)
{
        return !local->port_mapping || !wattle_host_has_portmap(root_fd) ||
               link_instance(out_fd, "sockets.target", WATTLE_UNIT_PORTMAP_SOCKET, mesh, error);
}

static gboolean link_mesh(int root_fd, int out_fd, const char *mesh, const WattleLocal *local,
                          GError **error)
{
        WattleOwner owner =
                local->owner == WATTLE_OWNER_AUTO ? wattle_host_owner(root_fd) : local->owner;

        if (!link_instance(out_fd, "sysinit.target", WATTLE_UNIT_NETWORKD_WRITER, mesh, error) ||
            !link_filter(root_fd, out_fd, mesh, wattle_local_interface(local, mesh), error) ||
            !link_update(root_fd, out_fd, mesh, local, error) ||
            !link_relay(root_fd, out_fd, mesh, error) ||
            !link_portmap(root_fd, out_fd, mesh, local, error) ||
            !link_lookup(root_fd, out_fd, local, error) ||
            (local->migrate && !link_daemon(root_fd, out_fd, error)))
                return FALSE;
        if (owner == WATTLE_OWNER_NETWORK_MANAGER)
                return !wattle_host_has_nm_writer(root_fd) ||
                       link_instance(out_fd, "sysinit.target", WATTLE_UNIT_NM_WRITER, mesh, error);
        /* networkd is started for the meshes that it owns, and for no others: on a host of
         * NetworkManager's it would only remove the routing rules of other programs. */
        return link_unit(out_fd, "multi-user.target", WATTLE_UNIT_NETWORKD,
                         SYSTEMD_UNITDIR "/" WATTLE_UNIT_NETWORKD, error);
}

/* An invitation that waits, in /etc/wattle or as a credential of the system
 * (systemd.system-credentials(7)), is taken at boot; until then, if nobody has agreed to it yet,
 * there is no such mesh. */
static gboolean link_join(int root_fd, int out_fd, const char *mesh, GError **error)
{
        g_autofree char *profile = wattle_mesh_find(root_fd, mesh);

        return profile || !wattle_host_has_update(root_fd) ||
               link_instance(out_fd, "multi-user.target", WATTLE_UNIT_JOIN, mesh, error);
}

#define CREDENTIALS       "run/credentials/@system"
#define CREDENTIAL_PREFIX "wattle."

static char **list_invited(int root_fd)
{
        g_auto(GStrv) waiting = wattle_invitation_list(root_fd);
        g_auto(GStrv) credentials = wattle_list_folder(root_fd, CREDENTIALS, CREDENTIAL_PREFIX,
                                                       WATTLE_INVITATION_SUFFIX, NULL);
        g_autoptr(GPtrArray) meshes = g_ptr_array_new_with_free_func(g_free);

        for (guint i = 0; waiting[i]; i++)
                g_ptr_array_add(meshes, g_strdup(waiting[i]));
        for (guint i = 0; credentials && credentials[i]; i++) {
                const char *name = credentials[i] + strlen(CREDENTIAL_PREFIX);
                g_autofree char *mesh =
                        g_strndup(name, MAX(strlen(name), strlen(WATTLE_INVITATION_SUFFIX)) -
                                                strlen(WATTLE_INVITATION_SUFFIX));

                if (wattle_identifier_check(mesh, WATTLE_MESH_NAME_MAX, NULL))
                        g_ptr_array_add(meshes, g_steal_pointer(&mesh));
        }
        g_ptr_array_add(meshes, NULL);
        return (char **)g_ptr_array_free(g_steal_pointer(&meshes), FALSE);
}

/* A mesh whose settings are bad gets its service all the same: that fails by name, and the journal
 * has the reason. */
static gboolean enable_mesh(int root_fd, int out_fd, const char *mesh, GError **error)
{
        g_auto(WattleLocal) local = { 0 };
        g_auto(WattleReport) report = { 0 };

        wattle_report_init(&report);
        report.max_faults = MAX_FAULTS_LOGGED;
        wattle_local_init(&local);
        if (!wattle_local_load(&local, root_fd, mesh, &report))
                log_report(&report);
        return !local.enable || link_mesh(root_fd, out_fd, mesh, &local, error);
}

/* What tailscaled is started with: its unit has the folder of the distribution's own file, which
 * beats Environment= of a drop-in, and of two such files the last. A value that changes is read
 * when tailscaled starts again, and no daemon-reload is needed. */
static gboolean extend_tailscaled(int out_fd, const char *name, GError **error)
{
        static const char path[] = WATTLE_UNIT_TAILSCALED ".d/50-wattle.conf";
        g_autofree char *writer = wattle_paths_unit(WATTLE_UNIT_TAILNET, name);
        g_autofree char *file = wattle_paths_file(WATTLE_FILE_TAILNET_ENVIRONMENT, name);
        g_autofree char *text = g_strdup_printf("# Made by " PROGRAM "\n"
                                                "[Unit]\n"
                                                "Wants=%s\n"
                                                "After=%s\n"
                                                "\n"
                                                "[Service]\n"
                                                "EnvironmentFile=-/%s\n",
                                                writer, writer, file);

        return wattle_make_folders(out_fd, path, error) &&
               wattle_write_file(out_fd, path, 0644, text, strlen(text), error);
}

/* tailscaled is started for it, if Tailscale is installed: 'wattle check' says so if not. What logs
 * in a build or a package may leave out. */
static gboolean link_tailscaled(int root_fd, int out_fd, const char *name, const char *unit,
                                GError **error)
{
        return extend_tailscaled(out_fd, name, error) &&
               link_unit(out_fd, "multi-user.target", WATTLE_UNIT_TAILSCALED, unit, error) &&
               (!wattle_host_has_tailscale(root_fd) ||
                link_instance(out_fd, "multi-user.target", WATTLE_UNIT_TAILSCALE, name, error));
}

static gboolean link_tailnet(int root_fd, int out_fd, const char *name, GError **error)
{
        g_autofree char *unit = wattle_tailnet_find_unit(root_fd);
        g_autofree char *interface = wattle_tailnet_load_interface(root_fd, name);

        return (!interface || wattle_mesh_exists(root_fd, name) ||
                link_filter(root_fd, out_fd, name, interface, error)) &&
               link_instance(out_fd, "sysinit.target", WATTLE_UNIT_TAILNET, name, error) &&
               (!unit || link_tailscaled(root_fd, out_fd, name, unit, error));
}

static int open_folder(const char *path)
{
        g_autoptr(GError) error = NULL;
        int fd = wattle_root_open(path, &error);

        if (fd < 0)
                log_line('3', error->message);
        return fd;
}

typedef gboolean (*Linker)(int root_fd, int out_fd, const char *mesh, GError **error);

/* A mesh that fails is said, and no reason to leave the others out. */
static gboolean link_all(int root_fd, int out_fd, const char *what, char **names, Linker linker)
{
        gboolean ok = TRUE;

        for (guint i = 0; names[i]; i++) {
                g_autoptr(GError) error = NULL;
                g_autofree char *text = NULL;

                if (linker(root_fd, out_fd, names[i], &error))
                        continue;
                text = g_strdup_printf("%s %s: %s", what, names[i], error->message);
                log_line('3', text);
                ok = FALSE;
        }
        return ok;
}

static int run(const char *root, const char *out)
{
        g_auto(WattleReport) report = { 0 };
        g_auto(GStrv) meshes = NULL, invited = NULL;
        char *tailnets[] = { NULL, NULL };
        int root_fd = open_folder(root), out_fd = open_folder(out);
        gboolean ok;

        if (root_fd < 0 || out_fd < 0)
                return EXIT_FAILURE;
        wattle_report_init(&report);
        meshes = wattle_mesh_list(root_fd, &report);
        log_report(&report);
        invited = list_invited(root_fd);
        ok = link_all(root_fd, out_fd, "mesh", meshes, enable_mesh);
        ok = link_all(root_fd, out_fd, "mesh", invited, link_join) && ok;
        tailnets[0] = wattle_tailnet_first_enabled(root_fd);
        ok = link_all(root_fd, out_fd, "tailnet", tailnets, link_tailnet) && ok;
        g_free(tailnets[0]);
        close(root_fd);
        close(out_fd);
        return ok ? EXIT_SUCCESS : EXIT_FAILURE;
}

static int usage(FILE *stream, int status)
{
        fputs("Usage: " PROGRAM " [--root=DIR] NORMAL-DIR [EARLY-DIR LATE-DIR]\n"
              "\n"
              "Links the units of each enabled mesh into NORMAL-DIR. systemd runs it at boot and on\n"
              "daemon-reload; see wattle-generator(8).\n"
              "\n"
              "  --root=DIR  look for meshes below DIR\n"
              "  --help      show this\n",
              stream);
        return status;
}

int main(int argc, char **argv)
{
        const char *root = "/";

        if (argc > 1 && strcmp(argv[1], "--help") == 0)
                return usage(stdout, EXIT_SUCCESS);
        if (argc > 1 && g_str_has_prefix(argv[1], "--root=")) {
                root = argv[1] + strlen("--root=");
                argv++;
                argc--;
        }
        if (argc != 2 && argc != 4)
                return usage(stderr, 2);
        /* The initrd's /etc is not the host's, and the host's generators run again after it. */
        if (g_strcmp0(g_getenv("SYSTEMD_IN_INITRD"), "1") == 0)
                return EXIT_SUCCESS;
        return run(root, argv[1]);
}
