/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cli/managers/nm-settings.h"

#include <string.h>

gboolean wattle_nm_settings_go_to(sd_bus_message *settings, const char *name)
{
        const char *found;

        sd_bus_message_rewind(settings, TRUE);
        if (sd_bus_message_enter_container(settings, 'a', "{sa{sv}}") <= 0)
                return FALSE;
        while (sd_bus_message_enter_container(settings, 'e', "sa{sv}") > 0) {
                if (sd_bus_message_read(settings, "s", &found) <= 0)
                        return FALSE;
                if (strcmp(found, name) == 0)
                        return TRUE;
                sd_bus_message_skip(settings, "a{sv}");
                sd_bus_message_exit_container(settings);
        }
        return FALSE;
}

/* Goes to the value of a key, before its variant. */
static gboolean go_to_key(sd_bus_message *settings, const char *name, const char *key)
{
        const char *found;

        if (!wattle_nm_settings_go_to(settings, name) ||
            sd_bus_message_enter_container(settings, 'a', "{sv}") <= 0)
                return FALSE;
        while (sd_bus_message_enter_container(settings, 'e', "sv") > 0) {
                if (sd_bus_message_read(settings, "s", &found) <= 0)
                        return FALSE;
                if (strcmp(found, key) == 0)
                        return TRUE;
                sd_bus_message_skip(settings, "v");
                sd_bus_message_exit_container(settings);
        }
        return FALSE;
}

const char *wattle_nm_settings_get(sd_bus_message *settings, const char *name, const char *key)
{
        const char *value;

        if (!go_to_key(settings, name, key) || sd_bus_message_read(settings, "v", "s", &value) <= 0)
                return NULL;
        return value;
}

const char *wattle_nm_settings_get_vpn_data(sd_bus_message *settings, const char *key)
{
        const char *name, *value;

        if (!go_to_key(settings, "vpn", "data") ||
            sd_bus_message_enter_container(settings, 'v', "a{ss}") <= 0 ||
            sd_bus_message_enter_container(settings, 'a', "{ss}") <= 0)
                return NULL;
        while (sd_bus_message_read(settings, "{ss}", &name, &value) > 0)
                if (strcmp(name, key) == 0)
                        return value;
        return NULL;
}
