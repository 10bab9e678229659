/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <string.h>

#include "common/profile-edit.h"
#include "common/profile-set.h"
#include "tests/fuzz/fuzz.h"

/* So many devices of a profile are looked at: a large one would only be slow. */
#define MAX_DEVICES 6

static WattleProfile *load(const char *text, gsize size)
{
        g_auto(WattleReport) report = { 0 };
        WattleProfile *profile;

        wattle_report_init(&report);
        profile = wattle_profile_load(text, size, "home.mesh", &report);
        fuzz_check_report(&report);
        /* No profile without a reason, and no reason with a profile. */
        g_assert_cmpint(profile != NULL, ==, report.n_errors == 0);
        return profile;
}

/* What is written reads as the same, and is written as the same again. */
static void check_write(const WattleProfile *profile)
{
        g_autofree char *text = wattle_profile_write(profile);
        g_autoptr(WattleProfile) again = NULL;
        g_autofree char *again_text = NULL;

        fuzz_check_text(text, strlen(text));
        again = load(text, strlen(text));
        g_assert_nonnull(again);
        g_assert_cmpuint(again->n_devices, ==, profile->n_devices);
        again_text = wattle_profile_write(again);
        g_assert_cmpstr(text, ==, again_text);
}

static void check_resolve(const WattleProfile *profile, const WattleDevice *self,
                          const char *exit_node)
{
        g_auto(WattleReport) report = { 0 };
        g_auto(WattleLocal) local = { 0 };
        WattleHost host = { .local = &local, .owner = WATTLE_OWNER_NETWORKD };
        g_autoptr(WattleView) view = NULL;

        wattle_report_init(&report);
        wattle_local_init(&local);
        local.accept_routes = exit_node != NULL;
        local.exit_node.value = exit_node;
        view = wattle_resolve(profile, self, &host, &report);
        g_assert_cmpint(view != NULL, ==, report.n_errors == 0);
        if (view)
                fuzz_check_view(view);
}

static const char *find_exit_node(const WattleProfile *profile)
{
        for (guint i = 0; i < profile->n_devices; i++)
                if (profile->devices[i].exit_node)
                        return profile->devices[i].name;
        return NULL;
}

/* A good profile stays good without one of its devices. */
static void check_remove(const char *text, const WattleDevice *device)
{
        g_autoptr(GArray) edits = wattle_profile_edit_remove(text, device->name, TRUE);
        g_autofree char *without = wattle_profile_edit_apply(text, edits);
        g_autoptr(WattleProfile) profile = load(without, strlen(without));

        g_assert_nonnull(profile);
        g_assert_null(wattle_profile_find_device(profile, device->name));
}

/* And takes the same device back. */
static void check_add(const char *text, const WattleDevice *device)
{
        g_autoptr(GArray) removal = wattle_profile_edit_remove(text, device->name, FALSE);
        g_autofree char *without = wattle_profile_edit_apply(text, removal);
        g_autoptr(GArray) addition = wattle_profile_edit_add(without, device, TRUE);
        g_autofree char *with = wattle_profile_edit_apply(without, addition);
        g_autoptr(WattleProfile) profile = load(with, strlen(with));

        g_assert_nonnull(profile);
        g_assert_nonnull(wattle_profile_find_device(profile, device->name));
}

/* From one way to write a mesh to another, as an editor may do it. */
static void check_rewrite(const char *text, const WattleProfile *profile)
{
        g_autofree char *changed = wattle_profile_write(profile);
        g_autoptr(GArray) edits = wattle_profile_edit_rewrite(text, changed, TRUE);
        g_autofree char *final = wattle_profile_edit_apply(text, edits);
        g_autoptr(WattleProfile) again = NULL;

        if (profile->serial == G_MAXINT64)
                return;
        again = load(final, strlen(final));
        g_assert_nonnull(again);
        g_assert_cmpuint(again->n_devices, ==, profile->n_devices);
        g_assert_cmpuint(again->serial, ==, profile->serial + 1);
}

/* What is added to a device and taken from it again leaves no trace. */
static void check_set(const char *text, const WattleDevice *device)
{
        g_auto(WattleAssignment) add = { 0 }, take = { 0 };
        g_autofree char *with = NULL, *without = NULL;

        if (!g_str_has_suffix(text, "\n"))
                return;
        g_assert_true(wattle_assignment_parse("Alias+=fuzz", &add, NULL));
        g_assert_true(wattle_assignment_parse("Alias-=fuzz", &take, NULL));
        for (guint i = 0; i < device->n_aliases; i++)
                if (strcmp(device->aliases[i].value, "fuzz") == 0)
                        return;
        with = wattle_profile_set(text, "Device", device->name, &add, NULL);
        without = wattle_profile_set(with, "Device", device->name, &take, NULL);
        g_assert_cmpstr(without, ==, text);
}

/* A report that keeps little says the same of the whole. */
static void check_small_report(const char *text, gsize size, gboolean good)
{
        g_auto(WattleReport) report = { 0 };
        g_autoptr(WattleProfile) profile = NULL;

        wattle_report_init(&report);
        report.max_faults = 2;
        profile = wattle_profile_load(text, size, "home.mesh", &report);
        g_assert_cmpint(profile != NULL, ==, good);
        fuzz_check_report(&report);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
        g_autofree char *text = g_strndup(size > 0 ? (const char *)bytes : "", size);
        g_autoptr(WattleProfile) profile = load((const char *)bytes, size);

        check_small_report((const char *)bytes, size, profile != NULL);
        if (!profile)
                return 0;
        check_write(profile);
        check_rewrite(text, profile);
        for (guint i = 0; i < MIN(profile->n_devices, MAX_DEVICES); i++) {
                const WattleDevice *device = &profile->devices[i];

                check_set(text, device);
                check_resolve(profile, device, NULL);
                check_resolve(profile, device, find_exit_node(profile));
                check_remove(text, device);
                check_add(text, device);
        }
        return 0;
}
