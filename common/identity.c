/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/identity.h"

#include "common/language.h"
#include "common/scalar.h"

/* So many names fit into a message. */
#define MAX_NAMES 8

static const WattleDevice *device_of_key(const WattleProfile *profile,
                                         const WattleEvidence *evidence, WattleReport *report)
{
        const WattleDevice *device = wattle_profile_find_key(profile, evidence->public_key);
        char key[WATTLE_KEY_TEXT_MAX];

        if (device)
                return device;
        wattle_key_format(evidence->public_key, key);
        wattle_report_error(
                report, (WattlePlace){ profile->file, 0, 0 },
                "the key in %s belongs to no device of the mesh; give the admin its public "
                "half, for PublicKey=: %s",
                evidence->key_file, key);
        return NULL;
}

/* "desktop, laptop and 3 more" */
static char *list_names(const char *const *names, guint n)
{
        GString *list = g_string_new(n == 0 ? _("none") : NULL);

        for (guint i = 0; i < MIN(n, MAX_NAMES); i++)
                g_string_append_printf(list, "%s%s", i == 0 ? "" : ", ", names[i]);
        if (n > MAX_NAMES)
                g_string_append_printf(list, _(" and %u more"), n - MAX_NAMES);
        return g_string_free(list, FALSE);
}

/* The device that name, if given, was meant for, or else those that there are. */
static char *suggest_device(const WattleProfile *profile, const char *name)
{
        g_autofree const char **names = g_new(const char *, profile->n_devices + 1);
        g_autofree char *list = NULL;
        const char *nearest;
        guint n = 0;

        for (guint i = 0; i < profile->n_devices; i++)
                if (profile->devices[i].state == WATTLE_DEVICE_ACTIVE)
                        names[n++] = profile->devices[i].name;
        nearest = name ? wattle_nearest_word(name, names, n) : NULL;
        if (nearest)
                return g_strdup_printf(_("did you mean %s?"), nearest);
        list = list_names(names, n);
        return g_strdup_printf(_("it has %s"), list);
}

static const WattleDevice *device_of_setting(const WattleProfile *profile,
                                             const WattleEvidence *evidence, WattleReport *report)
{
        const WattleDevice *device = wattle_profile_find_device(profile, evidence->device);

        if (!device) {
                g_autofree char *suggestion = suggest_device(profile, evidence->device);

                wattle_report_error(report, evidence->device_place, "mesh %s has no device %s: %s",
                                    profile->name, evidence->device, suggestion);
        }
        return device;
}

static const WattleDevice *decide(const WattleProfile *profile, const WattleEvidence *evidence,
                                  WattleReport *report)
{
        const WattleDevice *by_setting = NULL, *by_key = NULL, *by_host_name = NULL;

        if (evidence->device && !(by_setting = device_of_setting(profile, evidence, report)))
                return NULL;
        if (evidence->public_key && !(by_key = device_of_key(profile, evidence, report)))
                return NULL;
        if (by_setting && by_key && by_setting != by_key) {
                wattle_report_error(report, evidence->device_place,
                                    "Device= says %s, but the key in %s is that of %s",
                                    by_setting->name, evidence->key_file, by_key->name);
                return NULL;
        }
        if (by_setting)
                return by_setting;
        if (evidence->host_name)
                by_host_name = wattle_profile_find_device(profile, evidence->host_name);
        if (by_key && by_host_name && by_key != by_host_name) {
                wattle_report_error(
                        report, (WattlePlace){ profile->file, 0, 0 },
                        "the host name says device %s, but the key in %s is that of %s: take the "
                        "right key, or settle it with Device=%s below [Local]",
                        by_host_name->name, evidence->key_file, by_key->name, by_key->name);
                return NULL;
        }
        if (!by_key && !by_host_name) {
                g_autofree char *suggestion = suggest_device(profile, NULL);

                wattle_report_error(
                        report, (WattlePlace){ profile->file, 0, 0 },
                        "the mesh has no device with this host's name, %s, and there is no private "
                        "key to tell by: write Device= below [Local] (%s)",
                        evidence->host_name ? evidence->host_name : _("(none)"), suggestion);
        }
        return by_key ? by_key : by_host_name;
}

const WattleDevice *wattle_identify(const WattleProfile *profile, const WattleEvidence *evidence,
                                    WattleReport *report)
{
        const WattleDevice *device = decide(profile, evidence, report);

        if (!device)
                return NULL;
        if (device->state == WATTLE_DEVICE_REVOKED) {
                wattle_report_error(report, wattle_profile_place(profile, device->place),
                                    "device %s is revoked: State=active would let it in again",
                                    device->name);
                return NULL;
        }
        return device;
}
