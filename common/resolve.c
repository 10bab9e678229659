/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Profile, local settings and identity to a view: the only place where mesh policy is decided. */
#include <arpa/inet.h>
#include <string.h>

#include "common/digest.h"
#include "common/language.h"
#include "common/paths.h"
#include "common/profile.h"
#include "common/reach.h"
#include "common/scalar.h"
#include "common/sort.h"
#include "common/view.h"

typedef struct {
        const WattleProfile *profile;
        const WattleDevice *self;
        const WattleLocal *local;
        const WattleDevice *exit_node; /* chosen here; NULL: none */
        WattleView *view;
        guint n_relays;      /* of the mesh, beside ourselves */
        guint n_introducers; /* likewise */
} Resolver;

static gpointer take(WattleArena *arena, GArray *array, guint *ret_n)
{
        *ret_n = array->len;
        return wattle_arena_copy(arena, array->data, array->len * g_array_get_element_size(array));
}

static WattleViewDevice view_device(const WattleDevice *device)
{
        return (WattleViewDevice){ .name = device->name,
                                   .aliases = device->aliases,
                                   .addresses = device->addresses,
                                   .n_aliases = device->n_aliases,
                                   .n_addresses = device->n_addresses,
                                   .managed = device->managed };
}

/* Who says a number for one device means it, towards each peer; said for the mesh, it is not for
 * peers that nobody can call: they are many, and a hub would wake them all. By default the side
 * behind NAT keeps its mapping open, towards peers that may be unable to call it first. */
static guint16 keepalive_towards(const Resolver *resolver, const WattleDevice *peer)
{
        if (resolver->self->keepalive_s.given)
                return resolver->self->keepalive_s.value;
        if (!wattle_reach_is_callable(peer))
                return 0;
        if (resolver->profile->keepalive_s.given)
                return resolver->profile->keepalive_s.value;
        return wattle_reach_is_mutual(resolver->self, peer) ? 0 : WATTLE_DEFAULT_KEEPALIVE_S;
}

/* One that runs no wattle, or that nobody can call, relays nothing. */
static WattleRelayRole relay_role(const WattleDevice *device)
{
        return device->managed && wattle_reach_is_callable(device) ? device->relay
                                                                   : WATTLE_RELAY_NO;
}

/* Two relays, or any and the relay itself, need another one. Introduced are two of which neither
 * can call the other, and so cannot be called by who introduces them. */
static void find_pair(const Resolver *resolver, const WattleDevice *device, WattlePeer *ret)
{
        guint self = relay_role(device) == WATTLE_RELAY_YES ? 1 : 0;
        gboolean has_relay = resolver->n_relays > self;
        gboolean nobody_calls =
                !wattle_reach_is_callable(device) && !wattle_reach_is_callable(resolver->self);

        ret->introduces = wattle_reach_may_introduce(device);
        ret->introduced =
                device->managed && nobody_calls && !has_relay && resolver->n_introducers > 0;
        ret->can_pair = (device->managed && has_relay) || ret->introduced;
        ret->kept_open = ret->can_pair && nobody_calls;
}

/* Beside ourselves. */
static void count_helpers(Resolver *resolver)
{
        for (guint i = 0; i < resolver->profile->n_devices; i++) {
                const WattleDevice *device = &resolver->profile->devices[i];

                if (device == resolver->self || device->state != WATTLE_DEVICE_ACTIVE)
                        continue;
                resolver->n_relays += relay_role(device) == WATTLE_RELAY_YES;
                resolver->n_introducers += wattle_reach_may_introduce(device);
        }
}

static int compare_prefixes(gconstpointer a, gconstpointer b)
{
        return wattle_prefix_compare(a, b);
}

/* Whether a device has an address to speak from. */
static gboolean has_family(const WattleDevice *device, int family)
{
        for (guint i = 0; i < device->n_addresses; i++)
                if (device->addresses[i].value.family == family)
                        return TRUE;
        return FALSE;
}

static gboolean has_address_in(const WattleDevice *device, const WattlePrefix *subnet)
{
        for (guint i = 0; i < device->n_addresses; i++)
                if (wattle_prefix_contains_addr(subnet, &device->addresses[i].value))
                        return TRUE;
        return FALSE;
}

static WattlePrefix *put_addresses(const WattleDevice *device, WattlePrefix *next)
{
        for (guint i = 0; i < device->n_addresses; i++)
                *next++ = wattle_prefix_of_addr(&device->addresses[i].value);
        return next;
}

static const WattleDevice *device_at(const GArray *named, guint i)
{
        return g_array_index(named, WattleNamed, i).value;
}

