/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cli/managers/nm.h"

#include <string.h>

#include "cli/managers/bus.h"
#include "common/error.h"
#include "common/language.h"

#define NM         "org.freedesktop.NetworkManager"
#define MANAGER    "/org/freedesktop/NetworkManager", NM
#define SETTINGS   "/org/freedesktop/NetworkManager/Settings", NM ".Settings"
#define CONNECTION NM ".Settings.Connection"
#define ACTIVE     NM ".Connection.Active"

#define RELOAD_CONFIG 0x1 /* NM_MANAGER_RELOAD_FLAG_CONF */

/* NetworkManager's own limit for addresses and the like is shorter. */
#define ACTIVATION_MAX_US (90 * G_USEC_PER_SEC)

/* NMActiveConnectionState */
enum {
        STATE_ACTIVATED = 2,
        STATE_DEACTIVATING = 3,
        STATE_DEACTIVATED = 4,
};

gboolean wattle_nm_is_running(sd_bus *bus, gboolean *ret, GError **error)
{
        AUTO_BUS_ERROR bus_error = SD_BUS_ERROR_NULL;
        AUTO_BUS_MESSAGE *reply = NULL;
        int running = 0, result;

        result = sd_bus_call_method(bus, "org.freedesktop.DBus", "/org/freedesktop/DBus",
                                    "org.freedesktop.DBus", "NameHasOwner", &bus_error, &reply, "s",
                                    NM);
        if (result >= 0)
                result = sd_bus_message_read(reply, "b", &running);
        if (result < 0)
                return wattle_bus_fail(error, _("the system bus"), &bus_error, result);
        *ret = running != 0;
        return TRUE;
}

gboolean wattle_nm_reload_config(sd_bus *bus, GError **error)
{
        AUTO_BUS_ERROR bus_error = SD_BUS_ERROR_NULL;
        int result = sd_bus_call_method(bus, NM, MANAGER, "Reload", &bus_error, NULL, "u",
                                        RELOAD_CONFIG);

        return result >= 0 || wattle_bus_fail(error, "nmcli general reload", &bus_error, result);
}

gboolean wattle_nm_load_profile(sd_bus *bus, const char *file, GError **error)
{
        AUTO_BUS_ERROR bus_error = SD_BUS_ERROR_NULL;
        AUTO_BUS_MESSAGE *reply = NULL;
        int loaded = 0, result;

        result = sd_bus_call_method(bus, NM, SETTINGS, "LoadConnections", &bus_error, &reply, "as",
                                    1, file);
        if (result >= 0)
                result = sd_bus_message_read(reply, "b", &loaded);
        if (result < 0)
                return wattle_bus_fail(error, "NetworkManager", &bus_error, result);
        if (loaded)
                return TRUE;
        g_set_error(error, WATTLE_ERROR, WATTLE_ERROR_FAILED,
                    _("NetworkManager does not read %s: 'journalctl -u NetworkManager' tells why"),
                    file);
        return FALSE;
}

gboolean wattle_nm_load_all_profiles(sd_bus *bus, GError **error)
{
        AUTO_BUS_ERROR bus_error = SD_BUS_ERROR_NULL;
        int result =
                sd_bus_call_method(bus, NM, SETTINGS, "ReloadConnections", &bus_error, NULL, NULL);

        return result >= 0 || wattle_bus_fail(error, "nmcli connection reload", &bus_error, result);
}

gboolean wattle_nm_find(sd_bus *bus, const char *uuid, char **ret, GError **error)
{
        AUTO_BUS_ERROR bus_error = SD_BUS_ERROR_NULL;
        AUTO_BUS_MESSAGE *reply = NULL;
        const char *path = NULL;
        int result = sd_bus_call_method(bus, NM, SETTINGS, "GetConnectionByUuid", &bus_error,
                                        &reply, "s", uuid);

        if (result < 0 && sd_bus_error_has_name(&bus_error, NM ".Settings.InvalidConnection")) {
                *ret = NULL;
                return TRUE;
        }
        if (result >= 0)
                result = sd_bus_message_read(reply, "o", &path);
        if (result < 0)
                return wattle_bus_fail(error, "NetworkManager", &bus_error, result);
        *ret = g_strdup(path);
        return TRUE;
}

