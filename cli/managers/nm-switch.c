/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cli/managers/nm-switch.h"

#include <string.h>
#include <unistd.h>

#include "cli/managers/nm-up.h"
#include "cli/managers/nm.h"
#include "common/error.h"
#include "common/language.h"
#include "common/nm-profile.h"
#include "common/sys/file.h"
#include "common/text.h"

const char *wattle_switch_words(gboolean up, gboolean changed)
{
        if (up)
                return changed ? _("up") : _("up already");
        return changed ? _("down") : _("down already");
}

void wattle_switch_tell(const WattleSwitch *what)
{
        g_autofree char *text = what->up ? g_strdup_printf(_("%s: going up ...\n"), what->mesh)
                                         : g_strdup_printf(_("%s: going down ...\n"), what->mesh);
        g_autofree char *clean = wattle_text_clean(text);

        if (isatty(STDERR_FILENO))
                (void)!wattle_write_all(STDERR_FILENO, clean, strlen(clean));
}

/* The connection that 'wattle apply' gave NetworkManager for the mesh. */
static gboolean find_ours(const WattleSwitch *what, char **ret_connection, GError **error)
{
        g_autofree char *uuid = what->connection == WATTLE_CONNECTION_VPN
                                        ? wattle_nm_vpn_uuid(what->mesh)
                                        : wattle_nm_profile_uuid(what->mesh);

        if (!wattle_nm_find(what->bus, uuid, ret_connection, error))
                return FALSE;
        if (*ret_connection)
                return TRUE;
        g_set_error(error, WATTLE_ERROR, WATTLE_ERROR_FAILED,
                    _("NetworkManager does not have it yet: 'wattle apply %s' as root"),
                    what->mesh);
        return FALSE;
}

/* A VPN whose link was left comes up again as it was; else it is ours that comes up. */
static gboolean activate(WattleSwitch *what, const WattleNmUp *up, GError **error)
{
        g_autofree char *connection = NULL;

        if (up->link_only && !wattle_nm_find(what->bus, up->uuid, &connection, error))
                return FALSE;
        if (!connection && !find_ours(what, &connection, error))
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
                g_auto(WattleNmUp) up = { 0 };

                if (!wattle_nm_up_find(&up, what->bus, what->mesh, error))
                        return FALSE;
                if (!up.active || up.link_only)
                        return activate(what, &up, error);
                if (!wattle_nm_settle(what->bus, up.active, &settled, error))
                        return FALSE;
        }
        what->changed = settled == WATTLE_NM_CAME_UP;
        return TRUE;
}

static gboolean take_down(WattleSwitch *what, GError **error)
{
        g_autofree char *connection = NULL;
        g_auto(WattleNmUp) up = { 0 };

        if (!wattle_nm_up_find(&up, what->bus, what->mesh, error))
                return FALSE;
        if (!up.active)
                return find_ours(what, &connection, error);
        what->changed = TRUE;
        wattle_switch_tell(what);
        return wattle_nm_deactivate(what->bus, up.active, error);
}

gboolean wattle_switch_at_nm(WattleSwitch *what, GError **error)
{
        gboolean running;

        if (!wattle_nm_is_running(what->bus, &running, error))
                return FALSE;
        if (running)
                return what->up ? bring_up(what, error) : take_down(what, error);
        g_set_error_literal(error, WATTLE_ERROR, WATTLE_ERROR_FAILED,
                            _("NetworkManager owns the interface, and is not running: "
                              "'systemctl start NetworkManager'"));
        return FALSE;
}