/* By whom we reach a device inside the mesh; NULL: by itself. */
static const char *via_of(const Resolver *resolver, const WattleDevice *device)
{
        return resolver->local->via ? wattle_reach_via(resolver->self, device) : NULL;
}

/* indirects are of WattleNamed, those that are reached by the device; NULL: none are. */
static WattlePrefix *make_allowed_ips(const Resolver *resolver, const WattleDevice *device,
                                      const GArray *indirects, guint32 *ret_n)
{
        static const WattlePrefix defaults[] = { { { .family = AF_INET }, 0 },
                                                 { { .family = AF_INET6 }, 0 } };
        guint n_routes = resolver->local->accept_routes ? device->n_routes : 0;
        guint n_defaults = device == resolver->exit_node ? G_N_ELEMENTS(defaults) : 0;
        guint n_max = device->n_addresses + n_routes + n_defaults;
        WattlePrefix *prefixes, *next, *routes;

        for (guint i = 0; indirects && i < indirects->len; i++)
                n_max += device_at(indirects, i)->n_addresses;
        next = prefixes = wattle_arena_alloc(resolver->view->arena, n_max * sizeof *prefixes);
        next = put_addresses(device, next);
        routes = next;
        for (guint i = 0; i < n_routes; i++)
                if (has_family(resolver->self, device->routes[i].value.addr.family))
                        *next++ = device->routes[i].value;
        if (next - routes > 1)
                qsort(routes, (size_t)(next - routes), sizeof *next, compare_prefixes);
        for (guint i = 0; i < n_defaults; i++)
                *next++ = defaults[i];
        for (guint i = 0; indirects && i < indirects->len; i++)
                next = put_addresses(device_at(indirects, i), next);
        *ret_n = (guint32)(next - prefixes);
        return prefixes;
}

/* A DNS name in a file makes networkd reset every peer when it resolves: names are wattled's. */
static WattlePeer make_peer(const Resolver *resolver, const WattleDevice *device,
                            const GArray *indirects)
{
        guint32 n_allowed_ips;
        WattlePrefix *allowed_ips = make_allowed_ips(resolver, device, indirects, &n_allowed_ips);
        WattlePeer peer;

        peer = (WattlePeer){ .device = view_device(device),
                             .public_key = device->public_key,
                             .allowed_ips = allowed_ips,
                             .endpoint = wattle_reach_literal(resolver->self, device),
                             .named_endpoint = wattle_reach_endpoint(resolver->self, device),
                             .candidates = device->candidates,
                             .n_allowed_ips = n_allowed_ips,
                             .n_candidates = device->n_candidates,
                             .keepalive_s = keepalive_towards(resolver, device),
                             .has_indirects = indirects != NULL,
                             .relay = relay_role(device) };
        find_pair(resolver, device, &peer);
        return peer;
}

/* Those that are no peers, to the view and by their relay's name. named are all others, of which
 * only the peers are left. NULL: all are. */
static GHashTable *take_indirects(Resolver *resolver, WattleNamed *named, guint *n)
{
        g_autoptr(GArray) found = g_array_new(FALSE, FALSE, sizeof(WattleIndirect));
        GHashTable *by_relay = NULL;
        guint n_peers = 0;

        for (guint i = 0; i < *n; i++) {
                const WattleDevice *device = named[i].value;
                WattleIndirect indirect = { view_device(device), device->public_key,
                                            via_of(resolver, device) };
                GArray *behind;

                if (!indirect.via) {
                        named[n_peers++] = named[i];
                        continue;
                }
                g_array_append_val(found, indirect);
                if (!by_relay)
                        by_relay = g_hash_table_new_full(g_str_hash, g_str_equal, NULL,
                                                         (GDestroyNotify)g_array_unref);
                behind = g_hash_table_lookup(by_relay, indirect.via);
                if (!behind) {
                        behind = g_array_new(FALSE, FALSE, sizeof *named);
                        g_hash_table_insert(by_relay, (gpointer)indirect.via, behind);
                }
                g_array_append_val(behind, named[i]);
        }
        *n = n_peers;
        resolver->view->indirects =
                take(resolver->view->arena, found, &resolver->view->n_indirects);
        return by_relay;
}

/* Sorted by name, so that moving a device about in the profile changes no file. */
static void fill_peers(Resolver *resolver)
{
        const WattleProfile *profile = resolver->profile;
        WattleView *view = resolver->view;
        g_autofree WattleNamed *named = g_new(WattleNamed, profile->n_devices);
        g_autoptr(GHashTable) by_relay = NULL;
        guint n = 0;

        for (guint i = 0; i < profile->n_devices; i++) {
                const WattleDevice *device = &profile->devices[i];

                if (device != resolver->self && device->state == WATTLE_DEVICE_ACTIVE)
                        named[n++] = (WattleNamed){ .name = device->name, .value = device };
        }
        wattle_sort_by_name(named, n);
        by_relay = take_indirects(resolver, named, &n);
        view->peers = wattle_arena_alloc(view->arena, n * sizeof *view->peers);
        for (guint i = 0; i < n; i++)
                view->peers[i] =
                        make_peer(resolver, named[i].value,
                                  by_relay ? g_hash_table_lookup(by_relay, named[i].name) : NULL);
        view->n_peers = n;
}