gboolean wattle_nm_delete(sd_bus *bus, const char *connection, GError **error)
{
        AUTO_BUS_ERROR bus_error = SD_BUS_ERROR_NULL;
        int result = sd_bus_call_method(bus, NM, connection, CONNECTION, "Delete", &bus_error, NULL,
                                        NULL);

        return result >= 0 || wattle_bus_fail(error, "nmcli connection delete", &bus_error, result);
}

gboolean wattle_nm_get_file(sd_bus *bus, const char *connection, char **ret, GError **error)
{
        AUTO_BUS_ERROR bus_error = SD_BUS_ERROR_NULL;
        int result = sd_bus_get_property_string(bus, NM, connection, CONNECTION, "Filename",
                                                &bus_error, ret);

        return result >= 0 || wattle_bus_fail(error, "NetworkManager", &bus_error, result);
}

/* One that goes away meanwhile has no UUID any more. */
static gboolean has_uuid(sd_bus *bus, const char *active, const char *uuid)
{
        g_autofree char *found = NULL;

        return sd_bus_get_property_string(bus, NM, active, ACTIVE, "Uuid", NULL, &found) >= 0 &&
               strcmp(found, uuid) == 0;
}

gboolean wattle_nm_find_active(sd_bus *bus, const char *uuid, char **ret, GError **error)
{
        AUTO_BUS_ERROR bus_error = SD_BUS_ERROR_NULL;
        AUTO_BUS_MESSAGE *reply = NULL;
        const char *path;
        int result = sd_bus_get_property(bus, NM, MANAGER, "ActiveConnections", &bus_error, &reply,
                                         "ao");

        if (result >= 0)
                result = sd_bus_message_enter_container(reply, 'a', "o");
        *ret = NULL;
        while (result >= 0 && (result = sd_bus_message_read(reply, "o", &path)) > 0)
                if (has_uuid(bus, path, uuid)) {
                        *ret = g_strdup(path);
                        return TRUE;
                }
        return result >= 0 || wattle_bus_fail(error, "NetworkManager", &bus_error, result);
}

/* Who may not is told what would help; NetworkManager's own words name no way out. */
static gboolean fail_to_switch(GError **error, const sd_bus_error *bus_error, int result)
{
        if (!sd_bus_error_has_name(bus_error, NM ".PermissionDenied"))
                return wattle_bus_fail(error, "NetworkManager", bus_error, result);
        g_set_error(error, WATTLE_ERROR, WATTLE_ERROR_FAILED,
                    _("polkit does not let you switch connections of NetworkManager from here: do "
                      "it in a session at the machine, or as root, or see "
                      "org.freedesktop.NetworkManager.network-control in wattle-nm(8)"));
        return FALSE;
}

/* An active connection on its way to a state. */
typedef struct {
        sd_bus *bus;
        const char *active;
        guint32 begin; /* the state when it was first asked for */
        guint32 state, reason;
        gboolean is_told; /* a signal came since the state was asked for */
} Way;

static int on_state_changed(sd_bus_message *message, void *data, G_GNUC_UNUSED sd_bus_error *error)
{
        Way *way = data;
        guint32 unread;

        (void)sd_bus_message_read(message, "uu", &unread, &way->reason);
        way->is_told = TRUE;
        return 0;
}

/* An object that is no more has been deactivated. */
static void ask_state(Way *way)
{
        way->is_told = FALSE;
        if (sd_bus_get_property_trivial(way->bus, NM, way->active, ACTIVE, "State", NULL, 'u',
                                        &way->state) < 0)
                way->state = STATE_DEACTIVATED;
}

static gboolean has_arrived(gpointer data)
{
        Way *way = data;

        if (way->is_told)
                ask_state(way);
        return way->state == STATE_ACTIVATED || way->state == STATE_DEACTIVATED;
}

