/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cli/tailnet/switch.h"

#include <stdlib.h>

#include "cli/managers/bus.h"
#include "cli/managers/nm-switch.h"
#include "cli/managers/systemd.h"
#include "cli/print.h"
#include "cli/tailnet/ask.h"
#include "cli/tailnet/operand.h"
#include "common/error.h"
#include "common/paths.h"

/* One word of the loss, not of each state: what tailscaled is busy with, 'wattle status' shows. */
static gboolean start_daemon(sd_bus *bus, GError **error)
{
        gboolean is_active;

        if (!wattle_systemd_is_active(bus, WATTLE_UNIT_TAILSCALED, &is_active, error))
                return FALSE;
        return is_active || wattle_systemd_run_job(bus, "StartUnit", WATTLE_UNIT_TAILSCALED, error);
}

/* By the service alone, which has the key: it tries once, because it was asked to. */
static gboolean log_in(sd_bus *bus, const char *name, GError **error)
{
        g_autofree char *unit = wattle_paths_unit(WATTLE_UNIT_TAILSCALE, name);

        return wattle_systemd_run_job(bus, "RestartUnit", unit, error) &&
               wattle_error_refuse(error,
                                   "it needs a login, which %s tries now with the key: 'wattle "
                                   "status %s' and 'journalctl -u %s' say what comes of it",
                                   unit, name, unit);
}

/* *ret_changed: there was something to turn. */
static gboolean turn(sd_bus *bus, const char *name, gboolean up, gboolean *ret_changed,
                     GError **error)
{
        int status;

        if (!wattle_tailnet_turn(up, &status, error))
                return FALSE;
        *ret_changed = status == EXIT_SUCCESS;
        switch (status) {
        case EXIT_SUCCESS:
        case WATTLE_TAILSCALE_EXIT_ALREADY:
                return TRUE;
        case WATTLE_TAILSCALE_EXIT_ABSENT:
                return !up || wattle_error_refuse(error, "tailscaled does not answer");
        case WATTLE_TAILSCALE_EXIT_NEEDS_LOGIN:
                return log_in(bus, name, error);
        case WATTLE_TAILSCALE_EXIT_NEEDS_APPROVAL:
                return wattle_error_refuse(error, "somebody has to approve this device first, at "
                                                  "the login server");
        default:
                return wattle_error_refuse(error, "Tailscale refused: 'tailscale %s' asks for more",
                                           up ? "up" : "down");
        }
}

static gboolean switch_tailnet(const char *name, gboolean up, gboolean *ret_changed, GError **error)
{
        sd_bus *bus = NULL;
        gboolean ok = wattle_bus_open(&bus, error) && (!up || start_daemon(bus, error)) &&
                      turn(bus, name, up, ret_changed, error);

        sd_bus_flush_close_unref(bus);
        return ok;
}

gboolean wattle_tailnet_switch(const WattleCli *cli, const char *name, gboolean up)
{
        g_auto(WattleReport) report = { 0 };
        g_auto(WattleTailnet) tailnet = { 0 };
        g_autoptr(GError) error = NULL;
        gboolean ok, changed = FALSE;

        wattle_report_init(&report);
        wattle_tailnet_init(&tailnet);
        ok = wattle_cli_load_tailnet(cli, name, &tailnet, &report);
        wattle_print_report(&report);
        if (!ok)
                return FALSE;
        if (!tailnet.enable) {
                wattle_print_error("%s: it has Enable=no below [Local]", name);
                return FALSE;
        }
        if (!switch_tailnet(name, up, &changed, &error)) {
                wattle_print_error("%s: %s", name, error->message);
                return FALSE;
        }
        wattle_print(stdout, "%s: %s\n", name, wattle_switch_words(up, changed));
        return TRUE;
}