/* Said once: with one route of a family there are often many. */
static void warn_of_family(const Resolver *resolver, const WattleProfilePrefix *route,
                           const WattleDevice *device, WattleReport *report)
{
        char text[WATTLE_PREFIX_TEXT_MAX];

        wattle_prefix_format(&route->value, text);
        wattle_report_warning(report, wattle_profile_place(resolver->profile, route->place),
                              "Routes: %s of device %s is not accepted here, nor are others like "
                              "it: device %s has no %s address in the mesh",
                              text, device->name, resolver->self->name,
                              route->value.addr.family == AF_INET6 ? "IPv6" : "IPv4");
}

/* Its relay may have another way there, or none but its own uplink. */
static void warn_of_via(const Resolver *resolver, const WattleDevice *device, WattleReport *report)
{
        wattle_report_warning(report,
                              wattle_profile_place(resolver->profile, device->routes[0].place),
                              "Routes: those of device %s are not accepted here, nor are others "
                              "like them: it is reached by Via=%s, which passes on for devices "
                              "alone",
                              device->name, via_of(resolver, device));
}

static void fill_routes(Resolver *resolver, WattleReport *report)
{
        g_autoptr(GArray) routes = g_array_new(FALSE, FALSE, sizeof(WattlePrefix));
        WattleView *view = resolver->view;
        gboolean warned = FALSE, warned_of_via = FALSE;

        for (guint i = 0; i < resolver->profile->n_devices && resolver->local->accept_routes; i++) {
                const WattleDevice *device = &resolver->profile->devices[i];

                if (device == resolver->self || device->state != WATTLE_DEVICE_ACTIVE)
                        continue;
                if (device->n_routes > 0 && via_of(resolver, device)) {
                        if (!warned_of_via)
                                warn_of_via(resolver, device, report);
                        warned_of_via = TRUE;
                        continue;
                }
                for (guint j = 0; j < device->n_routes; j++)
                        if (has_family(resolver->self, device->routes[j].value.addr.family)) {
                                g_array_append_val(routes, device->routes[j].value);
                        } else if (!warned) {
                                warn_of_family(resolver, &device->routes[j], device, report);
                                warned = TRUE;
                        }
        }
        g_array_sort(routes, compare_prefixes);
        view->routes = take(view->arena, routes, &view->n_routes);
}

/* Each address with the length of its subnet, which gives the route to the mesh; the subnets that
 * are left need one of their own, if we have an address to speak from. */
static void fill_addresses(Resolver *resolver)
{
        g_autoptr(GArray) addresses = g_array_new(FALSE, FALSE, sizeof(WattlePrefix));
        g_autoptr(GArray) subnets = g_array_new(FALSE, FALSE, sizeof(WattlePrefix));
        WattleView *view = resolver->view;

        for (guint i = 0; i < resolver->profile->n_subnets; i++) {
                const WattlePrefix *subnet = &resolver->profile->subnets[i].value;
                gboolean has_address = FALSE;

                view->has_ipv6 |= subnet->addr.family == AF_INET6;
                for (guint j = 0; j < resolver->self->n_addresses; j++) {
                        const WattleAddr *addr = &resolver->self->addresses[j].value;
                        WattlePrefix address = { *addr, subnet->length };

                        if (!wattle_prefix_contains_addr(subnet, addr))
                                continue;
                        has_address = TRUE;
                        g_array_append_val(addresses, address);
                }
                if (!has_address && has_family(resolver->self, subnet->addr.family))
                        g_array_append_val(subnets, *subnet);
        }
        view->addresses = take(view->arena, addresses, &view->n_addresses);
        view->subnets = take(view->arena, subnets, &view->n_subnets);
}

static gboolean find_exit_node(Resolver *resolver, WattleReport *report)
{
        const WattleLocalName *wish = &resolver->local->exit_node;
        const char *why = NULL;

        if (!wish->value)
                return TRUE;
        resolver->exit_node = wattle_profile_find_device(resolver->profile, wish->value);
        if (!resolver->exit_node)
                why = _("is no device of the mesh");
        else if (resolver->exit_node == resolver->self)
                why = _("is this device itself");
        else if (resolver->exit_node->state == WATTLE_DEVICE_REVOKED)
                why = _("is revoked");
        else if (!resolver->exit_node->exit_node)
                why = _("offers no way out: it has no ExitNode=yes in the profile");
        else if (via_of(resolver, resolver->exit_node))
                why = _("is reached by Via= here, which passes on for devices alone: an exit node "
                        "needs a PublicEndpoint=");
        if (why)
                wattle_report_error(report, wish->place, "ExitNode: %s %s", wish->value, why);
        return !why;
}

