/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cli/import/join.h"

#include <string.h>

#include "common/port-table.h"
#include "common/profile.h"
#include "common/scalar.h"

/* A subnet that is guessed from addresses alone is at least so wide. */
#define GUESSED_LENGTH_IPV4 24
#define GUESSED_LENGTH_IPV6 64

#define WATTLE_KEEPALIVE_USUAL_S 25

/* A device that comes together from what its own file and its peers say. */
typedef struct {
        WattleKey public_key;
        WattleImportHost *host; /* its own file; NULL: there is none */
        const char *name;
        WattlePlace place;
        GArray *addresses, *routes, *candidates; /* as in WattleDevice */
        gboolean exit_node;
        WattleOptionalU16 listen_port, keepalive_s;
} Device;

typedef struct {
        WattleImport *import;
        WattleReport *report;
        GPtrArray *devices; /* of Device, in the order of the files */
        GHashTable *by_key;
        GArray *subnets; /* of WattleProfilePrefix */
} Joiner;

static void device_free(gpointer data)
{
        Device *device = data;

        g_array_unref(device->addresses);
        g_array_unref(device->routes);
        g_array_unref(device->candidates);
        g_free(device);
}

static guint key_hash(gconstpointer key)
{
        return wattle_key_hash(key);
}

static gboolean key_equal(gconstpointer a, gconstpointer b)
{
        return wattle_key_equal(a, b);
}

static Device *add_device(Joiner *joiner, const WattleKey *key, WattlePlace place)
{
        Device *device = g_new0(Device, 1);

        device->public_key = *key;
        device->place = place;
        device->addresses = g_array_new(FALSE, TRUE, sizeof(WattleProfileAddr));
        device->routes = g_array_new(FALSE, TRUE, sizeof(WattleProfilePrefix));
        device->candidates = g_array_new(FALSE, TRUE, sizeof(WattleCandidate));
        g_ptr_array_add(joiner->devices, device);
        g_hash_table_insert(joiner->by_key, &device->public_key, device);
        return device;
}

static gboolean has_address(const Device *device, const WattleAddr *addr)
{
        for (guint i = 0; i < device->addresses->len; i++)
                if (wattle_addr_equal(&g_array_index(device->addresses, WattleProfileAddr, i).value,
                                      addr))
                        return TRUE;
        return FALSE;
}

static void add_address(Device *device, const WattleAddr *addr)
{
        WattleProfileAddr one = { .value = *addr };

        if (!has_address(device, addr))
                g_array_append_val(device->addresses, one);
}

/* Of two subnets one of which has the other in it, the wider stays. */
static void add_subnet(Joiner *joiner, const WattlePrefix *subnet)
{
        WattleProfilePrefix one = { .value = *subnet };

        for (guint i = joiner->subnets->len; i-- > 0;) {
                const WattlePrefix *old =
                        &g_array_index(joiner->subnets, WattleProfilePrefix, i).value;

                if (wattle_prefix_contains(old, subnet))
                        return;
                if (wattle_prefix_contains(subnet, old))
                        g_array_remove_index(joiner->subnets, i);
        }
        g_array_append_val(joiner->subnets, one);
}

static gboolean is_in_subnet(const Joiner *joiner, const WattlePrefix *prefix)
{
        for (guint i = 0; i < joiner->subnets->len; i++)
                if (wattle_prefix_contains(
                            &g_array_index(joiner->subnets, WattleProfilePrefix, i).value, prefix))
                        return TRUE;
        return FALSE;
}

static void take_host(Joiner *joiner, WattleImportHost *host)
{
        Device *device = g_hash_table_lookup(joiner->by_key, &host->public_key);

        if (device) {
                g_autofree char *first = wattle_place_format(device->place);

                wattle_report_error(
                        joiner->report, host->place,
                        "has the same private key as %s: give one of them, and if they are "
                        "two hosts, each needs a key of its own",
                        first);
                return;
        }
        device = add_device(joiner, &host->public_key, host->place);
        device->host = host;
        device->name = host->name;
        if (host->listen_port.given && host->listen_port.value != WATTLE_DEFAULT_LISTEN_PORT)
                device->listen_port = host->listen_port;
        for (guint i = 0; i < host->addresses->len; i++) {
                const WattleImportRange *range =
                        &g_array_index(host->addresses, WattleImportRange, i);
                WattlePrefix prefix = wattle_import_range_prefix(range);

                add_address(device, &range->addr);
                if (range->length < wattle_addr_bits(&range->addr))
                        add_subnet(joiner, &prefix);
        }
}

