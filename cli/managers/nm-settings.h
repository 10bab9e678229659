/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The settings of a connection as NetworkManager's methods give and take them: a{sa{sv}}, see
 * nm-settings-dbus(5). */
#pragma once

#include <glib.h>
#include <systemd/sd-bus.h>

/* Goes to the setting of that name, before its a{sv}. FALSE if there is none. */
gboolean wattle_nm_settings_go_to(sd_bus_message *settings, const char *name);

/* A text of a setting; it is the message's. NULL if there is none. */
const char *wattle_nm_settings_get(sd_bus_message *settings, const char *name, const char *key);

/* The same of vpn.data, which is a{ss}. */
const char *wattle_nm_settings_get_vpn_data(sd_bus_message *settings, const char *key);

/* Whether a setting has the same values in both, key by key and in any order; a setting that is not
 * there has no keys. With only not NULL, those keys alone count. Values with dictionaries within
 * have to have them in the same order, which NetworkManager's are. */
gboolean wattle_nm_settings_equal(sd_bus_message *a, sd_bus_message *b, const char *name,
                                  const char *const *only);