static gboolean is_gone(gpointer data)
{
        Way *way = data;

        if (way->is_told)
                ask_state(way);
        return way->state == STATE_DEACTIVATED;
}

static gboolean follow(Way *way, WattleBusDone is_done, GError **error)
{
        AUTO_BUS_SLOT *slot = NULL;

        if (!wattle_bus_watch(way->bus, &slot, NM, way->active, ACTIVE, "StateChanged",
                              on_state_changed, way, error))
                return FALSE;
        /* Only what comes after the match is told. */
        ask_state(way);
        way->begin = way->state;
        return wattle_bus_wait(way->bus, "NetworkManager", ACTIVATION_MAX_US, is_done, way, error);
}

/* NMActiveConnectionStateReason, as far as it can happen to a mesh. */
static const char *reason_text(guint32 reason)
{
        static const char *const texts[] = {
                [2] = N_("someone else switched it off"),
                [3] = N_("the interface was taken away"),
                [4] = N_("the VPN plugin's service ended"),
                [5] = N_("the addresses could not be set"),
                [6] = N_("it took too long"),
                [7] = N_("the VPN plugin's service is slow"),
                [8] = N_("the VPN plugin's service failed"),
                [9] = N_("the private key is missing"),
                [10] = N_("the private key is missing or wrong"),
                [11] = N_("its profile was removed"),
                [13] = N_("the interface could not be made"),
                [14] = N_("the interface was taken away"),
        };

        return reason < G_N_ELEMENTS(texts) && texts[reason] ? _(texts[reason])
                                                             : _("NetworkManager gave up");
}

static gboolean fail_to_activate(const Way *way, GError **error)
{
        g_set_error(error, WATTLE_ERROR, WATTLE_ERROR_FAILED,
                    _("%s: 'journalctl -u NetworkManager' tells more"), reason_text(way->reason));
        return FALSE;
}

gboolean wattle_nm_settle(sd_bus *bus, const char *active, WattleNmSettled *ret, GError **error)
{
        Way way = { .bus = bus, .active = active };

        if (!follow(&way, has_arrived, error))
                return FALSE;
        if (way.state == STATE_ACTIVATED) {
                *ret = way.begin == STATE_ACTIVATED ? WATTLE_NM_WAS_UP : WATTLE_NM_CAME_UP;
                return TRUE;
        }
        if (way.begin != STATE_DEACTIVATING && way.begin != STATE_DEACTIVATED)
                return fail_to_activate(&way, error);
        *ret = WATTLE_NM_IS_GONE;
        return TRUE;
}

gboolean wattle_nm_activate(sd_bus *bus, const char *connection, GError **error)
{
        AUTO_BUS_ERROR bus_error = SD_BUS_ERROR_NULL;
        AUTO_BUS_MESSAGE *reply = NULL;
        Way way = { .bus = bus };
        int result = sd_bus_call_method(bus, NM, MANAGER, "ActivateConnection", &bus_error, &reply,
                                        "ooo", connection, "/", "/");

        if (result >= 0)
                result = sd_bus_message_read(reply, "o", &way.active);
        if (result < 0)
                return fail_to_switch(error, &bus_error, result);
        if (!follow(&way, has_arrived, error))
                return FALSE;
        return way.state == STATE_ACTIVATED || fail_to_activate(&way, error);
}

gboolean wattle_nm_deactivate(sd_bus *bus, const char *active, GError **error)
{
        AUTO_BUS_ERROR bus_error = SD_BUS_ERROR_NULL;
        Way way = { .bus = bus, .active = active };
        int result = sd_bus_call_method(bus, NM, MANAGER, "DeactivateConnection", &bus_error, NULL,
                                        "o", active);

        if (result < 0 && !sd_bus_error_has_name(&bus_error, NM ".ConnectionNotActive"))
                return fail_to_switch(error, &bus_error, result);
        return follow(&way, is_gone, error);
}
