/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* wattle-tailscale, behind wattle-tailscale@NAME.service: logs the host into its tailnet, sets what
 * the tailnet declares, and ends. It listens to what tailscaled says (stream.h), asks the machine
 * what to do (machine.h), and runs Tailscale's own command for it (command.h). */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/scalar.h"
#include "common/sys/language/catalogue.h"
#include "common/sys/log.h"
#include "common/sys/tailnet/tailnets.h"
#include "tailscale/arguments.h"
#include "tailscale/command.h"
#include "tailscale/key.h"
#include "tailscale/notify.h"
#include "tailscale/stream.h"
#include "tailscale/tell.h"

#define SOCKET  "/run/tailscale/tailscaled.sock"
#define PROGRAM "tailscale"

typedef struct {
        const char *root, *socket, *program, *name;
        const char *file;  /* of --status= */
        const char *order; /* "status", "up", "down"; NULL: to be the service */
} Options;

typedef struct {
        const Options *options;
        WattleTailnet tailnet;
        WattleTailscaleKey key;
        WattleTailscaleMachine machine;
        WattleTailscaleCommand command;
        char *key_path; /* of the file that the command gets */
        gboolean is_done, ok;
} Service;

static void finish(Service *service, gboolean ok)
{
        service->is_done = TRUE;
        service->ok = ok;
}

static void fail(Service *service, const char *what)
{
        g_autofree char *hidden = wattle_tailscale_key_hide(&service->key, what);

        wattle_log(WATTLE_LOG_ERROR, "tailnet %s: %s", service->options->name, hidden);
        finish(service, FALSE);
}

static void say(const Service *service, const char *what)
{
        wattle_log(WATTLE_LOG_WARNING, "tailnet %s: %s", service->options->name, what);
}

static gboolean start_command(Service *service, char **words, GError **error)
{
        return wattle_tailscale_command_start(&service->command, service->options->program,
                                              service->options->socket, words, error);
}

static void log_in(Service *service)
{
        g_autofree char *parameters = wattle_tailscale_key_parameters(&service->tailnet);
        g_auto(GStrv) words = wattle_tailscale_up(&service->tailnet, service->key_path);
        g_autoptr(GError) error = NULL;

        wattle_log(WATTLE_LOG_INFO, "tailnet %s: logging in", service->options->name);
        if (!wattle_tailscale_key_write(&service->key, parameters, service->key_path, &error) ||
            !start_command(service, words, &error))
                fail(service, error->message);
}

static void set(Service *service)
{
        g_auto(GStrv) words = wattle_tailscale_set(&service->tailnet);
        g_autoptr(GError) error = NULL;

        if (!start_command(service, words, &error))
                fail(service, error->message);
}

static void act(Service *service, WattleTailscaleAction action)
{
        switch (action) {
        case WATTLE_TAILSCALE_WAIT:
                break;
        case WATTLE_TAILSCALE_LOG_IN:
                log_in(service);
                break;
        case WATTLE_TAILSCALE_SET:
                set(service);
                break;
        case WATTLE_TAILSCALE_SAY_NO_KEY:
                say(service, "it needs a login, and there is no AuthKeyFile= and no credential: "
                             "'tailscale login' does it by hand");
                break;
        case WATTLE_TAILSCALE_SAY_APPROVAL:
                say(service, "waiting until somebody approves this device");
                break;
        case WATTLE_TAILSCALE_SAY_STOPPED:
                say(service, "it was stopped, and stays so: 'tailscale up' starts it");
                break;
        case WATTLE_TAILSCALE_SAY_OTHER_USER:
                say(service, "tailscaled is in use by another user");
                break;
        case WATTLE_TAILSCALE_DONE:
                wattle_log(WATTLE_LOG_INFO, "tailnet %s: up", service->options->name);
                finish(service, TRUE);
                break;
        case WATTLE_TAILSCALE_FAIL:
                fail(service,
                     "the command failed: what it said stands above. It is not tried again "
                     "before the service is restarted");
                break;
        }
}

static void step(Service *service, WattleTailscaleEventKind kind, WattleTailnetState state)
{
        WattleTailscaleEvent event = { kind, state };

        if (!service->is_done)
                act(service, wattle_tailscale_step(&service->machine, event));
}

static void on_notify(const char *line, gsize size, gpointer data)
{
        WattleTailnetState state;

        if (wattle_tailscale_notify_state(line, size, &state))
                step(data, WATTLE_TAILSCALE_EVENT_STATE, state);
}

/* What the command says is for the journal: where to approve the device, or why it failed. */
static void read_command(Service *service)
{
        gboolean succeeded = FALSE;
        gboolean has_ended = wattle_tailscale_command_read(&service->command, &succeeded);
        char *line;

        while ((line = wattle_tailscale_command_next_line(&service->command, has_ended))) {
                g_autofree char *hidden = wattle_tailscale_key_hide(&service->key, line);

                if (*hidden)
                        wattle_log(succeeded || !has_ended ? WATTLE_LOG_INFO : WATTLE_LOG_ERROR,
                                   "tailscale: %s", hidden);
                g_free(line);
        }
        if (!has_ended)
                return;
        (void)unlink(service->key_path);
        step(service, succeeded ? WATTLE_TAILSCALE_EVENT_SUCCEEDED : WATTLE_TAILSCALE_EVENT_FAILED,
             service->machine.state);
}

