/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/profile.h"

#include <string.h>

#include "common/scalar.h"

void wattle_profile_free(WattleProfile *profile)
{
        if (!profile)
                return;
        wattle_arena_unref(profile->arena);
        g_free(profile);
}

WattlePlace wattle_profile_place(const WattleProfile *profile, WattleSpot spot)
{
        return (WattlePlace){ profile->file, spot.line, spot.column };
}

/* An invitation is signed as the mesh is, with the same Serial=: whoever has it must not be able to
 * pass it off as a profile. */
static void check_kind(const WattleProfile *profile, gboolean is_invitation, WattleReport *report)
{
        if (profile->invited && !is_invitation)
                wattle_report_error(report, wattle_profile_place(profile, profile->invited_place),
                                    "Invitation: this is an invitation for %s, and no profile: "
                                    "'wattle join' takes it",
                                    profile->invited);
        if (!profile->invited && is_invitation)
                wattle_report_error(report, wattle_profile_place(profile, profile->place),
                                    "this is a profile, and no invitation: Invitation= is missing");
}

static WattleProfile *load(GBytes *bytes, const char *file, gboolean is_invitation,
                           WattleReport *report)
{
        g_autoptr(WattleProfile) profile = wattle_profile_read(bytes, file, report);

        check_kind(profile, is_invitation, report);
        wattle_profile_check(profile, report);
        return report->n_errors == 0 ? g_steal_pointer(&profile) : NULL;
}

WattleProfile *wattle_profile_load_take(GBytes *bytes, const char *file, WattleReport *report)
{
        return load(bytes, file, FALSE, report);
}

WattleProfile *wattle_profile_load_invitation(GBytes *bytes, const char *file, WattleReport *report)
{
        return load(bytes, file, TRUE, report);
}

WattleProfile *wattle_profile_load(gconstpointer bytes, gsize size, const char *file,
                                   WattleReport *report)
{
        return wattle_profile_load_take(g_bytes_new(bytes, size), file, report);
}

static gboolean device_has_name(const WattleDevice *device, const char *name)
{
        if (wattle_word_equal(device->name, name))
                return TRUE;
        for (guint i = 0; i < device->n_aliases; i++)
                if (wattle_word_equal(device->aliases[i].value, name))
                        return TRUE;
        return FALSE;
}

const WattleDevice *wattle_profile_find_device(const WattleProfile *profile, const char *name)
{
        for (guint i = 0; i < profile->n_devices; i++)
                if (device_has_name(&profile->devices[i], name))
                        return &profile->devices[i];
        return NULL;
}

const WattleDevice *wattle_profile_find_key(const WattleProfile *profile, const WattleKey *key)
{
        for (guint i = 0; i < profile->n_devices; i++)
                if (wattle_key_equal(&profile->devices[i].public_key, key))
                        return &profile->devices[i];
        return NULL;
}

static GHashTable *addresses_taken(const WattleProfile *profile)
{
        GHashTable *taken =
                g_hash_table_new((GHashFunc)wattle_addr_hash, (GEqualFunc)wattle_addr_equal);

        for (guint i = 0; i < profile->n_devices; i++)
                for (guint j = 0; j < profile->devices[i].n_addresses; j++)
                        g_hash_table_add(taken, &profile->devices[i].addresses[j].value);
        return taken;
}

gboolean wattle_profile_next_address(const WattleProfile *profile, const WattlePrefix *subnet,
                                     WattleAddr *ret)
{
        g_autoptr(GHashTable) taken = addresses_taken(profile);
        WattleAddr addr = subnet->addr;

        do {
                if (wattle_prefix_has_host(subnet, &addr) && !g_hash_table_contains(taken, &addr)) {
                        *ret = addr;
                        return TRUE;
                }
        } while (wattle_addr_next(&addr) && wattle_prefix_contains_addr(subnet, &addr));
        return FALSE;
}

char *wattle_mesh_name_of_path(const char *path)
{
        g_autofree char *name = g_path_get_basename(path);

        if (g_str_has_suffix(name, WATTLE_MESH_SUFFIX) && strlen(name) > strlen(WATTLE_MESH_SUFFIX))
                name[strlen(name) - strlen(WATTLE_MESH_SUFFIX)] = '\0';
        return g_steal_pointer(&name);
}