static gboolean fill_interface(Resolver *resolver, WattleReport *report)
{
        const char *name = wattle_local_interface(resolver->local, resolver->profile->name);
        g_autoptr(GError) error = NULL;

        /* Interface= was checked when it was read. */
        if (!wattle_interface_name_check(name, &error)) {
                wattle_report_error(
                        report, wattle_profile_place(resolver->profile, resolver->profile->place),
                        "the interface would be called as the mesh, but %s: write Interface= "
                        "below [Local]",
                        error->message);
                return FALSE;
        }
        resolver->view->interface = wattle_arena_strdup(resolver->view->arena, name);
        return TRUE;
}

static guint16 choose_listen_port(const Resolver *resolver)
{
        if (resolver->local->listen_port.given)
                return resolver->local->listen_port.value;
        if (resolver->self->listen_port.given)
                return resolver->self->listen_port.value;
        if (resolver->profile->listen_port.given)
                return resolver->profile->listen_port.value;
        return WATTLE_DEFAULT_LISTEN_PORT;
}

/* networkd's IPMasquerade= is for the networks of the interface's own addresses. */
static void warn_of_subnets(const Resolver *resolver, WattleReport *report)
{
        const WattleProfile *profile = resolver->profile;
        const WattleDevice *self = resolver->self;
        char text[WATTLE_PREFIX_TEXT_MAX];

        for (guint i = 0; i < profile->n_subnets; i++) {
                const WattleProfilePrefix *subnet = &profile->subnets[i];

                if (has_address_in(self, &subnet->value))
                        continue;
                wattle_prefix_format(&subnet->value, text);
                wattle_report_warning(report, wattle_profile_place(profile, subnet->place),
                                      "Subnet: device %s (line %u) is an exit node without an "
                                      "address in %s, and systemd-networkd masquerades only where "
                                      "it has one: install wattle-filter",
                                      self->name, self->place.line, text);
        }
}

/* wattle-filter does it for all that comes out of the mesh. Without it, networkd does for its own
 * networks; NetworkManager does only where it shares a connection, which brings a DHCP server. */
static void fill_masquerade(Resolver *resolver, gboolean no_filter, WattleReport *report)
{
        const WattleProfile *profile = resolver->profile;
        const WattleDevice *self = resolver->self;
        WattleView *view = resolver->view;

        if (!view->routing_server || !self->exit_node)
                return;
        view->masquerade = !no_filter || view->owner == WATTLE_OWNER_NETWORKD;
        if (!view->masquerade)
                wattle_report_warning(report, wattle_profile_place(profile, self->place),
                                      "device %s is an exit node, and NetworkManager masquerades "
                                      "nothing: install the mesh and wattle-filter, or have the "
                                      "firewall of this host do it",
                                      self->name);
        else if (no_filter)
                warn_of_subnets(resolver, report);
}

/* The exit node takes what comes from our address in the mesh, and has none to answer from in a
 * family without an address of its own. */
static gboolean can_leave(const Resolver *resolver, int family)
{
        return has_family(resolver->self, family) && has_family(resolver->exit_node, family);
}

/* Not said of a mesh without that family: there is nothing to mend. */
static void warn_of_exit(const Resolver *resolver, WattleReport *report)
{
        static const int families[] = { AF_INET, AF_INET6 };
        const WattleDevice *exit_node = resolver->exit_node;

        for (guint i = 0; exit_node && i < G_N_ELEMENTS(families); i++) {
                const char *name = families[i] == AF_INET6 ? "IPv6" : "IPv4";

                if (has_family(exit_node, families[i]) || !has_family(resolver->self, families[i]))
                        continue;
                wattle_report_warning(report, resolver->local->exit_node.place,
                                      "ExitNode: device %s (line %u of the profile) has no %s "
                                      "address in the mesh: what would leave by %s is refused here",
                                      exit_node->name, exit_node->place.line, name, name);
        }
}

/* In the mesh itself, or by the exit node. */
static gboolean can_ask(const Resolver *resolver, const WattleAddr *server)
{
        for (guint i = 0; i < resolver->profile->n_subnets; i++)
                if (wattle_prefix_contains_addr(&resolver->profile->subnets[i].value, server))
                        return has_family(resolver->self, server->family);
        return can_leave(resolver, server->family);
}

