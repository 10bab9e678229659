/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <poll.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sysexits.h>
#include <unistd.h>

#include "cli/cli.h"
#include "cli/join/join.h"
#include "cli/managers/systemd.h"
#include "cli/managers/update-units.h"
#include "cli/print.h"
#include "cli/prompt.h"
#include "cli/signing.h"
#include "cli/update/hands.h"
#include "cli/update/source.h"
#include "cli/update/take.h"
#include "common/error.h"
#include "common/language.h"
#include "common/paths.h"
#include "common/scalar.h"
#include "common/sys/file.h"
#include "common/sys/host.h"

/* How long somebody waits at a terminal; the service goes on after that. */
#define WAIT_S 60

/* And for the interface, which the manager makes within a second, if it can. */
#define INTERFACE_S 10

/* For the answer of somebody who calls the admin. */
#define CONFIRM_S 600

/* A member that can be reached gives each file in less: a handshake that is lost is tried again
 * after five seconds (REKEY_TIMEOUT, drivers/net/wireguard/messages.h). */
#define FETCH_S 6

/* Between two rounds of the service's, doubled up to the last. */
#define PAUSE_MIN_S 2
#define PAUSE_MAX_S 60

typedef struct {
        const WattleCli *cli;
        WattleApplier applier;
        gboolean yes;
        gboolean unattended;
        char *interface;   /* of the mesh; set by bring_up() */
        gint64 end_us;     /* CLOCK_MONOTONIC, if somebody waits */
        GString *last_why; /* why the last member gave nothing */
} Host;

typedef struct {
        WattleHands hands;
        Host *host;
} Hands;

static gboolean fail(const char *what, const GError *error)
{
        wattle_print_error("%s: %s", what, error->message);
        return FALSE;
}

/* So long after the dot the rest of what was pasted has come. */
#define REST_MS 200

/* What stands behind the dot of a paste would else be an answer to our question, or an order to the
 * shell. */
static void drop_rest(int fd)
{
        struct pollfd wait = { .fd = fd, .events = POLLIN };
        char chunk[4096];

        while (poll(&wait, 1, REST_MS) > 0 && read(fd, chunk, sizeof chunk) > 0)
                ;
}

/* Up to the dot, or to the end of what comes. NULL with an error. */
static char *read_all(int fd, GError **error)
{
        g_autoptr(GString) text = g_string_new(NULL);
        char chunk[4096];

        while (text->len <= WATTLE_INVITATION_MAX_BYTES &&
               !(isatty(fd) && wattle_invitation_is_whole(text->str, text->len))) {
                gssize n = read(fd, chunk, sizeof chunk);

                if (n < 0 && errno != EINTR) {
                        wattle_error_set_errno(error, errno, "standard input");
                        return NULL;
                }
                if (n == 0)
                        break;
                if (n > 0)
                        g_string_append_len(text, chunk, n);
        }
        sodium_memzero(chunk, sizeof chunk);
        if (isatty(fd))
                drop_rest(fd);
        return g_string_free(g_steal_pointer(&text), FALSE);
}

/* Where the text comes from: a file, or standard input if there is none. */
typedef struct {
        int dir_fd;
        char *path;
        char *name; /* as messages call it */
} Source;

static void source_clear(Source *source)
{
        g_free(source->path);
        g_free(source->name);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Source, source_clear)

static void source_set(Source *source, int dir_fd, const char *path, const char *name)
{
        *source = (Source){ dir_fd, g_strdup(path), g_strdup(name) };
}

/* That of a mesh waits in /etc/wattle or, for wattle-join@MESH.service, is the system's credential
 * wattle.MESH.invite. */
static void find_waiting(const Host *host, const char *mesh, Source *ret)
{
        g_autofree char *path = wattle_paths_invitation(mesh);
        const char *folder = g_getenv("CREDENTIALS_DIRECTORY");
        g_autofree char *credential =
                folder ? g_strdup_printf("%s/wattle.%s" WATTLE_INVITATION_SUFFIX, folder, mesh)
                       : NULL;

        if (!credential || wattle_path_exists(host->cli->root_fd, path + 1))
                source_set(ret, host->cli->root_fd, path + 1, path);
        else
                source_set(ret, AT_FDCWD, credential, credential);
}

