/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cli/show/json.h"

#include "cli/json.h"
#include "common/profile.h"

#define FORMAT 1

static void write_key(WattleJson *json, const WattleKey *public_key)
{
        char text[WATTLE_KEY_TEXT_MAX];

        wattle_key_format(public_key, text);
        wattle_json_string(json, "public_key", text);
}

static void write_prefixes(WattleJson *json, const char *key, const WattlePrefix *prefixes, guint n)
{
        wattle_json_begin(json, key, '[');
        for (guint i = 0; i < n; i++) {
                char text[WATTLE_PREFIX_TEXT_MAX];

                wattle_prefix_format(&prefixes[i], text);
                wattle_json_string(json, NULL, text);
        }
        wattle_json_end(json, ']');
}

static void write_endpoint(WattleJson *json, const WattleEndpoint *endpoint)
{
        char text[WATTLE_ENDPOINT_TEXT_MAX];

        wattle_endpoint_format(endpoint, text);
        wattle_json_string(json, "endpoint", text);
}

static void write_socket_addr(WattleJson *json, const WattleSocketAddr *at)
{
        char text[WATTLE_SOCKET_ADDR_TEXT_MAX];

        if (at)
                wattle_socket_addr_format(at, text);
        wattle_json_string(json, "endpoint", at ? text : NULL);
}

static void write_optional(WattleJson *json, const char *key, gboolean given, guint64 value)
{
        if (given)
                wattle_json_uint(json, key, value);
        else
                wattle_json_string(json, key, NULL);
}

/* The keys that ourselves and a peer share. */
static void write_device(WattleJson *json, const WattleViewDevice *device, const WattleKey *key)
{
        wattle_json_string(json, "name", device->name);
        write_key(json, key);
        wattle_json_begin(json, "aliases", '[');
        for (guint i = 0; i < device->n_aliases; i++)
                wattle_json_string(json, NULL, device->aliases[i].value);
        wattle_json_end(json, ']');
        wattle_json_begin(json, "addresses", '[');
        for (guint i = 0; i < device->n_addresses; i++) {
                char text[WATTLE_ADDR_TEXT_MAX];

                wattle_addr_format(&device->addresses[i].value, text);
                wattle_json_string(json, NULL, text);
        }
        wattle_json_end(json, ']');
        wattle_json_boolean(json, "managed", device->managed);
}

static void write_interface(WattleJson *json, const WattleView *view)
{
        wattle_json_begin(json, "interface", '{');
        wattle_json_string(json, "name", view->interface);
        wattle_json_string(json, "owner", wattle_owner_name(view->owner));
        wattle_json_string(json, "activation_policy", wattle_activation_name(view->activation));
        wattle_json_string(json, "connection", wattle_connection_kind_name(view->connection));
        wattle_json_string(json, "zone", view->trust);
        wattle_json_string(json, "private_key_file", view->private_key_file);
        write_prefixes(json, "addresses", view->addresses, view->n_addresses);
        wattle_json_uint(json, "listen_port", view->listen_port);
        write_optional(json, "mtu", view->mtu.given, view->mtu.value);
        write_optional(json, "firewall_mark", view->firewall_mark.given, view->firewall_mark.value);
        wattle_json_end(json, '}');
}

static void write_routing(WattleJson *json, const WattleView *view)
{
        wattle_json_begin(json, "routing", '{');
        wattle_json_boolean(json, "client", view->routing_client);
        wattle_json_boolean(json, "server", view->routing_server);
        wattle_json_boolean(json, "masquerade", view->masquerade);
        wattle_json_boolean(json, "via", view->routing_via);
        write_prefixes(json, "subnets", view->subnets, view->n_subnets);
        write_prefixes(json, "routes", view->routes, view->n_routes);
        wattle_json_string(json, "exit_node", view->exit_node);
        wattle_json_end(json, '}');
}

static void write_peer(WattleJson *json, const WattlePeer *peer)
{
        wattle_json_begin(json, NULL, '{');
        write_device(json, &peer->device, &peer->public_key);
        write_prefixes(json, "allowed_ips", peer->allowed_ips, peer->n_allowed_ips);
        write_socket_addr(json, peer->endpoint);
        wattle_json_begin(json, "candidates", '[');
        for (guint i = 0; i < peer->n_candidates; i++) {
                const WattleCandidate *candidate = &peer->candidates[i];

                wattle_json_begin(json, NULL, '{');
                wattle_json_string(json, "kind",
                                   candidate->kind == WATTLE_CANDIDATE_PUBLIC ? "public"
                                                                              : "private");
                write_endpoint(json, &candidate->endpoint);
                wattle_json_end(json, '}');
        }
        wattle_json_end(json, ']');
        write_optional(json, "keepalive_s", peer->keepalive_s > 0, peer->keepalive_s);
        wattle_json_end(json, '}');
}

static void write_indirect(WattleJson *json, const WattleIndirect *indirect)
{
        wattle_json_begin(json, NULL, '{');
        write_device(json, &indirect->device, &indirect->public_key);
        wattle_json_string(json, "via", indirect->via);
        wattle_json_end(json, '}');
}

void wattle_show_json(const WattleView *view, const WattleProfile *profile, FILE *stream)
{
        WattleJson json = { .stream = stream };

        wattle_json_begin(&json, NULL, '{');
        wattle_json_uint(&json, "format", FORMAT);
        wattle_json_string(&json, "mesh", view->mesh);
        wattle_json_string(&json, "domain", view->domain);
        wattle_json_string(&json, "source", view->source);
        write_optional(&json, "serial", profile->has_serial, profile->serial);
        wattle_json_begin(&json, "device", '{');
        write_device(&json, &view->self, &view->public_key);
        wattle_json_end(&json, '}');
        write_interface(&json, view);
        write_routing(&json, view);
        wattle_json_begin(&json, "peers", '[');
        for (guint i = 0; i < view->n_peers; i++)
                write_peer(&json, &view->peers[i]);
        wattle_json_end(&json, ']');
        wattle_json_begin(&json, "indirect", '[');
        for (guint i = 0; i < view->n_indirects; i++)
                write_indirect(&json, &view->indirects[i]);
        wattle_json_end(&json, ']');
        wattle_json_end(&json, '}');
}
