/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The rules of the whole mesh. Whatever a renderer could not write down is refused here (or in
 * resolve.c), with both lines where two things disagree. */
#include <arpa/inet.h>
#include <string.h>

#include "common/address-policy.h"
#include "common/language.h"
#include "common/profile.h"
#include "common/scalar.h"
#include "common/set.h"

/* To name the first of two costs a search; a report that is full asks for no more of them. */
static gboolean is_full(const WattleReport *report)
{
        return !wattle_report_has_room(report);
}

static void check_name(const WattleProfile *profile, WattleSet *names, const char *name,
                       WattleSpot place, WattleReport *report)
{
        const WattleDevice *first;
        guint line;

        if (wattle_set_add(names, name) || is_full(report))
                return;
        first = wattle_profile_find_device(profile, name);
        line = first->place.line;
        if (strcmp(first->name, name) != 0)
                for (guint i = first->n_aliases; i-- > 0;)
                        if (strcmp(first->aliases[i].value, name) == 0)
                                line = first->aliases[i].place.line;
        wattle_report_error(report, wattle_profile_place(profile, place),
                            "the name %s is taken already, in line %u (device %s)", name, line,
                            first->name);
}

static void check_names(const WattleProfile *profile, WattleReport *report)
{
        g_auto(WattleSet) names = { 0 };
        guint n = profile->n_devices;

        for (guint i = 0; i < profile->n_devices; i++)
                n += profile->devices[i].n_aliases;
        wattle_set_init(&names, n, g_str_hash, g_str_equal);
        for (guint i = 0; i < profile->n_devices; i++) {
                const WattleDevice *device = &profile->devices[i];

                check_name(profile, &names, device->name, device->place, report);
                for (guint j = 0; j < device->n_aliases; j++)
                        check_name(profile, &names, device->aliases[j].value,
                                   device->aliases[j].place, report);
        }
}

/* A call through a cast of the typed ones would be undefined. */
static guint key_hash(gconstpointer key)
{
        return wattle_key_hash(key);
}

static gboolean key_equal(gconstpointer a, gconstpointer b)
{
        return wattle_key_equal(a, b);
}

static void check_keys(const WattleProfile *profile, WattleReport *report)
{
        static const WattleKey no_key;
        g_auto(WattleSet) keys = { 0 };

        wattle_set_init(&keys, profile->n_devices, key_hash, key_equal);
        for (guint i = 0; i < profile->n_devices; i++) {
                const WattleDevice *device = &profile->devices[i], *first;

                /* One that was not read stays all zero, which no key is. */
                if (wattle_key_equal(&device->public_key, &no_key) ||
                    wattle_set_add(&keys, &device->public_key) || is_full(report))
                        continue;
                first = wattle_profile_find_key(profile, &device->public_key);
                wattle_report_error(
                        report, wattle_profile_place(profile, device->key_place),
                        "PublicKey: device %s has the same key in line %u; every device needs its "
                        "own",
                        first->name, first->key_place.line);
        }
}

/* The subnet that an address lies in; NULL if in none. */
static const WattlePrefix *subnet_of(const WattleProfile *profile, const WattleAddr *addr)
{
        for (guint i = 0; i < profile->n_subnets; i++)
                if (wattle_prefix_contains_addr(&profile->subnets[i].value, addr))
                        return &profile->subnets[i].value;
        return NULL;
}

static char *format_subnets(const WattleProfile *profile)
{
        GString *text = g_string_new(NULL);

        for (guint i = 0; i < profile->n_subnets; i++) {
                char subnet[WATTLE_PREFIX_TEXT_MAX];

                wattle_prefix_format(&profile->subnets[i].value, subnet);
                g_string_append_printf(text, "%s%s", i == 0 ? "" : ", ", subnet);
        }
        return g_string_free(text, FALSE);
}

static void report_unfit(const WattleProfile *profile, WattleSpot place, const char *key,
                         const char *text, WattleAddressVerdict verdict, const char *why,
                         WattleReport *report)
{
        if (verdict == WATTLE_ADDRESS_UNFIT)
                wattle_report_error(report, wattle_profile_place(profile, place), "%s: %s %s", key,
                                    text, why);
        else if (verdict == WATTLE_ADDRESS_DOUBTFUL)
                wattle_report_warning(report, wattle_profile_place(profile, place), "%s: %s %s",
                                      key, text, why);
}