/* As wattle_cli_is_mesh_name(), of a mesh that may not be there yet: a folder, as /home is in /, is
 * no file with an invitation. */
static gboolean is_mesh_name(const Host *host, const char *operand)
{
        struct stat st;

        return !strchr(operand, '/') &&
               wattle_identifier_check(operand, WATTLE_MESH_NAME_MAX, NULL) &&
               (host->unattended || stat(operand, &st) < 0 || S_ISDIR(st.st_mode));
}

static void find_source(const Host *host, const char *operand, Source *ret)
{
        if (!operand || strcmp(operand, "-") == 0)
                source_set(ret, AT_FDCWD, NULL, _("the invitation"));
        else if (is_mesh_name(host, operand))
                find_waiting(host, operand, ret);
        else
                source_set(ret, AT_FDCWD, operand, operand);
}

/* The invitation as text; NULL with an error. */
static char *read_text(const Source *source, GError **error)
{
        g_autoptr(GBytes) bytes = NULL;

        if (source->path) {
                bytes = wattle_read_file(source->dir_fd, source->path, WATTLE_INVITATION_MAX_BYTES,
                                         error);
                return bytes ? g_strndup(g_bytes_get_data(bytes, NULL), g_bytes_get_size(bytes))
                             : NULL;
        }
        if (isatty(STDIN_FILENO))
                wattle_print(stderr, "Paste the invitation; it ends with a dot:\n");
        return read_all(STDIN_FILENO, error);
}

/* As a key's file; and what it is of, if it was found by the name of a mesh. */
static gboolean check_source(const Host *host, const Source *source, const char *operand,
                             const WattleJoin *join)
{
        struct stat st;

        if (source->path && join->invitation.has_private_key &&
            wattle_below_stat(source->dir_fd, source->path, &st) == 0 && st.st_mode & S_IRWXO) {
                wattle_print_error(
                        "%s: has a private key, and others can read it: 'chmod 0600 %s', "
                        "and a new invitation if somebody did",
                        source->name, source->name);
                return FALSE;
        }
        if (operand && is_mesh_name(host, operand) && strcmp(operand, join->mesh->name) != 0) {
                wattle_print_error("%s: is an invitation to mesh %s, not %s", source->name,
                                   join->mesh->name, operand);
                return FALSE;
        }
        return TRUE;
}

static char *list_members(const WattleJoin *join)
{
        g_autoptr(GString) text = g_string_new(NULL);

        for (guint i = 0; i < join->mesh->n_devices; i++) {
                const WattleDevice *device = &join->mesh->devices[i];

                if (device != join->device)
                        g_string_append_printf(text, "%s%s", text->len > 0 ? ", " : "",
                                               device->name);
        }
        return g_string_free(g_steal_pointer(&text), FALSE);
}

/* What it is, and the words that tell whether somebody in between has made it. */
static gboolean agree(const Host *host, const WattleJoin *join)
{
        g_autofree char *who = wattle_signing_describe(&join->invitation.signer);
        char address[WATTLE_ADDR_TEXT_MAX];

        wattle_addr_format(&join->device->addresses[0].value, address);
        wattle_print(stderr, "mesh %s, serial %ju; this host is %s, %s\nsigned by key %s\n",
                     join->mesh->name, join->mesh->serial, join->device->name, address, who);
        if (host->yes || host->unattended)
                return TRUE;
        if (!wattle_prompt_is_possible()) {
                wattle_print_error("there is no terminal to ask on whether the admin sees the same "
                                   "words: with --yes it is not asked. Nothing was changed");
                return FALSE;
        }
        if (wattle_prompt_confirm(_("Does the admin see the same words? [y/N] "), CONFIRM_S))
                return TRUE;
        wattle_print_error("nothing was changed");
        return FALSE;
}

/* What a member says each second again is said once. */
static void say(const WattleUpdater *updater, const char *line)
{
        Host *host = ((Hands *)updater->data)->host;

        if (strcmp(line, host->last_why->str) == 0)
                return;
        g_string_assign(host->last_why, line);
        wattle_print(stdout, "%s: %s\n", updater->mesh, line);
        (void)fflush(stdout);
}