static void add_name_server(const Resolver *resolver, const WattleAddr *server, GArray *list,
                            WattlePlace place, WattleReport *report)
{
        char text[WATTLE_ADDR_TEXT_MAX];

        if (can_ask(resolver, server)) {
                g_array_append_val(list, *server);
                return;
        }
        wattle_addr_format(server, text);
        wattle_report_warning(report, place,
                              "DNS: %s is not asked: this device or the exit node has no %s "
                              "address in the mesh",
                              text, server->family == AF_INET6 ? "IPv6" : "IPv4");
}

static void list_name_servers(const Resolver *resolver, GArray *list, WattleReport *report)
{
        const WattleLocalDns *own = &resolver->local->dns;
        const WattleNameServers *dns = own->given ? NULL : resolver->exit_node->dns;

        for (guint i = 0; i < own->n; i++)
                add_name_server(resolver, &own->servers[i], list, own->place, report);
        for (guint i = 0; dns && i < dns->n; i++)
                add_name_server(resolver, &dns->servers[i].value, list,
                                wattle_profile_place(resolver->profile, dns->servers[i].place),
                                report);
}

/* networkd tells systemd-resolved alone. NetworkManager knows what the host has; but without
 * systemd-resolved it takes wattle-lookup to ask past the tunnel. */
static void warn_of_no_resolved(const Resolver *resolver, gboolean has_lookup, WattleReport *report)
{
        const WattleLocal *local = resolver->local;
        const WattleDevice *exit_node = resolver->exit_node;
        WattlePlace place = local->dns.given ? local->dns.place : local->exit_node.place;
        const char *name = wattle_reach_name(exit_node->candidates, exit_node->n_candidates);

        if (resolver->view->owner == WATTLE_OWNER_NETWORKD)
                wattle_report_warning(report, place,
                                      "DNS: of no effect, for systemd-networkd sets name servers "
                                      "by systemd-resolved alone: install the package "
                                      "systemd-resolved, or write DNS=none below [Local]");
        else if (name && !has_lookup)
                wattle_report_warning(report, place,
                                      "DNS: a new address of %s, the exit node, will not be found, "
                                      "for all names are looked up through it: install the package "
                                      "wattle-lookup or systemd-resolved, or write DNS=none below "
                                      "[Local]",
                                      name);
}

static void fill_dns(Resolver *resolver, const WattleHost *host, WattleReport *report)
{
        g_autoptr(GArray) list = g_array_new(FALSE, FALSE, sizeof(WattleAddr));
        const WattleLocal *local = resolver->local;
        WattleView *view = resolver->view;

        if (!resolver->exit_node) {
                if (local->dns.n > 0)
                        wattle_report_warning(report, local->dns.place,
                                              "DNS: of no effect without ExitNode=");
                return;
        }
        list_name_servers(resolver, list, report);
        view->dns = take(view->arena, list, &view->n_dns);
        if (view->n_dns > 0 && host->no_resolved)
                warn_of_no_resolved(resolver, host->has_lookup, report);
}

static void fill_relaying(Resolver *resolver)
{
        WattleView *view = resolver->view;

        view->relay = relay_role(resolver->self);
        view->relay_ports = resolver->profile->relay_ports;
        if (!view->relay_ports.given)
                view->relay_ports =
                        (WattlePorts){ TRUE, WATTLE_RELAY_FIRST_PORT, WATTLE_RELAY_LAST_PORT };
}

static void fill_ports(Resolver *resolver, const WattleHost *host)
{
        WattleView *view = resolver->view;
        const WattlePortUse use = {
                .listen_port = view->listen_port,
                .relay_ports = view->relay ? view->relay_ports : (WattlePorts){ 0 },
                .beacons = resolver->local->migrate &&
                           resolver->local->discovery != WATTLE_DISCOVERY_NO,
                .probes = resolver->local->migrate,
                .serves = host->serves,
        };

        view->n_ports = wattle_port_table(&use, view->ports);
}

/* The first device that has us in Via= and goes by it; NULL: none. */
static const WattleDevice *find_client(const Resolver *resolver)
{
        const WattleProfile *profile = resolver->profile;

        for (guint i = 0; i < profile->n_devices; i++) {
                const WattleDevice *device = &profile->devices[i];

                if (device->via && device->state == WATTLE_DEVICE_ACTIVE &&
                    strcmp(device->via->value, resolver->self->name) == 0 &&
                    !wattle_reach_is_callable(device))
                        return device;
        }
        return NULL;
}

/* The same at each start, and hardly another mesh's or program's: "w", and 24 bits of the name. */
static guint32 table_of(const char *mesh)
{
        return 0x77000000 |
               (guint32)(wattle_digest(WATTLE_DIGEST_EMPTY, mesh, strlen(mesh)) & 0xffffff);
}