static void check_address_in_subnet(const WattleProfile *profile, const WattleProfileAddr *addr,
                                    WattleReport *report)
{
        const WattlePrefix *subnet = subnet_of(profile, &addr->value);
        char addr_text[WATTLE_ADDR_TEXT_MAX], subnet_text[WATTLE_PREFIX_TEXT_MAX];

        const char *why;

        if (subnet && wattle_prefix_has_host(subnet, &addr->value))
                return;
        wattle_addr_format(&addr->value, addr_text);
        if (!subnet &&
            wattle_address_judge(&addr->value, WATTLE_USE_ADDRESS, &why) == WATTLE_ADDRESS_UNFIT) {
                report_unfit(profile, addr->place, "Address", addr_text, WATTLE_ADDRESS_UNFIT, why,
                             report);
        } else if (!subnet) {
                g_autofree char *subnets = format_subnets(profile);

                wattle_report_error(report, wattle_profile_place(profile, addr->place),
                                    "Address: %s is outside %s", addr_text, subnets);
        } else {
                wattle_prefix_format(subnet, subnet_text);
                wattle_report_error(
                        report, wattle_profile_place(profile, addr->place),
                        wattle_addr_equal(&addr->value, &subnet->addr)
                                ? N_("Address: %s is the network address of %s, which no device can "
                                     "have")
                                : N_("Address: %s is the broadcast address of %s, which no device "
                                     "can have"),
                        addr_text, subnet_text);
        }
}

static const WattleProfileAddr *find_address(const WattleProfile *profile, const WattleAddr *addr,
                                             const WattleDevice **ret_device)
{
        for (guint i = 0; i < profile->n_devices; i++)
                for (guint j = 0; j < profile->devices[i].n_addresses; j++)
                        if (wattle_addr_equal(&profile->devices[i].addresses[j].value, addr)) {
                                *ret_device = &profile->devices[i];
                                return &profile->devices[i].addresses[j];
                        }
        return NULL;
}

static guint addr_hash(gconstpointer addr)
{
        return wattle_addr_hash(addr);
}

static gboolean addr_equal(gconstpointer a, gconstpointer b)
{
        return wattle_addr_equal(a, b);
}

static void check_addresses(const WattleProfile *profile, WattleReport *report)
{
        g_auto(WattleSet) addresses = { 0 };
        guint n = 0;

        for (guint i = 0; i < profile->n_devices; i++)
                n += profile->devices[i].n_addresses;
        wattle_set_init(&addresses, n, addr_hash, addr_equal);
        for (guint i = 0; i < profile->n_devices; i++)
                for (guint j = 0; j < profile->devices[i].n_addresses; j++) {
                        const WattleProfileAddr *addr = &profile->devices[i].addresses[j], *first;
                        const WattleDevice *holder = NULL;
                        char text[WATTLE_ADDR_TEXT_MAX];

                        if (is_full(report))
                                return;
                        if (profile->n_subnets > 0)
                                check_address_in_subnet(profile, addr, report);
                        if (wattle_set_add(&addresses, &addr->value))
                                continue;
                        first = find_address(profile, &addr->value, &holder);
                        wattle_addr_format(&addr->value, text);
                        wattle_report_error(report, wattle_profile_place(profile, addr->place),
                                            "Address: device %s has %s already, in line %u",
                                            holder->name, text, first->place.line);
                }
}

static guint endpoint_hash(gconstpointer data)
{
        return wattle_endpoint_hash(data);
}

static gboolean endpoint_equal(gconstpointer a, gconstpointer b)
{
        return wattle_endpoint_equal(a, b);
}

