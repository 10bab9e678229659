/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tailscale/tell.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/error.h"
#include "common/sys/file.h"
#include "common/tailnet-status.h"
#include "common/text.h"
#include "tailscale/command.h"
#include "tailscale/notify.h"
#include "tailscale/status.h"
#include "tailscale/stream.h"
#include "tailscale/turn.h"

static int fail(const char *what, const GError *error)
{
        fprintf(stderr, "%s: %s\n", what, error->message);
        return EXIT_FAILURE;
}

static gboolean read_stdin(GString *ret, GError **error)
{
        char chunk[65536];
        gssize n;

        while ((n = read(STDIN_FILENO, chunk, sizeof chunk)) > 0) {
                if (ret->len + (gsize)n > WATTLE_TAILSCALE_STATUS_MAX)
                        return wattle_error_refuse(error, "more than %d bytes",
                                                   WATTLE_TAILSCALE_STATUS_MAX);
                g_string_append_len(ret, chunk, n);
        }
        return n == 0 || wattle_error_refuse(error, "cannot be read");
}

static gboolean read_file(const char *file, GString *ret, GError **error)
{
        g_autoptr(GBytes) bytes = NULL;
        gconstpointer data;
        gsize size;

        if (strcmp(file, "-") == 0)
                return read_stdin(ret, error);
        bytes = wattle_read_file(AT_FDCWD, file, WATTLE_TAILSCALE_STATUS_MAX, error);
        if (!bytes)
                return FALSE;
        data = g_bytes_get_data(bytes, &size);
        g_string_append_len(ret, data, (gssize)size);
        return TRUE;
}

int wattle_tailscale_tell(const char *socket_path, const char *file)
{
        g_auto(WattleTailnetStatus) status = { 0 };
        g_autoptr(GString) json = g_string_new(NULL);
        g_autoptr(GError) error = NULL;
        g_autofree char *text = NULL;

        if (file ? !read_file(file, json, &error)
                 : !wattle_tailscale_ask_status(socket_path, WATTLE_TAILSCALE_STATUS_MAX, json,
                                                &error)) {
                (void)fail(file ? file : socket_path, error);
                return file ? EXIT_FAILURE : WATTLE_TAILSCALE_EXIT_ABSENT;
        }
        wattle_tailnet_status_init(&status);
        if (!wattle_tailscale_status_parse(json->str, json->len, &status, &error))
                return fail(file ? file : socket_path, error);
        text = wattle_tailnet_status_write(&status);
        return fputs(text, stdout) >= 0 && fflush(stdout) == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

typedef struct {
        const char *socket_path, *program;
        WattleTailscaleTurn turn;
        WattleTailscaleCommand command;
        gboolean is_done;
        int status;
} Turner;

static void finish(Turner *turner, int status)
{
        turner->is_done = TRUE;
        turner->status = status;
}

static void run_command(Turner *turner)
{
        char *words[] = { turner->turn.up ? (char *)"up" : (char *)"down", NULL };
        g_autoptr(GError) error = NULL;

        if (!wattle_tailscale_command_start(&turner->command, turner->program, turner->socket_path,
                                            words, &error))
                finish(turner, fail("tailscale", error));
}

static void step(Turner *turner, WattleTailscaleEvent event)
{
        if (turner->is_done)
                return;
        switch (wattle_tailscale_turn_step(&turner->turn, event)) {
        case WATTLE_TAILSCALE_TURN_WAIT:
                break;
        case WATTLE_TAILSCALE_TURN_RUN:
                run_command(turner);
                break;
        case WATTLE_TAILSCALE_TURN_DONE:
                finish(turner,
                       turner->turn.is_running ? EXIT_SUCCESS : WATTLE_TAILSCALE_EXIT_ALREADY);
                break;
        case WATTLE_TAILSCALE_TURN_NEEDS_LOGIN:
                finish(turner, WATTLE_TAILSCALE_EXIT_NEEDS_LOGIN);
                break;
        case WATTLE_TAILSCALE_TURN_NEEDS_APPROVAL:
                finish(turner, WATTLE_TAILSCALE_EXIT_NEEDS_APPROVAL);
                break;
        case WATTLE_TAILSCALE_TURN_FAIL:
                finish(turner, EXIT_FAILURE);
                break;
        }
}

static void on_notify(const char *line, gsize size, gpointer data)
{
        WattleTailscaleEvent event = { .kind = WATTLE_TAILSCALE_EVENT_STATE };

        if (wattle_tailscale_notify_state(line, size, &event.state))
                step(data, event);
}

/* What the command says is for whoever turns: why it is refused, or what it asks to be told. */
static void read_command(Turner *turner)
{
        gboolean succeeded = FALSE;
        gboolean has_ended = wattle_tailscale_command_read(&turner->command, &succeeded);
        char *line;

        while ((line = wattle_tailscale_command_next_line(&turner->command, has_ended))) {
                g_autofree char *clean = wattle_text_clean(line);

                fprintf(stderr, "%s\n", clean);
                g_free(line);
        }
        if (has_ended)
                step(turner,
                     (WattleTailscaleEvent){ .kind = succeeded ? WATTLE_TAILSCALE_EVENT_SUCCEEDED
                                                               : WATTLE_TAILSCALE_EVENT_FAILED });
}

static void run(Turner *turner)
{
        g_autoptr(GError) error = NULL;
        g_autoptr(WattleTailscaleStream) stream =
                wattle_tailscale_stream_new(turner->socket_path, on_notify, turner, &error);

        while (stream && !turner->is_done) {
                if (!wattle_tailscale_stream_wait(stream, turner->command.fd, &error))
                        break;
                if (turner->command.pid > 0)
                        read_command(turner);
        }
        if (error && !turner->is_done) {
                (void)fail(turner->socket_path, error);
                finish(turner, WATTLE_TAILSCALE_EXIT_ABSENT);
        }
}

int wattle_tailscale_turn(const char *socket_path, const char *program, gboolean up)
{
        Turner turner = { .socket_path = socket_path, .program = program, .turn = { .up = up } };

        wattle_tailscale_command_init(&turner.command);
        run(&turner);
        wattle_tailscale_command_clear(&turner.command);
        return turner.status;
}
