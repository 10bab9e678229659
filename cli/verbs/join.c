/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
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
#include "common/paths.h"
#include "common/scalar.h"
#include "common/sys/file.h"
#include "common/sys/host.h"

/* How long somebody waits at a terminal; the service goes on after that. */
#define WAIT_S 60

/* For the two words by which a person agrees. */
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

static gboolean fail(const char *what, const GError *error)
{
        wattle_print_error("%s: %s", what, error->message);
        return FALSE;
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
        return g_string_free(g_steal_pointer(&text), FALSE);
}

static char *read_file(int dir_fd, const char *path, GError **error)
{
        g_autoptr(GBytes) bytes =
                wattle_read_file(dir_fd, path, WATTLE_INVITATION_MAX_BYTES, error);

        return bytes ? g_strndup(g_bytes_get_data(bytes, NULL), g_bytes_get_size(bytes)) : NULL;
}

/* The system's credential wattle.MESH.invite, as wattle-join@MESH.service has it. */
static char *read_credential(const char *mesh)
{
        const char *folder = g_getenv("CREDENTIALS_DIRECTORY");
        g_autofree char *path =
                folder ? g_strdup_printf("%s/wattle.%s" WATTLE_INVITATION_SUFFIX, folder, mesh)
                       : NULL;

        return path ? read_file(AT_FDCWD, path, NULL) : NULL;
}

/* That of a mesh, which waits in /etc/wattle or was handed to the service. */
static char *read_waiting(const Host *host, const char *mesh, char **ret_source, GError **error)
{
        g_autofree char *path = wattle_paths_invitation(mesh);
        char *text;

        *ret_source = g_strdup(path);
        if (wattle_path_exists(host->cli->root_fd, path + 1))
                return read_file(host->cli->root_fd, path + 1, error);
        text = read_credential(mesh);
        if (!text)
                wattle_error_refuse(error, "there is none");
        return text;
}

/* As wattle_cli_is_mesh_name(), of a mesh that may not be there yet: a folder, as /home is in /, is
 * no file with an invitation. */
static gboolean is_mesh_name(const char *operand)
{
        struct stat st;

        return !strchr(operand, '/') && (stat(operand, &st) < 0 || S_ISDIR(st.st_mode)) &&
               wattle_identifier_check(operand, WATTLE_MESH_NAME_MAX, NULL);
}

/* The invitation as text, and how messages call where it is from; NULL with an error. */
static char *read_text(const Host *host, const char *operand, char **ret_source, GError **error)
{
        if (operand && strcmp(operand, "-") != 0) {
                if (is_mesh_name(operand))
                        return read_waiting(host, operand, ret_source, error);
                *ret_source = g_strdup(operand);
                return read_file(AT_FDCWD, operand, error);
        }
        *ret_source = g_strdup("the invitation");
        if (isatty(STDIN_FILENO))
                wattle_print(stderr, "Paste the invitation; it ends with a dot:\n");
        return read_all(STDIN_FILENO, error);
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
        wattle_print(stderr,
                     "mesh %s, serial %" G_GUINT64_FORMAT
                     "; this host is %s, %s\nsigned by key %s\n",
                     join->mesh->name, join->mesh->serial, join->device->name, address, who);
        if (host->yes || host->unattended || !isatty(STDIN_FILENO))
                return TRUE;
        if (wattle_prompt_confirm("Does the admin see the same words? [y/N] ", CONFIRM_S))
                return TRUE;
        wattle_print_error("nothing was changed");
        return FALSE;
}

