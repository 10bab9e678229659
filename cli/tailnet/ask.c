/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cli/tailnet/ask.h"

#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include "common/error.h"
#include "common/sys/language/catalogue.h"

#define PROGRAM WATTLE_LIBEXECDIR "/wattle-tailscale"

/* FALSE if it could not be run, or did not end by itself. */
static gboolean run(const char *option, char **ret_out, char **ret_err, int *ret_status,
                    GError **error)
{
        const char *const argv[] = { PROGRAM, option, NULL };
        g_auto(GStrv) environment = wattle_language_environ();
        int status;

        if (!g_spawn_sync("/", (char **)argv, environment, G_SPAWN_CHILD_INHERITS_STDIN, NULL, NULL,
                          ret_out, ret_err, &status, error))
                return FALSE;
        if (!WIFEXITED(status))
                return wattle_error_refuse(error, "%s was killed", PROGRAM);
        *ret_status = WEXITSTATUS(status);
        return TRUE;
}

static WattleTailnetAnswer refuse(const char *said, GError **error)
{
        g_autofree char *text = g_strdup(said);

        if (*g_strchomp(text))
                wattle_error_refuse(error, "%s", text);
        else
                wattle_error_refuse(error, "%s failed", PROGRAM);
        return WATTLE_TAILNET_NO_ANSWER;
}

static WattleTailnetAnswer read_answer(const char *text, WattleTailnetStatus *status,
                                       GError **error)
{
        g_auto(WattleReport) report = { 0 };
        g_autofree char *first = NULL;

        wattle_report_init(&report);
        if (wattle_tailnet_status_read(status, text, strlen(text), PROGRAM, &report))
                return WATTLE_TAILNET_ANSWERED;
        first = wattle_report_first_error(&report);
        return refuse(first, error);
}

WattleTailnetAnswer wattle_tailnet_ask(const char *file, WattleTailnetStatus *status,
                                       GError **error)
{
        g_autofree char *path = file && strcmp(file, "-") != 0 ? g_canonicalize_filename(file, NULL)
                                                               : g_strdup(file);
        g_autofree char *option = path ? g_strconcat("--status=", path, NULL) : NULL;
        g_autofree char *out = NULL, *err = NULL;
        g_autoptr(GError) failure = NULL;
        int exit_status = EXIT_FAILURE;

        if (!run(option ? option : "--status", &out, &err, &exit_status, &failure)) {
                if (g_error_matches(failure, G_SPAWN_ERROR, G_SPAWN_ERROR_NOENT))
                        return WATTLE_TAILNET_NO_PROGRAM;
                return refuse(failure->message, error);
        }
        if (exit_status == WATTLE_TAILSCALE_EXIT_ABSENT)
                return WATTLE_TAILNET_NO_DAEMON;
        return exit_status == EXIT_SUCCESS ? read_answer(out, status, error) : refuse(err, error);
}

gboolean wattle_tailnet_turn(gboolean up, int *ret, GError **error)
{
        g_autoptr(GError) failure = NULL;

        if (run(up ? "--up" : "--down", NULL, NULL, ret, &failure))
                return TRUE;
        if (g_error_matches(failure, G_SPAWN_ERROR, G_SPAWN_ERROR_NOENT))
                return wattle_error_refuse(error,
                                           "there is no %s: install wattle-tailscale, or say "
                                           "'tailscale %s'",
                                           PROGRAM, up ? "up" : "down");
        g_propagate_error(error, g_steal_pointer(&failure));
        return FALSE;
}