static void check_literal(const WattleProfile *profile, const WattleCandidate *candidate,
                          WattleReport *report)
{
        gboolean is_public = candidate->kind == WATTLE_CANDIDATE_PUBLIC;
        const WattleAddr *addr = &candidate->endpoint.at.addr;
        WattleAddressVerdict verdict = WATTLE_ADDRESS_UNFIT;
        const char *why = _("is inside the mesh itself, and cannot carry it");
        char text[WATTLE_ENDPOINT_TEXT_MAX];

        if (!subnet_of(profile, addr))
                verdict = wattle_address_judge(
                        addr, is_public ? WATTLE_USE_PUBLIC_ENDPOINT : WATTLE_USE_PRIVATE_ENDPOINT,
                        &why);
        if (verdict == WATTLE_ADDRESS_FITS)
                return;
        wattle_endpoint_format(&candidate->endpoint, text);
        report_unfit(profile, candidate->place, is_public ? "PublicEndpoint" : "PrivateEndpoint",
                     text, verdict, why, report);
}

static void check_candidate(const WattleProfile *profile, WattleSet *public_endpoints,
                            const WattleCandidate *candidate, WattleReport *report)
{
        gboolean is_public = candidate->kind == WATTLE_CANDIDATE_PUBLIC;
        char text[WATTLE_ENDPOINT_TEXT_MAX];

        if (!candidate->endpoint.name && !candidate->site)
                check_literal(profile, candidate, report);
        if (is_public && !wattle_set_add(public_endpoints, &candidate->endpoint)) {
                wattle_endpoint_format(&candidate->endpoint, text);
                wattle_report_warning(
                        report, wattle_profile_place(profile, candidate->place),
                        "PublicEndpoint: %s is given twice, and one port leads to one device",
                        text);
        }
}

/* Once for all that are there. */
static void check_sites(const WattleProfile *profile, WattleReport *report)
{
        for (guint i = 0; i < profile->n_sites; i++) {
                const WattleSite *site = &profile->sites[i];
                const WattleAddr *addr = &site->address.at.addr;
                WattleAddressVerdict verdict = WATTLE_ADDRESS_UNFIT;
                const char *why = _("is inside the mesh itself, and cannot carry it");
                char text[WATTLE_ADDR_TEXT_MAX];

                if (site->address_place.line == 0 || site->address.name)
                        continue;
                if (!subnet_of(profile, addr))
                        verdict = wattle_address_judge(addr, WATTLE_USE_PUBLIC_ENDPOINT, &why);
                if (verdict == WATTLE_ADDRESS_FITS)
                        continue;
                wattle_addr_format(addr, text);
                report_unfit(profile, site->address_place, "PublicAddress", text, verdict, why,
                             report);
        }
}

static void check_candidates(const WattleProfile *profile, WattleReport *report)
{
        g_auto(WattleSet) public_endpoints = { 0 };
        guint n = 0;

        for (guint i = 0; i < profile->n_devices; i++)
                n += profile->devices[i].n_candidates;
        wattle_set_init(&public_endpoints, n, endpoint_hash, endpoint_equal);
        for (guint i = 0; i < profile->n_devices; i++) {
                const WattleDevice *device = &profile->devices[i];

                for (guint j = 0; j < device->n_candidates && device->state == WATTLE_DEVICE_ACTIVE;
                     j++)
                        check_candidate(profile, &public_endpoints, &device->candidates[j], report);
        }
}

/* A prefix with the device that it belongs to; a subnet has none. */
typedef struct {
        const WattleProfilePrefix *prefix;
        const WattleDevice *device;
} Claim;

static gboolean is_before(WattleSpot a, WattleSpot b)
{
        return a.line != b.line ? a.line < b.line : a.column < b.column;
}

static gint compare_claims(gconstpointer a, gconstpointer b)
{
        const WattleProfilePrefix *x = ((const Claim *)a)->prefix, *y = ((const Claim *)b)->prefix;
        gint order = wattle_prefix_compare(&x->value, &y->value);

        return order ? order : (is_before(x->place, y->place) ? -1 : 1);
}

