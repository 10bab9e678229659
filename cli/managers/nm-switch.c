/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cli/managers/nm-switch.h"

#include <stdio.h>
#include <unistd.h>

#include "cli/managers/nm.h"
#include "common/error.h"
#include "common/nm-profile.h"

void wattle_switch_tell(const WattleSwitch *what)
{
        if (isatty(STDERR_FILENO))
                fprintf(stderr, "%s: going %s ...\n", what->mesh, what->up ? "up" : "down");
}

/* The UUID of what there is to switch. */
static gboolean choose(const WattleSwitch *what, char **ret_uuid, GError **error)
{
        *ret_uuid = NULL;
        if (what->connection == WATTLE_CONNECTION_NATIVE)
                *ret_uuid = wattle_nm_profile_uuid(what->mesh);
        else if (!wattle_nm_find_vpn(what->bus, what->mesh, ret_uuid, error))
                return FALSE;
        else if (!*ret_uuid)
                *ret_uuid = wattle_nm_vpn_uuid(what->mesh);
        return TRUE;
}

static gboolean find_connection(const WattleSwitch *what, const char *uuid, char **ret,
                                GError **error)
{
        if (!wattle_nm_find(what->bus, uuid, ret, error))
                return FALSE;
        if (*ret)
                return TRUE;
        g_set_error(error, WATTLE_ERROR, WATTLE_ERROR_FAILED,
                    "NetworkManager does not have it yet: 'wattle apply %s' as root", what->mesh);
        return FALSE;
}

static gboolean activate(WattleSwitch *what, const char *uuid, GError **error)
{
        g_autofree char *connection = NULL;

        if (!find_connection(what, uuid, &connection, error))
                return FALSE;
        what->changed = TRUE;
        wattle_switch_tell(what);
        return wattle_nm_activate(what->bus, connection, error);
}

/* NetworkManager may be at it already: somebody else's click, or a start at boot. What is on its
 * way down has to be gone before it can come up, and may be on its way up again then. */
static gboolean bring_up(WattleSwitch *what, GError **error)
{
        WattleNmSettled settled = WATTLE_NM_IS_GONE;

        while (settled == WATTLE_NM_IS_GONE) {
                g_autofree char *uuid = NULL, *active = NULL;

                if (!choose(what, &uuid, error) ||
                    !wattle_nm_find_active(what->bus, uuid, &active, error))
                        return FALSE;
                if (!active)
                        return activate(what, uuid, error);
                if (!wattle_nm_settle(what->bus, active, &settled, error))
                        return FALSE;
        }
        what->changed = settled == WATTLE_NM_CAME_UP;
        return TRUE;
}

/* What there is to switch off when no connection of the mesh is active: the link of a VPN outlives
 * it if NetworkManager is restarted. */
static gboolean find_left_link(const WattleSwitch *what, const char *uuid, char **ret,
                               GError **error)
{
        g_autofree char *link = wattle_nm_link_uuid(uuid);

        return what->connection == WATTLE_CONNECTION_NATIVE ||
               wattle_nm_find_active(what->bus, link, ret, error);
}

static gboolean take_down(WattleSwitch *what, GError **error)
{
        g_autofree char *uuid = NULL, *connection = NULL, *active = NULL;

        if (!choose(what, &uuid, error) || !find_connection(what, uuid, &connection, error) ||
            !wattle_nm_find_active(what->bus, uuid, &active, error) ||
            (!active && !find_left_link(what, uuid, &active, error)))
                return FALSE;
        what->changed = active != NULL;
        if (!active)
                return TRUE;
        wattle_switch_tell(what);
        return wattle_nm_deactivate(what->bus, active, error);
}

gboolean wattle_switch_at_nm(WattleSwitch *what, GError **error)
{
        gboolean running;

        if (!wattle_nm_is_running(what->bus, &running, error))
                return FALSE;
        if (running)
                return what->up ? bring_up(what, error) : take_down(what, error);
        g_set_error_literal(error, WATTLE_ERROR, WATTLE_ERROR_FAILED,
                            "NetworkManager owns the interface, and is not running: "
                            "'systemctl start NetworkManager'");
        return FALSE;
}