static void say(const WattleUpdater *updater, const char *line)
{
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

/* The profile may have a device of this host's name that the invitation had not. */
static gboolean write_settings(const Host *host, const WattleJoin *join, const WattleOffer *offer)
{
        g_auto(WattleReport) unheard = { 0 };
        g_autoptr(WattleProfile) profile = NULL;
        g_autoptr(GError) error = NULL;
        const WattleDevice *device;

        wattle_report_init(&unheard);
        profile = wattle_profile_load_take(g_bytes_ref(offer->text), offer->name, &unheard);
        device = profile ? wattle_profile_find_key(profile, &join->device->public_key) : NULL;
        return !device || wattle_join_write_settings(profile, device, host->cli->root_fd, &error) ||
               fail(join->mesh->name, error);
}

static gboolean take_from(Host *host, const WattleUpdater *updater, const WattleJoin *join,
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
        if (!write_settings(host, join, &offer) || !wattle_update_lock(updater, &lock, &error) ||
            !wattle_update_take(updater, &offer, &options, &taken, &report)) {
                g_autofree char *first = error ? NULL : wattle_report_first_error(&report);

                g_string_printf(host->last_why, "%s", error ? error->message : first ? first : "");
                return FALSE;
        }
        if (!taken.is_kept)
                return FALSE;
        wattle_updater_say(updater, "serial %" G_GUINT64_FORMAT " is in force",
                           offer.lineage.serial);
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

/* Somebody else may have brought it meanwhile: the service, or 'wattle update'. */
static gboolean is_joined(const Host *host, const WattleJoin *join)
{
        g_autofree char *path = wattle_mesh_find(host->cli->root_fd, join->mesh->name);

        return path != NULL;
}

static gboolean ask_round(Host *host, const WattleUpdater *updater, const WattleJoin *join,
                          const GArray *sources)
{
        for (guint i = 0; i < sources->len; i++)
                if (is_joined(host, join) ||
                    take_from(host, updater, join, &g_array_index(sources, WattleUpdateSource, i)))
                        return TRUE;
        return FALSE;
}

/* Until a member gives the profile; FALSE if nobody did in the time that a person waits. */
static gboolean ask_members(Host *host, const WattleUpdater *updater, const WattleJoin *join)
{
        g_autoptr(GArray) sources = find_sources(join, host->interface);
        g_autofree char *members = list_members(join);
        guint pause_s = PAUSE_MIN_S;

        wattle_updater_say(updater, "asking %s for the profile", members);
        while (!ask_round(host, updater, join, sources)) {
                if (!host->unattended && g_get_monotonic_time() >= host->end_us)
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
            !wattle_systemd_run_job(host->applier.bus, "StartUnit", unit, &error)) {
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

static gboolean install(const Host *host, const WattleJoin *join)
{
        g_auto(WattleReport) report = { 0 };
        g_autoptr(GError) error = NULL;
        gboolean ok;

        wattle_report_init(&report);
        ok = wattle_join_check(join, host->cli->root_fd, &report);
        wattle_print_report(&report);
        if (!ok || !agree(host, join))
                return FALSE;
        return wattle_join_install(join, host->cli->root_fd, &host->applier.networkd_gid, &error) ||
               fail(join->mesh->name, error);
}

static gboolean join_mesh(Host *host, const WattleJoin *join)
{
        WattleHands hands = { &host->applier };
        const WattleUpdater updater = {
                .root_fd = host->cli->root_fd,
                .mesh = join->mesh->name,
                .apply = wattle_hands_apply,
                .say = say,
                .data = &hands,
        };

        if (host->unattended && is_joined(host, join))
                return TRUE;
        if (!check_fetching(host) || !install(host, join) || !bring_up(host, &updater))
                return FALSE;
        host->end_us = g_get_monotonic_time() + WAIT_S * (gint64)G_USEC_PER_SEC;
        if (ask_members(host, &updater, join)) {
                if (!host->unattended)
                        (void)wattle_cli_run(host->cli, &wattle_verb_status, join->mesh->name);
                return TRUE;
        }
        leave_to_service(host, join);
        return FALSE;
}

static gboolean join(Host *host, const char *operand)
{
        g_autofree char *source = NULL, *text = NULL;
        g_auto(WattleReport) report = { 0 };
        g_auto(WattleJoin) what = { 0 };
        g_autoptr(GError) error = NULL;
        gboolean ok;

        text = read_text(host, operand, &source, &error);
        if (!text)
                return fail(source, error);
        wattle_report_init(&report);
        ok = wattle_join_read(&what, text, strlen(text), source, &report);
        sodium_memzero(text, strlen(text));
        /* Warnings are for the admin, and not for who got it. */
        if (!ok)
                wattle_print_report(&report);
        return ok && join_mesh(host, &what);
}

static int run(WattleCli *cli, char **argv)
{
        g_auto(GStrv) operands = NULL;
        Host host = { .cli = cli };
        const GOptionEntry options[] = {
                { "yes", 'y', 0, G_OPTION_ARG_NONE, &host.yes,
                  "do not ask whether the words are the same", NULL },
                { "unattended", 0, 0, G_OPTION_ARG_NONE, &host.unattended,
                  "ask nothing, and wait until a member gives the profile", NULL },
                { 0 },
        };
        gboolean ok;

        if (!wattle_cli_parse(cli, &wattle_verb_join, options, argv, &operands))
                return cli->status;
        if (strcmp(cli->root, "/") != 0)
                return wattle_cli_usage(
                        &wattle_verb_join,
                        "--root= is of no use here: a network that runs is changed");
        if (!wattle_cli_open_applier(cli, &wattle_verb_join, &host.applier))
                return EXIT_FAILURE;
        host.last_why = g_string_new(NULL);
        ok = join(&host, operands[0]);
        g_string_free(host.last_why, TRUE);
        g_free(host.interface);
        sd_bus_flush_close_unref(host.applier.bus);
        return ok ? EXIT_SUCCESS : EXIT_FAILURE;
}

const WattleVerb wattle_verb_join = {
        .name = "join",
        .operands = "[FILE|MESH]",
        .n_min = 0,
        .n_max = 1,
        .summary = "get into a mesh by an invitation",
        .description =
                "Takes the text that 'wattle add --invite' or 'wattle invite' printed: pasted, from FILE or\n"
                "standard input, or " WATTLE_CONFDIR
                "/MESH.invite. Shows the six words of the key that signed it,\n"
                "which the admin sees too, brings the interface up, gets the profile from a member, and\n"
                "shows how it stands. 'wattle genkey MESH' comes first: the invitation is for that key.",
        .example = "wattle join",
        .run = run,
};