static void report_overlap(const WattleProfile *profile, const Claim *outer, const Claim *inner,
                           WattleReport *report)
{
        const WattleProfilePrefix *later = is_before(inner->prefix->place, outer->prefix->place)
                                                   ? outer->prefix
                                                   : inner->prefix;
        guint other_line = MIN(outer->prefix->place.line, inner->prefix->place.line);
        char outer_text[WATTLE_PREFIX_TEXT_MAX], inner_text[WATTLE_PREFIX_TEXT_MAX];
        gboolean same = wattle_prefix_compare(&outer->prefix->value, &inner->prefix->value) == 0;

        wattle_prefix_format(&outer->prefix->value, outer_text);
        wattle_prefix_format(&inner->prefix->value, inner_text);
        if (!outer->device && !inner->device)
                wattle_report_error(report, wattle_profile_place(profile, later->place),
                                    "Subnet: %s and %s (line %u) overlap", inner_text, outer_text,
                                    other_line);
        else if (!outer->device || (!inner->device && same))
                wattle_report_error(
                        report,
                        wattle_profile_place(profile,
                                             (outer->device ? outer : inner)->prefix->place),
                        "Routes: %s lies inside the mesh's own subnet %s (line %u)",
                        outer->device ? outer_text : inner_text,
                        outer->device ? inner_text : outer_text,
                        (outer->device ? inner : outer)->prefix->place.line);
        else if (!inner->device)
                wattle_report_warning(
                        report, wattle_profile_place(profile, outer->prefix->place),
                        "Routes: %s of device %s contains the mesh's own subnet %s (line %u); the "
                        "longer prefix wins",
                        outer_text, outer->device->name, inner_text, inner->prefix->place.line);
        else if (same)
                wattle_report_error(
                        report, wattle_profile_place(profile, later->place),
                        "Routes: %s is a route of device %s already, in line %u", inner_text,
                        (later == inner->prefix ? outer : inner)->device->name, other_line);
        else if (outer->device != inner->device)
                wattle_report_warning(
                        report, wattle_profile_place(profile, inner->prefix->place),
                        "Routes: %s of device %s lies inside %s of device %s (line %u); the "
                        "longer prefix wins",
                        inner_text, inner->device->name, outer_text, outer->device->name,
                        outer->prefix->place.line);
}

static GArray *collect_claims(const WattleProfile *profile)
{
        GArray *claims = g_array_new(FALSE, FALSE, sizeof(Claim));

        for (guint i = 0; i < profile->n_subnets; i++) {
                Claim claim = { &profile->subnets[i], NULL };

                g_array_append_val(claims, claim);
        }
        for (guint i = 0; i < profile->n_devices; i++) {
                const WattleDevice *device = &profile->devices[i];

                for (guint j = 0; j < device->n_routes && device->state == WATTLE_DEVICE_ACTIVE;
                     j++) {
                        Claim claim = { &device->routes[j], device };

                        g_array_append_val(claims, claim);
                }
        }
        g_array_sort(claims, compare_claims);
        return claims;
}

/* The outermost route that an address lies in; NULL if in none. They are sorted and apart, so it
 * can only be the last of those that do not begin behind the address. */
static const Claim *find_route(const GPtrArray *outermost, const WattleAddr *addr)
{
        const Claim *claim;
        guint low = 0, high = outermost->len;

        while (low < high) {
                guint middle = (low + high) / 2;

                claim = g_ptr_array_index(outermost, middle);
                if (wattle_addr_compare(&claim->prefix->value.addr, addr) <= 0)
                        low = middle + 1;
                else
                        high = middle;
        }
        if (low == 0)
                return NULL;
        claim = g_ptr_array_index(outermost, low - 1);
        return claim->device && wattle_prefix_contains_addr(&claim->prefix->value, addr) ? claim
                                                                                         : NULL;
}

/* To a host that accepts such a route, the way to the endpoint is then the tunnel itself. Of the
 * neighbours at a PrivateEndpoint= it is not true: their own network is the nearer one. */