/* Whether the family has a subnet, so that an address outside is no device's own. */
static gboolean has_subnet(const Joiner *joiner, guint8 family)
{
        for (guint i = 0; i < joiner->subnets->len; i++)
                if (g_array_index(joiner->subnets, WattleProfilePrefix, i).value.addr.family ==
                    family)
                        return TRUE;
        return FALSE;
}

static const Device *holder_of(const Joiner *joiner, const WattleAddr *addr)
{
        for (guint i = 0; i < joiner->devices->len; i++) {
                const Device *device = g_ptr_array_index(joiner->devices, i);

                if (has_address(device, addr))
                        return device;
        }
        return NULL;
}

static void add_route(Device *device, const WattlePrefix *prefix)
{
        WattleProfilePrefix one = { .value = *prefix };

        for (guint i = 0; i < device->routes->len; i++)
                if (wattle_prefix_compare(
                            &g_array_index(device->routes, WattleProfilePrefix, i).value, prefix) ==
                    0)
                        return;
        g_array_append_val(device->routes, one);
}

static void warn_of_hub(const Joiner *joiner, const WattleImportRange *range,
                        const WattlePrefix *prefix)
{
        char text[WATTLE_PREFIX_TEXT_MAX];

        wattle_prefix_format(prefix, text);
        wattle_report_warning(
                joiner->report, range->place,
                "AllowedIPs: %s, addresses of other devices, is left out: in a mesh they "
                "call each other directly, and one of two needs a PublicEndpoint=",
                text);
}

/* Whether its own file says which they are. */
static gboolean has_own_addresses(const Device *device)
{
        return device->host && device->host->addresses->len > 0;
}

/* One of a peer's AllowedIPs: its own address, a network behind it, all there is, or what a hub
 * passes on. */
static void take_allowed(const Joiner *joiner, Device *device, const WattleImportRange *range)
{
        WattlePrefix prefix = wattle_import_range_prefix(range);
        gboolean is_host = range->length == wattle_addr_bits(&range->addr);
        const Device *holder = is_host ? holder_of(joiner, &range->addr) : NULL;

        if (!wattle_addr_equal(&prefix.addr, &range->addr))
                wattle_report_warning(
                        joiner->report, range->place,
                        "AllowedIPs: bits behind the length /%u are set, and wg takes "
                        "them for zero",
                        range->length);
        if (prefix.length == 0)
                device->exit_node = TRUE;
        else if (holder ? holder != device : !is_host && is_in_subnet(joiner, &prefix))
                warn_of_hub(joiner, range, &prefix);
        else if (is_host && !holder && !has_own_addresses(device) &&
                 (is_in_subnet(joiner, &prefix) || !has_subnet(joiner, range->addr.family)))
                add_address(device, &range->addr);
        else if (!holder)
                add_route(device, &prefix);
}

/* The index of one half of all addresses of a family; -1: it is not there. */
static int find_half(const GArray *routes, guint8 family, gboolean upper)
{
        for (guint i = 0; i < routes->len; i++) {
                const WattlePrefix *route = &g_array_index(routes, WattleProfilePrefix, i).value;

                if (route->length == 1 && route->addr.family == family &&
                    (route->addr.bytes[0] != 0) == upper)
                        return (int)i;
        }
        return -1;
}

/* "0.0.0.0/1, 128.0.0.0/1" is the usual way to take all traffic past the default route of the host,
 * and means an exit node. */
static void join_halves(Device *device, guint8 family)
{
        if (find_half(device->routes, family, FALSE) < 0 ||
            find_half(device->routes, family, TRUE) < 0)
                return;
        g_array_remove_index(device->routes, (guint)find_half(device->routes, family, FALSE));
        g_array_remove_index(device->routes, (guint)find_half(device->routes, family, TRUE));
        device->exit_node = TRUE;
}

static void take_endpoint(const Joiner *joiner, Device *device, const WattleImportPeer *peer,
                          gboolean is_learnt)
{
        WattleCandidate one = { .kind = WATTLE_CANDIDATE_PUBLIC, .endpoint = peer->endpoint };
        WattleAddrClass class = wattle_addr_class(&peer->endpoint.at.addr);

        if (!peer->endpoint.name &&
            (class == WATTLE_ADDR_PRIVATE || class == WATTLE_ADDR_UNIQUE_LOCAL ||
             class == WATTLE_ADDR_LINK_LOCAL))
                one.kind = WATTLE_CANDIDATE_PRIVATE;
        for (guint i = 0; i < device->candidates->len; i++)
                if (wattle_endpoint_equal(
                            &g_array_index(device->candidates, WattleCandidate, i).endpoint,
                            &peer->endpoint))
                        return;
        g_array_append_val(device->candidates, one);
        if (is_learnt)
                wattle_report_warning(
                        joiner->report, peer->endpoint_place,
                        "the endpoint is where the kernel heard the peer last: keep it "
                        "only if it stays the same");
}