static gboolean run(Service *service)
{
        g_autoptr(GError) error = NULL;
        g_autoptr(WattleTailscaleStream) stream =
                wattle_tailscale_stream_new(service->options->socket, on_notify, service, &error);

        while (stream && !service->is_done) {
                if (!wattle_tailscale_stream_wait(stream, service->command.fd, &error))
                        break;
                if (service->command.pid > 0)
                        read_command(service);
        }
        if (error && !service->is_done) {
                g_autofree char *text = g_strdup_printf("tailscaled at %s: %s",
                                                        service->options->socket, error->message);

                fail(service, text);
        }
        return service->ok;
}

/* FALSE if that was said. *ret_enabled is whether there is something to do at all. */
static gboolean load(Service *service, int root_fd, gboolean *ret_enabled)
{
        g_auto(WattleReport) report = { 0 };
        g_autoptr(GError) error = NULL;
        gboolean ok;

        wattle_report_init(&report);
        ok = wattle_tailnet_load(&service->tailnet, root_fd, service->options->name, &report);
        wattle_log_report(&report);
        *ret_enabled = ok && service->tailnet.enable;
        if (!ok || !*ret_enabled)
                return ok;
        if (!wattle_tailscale_key_read(&service->key, root_fd, &service->tailnet,
                                       service->options->name, getenv("CREDENTIALS_DIRECTORY"),
                                       &error)) {
                wattle_log(WATTLE_LOG_ERROR, "%s", error->message);
                return FALSE;
        }
        return TRUE;
}

static void prepare(Service *service)
{
        const char *folder = getenv("RUNTIME_DIRECTORY");
        g_auto(GStrv) settings = wattle_tailscale_set(&service->tailnet);

        service->key_path = g_build_filename(folder ? folder : "/run", "auth-key", NULL);
        service->machine.has_key = service->key.text != NULL;
        service->machine.has_settings = settings != NULL;
}

static int serve(const Options *options)
{
        Service service = { .options = options };
        g_autoptr(GError) error = NULL;
        g_auto(WattleFd) root_fd = wattle_root_open(options->root, &error);
        gboolean ok, is_enabled = FALSE;

        if (root_fd < 0) {
                wattle_log(WATTLE_LOG_ERROR, "%s", error->message);
                return EXIT_FAILURE;
        }
        wattle_tailnet_init(&service.tailnet);
        wattle_tailscale_command_init(&service.command);
        ok = load(&service, root_fd, &is_enabled);
        if (ok && is_enabled) {
                prepare(&service);
                ok = run(&service);
        }
        wattle_tailscale_command_clear(&service.command);
        wattle_tailscale_key_clear(&service.key);
        wattle_tailnet_clear(&service.tailnet);
        g_free(service.key_path);
        return ok ? EXIT_SUCCESS : EXIT_FAILURE;
}

static int usage(FILE *stream, int status)
{
        fputs("Usage: wattle-tailscale [OPTIONS] TAILNET\n"
              "       wattle-tailscale [OPTIONS] --status[=FILE]|--up|--down\n"
              "\n"
              "Logs this host into TAILNET and sets what it declares. wattle-tailscale@TAILNET.service\n"
              "runs it when tailscaled is there; see wattle-tailscale(8).\n"
              "\n"
              "  --status[=FILE]    tell wattle how the tailnet fares, by tailscaled or by what\n"
              "                     'tailscale status --json' printed to FILE, - for stdin\n"
              "  --up, --down       turn it on or off\n"
              "  --root=DIR         read the tailnet and its key below DIR\n"
              "  --socket=PATH      where tailscaled listens; else " SOCKET "\n"
              "  --program=PROGRAM  Tailscale's command; else tailscale\n"
              "  --help             show this\n",
              stream);
        return status;
}

/* FALSE if the argument is none of ours. */
static gboolean take(Options *options, const char *argument)
{
        if (g_str_has_prefix(argument, "--root="))
                options->root = argument + strlen("--root=");
        else if (g_str_has_prefix(argument, "--socket="))
                options->socket = argument + strlen("--socket=");
        else if (g_str_has_prefix(argument, "--program="))
                options->program = argument + strlen("--program=");
        else if (g_str_has_prefix(argument, "--status="))
                options->order = "status", options->file = argument + strlen("--status=");
        else if (strcmp(argument, "--status") == 0 || strcmp(argument, "--up") == 0 ||
                 strcmp(argument, "--down") == 0)
                options->order = argument + strlen("--");
        else if (!options->name && argument[0] != '-')
                options->name = argument;
        else
                return FALSE;
        return TRUE;
}

/* For who called 'wattle', and not for the journal. */
static int obey(const Options *options)
{
        wattle_language_begin(WATTLE_LOCALEDIR);
        if (strcmp(options->order, "status") == 0)
                return wattle_tailscale_tell(options->socket, options->file);
        return wattle_tailscale_turn(options->socket, options->program,
                                     strcmp(options->order, "up") == 0);
}

int main(int argc, char **argv)
{
        Options options = { .root = "/", .socket = SOCKET, .program = PROGRAM };

        for (int i = 1; i < argc; i++) {
                if (strcmp(argv[i], "--help") == 0)
                        return usage(stdout, EXIT_SUCCESS);
                if (!take(&options, argv[i]))
                        return usage(stderr, 2);
        }
        if (options.order)
                return options.name ? usage(stderr, 2) : obey(&options);
        if (!options.name || !wattle_identifier_check(options.name, WATTLE_MESH_NAME_MAX, NULL))
                return usage(stderr, 2);
        return serve(&options);
}