static void check_endpoints_in_routes(const WattleProfile *profile, const GPtrArray *outermost,
                                      WattleReport *report)
{
        for (guint i = 0; i < profile->n_devices; i++) {
                const WattleDevice *device = &profile->devices[i];

                for (guint j = 0; j < device->n_candidates && device->state == WATTLE_DEVICE_ACTIVE;
                     j++) {
                        const WattleCandidate *candidate = &device->candidates[j];
                        char endpoint[WATTLE_ENDPOINT_TEXT_MAX], route[WATTLE_PREFIX_TEXT_MAX];
                        const Claim *claim;

                        /* One inside the mesh was refused already. */
                        if (candidate->kind != WATTLE_CANDIDATE_PUBLIC ||
                            candidate->endpoint.name ||
                            subnet_of(profile, &candidate->endpoint.at.addr))
                                continue;
                        claim = find_route(outermost, &candidate->endpoint.at.addr);
                        if (!claim)
                                continue;
                        wattle_endpoint_format(&candidate->endpoint, endpoint);
                        wattle_prefix_format(&claim->prefix->value, route);
                        wattle_report_warning(
                                report, wattle_profile_place(profile, candidate->place),
                                "PublicEndpoint: %s lies inside %s, a route of device %s (line "
                                "%u): hosts with AcceptRoutes=yes lose the way to it; leave it out of "
                                "the route",
                                endpoint, route, claim->device->name, claim->prefix->place.line);
                }
        }
}

/* Sorted by address and then by length, a prefix comes right after those that contain it: the path
 * of open ones is enough. */
static void check_overlaps(const WattleProfile *profile, WattleReport *report)
{
        g_autoptr(GArray) claims = collect_claims(profile);
        g_autoptr(GPtrArray) open = g_ptr_array_new(), outermost = g_ptr_array_new();

        for (guint i = 0; i < claims->len && !is_full(report); i++) {
                const Claim *claim = &g_array_index(claims, Claim, i);

                while (open->len > 0 && !wattle_prefix_contains(&((const Claim *)g_ptr_array_index(
                                                                          open, open->len - 1))
                                                                         ->prefix->value,
                                                                &claim->prefix->value))
                        g_ptr_array_set_size(open, (gint)open->len - 1);
                if (open->len > 0)
                        report_overlap(profile, g_ptr_array_index(open, open->len - 1), claim,
                                       report);
                else
                        g_ptr_array_add(outermost, (gpointer)claim);
                g_ptr_array_add(open, (gpointer)claim);
        }
        if (claims->len > profile->n_subnets)
                check_endpoints_in_routes(profile, outermost, report);
}

static void check_prefix(const WattleProfile *profile, const WattleProfilePrefix *prefix,
                         WattleAddressUse use, WattleReport *report)
{
        gboolean is_subnet = use == WATTLE_USE_SUBNET;
        char text[WATTLE_PREFIX_TEXT_MAX];
        WattleAddressVerdict verdict;
        const char *why;

        if (prefix->value.length == 0) {
                wattle_report_error(
                        report, wattle_profile_place(profile, prefix->place), "%s",
                        is_subnet ? _("Subnet: a mesh cannot have all addresses there are")
                                  : _("Routes: a default route is written ExitNode=yes"));
                return;
        }
        verdict = wattle_address_judge_prefix(&prefix->value, use, &why);
        if (verdict == WATTLE_ADDRESS_FITS)
                return;
        wattle_prefix_format(&prefix->value, text);
        report_unfit(profile, prefix->place, is_subnet ? "Subnet" : "Routes", text, verdict, why,
                     report);
}

static void check_prefixes(const WattleProfile *profile, WattleReport *report)
{
        for (guint i = 0; i < profile->n_subnets; i++)
                check_prefix(profile, &profile->subnets[i], WATTLE_USE_SUBNET, report);
        for (guint i = 0; i < profile->n_devices; i++)
                for (guint j = 0; j < profile->devices[i].n_routes; j++)
                        check_prefix(profile, &profile->devices[i].routes[j], WATTLE_USE_ROUTES,
                                     report);
}

static gboolean is_active(const WattleDevice *device)
{
        return device->state == WATTLE_DEVICE_ACTIVE;
}

/* With a name alone the look-up has to go through the tunnel that waits for it, but for a name
 * server on the host's own LAN, and one that systemd-resolved or wattle-lookup asks by its link. */