static WattleOptionalU32 choose_mark(const Resolver *resolver)
{
        const WattleLocal *local = resolver->local;

        if (!local->firewall_mark.given && local->coexist.value == WATTLE_COEXIST_TAILSCALE)
                return (WattleOptionalU32){ TRUE, WATTLE_TAILSCALE_MARK };
        if (!local->firewall_mark.given && resolver->exit_node)
                return (WattleOptionalU32){ TRUE, WATTLE_DEFAULT_MARK };
        return local->firewall_mark;
}

static void fill_routing(Resolver *resolver)
{
        const WattleDevice *self = resolver->self;
        WattleView *view = resolver->view;
        gboolean is_via = resolver->local->via && find_client(resolver);

        switch (resolver->local->routing_features) {
        case WATTLE_ROUTING_AUTO:
                view->routing_client = view->n_routes > 0 || resolver->exit_node;
                view->routing_server = self->n_routes > 0 || self->exit_node;
                view->routing_via = is_via;
                break;
        case WATTLE_ROUTING_NONE:
                break;
        case WATTLE_ROUTING_CLIENT:
                view->routing_client = TRUE;
                break;
        case WATTLE_ROUTING_SERVER:
                view->routing_server = TRUE;
                view->routing_via = is_via;
                break;
        case WATTLE_ROUTING_BOTH:
                view->routing_client = view->routing_server = TRUE;
                view->routing_via = is_via;
                break;
        }
        view->firewall_mark = choose_mark(resolver);
        if (!resolver->exit_node)
                return;
        view->exit_node = resolver->exit_node->name;
        view->exit_ipv4 = can_leave(resolver, AF_INET);
        view->exit_ipv6 = can_leave(resolver, AF_INET6);
        view->exit_table = view->owner == WATTLE_OWNER_NETWORKD ? table_of(view->mesh)
                                                                : view->firewall_mark.value;
}

/* What the mesh has us do, and this host does not. */
static void warn_of_refusal(const Resolver *resolver, WattleReport *report)
{
        const WattleDevice *client = resolver->view->routing_via ? NULL : find_client(resolver);

        if (client)
                wattle_report_warning(
                        report, wattle_profile_place(resolver->profile, client->via->place),
                        "Via: device %s is to be reached by this one, which passes nothing on: its "
                        "local settings have %s",
                        client->name,
                        resolver->local->via
                                ? _("another RoutingFeatures= than auto, server or both")
                                : "Via=no");
}

/* Older kernels know no forwarding of IPv6 by one interface alone. */
static void fill_via(Resolver *resolver, const WattleHost *host, WattleReport *report)
{
        WattleView *view = resolver->view;

        warn_of_refusal(resolver, report);
        if (!view->routing_via || view->routing_server || !has_family(resolver->self, AF_INET6))
                return;
        if (host->force_forwarding)
                view->via_ipv6 = WATTLE_VIA_IPV6_OF_INTERFACE;
        else if (!host->no_filter)
                view->via_ipv6 = WATTLE_VIA_IPV6_OF_ALL;
        else
                wattle_report_warning(
                        report,
                        wattle_profile_place(resolver->profile, find_client(resolver)->via->place),
                        "Via: device %s passes on IPv4 alone: for IPv6 this kernel has to forward "
                        "between all interfaces, which wattle-filter would guard: install it, or "
                        "write RoutingFeatures=server below [Local]",
                        resolver->self->name);
}

/* What this host does for others; NULL: nothing. The line is that of the profile, 0: none of it. */
static const char *find_service(const Resolver *resolver, guint32 *ret_line)
{
        const WattleDevice *self = resolver->self;
        const WattleView *view = resolver->view;

        *ret_line = self->place.line;
        if (view->relay)
                return _("is a relay");
        if (view->routing_server && self->exit_node)
                return _("is an exit node");
        if (view->routing_server && self->n_routes > 0) {
                *ret_line = self->routes[0].place.line;
                return _("is a subnet router");
        }
        if (view->routing_via) {
                *ret_line = find_client(resolver)->via->place.line;
                return _("passes on what goes by Via=");
        }
        *ret_line = 0;
        return view->routing_server ? _("forwards by RoutingFeatures=") : NULL;
}

static gboolean refuse_service(const Resolver *resolver, WattlePlace place, WattleReport *report)
{
        guint32 line;
        const char *what = find_service(resolver, &line);
        g_autofree char *where = NULL;

        if (!what)
                return TRUE;
        where = line > 0 ? g_strdup_printf(_(" (line %u of the profile)"), line) : g_strdup("");
        wattle_report_error(report, place,
                            "Coexist: device %s %s%s, and Mullvad gives an address of its own to "
                            "all that has its mark, so that this host can only speak for itself: "
                            "%s, or leave Coexist= out",
                            resolver->self->name, what, where,
                            resolver->view->relay
                                    ? _("take Relay= from it")
                                    : _("write RoutingFeatures=client below [Local]"));
        return FALSE;
}

