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

static gboolean equal_values(sd_bus_message *a, sd_bus_message *b);

static gboolean equal_containers(sd_bus_message *a, sd_bus_message *b, char type,
                                 const char *contents)
{
        if (sd_bus_message_enter_container(a, type, contents) <= 0 ||
            sd_bus_message_enter_container(b, type, contents) <= 0)
                return FALSE;
        while (sd_bus_message_at_end(a, FALSE) == 0 && sd_bus_message_at_end(b, FALSE) == 0)
                if (!equal_values(a, b))
                        return FALSE;
        return sd_bus_message_at_end(a, FALSE) > 0 && sd_bus_message_at_end(b, FALSE) > 0 &&
               sd_bus_message_exit_container(a) > 0 && sd_bus_message_exit_container(b) > 0;
}

/* A number is at most eight bytes long, and what it does not fill is zero in both. */
static gboolean equal_basics(sd_bus_message *a, sd_bus_message *b, char type)
{
        union {
                guint64 number;
                const char *text;
        } x = { 0 }, y = { 0 };

        if (sd_bus_message_read_basic(a, type, &x) <= 0 ||
            sd_bus_message_read_basic(b, type, &y) <= 0)
                return FALSE;
        if (strchr("sog", type))
                return strcmp(x.text, y.text) == 0;
        return x.number == y.number;
}

/* The next value of each, and goes past it. */
static gboolean equal_values(sd_bus_message *a, sd_bus_message *b)
{
        const char *contents_a, *contents_b;
        char type_a, type_b;

        if (sd_bus_message_peek_type(a, &type_a, &contents_a) <= 0 ||
            sd_bus_message_peek_type(b, &type_b, &contents_b) <= 0 || type_a != type_b ||
            g_strcmp0(contents_a, contents_b) != 0)
                return FALSE;
        return contents_a ? equal_containers(a, b, type_a, contents_a) : equal_basics(a, b, type_a);
}

static gboolean equal_key(sd_bus_message *a, sd_bus_message *b, const char *name, const char *key)
{
        gboolean in_a = go_to_key(a, name, key), in_b = go_to_key(b, name, key);

        return in_a == in_b && (!in_a || equal_values(a, b));
}

/* The keys of a setting; the texts are the message's. */
static GPtrArray *list_keys(sd_bus_message *settings, const char *name)
{
        GPtrArray *keys = g_ptr_array_new();
        const char *key;

        if (!wattle_nm_settings_go_to(settings, name) ||
            sd_bus_message_enter_container(settings, 'a', "{sv}") <= 0)
                return keys;
        while (sd_bus_message_enter_container(settings, 'e', "sv") > 0 &&
               sd_bus_message_read(settings, "s", &key) > 0) {
                g_ptr_array_add(keys, (gpointer)key);
                sd_bus_message_skip(settings, "v");
                sd_bus_message_exit_container(settings);
        }
        return keys;
}

gboolean wattle_nm_settings_equal(sd_bus_message *a, sd_bus_message *b, const char *name,
                                  const char *const *only)
{
        g_autoptr(GPtrArray) keys = NULL, others = NULL;

        for (guint i = 0; only && only[i]; i++)
                if (!equal_key(a, b, name, only[i]))
                        return FALSE;
        if (only)
                return TRUE;
        keys = list_keys(a, name);
        others = list_keys(b, name);
        for (guint i = 0; i < keys->len; i++)
                if (!equal_key(a, b, name, g_ptr_array_index(keys, i)))
                        return FALSE;
        return keys->len == others->len;
}