static void check_exit_node(const WattleProfile *profile, const WattleDevice *device,
                            WattleReport *report)
{
        const WattleCandidate *name = NULL;

        for (guint i = 0; i < device->n_candidates; i++) {
                if (device->candidates[i].kind != WATTLE_CANDIDATE_PUBLIC)
                        continue;
                if (!device->candidates[i].endpoint.name)
                        return;
                if (!name)
                        name = &device->candidates[i];
        }
        if (name)
                wattle_report_warning(report, wattle_profile_place(profile, name->place),
                                      "PublicEndpoint: exit node %s is known by name alone, and "
                                      "for who uses it the look-up of %s goes into the tunnel "
                                      "that waits for it, unless systemd-resolved or "
                                      "wattle-lookup asks the name server of a link: give an "
                                      "address too",
                                      device->name, name->endpoint.name);
}

/* Only who uses the exit node asks them, and through it. */
static void check_name_servers(const WattleProfile *profile, const WattleDevice *device,
                               WattleReport *report)
{
        if (!device->exit_node)
                wattle_report_error(report,
                                    wattle_profile_place(profile, device->dns->servers[0].place),
                                    "DNS: is for who uses an exit node, and device %s has no "
                                    "ExitNode=yes",
                                    device->name);
        for (guint i = 0; i < device->dns->n; i++) {
                const WattleProfileAddr *server = &device->dns->servers[i];
                char text[WATTLE_ADDR_TEXT_MAX];
                const char *why;

                if (wattle_address_judge(&server->value, WATTLE_USE_DNS, &why) ==
                    WATTLE_ADDRESS_FITS)
                        continue;
                wattle_addr_format(&server->value, text);
                wattle_report_error(report, wattle_profile_place(profile, server->place),
                                    "DNS: %s %s", text, why);
        }
}

static void check_exit_nodes(const WattleProfile *profile, WattleReport *report)
{
        for (guint i = 0; i < profile->n_devices; i++)
                if (profile->devices[i].dns)
                        check_name_servers(profile, &profile->devices[i], report);
        for (guint i = 0; i < profile->n_devices; i++)
                if (is_active(&profile->devices[i]) && profile->devices[i].exit_node)
                        check_exit_node(profile, &profile->devices[i], report);
}

/* Why a device cannot pass on for one that names it; NULL: it can. */
static const char *why_no_relay(const WattleDevice *device, const WattleDevice *relay)
{
        if (relay == device)
                return _("is this device itself");
        if (relay->state == WATTLE_DEVICE_REVOKED)
                return _("is revoked");
        if (relay->via)
                return _("has a Via= itself, and there is no second step");
        if (!relay->managed)
                return _("runs no wattle, which has the kernel pass on");
        for (guint i = 0; i < relay->n_candidates; i++)
                if (relay->candidates[i].kind == WATTLE_CANDIDATE_PUBLIC)
                        return NULL;
        return _("has no PublicEndpoint=, at which it could be called");
}

/* By name and alias, which are borrowed. */
static GHashTable *map_names(const WattleProfile *profile)
{
        GHashTable *devices = g_hash_table_new(g_str_hash, g_str_equal);

        for (guint i = 0; i < profile->n_devices; i++) {
                WattleDevice *device = &profile->devices[i];

                g_hash_table_insert(devices, (gpointer)device->name, device);
                for (guint j = 0; j < device->n_aliases; j++)
                        g_hash_table_insert(devices, (gpointer)device->aliases[j].value, device);
        }
        return devices;
}

static void check_via(const WattleProfile *profile, GHashTable *devices, const WattleDevice *device,
                      WattleReport *report)
{
        const char *name = device->via->value, *why;
        WattlePlace place = wattle_profile_place(profile, device->via->place);
        const WattleDevice *relay = g_hash_table_lookup(devices, name);

        if (device->managed) {
                wattle_report_error(report, place,
                                    "Via: device %s runs wattle, which finds ways of its own: Via= "
                                    "is for devices with Managed=no",
                                    device->name);
                return;
        }
        if (!relay) {
                wattle_report_error(report, place, "Via: there is no device %s", name);
                return;
        }
        if (strcmp(relay->name, name) != 0) {
                wattle_report_error(report, place,
                                    "Via: %s is an alias of device %s (line %u): name that", name,
                                    relay->name, relay->place.line);
                return;
        }
        why = why_no_relay(device, relay);
        if (why)
                wattle_report_error(report, place, "Via: %s (line %u) %s", name, relay->place.line,
                                    why);
}