/* All that is reached by the mesh. Tailscale's exit node has no kill switch, and its own network is
 * none of ours: nothing is refused. */
static void fill_main_first(Resolver *resolver)
{
        g_autoptr(GArray) list = g_array_new(FALSE, FALSE, sizeof(WattlePrefix));
        const WattleProfile *profile = resolver->profile;
        WattleView *view = resolver->view;

        for (guint i = 0; i < profile->n_subnets; i++)
                if (has_family(resolver->self, profile->subnets[i].value.addr.family))
                        g_array_append_val(list, profile->subnets[i].value);
        g_array_append_vals(list, view->routes, view->n_routes);
        view->main_first = take(view->arena, list, &view->n_main_first);
}

/* What WireGuard sends has Mullvad's mark from the start, so that it is routed past its tunnel and
 * has the address of the uplink. */
static gboolean fill_mullvad(Resolver *resolver, const WattleHost *host, WattleReport *report)
{
        const WattleCoexistChoice *coexist = &resolver->local->coexist;
        const WattleOptionalU32 *mark = &resolver->local->firewall_mark;
        WattleView *view = resolver->view;
        const char *why = NULL;

        if (resolver->exit_node)
                why = _("with ExitNode= there are two that want all traffic, and a connection has "
                        "one mark: leave one of them out");
        else if (mark->given && mark->value != WATTLE_MULLVAD_MARK)
                why = _("what WireGuard sends has Mullvad's mark then: leave FirewallMark= out");
        if (why)
                wattle_report_error(report, coexist->place, "Coexist: %s", why);
        if (why || !refuse_service(resolver, coexist->place, report))
                return FALSE;
        view->firewall_mark = (WattleOptionalU32){ TRUE, WATTLE_MULLVAD_MARK };
        if (host->no_filter)
                wattle_report_warning(report, coexist->place,
                                      "Coexist: of no effect without wattle-filter: install it");
        return TRUE;
}

static gboolean fill_coexist(Resolver *resolver, const WattleHost *host, WattleReport *report)
{
        resolver->view->coexist = resolver->local->coexist.value;
        switch (resolver->view->coexist) {
        case WATTLE_COEXIST_NONE:
                return TRUE;
        case WATTLE_COEXIST_MULLVAD:
                return fill_mullvad(resolver, host, report);
        case WATTLE_COEXIST_TAILSCALE:
                fill_main_first(resolver);
                return TRUE;
        }
        g_return_val_if_reached(FALSE);
}

static gboolean is_printable(const char *text)
{
        for (const char *p = text; *p; p++)
                if ((guchar)*p < 0x20 || *p == 0x7f)
                        return FALSE;
        return g_utf8_validate(text, -1, NULL);
}

static void fill_names(Resolver *resolver)
{
        const WattleProfile *profile = resolver->profile;
        WattleView *view = resolver->view;
        g_autofree char *file = g_path_get_basename(profile->file ? profile->file : "");

        view->mesh = profile->name;
        view->domain = profile->domain ? profile->domain : profile->name;
        /* A file may be called by any bytes, and this goes into a line of ours. */
        view->source =
                profile->file && is_printable(file)
                        ? wattle_arena_strdup(view->arena, file)
                        : wattle_arena_printf(view->arena, "%s" WATTLE_MESH_SUFFIX, profile->name);
        view->names = resolver->local->names;
        view->self = view_device(resolver->self);
        view->public_key = resolver->self->public_key;
}

/* What only NetworkManager knows to do. */
static void fill_connection(Resolver *resolver, WattleReport *report)
{
        const WattleConnectionChoice *connection = &resolver->local->connection;
        WattleView *view = resolver->view;

        if (view->owner == WATTLE_OWNER_NETWORK_MANAGER) {
                view->connection = connection->value;
                if (connection->value == WATTLE_CONNECTION_VPN &&
                    view->activation != WATTLE_ACTIVATION_MANUAL)
                        wattle_report_warning(report, connection->place,
                                              "Connection: NetworkManager starts no VPN by itself, "
                                              "so that ActivationPolicy= is of no effect");
        } else if (connection->value == WATTLE_CONNECTION_VPN) {
                wattle_report_warning(report, connection->place,
                                      "Connection: of no effect, for systemd-networkd owns the "
                                      "interface");
        }
}