static void take_peer(Joiner *joiner, const WattleImportHost *host, const WattleImportPeer *peer)
{
        Device *device = g_hash_table_lookup(joiner->by_key, &peer->public_key);

        if (!device)
                device = add_device(joiner, &peer->public_key, peer->place);
        if (!device->name)
                device->name = peer->name;
        for (guint i = 0; i < peer->allowed->len; i++)
                take_allowed(joiner, device, &g_array_index(peer->allowed, WattleImportRange, i));
        join_halves(device, AF_INET);
        join_halves(device, AF_INET6);
        if (peer->has_endpoint)
                take_endpoint(joiner, device, peer, host->learns);
}

/* A device says one for all its peers, and 25 s is what wattle does by itself. */
static void take_keepalive(const Joiner *joiner, const WattleImportHost *host)
{
        Device *device = g_hash_table_lookup(joiner->by_key, &host->public_key);

        for (guint i = 0; i < host->peers->len; i++) {
                const WattleImportPeer *peer = &g_array_index(host->peers, WattleImportPeer, i);
                WattleOptionalU16 given = peer->keepalive_s;

                if (!given.given || given.value == WATTLE_KEEPALIVE_USUAL_S)
                        continue;
                if (!device->keepalive_s.given)
                        device->keepalive_s = given;
                else if (device->keepalive_s.value != given.value)
                        wattle_report_warning(
                                joiner->report, peer->place,
                                "PersistentKeepalive of %u is left out: a device has one "
                                "for all its peers, here %u",
                                given.value, device->keepalive_s.value);
        }
}

static guint8 common_length(const WattleAddr *a, const WattleAddr *b)
{
        guint8 length = 0;

        while (length < wattle_addr_bits(a) &&
               !(((a->bytes[length / 8] ^ b->bytes[length / 8]) >> (7 - length % 8)) & 1))
                length++;
        return length;
}

/* The prefix around all addresses of a family that are in no subnet yet. */
static void guess_subnet(Joiner *joiner, guint8 family, guint8 length)
{
        const WattleAddr *first = NULL;
        char text[WATTLE_PREFIX_TEXT_MAX];
        WattlePrefix guess;

        for (guint i = 0; i < joiner->devices->len; i++) {
                const Device *device = g_ptr_array_index(joiner->devices, i);

                for (guint j = 0; j < device->addresses->len; j++) {
                        const WattleAddr *addr =
                                &g_array_index(device->addresses, WattleProfileAddr, j).value;
                        WattlePrefix own = wattle_prefix_of_addr(addr);

                        if (addr->family != family || is_in_subnet(joiner, &own))
                                continue;
                        if (!first)
                                first = addr;
                        length = MIN(length, common_length(first, addr));
                }
        }
        if (!first)
                return;
        guess = wattle_prefix_around(first, length);
        add_subnet(joiner, &guess);
        wattle_prefix_format(&guess, text);
        wattle_report_warning(joiner->report, WATTLE_NO_PLACE,
                              "Subnet=%s is a guess around addresses that no file gives a length",
                              text);
}

static gboolean is_taken(const Joiner *joiner, const Device *device, const char *name)
{
        for (guint i = 0; i < joiner->devices->len; i++) {
                const Device *other = g_ptr_array_index(joiner->devices, i);

                if (other != device && g_strcmp0(other->name, name) == 0)
                        return TRUE;
        }
        return FALSE;
}

/* What has no name, or that of another, is counted: device-2, laptop-2. */
static void name_devices(Joiner *joiner)
{
        for (guint i = 0; i < joiner->devices->len; i++) {
                Device *device = g_ptr_array_index(joiner->devices, i);
                const char *stem = device->name ? device->name : "device";
                char *name = NULL;

                if (device->host)
                        device->host->name = device->name;
                if (device->name && !is_taken(joiner, device, device->name))
                        continue;
                for (guint n = device->name ? 2 : i + 1; !name || is_taken(joiner, device, name);
                     n++)
                        name = wattle_arena_printf(joiner->import->arena, "%.50s-%u", stem, n);
                device->name = name;
                if (device->host)
                        device->host->name = name;
                wattle_report_warning(joiner->report, device->place,
                                      "device %s is called so for want of a name: change it in the "
                                      "mesh, or write '# Name = laptop' here and import again",
                                      name);
        }
}

static gboolean is_same_mtu(const Joiner *joiner)
{
        for (guint i = 0; i < joiner->import->hosts->len; i++) {
                const WattleImportHost *first = g_ptr_array_index(joiner->import->hosts, 0);
                const WattleImportHost *host = g_ptr_array_index(joiner->import->hosts, i);

                if (!host->mtu.given || host->mtu.value != first->mtu.value)
                        return FALSE;
        }
        return TRUE;
}