static void check_vias(const WattleProfile *profile, WattleReport *report)
{
        g_autoptr(GHashTable) devices = NULL;

        for (guint i = 0; i < profile->n_devices && !is_full(report); i++) {
                const WattleDevice *device = &profile->devices[i];

                if (!device->via || !is_active(device))
                        continue;
                if (!devices)
                        devices = map_names(profile);
                check_via(profile, devices, device, report);
        }
}

/* An MTU of IPv4 alone may be smaller: a tunnel inside a tunnel has 1220. Hosts may have one of
 * their own, which resolve.c looks at. */
static void check_mtu(const WattleProfile *profile, WattleReport *report)
{
        if (!profile->mtu.given || profile->mtu.value >= WATTLE_MTU_MIN_IPV6)
                return;
        for (guint i = 0; i < profile->n_devices; i++)
                for (guint j = 0; j < profile->devices[i].n_addresses; j++) {
                        const WattleProfileAddr *addr = &profile->devices[i].addresses[j];

                        if (addr->value.family != AF_INET6)
                                continue;
                        wattle_report_error(report, profile->mtu.place,
                                            "MTU: %u is too small: device %s has an IPv6 address "
                                            "(line %u), and IPv6 needs %d at least",
                                            profile->mtu.value, profile->devices[i].name,
                                            addr->place.line, WATTLE_MTU_MIN_IPV6);
                        return;
                }
}

static void check_mesh_name(const WattleProfile *profile, WattleReport *report)
{
        g_autoptr(GError) error = NULL;

        if (!profile->name)
                return;
        if (!profile->domain && !wattle_label_check(profile->name, NULL))
                wattle_report_error(report, wattle_profile_place(profile, profile->place),
                                    "the mesh's name %s is no DNS name: write Domain= below [Mesh]",
                                    profile->name);
        if (!profile->domain && strcmp(profile->name, "localhost") == 0)
                wattle_report_error(report, wattle_profile_place(profile, profile->place),
                                    "the mesh's name localhost is what each host calls itself, "
                                    "and no domain for others: write Domain= below [Mesh]");
        if (!wattle_interface_name_check(profile->name, &error))
                wattle_report_warning(
                        report, wattle_profile_place(profile, profile->place),
                        "the mesh's name cannot be that of the interface, for %s: write another "
                        "Name= below [Mesh], or Interface= on each host",
                        error->message);
}

static void check_lineage(const WattleProfile *profile, WattleReport *report)
{
        if (profile->has_previous && !profile->has_serial)
                wattle_report_error(report, wattle_profile_place(profile, profile->previous_place),
                                    "Previous: a text that was made from another one says with "
                                    "Serial= how often that was done: write it below [Mesh]");
        for (guint i = 0; i < profile->n_signing_keys; i++)
                for (guint j = 0; j < i; j++)
                        if (wattle_signing_key_equal(&profile->signing_keys[i].value,
                                                     &profile->signing_keys[j].value))
                                wattle_report_error(
                                        report,
                                        wattle_profile_place(profile,
                                                             profile->signing_keys[i].place),
                                        "SigningKeys: this key is there already, in line %u",
                                        profile->signing_keys[j].place.line);
}

static void check_invited(const WattleProfile *profile, WattleReport *report)
{
        if (profile->invited && !wattle_profile_find_device(profile, profile->invited))
                wattle_report_error(report, wattle_profile_place(profile, profile->invited_place),
                                    "Invitation: there is no device %s here", profile->invited);
}

void wattle_profile_check(const WattleProfile *profile, WattleReport *report)
{
        check_mesh_name(profile, report);
        check_lineage(profile, report);
        check_invited(profile, report);
        check_names(profile, report);
        check_keys(profile, report);
        check_addresses(profile, report);
        check_sites(profile, report);
        check_candidates(profile, report);
        check_prefixes(profile, report);
        check_mtu(profile, report);
        check_exit_nodes(profile, report);
        check_vias(profile, report);
        check_overlaps(profile, report);
}