static WattleFirewallChoice copy_choice(WattleArena *arena, const WattleFirewallChoice *choice)
{
        const char **zones = wattle_arena_alloc(arena, choice->n_zones * sizeof *zones);
        WattleFirewallChoice copy = *choice;

        for (guint i = 0; i < choice->n_zones; i++)
                zones[i] = wattle_arena_strdup(arena, choice->zones[i]);
        copy.zones = zones;
        return copy;
}

/* NetworkManager tells firewalld of a zone itself; all else wattle-filter does. */
static void fill_firewall(Resolver *resolver, gboolean no_filter, WattleReport *report)
{
        const WattleLocal *local = resolver->local;
        WattleView *view = resolver->view;

        view->firewall = copy_choice(view->arena, &local->firewall);
        if (local->trust.value)
                view->trust = wattle_arena_strdup(view->arena, local->trust.value);
        if (no_filter && local->firewall.kind != WATTLE_FIREWALL_NO)
                wattle_report_warning(report, local->firewall.place,
                                      "Firewall: of no effect without wattle-filter: install it");
        if (no_filter && view->trust && view->owner == WATTLE_OWNER_NETWORKD)
                wattle_report_warning(report, local->trust.place,
                                      "Trust: of no effect without wattle-filter, for "
                                      "systemd-networkd owns the interface and knows no zones: "
                                      "install it");
}

static const WattleMtu *choose_mtu(const Resolver *resolver)
{
        return resolver->local->mtu.given ? &resolver->local->mtu : &resolver->profile->mtu;
}

/* The kernel takes IPv6 away from an interface with less, and then refuses its addresses and its
 * routes. An exit node gets both families, lest one leak. */
static gboolean check_mtu(const Resolver *resolver, WattleReport *report)
{
        const WattleMtu *mtu = choose_mtu(resolver);
        gboolean has_ipv6 = has_family(resolver->self, AF_INET6);

        if (!mtu->given || mtu->value >= WATTLE_MTU_MIN_IPV6 || (!has_ipv6 && !resolver->exit_node))
                return TRUE;
        wattle_report_error(report, mtu->place,
                            "MTU: %u is too small: %s, and IPv6 needs %d at least", mtu->value,
                            has_ipv6 ? _("this device has an IPv6 address")
                                     : _("with ExitNode= IPv6 goes into the mesh too"),
                            WATTLE_MTU_MIN_IPV6);
        return FALSE;
}

static void fill_settings(Resolver *resolver, const WattleHost *host)
{
        const WattleLocal *local = resolver->local;
        const WattleMtu *mtu = choose_mtu(resolver);
        WattleView *view = resolver->view;
        g_autofree char *key_file = wattle_paths_key(local->private_key_file, view->mesh);

        view->owner = local->owner == WATTLE_OWNER_AUTO ? host->owner : local->owner;
        if (host->asked_owner != WATTLE_OWNER_AUTO)
                view->owner = host->asked_owner;
        view->activation = local->activation;
        view->listen_port = choose_listen_port(resolver);
        view->mtu = (WattleOptionalU16){ mtu->given, mtu->value };
        if (!host->key_credential)
                view->private_key_file = wattle_arena_strdup(view->arena, key_file);
}

WattleView *wattle_resolve(const WattleProfile *profile, const WattleDevice *self,
                           const WattleHost *host, WattleReport *report)
{
        g_autoptr(WattleView) view = g_new0(WattleView, 1);
        Resolver resolver = {
                .profile = profile, .self = self, .local = host->local, .view = view
        };
        gboolean ok;

        view->arena = wattle_arena_new();
        view->profile_arena = wattle_arena_ref(profile->arena);
        count_helpers(&resolver);
        ok = find_exit_node(&resolver, report);
        ok = fill_interface(&resolver, report) && ok;
        ok = check_mtu(&resolver, report) && ok;
        if (!ok)
                return NULL;
        fill_names(&resolver);
        fill_settings(&resolver, host);
        fill_connection(&resolver, report);
        fill_firewall(&resolver, host->no_filter, report);
        fill_addresses(&resolver);
        fill_routes(&resolver, report);
        fill_routing(&resolver);
        fill_via(&resolver, host, report);
        fill_relaying(&resolver);
        fill_ports(&resolver, host);
        fill_masquerade(&resolver, host->no_filter, report);
        warn_of_exit(&resolver, report);
        fill_dns(&resolver, host, report);
        if (!fill_coexist(&resolver, host, report))
                return NULL;
        fill_peers(&resolver);
        return g_steal_pointer(&view);
}

void wattle_view_free(WattleView *view)
{
        if (!view)
                return;
        wattle_arena_unref(view->arena);
        wattle_arena_unref(view->profile_arena);
        g_free(view);
}