/* The interface with its few peers, and what newer profiles come by. */
static gboolean bring_up(Host *host, const WattleUpdater *updater)
{
        g_auto(WattleReport) report = { 0 };
        g_auto(WattleLocal) local = { 0 };
        g_autoptr(GError) error = NULL;

        wattle_report_init(&report);
        wattle_local_init(&local);
        if (!wattle_local_load(&local, host->cli->root_fd, updater->mesh, &report)) {
                wattle_print_report(&report);
                return FALSE;
        }
        host->interface = g_strdup(wattle_local_interface(&local, updater->mesh));
        if (!wattle_hands_apply(updater, &error))
                return fail(updater->mesh, error);
        if (local.activation == WATTLE_ACTIVATION_MANUAL &&
            wattle_cli_run(host->cli, &wattle_verb_up, updater->mesh) != EXIT_SUCCESS)
                return FALSE;
        if (!wattle_update_units_follow(host->applier.bus, updater->mesh, TRUE, host->interface,
                                        &error))
                wattle_print_error("warning: %s: newer profiles do not come by themselves: %s",
                                   updater->mesh, error->message);
        return TRUE;
}

static gboolean take_from(Host *host, const WattleUpdater *updater,
                          const WattleUpdateSource *source)
{
        const WattleTakeOptions options = { 0 };
        g_auto(WattleOffer) offer = { 0 };
        g_auto(WattleReport) report = { 0 };
        g_auto(WattleFd) lock = -1;
        g_autoptr(GError) error = NULL;
        WattleTaken taken;

        wattle_report_init(&report);
        if (!wattle_update_source_get(source, &offer, NULL, NULL, &error)) {
                g_string_printf(host->last_why, "%s: %s", source->name, error->message);
                return FALSE;
        }
        if (!wattle_update_lock(updater, &lock, &error) ||
            !wattle_update_take(updater, &offer, &options, &taken, &report)) {
                g_autofree char *first = error ? NULL : wattle_report_first_error(&report);

                g_string_printf(host->last_why, "%s", error ? error->message : first ? first : "");
                return FALSE;
        }
        if (!taken.is_kept)
                return FALSE;
        wattle_updater_say(updater, "serial %ju is in force", offer.lineage.serial);
        return TRUE;
}

/* The members that the invitation has, and then the web server that the mesh may have. */
static GArray *find_sources(const WattleJoin *join, const char *interface)
{
        GArray *sources = g_array_new(FALSE, FALSE, sizeof(WattleUpdateSource));

        g_array_set_clear_func(sources, (GDestroyNotify)wattle_update_source_clear);
        for (guint i = 0; i < join->mesh->n_devices; i++) {
                const WattleDevice *device = &join->mesh->devices[i];
                WattleUpdateSource source = { 0 };

                if (device == join->device || device->n_addresses == 0)
                        continue;
                wattle_update_source_of_peer(join->mesh->name, device->name,
                                             &device->addresses[0].value, interface, &source);
                source.timeout_s = FETCH_S;
                g_array_append_val(sources, source);
        }
        if (join->mesh->update_url) {
                WattleUpdateSource source = { 0 };

                if (wattle_update_source_parse(join->mesh->update_url, join->mesh->name, &source,
                                               NULL))
                        g_array_append_val(sources, source);
        }
        return sources;
}

/* Somebody else may have brought it meanwhile: the service, or 'wattle update'; or a run that was
 * killed has installed it, and no more. */
static gboolean is_joined(const WattleUpdater *updater)
{
        g_autofree char *path = wattle_mesh_find(updater->root_fd, updater->mesh);
        g_auto(WattleUpdateState) state = { 0 };
        g_auto(WattleFd) lock = -1;
        g_autoptr(GError) error = NULL;
        gboolean kept;

        if (!path)
                return FALSE;
        if (!wattle_update_lock(updater, &lock, &error) ||
            !wattle_update_state_load(updater->root_fd, updater->mesh, &state, &error) ||
            !wattle_update_settle(updater, &state, &kept, &error))
                fail(updater->mesh, error);
        return TRUE;
}