/* One that all have is the mesh's; else it is each host's own. */
static WattleMtu take_mtu(const Joiner *joiner)
{
        if (is_same_mtu(joiner))
                return ((const WattleImportHost *)g_ptr_array_index(joiner->import->hosts, 0))->mtu;
        for (guint i = 0; i < joiner->import->hosts->len; i++) {
                const WattleImportHost *host = g_ptr_array_index(joiner->import->hosts, i);

                if (host->mtu.given)
                        wattle_report_warning(joiner->report, host->mtu.place,
                                              "MTU is left out, for the others have another: it is "
                                              "MTU=%u in [Local] of this host",
                                              host->mtu.value);
        }
        return (WattleMtu){ 0 };
}

static gboolean check_count(const Joiner *joiner, const Device *device, guint n, guint max,
                            const char *what)
{
        if (n <= max)
                return TRUE;
        wattle_report_error(joiner->report, device->place, "device %s has %u %s, and may have %u",
                            device->name, n, what, max);
        return FALSE;
}

static WattleDevice give_device(const Device *device)
{
        return (WattleDevice){
                .name = device->name,
                .public_key = device->public_key,
                .addresses = (WattleProfileAddr *)(gpointer)device->addresses->data,
                .n_addresses = (guint16)device->addresses->len,
                .routes = (WattleProfilePrefix *)(gpointer)device->routes->data,
                .n_routes = (guint16)device->routes->len,
                .candidates = (WattleCandidate *)(gpointer)device->candidates->data,
                .n_candidates = (guint16)device->candidates->len,
                .listen_port = device->listen_port,
                .keepalive_s = device->keepalive_s,
                .exit_node = device->exit_node,
                .managed = TRUE,
        };
}

static char *write_mesh(Joiner *joiner)
{
        g_autoptr(GArray) devices = g_array_new(FALSE, FALSE, sizeof(WattleDevice));
        WattleProfile profile = { .has_serial = TRUE, .serial = 1 };
        gboolean ok = TRUE;

        profile.mtu = take_mtu(joiner);
        profile.subnets = (WattleProfilePrefix *)(gpointer)joiner->subnets->data;
        profile.n_subnets = (guint16)MIN(joiner->subnets->len, WATTLE_PROFILE_MAX_SUBNETS + 1);
        for (guint i = 0; i < joiner->devices->len; i++) {
                const Device *device = g_ptr_array_index(joiner->devices, i);
                WattleDevice given = give_device(device);

                ok = check_count(joiner, device, device->addresses->len,
                                 WATTLE_DEVICE_MAX_ADDRESSES, "addresses") &&
                     check_count(joiner, device, device->routes->len, WATTLE_DEVICE_MAX_ROUTES,
                                 "routes") &&
                     check_count(joiner, device, device->candidates->len,
                                 WATTLE_DEVICE_MAX_CANDIDATES, "endpoints") &&
                     ok;
                g_array_append_val(devices, given);
        }
        profile.devices = (WattleDevice *)(gpointer)devices->data;
        profile.n_devices = devices->len;
        return ok ? wattle_profile_write(&profile) : NULL;
}

static void take_all(Joiner *joiner)
{
        const GPtrArray *hosts = joiner->import->hosts;

        for (guint i = 0; i < hosts->len; i++)
                take_host(joiner, g_ptr_array_index(hosts, i));
        for (guint i = 0; i < hosts->len && joiner->report->n_errors == 0; i++) {
                const WattleImportHost *host = g_ptr_array_index(hosts, i);

                for (guint j = 0; j < host->peers->len; j++)
                        take_peer(joiner, host, &g_array_index(host->peers, WattleImportPeer, j));
                take_keepalive(joiner, host);
        }
}

char *wattle_import_join(WattleImport *import, WattleReport *report)
{
        Joiner joiner = { .import = import, .report = report };
        char *text = NULL;

        joiner.devices = g_ptr_array_new_with_free_func(device_free);
        joiner.by_key = g_hash_table_new(key_hash, key_equal);
        joiner.subnets = g_array_new(FALSE, TRUE, sizeof(WattleProfilePrefix));
        take_all(&joiner);
        if (report->n_errors == 0) {
                guess_subnet(&joiner, AF_INET, GUESSED_LENGTH_IPV4);
                guess_subnet(&joiner, AF_INET6, GUESSED_LENGTH_IPV6);
                name_devices(&joiner);
                text = write_mesh(&joiner);
        }
        g_array_unref(joiner.subnets);
        g_hash_table_unref(joiner.by_key);
        g_ptr_array_unref(joiner.devices);
        return text;
}
