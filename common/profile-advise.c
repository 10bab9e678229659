/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What is legal and seldom meant so: for 'wattle check', which is asked for an opinion. */
#include <string.h>

#include "common/language.h"
#include "common/profile.h"
#include "common/top-domain.h"

static gboolean is_active(const WattleDevice *device)
{
        return device->state == WATTLE_DEVICE_ACTIVE;
}

/* This host takes a device for the host of that name, whoever's that is. What ends in .internal
 * nobody else can have: ICANN keeps it for private use, as of 2024. */
static void advise_of_domain(const WattleProfile *profile, WattleReport *report)
{
        const char *domain = profile->domain ? profile->domain : profile->name;
        WattlePlace place = wattle_profile_place(profile, profile->domain ? profile->domain_place
                                                                          : profile->place);
        const char *what = profile->domain ? "Domain" : _("the mesh's name, which is its domain");

        switch (wattle_domain_judge(domain)) {
        case WATTLE_DOMAIN_PRIVATE:
                return;
        case WATTLE_DOMAIN_TOP:
                wattle_report_warning(report, place,
                                      "%s: .%s is of the Internet, where www.%s can be anybody's, "
                                      "and here it would be a device: write Domain=%s.internal, "
                                      "which nobody else can have",
                                      what, domain, domain, domain);
                return;
        case WATTLE_DOMAIN_OF_HOSTS:
                wattle_report_warning(report, place,
                                      "%s: www.%s is looked for on the Internet, and here it would "
                                      "be a device: write a domain below one of your own, as "
                                      "mesh.%s, or one that ends in .internal",
                                      what, domain, domain);
                return;
        case WATTLE_DOMAIN_OF_MULTICAST:
                wattle_report_warning(report, place,
                                      "%s: .local is for multicast DNS (RFC 6762): who asks for a "
                                      "name that is no device's asks all of the LAN. Write a "
                                      "domain that ends in .internal",
                                      what);
                return;
        }
}

/* Programs ask for these without having been told to, and do as the host says that has the name. */
static void advise_of_name(const WattleProfile *profile, const char *name, WattleSpot place,
                           WattleReport *report)
{
        static const struct {
                const char *name, *what;
        } sought[] = {
                { "isatap", N_("tunnels for IPv6") },
                { "wpad", N_("proxies") },
        };

        for (guint i = 0; i < G_N_ELEMENTS(sought); i++)
                if (strcmp(name, sought[i].name) == 0)
                        wattle_report_warning(report, wattle_profile_place(profile, place),
                                              "hosts look for %s at the name %s, and would take "
                                              "this device for it",
                                              _(sought[i].what), name);
}

static void advise_of_names(const WattleProfile *profile, WattleReport *report)
{
        for (guint i = 0; i < profile->n_devices; i++) {
                const WattleDevice *device = &profile->devices[i];

                advise_of_name(profile, device->name, device->place, report);
                for (guint j = 0; j < device->n_aliases; j++)
                        advise_of_name(profile, device->aliases[j].value, device->aliases[j].place,
                                       report);
        }
}

/* common/reach.h says the same, and is above. */
static gboolean may_introduce(const WattleDevice *device)
{
        for (guint i = 0; i < device->n_candidates; i++)
                if (device->candidates[i].kind == WATTLE_CANDIDATE_PUBLIC)
                        return device->managed;
        return FALSE;
}

/* Of those without any endpoint no two can meet, unless there is somebody whom both can call: one
 * line, however many they are. */
static void advise_of_meeting(const WattleProfile *profile, WattleReport *report)
{
        const WattleDevice *first = NULL, *second = NULL;
        guint n = 0;

        for (guint i = 0; i < profile->n_devices; i++) {
                const WattleDevice *device = &profile->devices[i];

                if (is_active(device) && (device->relay || may_introduce(device)))
                        return;
                if (!is_active(device) || device->n_candidates > 0 || device->via)
                        continue;
                if (n++ == 0)
                        first = device;
                else if (!second)
                        second = device;
        }
        if (n == 2)
                wattle_report_warning(report, wattle_profile_place(profile, second->place),
                                      "devices %s (line %u) and %s cannot meet: neither has a "
                                      "PublicEndpoint= or PrivateEndpoint=, and the mesh has no "
                                      "third device with a PublicEndpoint=",
                                      first->name, first->place.line, second->name);
        else if (n > 2)
                wattle_report_warning(report, wattle_profile_place(profile, second->place),
                                      "%u devices, as %s (line %u) and %s, cannot meet each other: "
                                      "none has a PublicEndpoint= or PrivateEndpoint=, and the "
                                      "mesh has no device with a PublicEndpoint=",
                                      n, first->name, first->place.line, second->name);
}

void wattle_profile_advise(const WattleProfile *profile, WattleReport *report)
{
        if (profile->name || profile->domain)
                advise_of_domain(profile, report);
        advise_of_names(profile, report);
        advise_of_meeting(profile, report);
}