static gboolean ask_round(Host *host, const WattleUpdater *updater, const GArray *sources)
{
        for (guint i = 0; i < sources->len; i++)
                if (is_joined(updater) ||
                    take_from(host, updater, &g_array_index(sources, WattleUpdateSource, i)))
                        return TRUE;
        return FALSE;
}

static gboolean has_waited(const Host *host)
{
        gint64 now_us = g_get_monotonic_time();

        return now_us >= host->end_us ||
               (now_us >= host->end_us - (WAIT_S - INTERFACE_S) * (gint64)G_USEC_PER_SEC &&
                if_nametoindex(host->interface) == 0);
}

/* Until a member gives the profile; FALSE if nobody did in the time that a person waits. */
static gboolean ask_members(Host *host, const WattleUpdater *updater, const WattleJoin *join)
{
        g_autoptr(GArray) sources = find_sources(join, host->interface);
        g_autofree char *members = list_members(join);
        guint pause_s = PAUSE_MIN_S;

        wattle_updater_say(updater, "asking %s for the profile", members);
        while (!ask_round(host, updater, sources)) {
                if (!wattle_mesh_exists(updater->root_fd, updater->mesh)) {
                        wattle_print_error("%s: the invitation has gone", updater->mesh);
                        return FALSE;
                }
                if (!host->unattended && has_waited(host))
                        return FALSE;
                (void)sleep(host->unattended ? pause_s : 1);
                pause_s = MIN(2 * pause_s, PAUSE_MAX_S);
        }
        return TRUE;
}

/* Nobody is there: it goes on without us. */
static void leave_to_service(const Host *host, const WattleJoin *join)
{
        g_autofree char *unit = wattle_paths_unit(WATTLE_UNIT_JOIN, join->mesh->name);
        g_autofree char *members = list_members(join);
        g_autoptr(GError) error = NULL;
        gboolean loaded;

        if (if_nametoindex(host->interface) == 0)
                wattle_print_error(
                        "%s: there is no interface %s: 'wattle doctor %s' looks for what is "
                        "missing here",
                        join->mesh->name, host->interface, join->mesh->name);
        wattle_print_error("%s: no member has given the profile yet (%s)", join->mesh->name,
                           host->last_why->str);
        if (!wattle_systemd_is_loaded(host->applier.bus, unit, &loaded, &error) || !loaded ||
            !wattle_systemd_run_job(host->applier.bus, "RestartUnit", unit, &error)) {
                wattle_print_error("'wattle join %s' asks again", join->mesh->name);
                return;
        }
        wattle_print_error(
                "%s: asking goes on by itself, after a reboot too. One of %s has to be up "
                "and to have the new profile ('wattle apply' on the host where it was "
                "made); 'wattle status %s' shows who is heard, 'wattle leave %s' gives up",
                join->mesh->name, members, join->mesh->name, join->mesh->name);
}

static gboolean check_fetching(const Host *host)
{
        if (wattle_host_has_update(host->cli->root_fd))
                return TRUE;
        wattle_print_error(
                "the profile comes by wattle-update, which is not here: install the package "
                "wattle-update");
        return FALSE;
}

static gboolean check(const Host *host, const WattleJoin *join)
{
        g_auto(WattleReport) report = { 0 };
        gboolean ok;

        wattle_report_init(&report);
        ok = wattle_join_check(join, host->cli->root_fd, &report);
        wattle_print_report(&report);
        return ok;
}

/* Checked again behind the lock: a person may have thought for ten minutes. */
static gboolean install(const Host *host, const WattleUpdater *updater, const WattleJoin *join)
{
        g_auto(WattleFd) lock = -1;
        g_autoptr(GError) error = NULL;

        if (!check(host, join) || !agree(host, join))
                return FALSE;
        if (!wattle_update_lock(updater, &lock, &error))
                return fail(updater->mesh, error);
        return check(host, join) && (wattle_join_install(join, host->cli->root_fd,
                                                         &host->applier.networkd_gid, &error) ||
                                     fail(join->mesh->name, error));
}

