/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* 'wattle up' and 'wattle down': the same for either owner of the interface. Neither reads the
 * profile or the key: whoever may switch a connection on and off need not be able to. */
#include <errno.h>
#include <linux/netlink.h>
#include <net/if.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/cli.h"
#include "cli/managers/bus.h"
#include "cli/managers/nm-switch.h"
#include "cli/managers/systemd.h"
#include "cli/managers/wattled.h"
#include "cli/print.h"
#include "cli/tailnet/operand.h"
#include "cli/tailnet/switch.h"
#include "common/error.h"
#include "common/language.h"
#include "common/paths.h"
#include "common/scalar.h"
#include "common/sys/host.h"
#include "common/sys/kernel/netlink.h"

static gboolean fail(GError **error, const char *format, ...) G_GNUC_PRINTF(2, 3);

static gboolean fail(GError **error, const char *format, ...)
{
        va_list args;

        va_start(args, format);
        *error = g_error_new_valist(WATTLE_ERROR, WATTLE_ERROR_FAILED, format, args);
        va_end(args);
        return FALSE;
}

/* wattled may set links; it asks polkit whether this user may have it do so. */
static gboolean ask_wattled(const WattleSwitch *what, GError **error)
{
        g_autoptr(GError) refused = NULL;

        g_clear_error(error);
        if (wattle_wattled_call(what->bus, what->mesh, what->up ? "Up" : "Down", NULL, NULL,
                                &refused))
                return TRUE;
        return fail(error, _("%s; root may do it without: 'sudo wattle %s %s'"), refused->message,
                    what->up ? "up" : "down", what->mesh);
}

static gboolean set_link(const WattleSwitch *what, guint32 ifindex, GError **error)
{
        g_auto(WattleNetlink) netlink = { 0 };

        if (wattle_netlink_open(&netlink, NETLINK_ROUTE, error) &&
            wattle_netlink_set_link_up(&netlink, ifindex, what->up, error))
                return TRUE;
        return geteuid() != 0 && ask_wattled(what, error);
}

static gboolean switch_at_networkd(WattleSwitch *what, GError **error)
{
        guint32 ifindex = if_nametoindex(what->interface);
        gboolean running, already;

        if (!wattle_systemd_is_active(what->bus, WATTLE_UNIT_NETWORKD, &running, error))
                return FALSE;
        if (!running)
                return fail(error,
                            _("systemd-networkd owns the interface, and is not running: "
                              "'wattle apply %s' starts it"),
                            what->mesh);
        if (ifindex == 0)
                return fail(error, _("there is no interface %s: 'wattle apply %s' makes it"),
                            what->interface, what->mesh);
        if (!wattle_networkd_link_is(what->bus, ifindex, what->up, &already, error))
                return FALSE;
        what->changed = !already;
        if (!what->changed)
                return TRUE;
        wattle_switch_tell(what);
        return set_link(what, ifindex, error) &&
               wattle_networkd_wait_link(what->bus, ifindex, what->up, error);
}

static gboolean switch_mesh(const WattleCli *cli, WattleSwitch *what, WattleOwner wish,
                            GError **error)
{
        WattleOwner owner = wish == WATTLE_OWNER_AUTO ? wattle_host_owner(cli->root_fd) : wish;
        gboolean ok;

        if (!wattle_bus_open(&what->bus, error))
                return FALSE;
        ok = owner == WATTLE_OWNER_NETWORK_MANAGER ? wattle_switch_at_nm(what, error)
                                                   : switch_at_networkd(what, error);
        sd_bus_flush_close_unref(what->bus);
        return ok;
}

static gboolean load_and_switch(const WattleCli *cli, const char *mesh, gboolean up)
{
        g_auto(WattleReport) report = { 0 };
        g_auto(WattleLocal) local = { 0 };
        g_autofree char *path = NULL;
        g_autoptr(GError) error = NULL;
        WattleSwitch what = { .mesh = mesh, .up = up };
        gboolean ok;

        wattle_report_init(&report);
        wattle_local_init(&local);
        path = wattle_cli_find(cli, mesh, &report);
        ok = path && wattle_local_load(&local, cli->root_fd, mesh, &report);
        wattle_print_report(&report);
        if (!ok)
                return FALSE;
        if (!local.enable) {
                wattle_print_error("%s: its local settings have Enable=no", mesh);
                return FALSE;
        }
        what.connection = local.connection.value;
        what.interface = local.interface.value ? local.interface.value : mesh;
        if (!switch_mesh(cli, &what, local.owner, &error)) {
                wattle_print_error("%s: %s", mesh, error->message);
                return FALSE;
        }
        wattle_print(stdout, "%s: %s\n", mesh, wattle_switch_words(up, what.changed));
        return TRUE;
}

static int run_either(WattleCli *cli, char **argv, const WattleVerb *verb, gboolean up)
{
        g_auto(GStrv) operands = NULL;
        g_autoptr(GError) error = NULL;
        const GOptionEntry options[] = { { 0 } };

        if (!wattle_cli_parse(cli, verb, options, argv, &operands))
                return cli->status;
        if (strcmp(cli->root, "/") != 0)
                return wattle_cli_usage(verb, "--root= is of no use here: a network that runs is "
                                              "changed");
        if (!wattle_identifier_check(operands[0], WATTLE_MESH_NAME_MAX, &error))
                return wattle_cli_usage(verb, "MESH: %s", error->message);
        return (wattle_cli_is_tailnet(cli, operands[0])
                        ? wattle_tailnet_switch(cli, operands[0], up)
                        : load_and_switch(cli, operands[0], up))
                       ? EXIT_SUCCESS
                       : EXIT_FAILURE;
}

static int run_up(WattleCli *cli, char **argv)
{
        return run_either(cli, argv, &wattle_verb_up, TRUE);
}

static int run_down(WattleCli *cli, char **argv)
{
        return run_either(cli, argv, &wattle_verb_down, FALSE);
}

const WattleVerb wattle_verb_up = {
        .name = "up",
        .operands = "MESH|TAILNET",
        .n_min = 1,
        .n_max = 1,
        .summary = N_("start a mesh or tailnet on this host"),
        .description = N_(
                "Brings the interface up, whoever owns it, and waits until it has its addresses.\n"
                "NetworkManager lets a desktop's user do it, and so does wattled where systemd-networkd\n"
                "owns the interface; polkit decides."),
        .example = "wattle up home",
        .run = run_up,
};

const WattleVerb wattle_verb_down = {
        .name = "down",
        .operands = "MESH|TAILNET",
        .n_min = 1,
        .n_max = 1,
        .summary = N_("stop a mesh or tailnet on this host"),
        .description = N_(
                "Takes the interface down, whoever owns it. Until the next boot, or until it is\n"
                "started again; Enable=no in the local settings keeps it from coming back."),
        .example = "wattle down home",
        .run = run_down,
};