/* An exit status. */
static int ask_and_show(Host *host, const WattleUpdater *updater, const WattleJoin *join)
{
        if (!bring_up(host, updater)) {
                wattle_print_error(
                        "%s: 'wattle join %s' goes on once that is mended, and 'wattle leave "
                        "%s' gives up",
                        updater->mesh, updater->mesh, updater->mesh);
                return EX_TEMPFAIL;
        }
        host->end_us = g_get_monotonic_time() + WAIT_S * (gint64)G_USEC_PER_SEC;
        if (ask_members(host, updater, join)) {
                if (!host->unattended)
                        (void)wattle_cli_run(host->cli, &wattle_verb_status, updater->mesh);
                return EXIT_SUCCESS;
        }
        if (!host->unattended)
                leave_to_service(host, join);
        return EXIT_FAILURE;
}

static int join_mesh(Host *host, const WattleJoin *join)
{
        Hands hands = { { &host->applier }, host };
        const WattleUpdater updater = {
                .root_fd = host->cli->root_fd,
                .mesh = join->mesh->name,
                .apply = wattle_hands_apply,
                .wait = wattle_hands_wait,
                .say = say,
                .guard = wattle_hands_guard,
                .data = &hands,
        };

        if (host->unattended && is_joined(&updater))
                return EXIT_SUCCESS;
        return check_fetching(host) && install(host, &updater, join)
                       ? ask_and_show(host, &updater, join)
                       : EXIT_FAILURE;
}

static int join(Host *host, const char *operand)
{
        g_auto(Source) source = { 0 };
        g_autofree char *text = NULL;
        g_auto(WattleReport) report = { 0 };
        g_auto(WattleJoin) what = { 0 };
        g_autoptr(GError) error = NULL;
        int status;
        gboolean ok;

        find_source(host, operand, &source);
        text = read_text(&source, &error);
        if (!text) {
                fail(source.name, error);
                return EXIT_FAILURE;
        }
        wattle_report_init(&report);
        ok = wattle_join_read(&what, text, strlen(text), source.name, &report);
        sodium_memzero(text, strlen(text));
        /* Warnings are for the admin, and not for who got it. */
        if (!ok)
                wattle_print_report(&report);
        if (!ok || !check_source(host, &source, operand, &what))
                return EXIT_FAILURE;
        status = join_mesh(host, &what);
        if (status == EXIT_SUCCESS && !host->unattended && source.path &&
            what.invitation.has_private_key)
                wattle_print(stderr, "%s still has the private key in it: remove it\n",
                             source.name);
        return status;
}

static int run(WattleCli *cli, char **argv)
{
        g_auto(GStrv) operands = NULL;
        Host host = { .cli = cli };
        const GOptionEntry options[] = {
                { "yes", 'y', 0, G_OPTION_ARG_NONE, &host.yes,
                  N_("do not ask whether the words are the same"), NULL },
                { "unattended", 0, 0, G_OPTION_ARG_NONE, &host.unattended,
                  N_("ask nothing, and wait until a member gives the profile"), NULL },
                { 0 },
        };
        int status;

        if (!wattle_cli_parse(cli, &wattle_verb_join, options, argv, &operands))
                return cli->status;
        if (strcmp(cli->root, "/") != 0)
                return wattle_cli_usage(
                        &wattle_verb_join,
                        "--root= is of no use here: a network that runs is changed");
        /* At boot the bus may come later. */
        if (!wattle_cli_open_applier(cli, &wattle_verb_join, &host.applier))
                return host.unattended ? EX_TEMPFAIL : EXIT_FAILURE;
        host.last_why = g_string_new(NULL);
        status = join(&host, operands[0]);
        g_string_free(host.last_why, TRUE);
        g_free(host.interface);
        sd_bus_flush_close_unref(host.applier.bus);
        return status;
}

const WattleVerb wattle_verb_join = {
        .name = "join",
        .operands = "[FILE|MESH]",
        .n_min = 0,
        .n_max = 1,
        .summary = N_("get into a mesh by an invitation"),
        .description = N_(
                "Takes the text that 'wattle add --invite' or 'wattle invite' printed: pasted, from FILE or\n"
                "standard input, or CONFDIR/MESH.invite. Shows the six words of the key that signed it,\n"
                "which the admin sees too, brings the interface up, gets the profile from a member, and\n"
                "shows how it stands. 'wattle genkey MESH' comes first: the invitation is for that key."),
        .example = "wattle join",
        .run = run,
};
