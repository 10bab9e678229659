/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "daemon/member.h"

#include <netinet/in.h>
#include <string.h>

#include "common/address-policy.h"
#define ANSWER_EVERY_US (50 * 1000)
#define ANSWER_BURST    20

#define PORT_EVERY_US (2 * G_USEC_PER_SEC)
#define PORT_BURST    4
#define PORT_US       (60 * G_USEC_PER_SEC) /* a relay keeps an idle one for so long */

static void name_free(gpointer data)
{
        WattleMemberName *name = data;

        if (name->asking)
                wattle_resolving_cancel(name->asking);
        g_free(name->name);
        g_free(name);
}

WattleMember *wattle_member_new(WattleLoop *loop, const WattleKey *key)
{
        static guint32 n_members;
        WattleMember *member = g_new0(WattleMember, 1);

        member->knock = n_members++;
        member->loop = loop;
        member->key = *key;
        member->deadline_us = member->read_us = WATTLE_MIGRATE_NEVER;
        return member;
}

void wattle_member_free(WattleMember *member)
{
        if (!member)
                return;
        wattle_migration_free(member->engine);
        g_clear_pointer(&member->names, g_ptr_array_unref);
        g_free(member->sent);
        g_free(member->port);
        g_free(member->links);
        g_free(member->hints);
        g_free(member->unproved);
        g_free(member);
}

static void want_name(WattleMember *member, const WattleEndpoint *endpoint)
{
        WattleMemberName *name;

        if (!member->names)
                member->names = g_ptr_array_new_with_free_func(name_free);
        for (guint i = 0; i < member->names->len; i++) {
                name = g_ptr_array_index(member->names, i);
                if (strcmp(name->name, endpoint->name) == 0 && name->port == endpoint->at.port) {
                        name->wanted = TRUE;
                        return;
                }
        }
        name = g_new0(WattleMemberName, 1);
        name->name = g_strdup(endpoint->name);
        name->port = endpoint->at.port;
        name->wanted = TRUE;
        name->owner = member;
        g_ptr_array_add(member->names, name);
}

static void update_names(WattleMember *member)
{
        for (guint i = 0; member->names && i < member->names->len; i++)
                ((WattleMemberName *)g_ptr_array_index(member->names, i))->wanted = FALSE;
        for (guint i = 0; i < member->n_candidates; i++)
                if (member->candidates[i].endpoint.name)
                        want_name(member, &member->candidates[i].endpoint);
        for (guint i = member->names ? member->names->len : 0; i-- > 0;)
                if (!((WattleMemberName *)g_ptr_array_index(member->names, i))->wanted)
                        g_ptr_array_remove_index(member->names, i);
        if (member->names && member->names->len == 0)
                g_clear_pointer(&member->names, g_ptr_array_unref);
}

void wattle_member_update(WattleMember *member, const WattlePeer *peer, WattleArena *arena)
{
        member->name = wattle_arena_strdup(arena, peer->device.name);
        member->managed = peer->device.managed;
        member->n_addresses = peer->device.n_addresses;
        member->addresses =
                wattle_arena_alloc(arena, member->n_addresses * sizeof *member->addresses);
        for (guint i = 0; i < member->n_addresses; i++)
                member->addresses[i] = peer->device.addresses[i].value;
        member->n_candidates = peer->n_candidates;
        member->candidates = wattle_arena_copy(arena, peer->candidates,
                                               peer->n_candidates * sizeof *peer->candidates);
        for (guint i = 0; i < member->n_candidates; i++) {
                member->candidates[i].endpoint.name =
                        wattle_arena_strdup(arena, member->candidates[i].endpoint.name);
                member->candidates[i].site = NULL;
        }
        member->configured = (WattleSocketAddr){ 0 };
        if (peer->endpoint)
                member->configured = *peer->endpoint;
        member->relay = peer->relay;
        member->keepalive_s = peer->keepalive_s;
        member->introduced = peer->introduced != FALSE;
        member->introduces = peer->introduces != FALSE;
        member->can_pair = peer->can_pair != FALSE;
        member->kept_open = peer->kept_open != FALSE;
        update_names(member);
}

/* Hearsay: what no device can have is not tried. */
static gboolean is_plausible(const WattleSocketAddr *seen)
{
        return wattle_socket_addr_is_set(seen) && !wattle_addr_is_special(&seen->addr) &&
               wattle_addr_class(&seen->addr) != WATTLE_ADDR_LOOPBACK;
}

gboolean wattle_member_take_links(WattleMember *member, const WattleHello *hello)
{
        gboolean is_new = hello->n_links != member->n_links ||
                          hello->listen_port != member->port_of_links ||
                          !wattle_socket_addr_equal(&hello->mapped, &member->mapped);

        for (guint i = 0; i < hello->n_links && !is_new; i++)
                is_new = !wattle_addr_equal(&hello->links[i], &member->links[i]);
        if (!is_new)
                return FALSE;
        member->mapped = hello->mapped;
        member->n_links = (guint16)hello->n_links;
        member->port_of_links = hello->listen_port;
        g_free(member->links);
        member->links = g_memdup2(hello->links, hello->n_links * sizeof *hello->links);
        return TRUE;
}

/* Once in two seconds, after a burst of four. */
static gboolean may_take(WattleMember *member, gint64 now_us)
{
        gint64 next_us = MAX(member->next_port_us, now_us);

        if (next_us - now_us > (PORT_BURST - 1) * PORT_EVERY_US)
                return FALSE;
        member->next_port_us = next_us + PORT_EVERY_US;
        return TRUE;
}

static void put_port(WattleMember *member, const WattleMemberPort *port)
{
        if (!member->port)
                member->port = g_new(WattleMemberPort, 1);
        *member->port = *port;
}

/* A word from elsewhere, without a link that it could be on. */
static gboolean may_be_seen(const WattleSocketAddr *seen)
{
        return is_plausible(seen) && !wattle_addr_has_scope(&seen->addr);
}

gboolean wattle_member_take_port(WattleMember *member, const WattleMember *relay,
                                 const WattlePairing *pairing, gint64 now_us)
{
        WattleMemberPort port = { .relay = relay->key, .at = relay->endpoint, .at_us = now_us };

        if (!wattle_socket_addr_is_set(&relay->endpoint) || !may_take(member, now_us))
                return FALSE;
        port.at.port = pairing->port;
        if (may_be_seen(&pairing->seen))
                port.seen = pairing->seen;
        put_port(member, &port);
        return TRUE;
}

static gboolean is_on_relay(const WattleMember *member)
{
        return member->port && wattle_socket_addr_is_set(&member->port->at) &&
               wattle_socket_addr_equal(&member->port->at, &member->endpoint);
}

gboolean wattle_member_take_introduction(WattleMember *member, const WattleMember *introducer,
                                         const WattlePairing *pairing, gint64 now_us)
{
        WattleMemberPort port = { .relay = introducer->key,
                                  .seen = pairing->seen,
                                  .listen_port = pairing->port,
                                  .at_us = now_us };

        if (!introducer->introduces || introducer == member || !member->introduced ||
            is_on_relay(member) || !may_be_seen(&pairing->seen) || !may_take(member, now_us))
                return FALSE;
        put_port(member, &port);
        return TRUE;
}

const WattleKey *wattle_member_introducer(const WattleMember *member)
{
        const WattleMemberPort *port = member->port;

        return port && !wattle_socket_addr_is_set(&port->at) &&
                               wattle_socket_addr_equal(&port->seen, &member->endpoint)
                       ? &port->relay
                       : NULL;
}

void wattle_member_forget_port(WattleMember *member, gint64 now_us)
{
        if (member->port && now_us - member->port->at_us >= PORT_US && !is_on_relay(member) &&
            !wattle_member_introducer(member))
                g_clear_pointer(&member->port, g_free);
}

typedef struct {
        const WattleStandpoint *standpoint;
        WattleMigrateCandidate *list;
        guint n;
} Collector;

static void collect(Collector *collector, WattleSource source, const WattleSocketAddr *at)
{
        for (guint i = 0; i < collector->n; i++)
                if (wattle_socket_addr_equal(&collector->list[i].at, at))
                        return;
        if (collector->n < WATTLE_MIGRATE_MAX_CANDIDATES)
                collector->list[collector->n++] = (WattleMigrateCandidate){
                        source, *at,
                        collector->standpoint->find_reach(at, collector->standpoint->data)
                };
}

/* A link-local address does not say on which of our links it is: each LAN may be it. */
static void collect_at(Collector *collector, WattleSource source, WattleSocketAddr at)
{
        if (!wattle_addr_has_scope(&at.addr)) {
                collect(collector, source, &at);
                return;
        }
        for (guint i = 0; i < collector->standpoint->lan_links->len; i++) {
                at.scope = g_array_index(collector->standpoint->lan_links, guint32, i);
                collect(collector, source, &at);
        }
}

static void collect_literal(Collector *collector, const WattleCandidate *candidate)
{
        collect_at(collector,
                   candidate->kind == WATTLE_CANDIDATE_PRIVATE ? WATTLE_SOURCE_PRIVATE
                                                               : WATTLE_SOURCE_PUBLIC,
                   candidate->endpoint.at);
}

/* As good as a PrivateEndpoint=, and tried like one: on a link of ours alone. */
static void collect_links(Collector *collector, const WattleMember *member)
{
        for (guint i = 0; i < member->n_links && member->port_of_links != 0; i++) {
                WattleSocketAddr at = { .addr = member->links[i], .port = member->port_of_links };

                if (is_plausible(&at) && wattle_addr_class(&at.addr) != WATTLE_ADDR_LINK_LOCAL)
                        collect_at(collector, WATTLE_SOURCE_PRIVATE, at);
        }
}

/* As good as a PublicEndpoint=, if it is one. */
static void collect_mapped(Collector *collector, const WattleMember *member)
{
        const WattleSocketAddr *at = &member->mapped;
        const char *why;

        if (is_plausible(at) && wattle_address_judge(&at->addr, WATTLE_USE_PUBLIC_ENDPOINT, &why) ==
                                        WATTLE_ADDRESS_FITS)
                collect(collector, WATTLE_SOURCE_PUBLIC, at);
}

static void collect_name(Collector *collector, const WattleMember *member,
                         const WattleEndpoint *endpoint)
{
        for (guint i = 0; member->names && i < member->names->len; i++) {
                const WattleMemberName *name = g_ptr_array_index(member->names, i);

                if (strcmp(name->name, endpoint->name) != 0 || name->port != endpoint->at.port)
                        continue;
                for (guint j = 0; j < name->n_addresses; j++)
                        collect(collector, WATTLE_SOURCE_NAME,
                                &(WattleSocketAddr){ .addr = name->addresses[j],
                                                     .port = name->port });
        }
}

guint wattle_member_candidates(const WattleMember *member, const WattleStandpoint *standpoint,
                               WattleMigrateCandidate ret[WATTLE_MIGRATE_MAX_CANDIDATES])
{
        Collector collector = { standpoint, ret, 0 };

        for (guint i = 0; i < standpoint->n_sighted; i++)
                collect(&collector, WATTLE_SOURCE_BEACON, &standpoint->sighted[i]);
        for (guint i = 0; i < member->n_candidates; i++)
                if (member->candidates[i].endpoint.name)
                        collect_name(&collector, member, &member->candidates[i].endpoint);
                else
                        collect_literal(&collector, &member->candidates[i]);
        collect_links(&collector, member);
        collect_mapped(&collector, member);
        if (wattle_socket_addr_is_set(&member->last_good))
                collect(&collector, WATTLE_SOURCE_LAST_GOOD, &member->last_good);
        if (member->port && wattle_socket_addr_is_set(&member->port->seen))
                collect(&collector, WATTLE_SOURCE_SEEN, &member->port->seen);
        if (member->port && wattle_socket_addr_is_set(&member->port->at))
                collect(&collector, WATTLE_SOURCE_RELAY, &member->port->at);
        if (standpoint->knock)
                collect(&collector, WATTLE_SOURCE_KNOCK, standpoint->knock);
        return collector.n;
}

void wattle_member_read(WattleMember *member, const WattleWgPeer *peer)
{
        if (!wattle_socket_addr_equal(&peer->endpoint, &member->endpoint))
                member->reach_of = 0;
        member->in_kernel = TRUE;
        member->endpoint = peer->endpoint;
        member->last_handshake_s = peer->last_handshake_s;
        member->rx_bytes = peer->rx_bytes;
        member->tx_bytes = peer->tx_bytes;
        member->kernel_keepalive_s = peer->keepalive_s;
}

gboolean wattle_member_probe(const WattleMember *member, WattleProber *prober, guint64 id)
{
        for (guint i = 0; i < member->n_addresses; i++) {
                const WattleAddr *addr = &member->addresses[i];
                gboolean can_echo = wattle_prober_can(prober, addr->family, WATTLE_PROBE_BY_ECHO);
                gboolean can_udp = wattle_prober_can(prober, addr->family, WATTLE_PROBE_BY_UDP);
                /* As long as its wattled was not heard, it is asked in both ways. A host without
                 * wattled answers UDP as well, with "port unreachable". */
                gboolean echo = can_echo && !member->speaks;
                gboolean udp = can_udp && (member->managed || !echo);

                if (!echo && !udp)
                        continue;
                if (udp)
                        wattle_prober_send(prober, addr, WATTLE_PROBE_BY_UDP, id);
                if (echo)
                        wattle_prober_send(prober, addr, WATTLE_PROBE_BY_ECHO, id);
                return TRUE;
        }
        return FALSE;
}

void wattle_member_sent(WattleMember *member, guint64 id, gint64 now_us)
{
        guint at = member->n_sent++ % WATTLE_MEMBER_MAX_SENT;

        if (!member->sent)
                member->sent = g_malloc0_n(WATTLE_MEMBER_MAX_SENT, sizeof *member->sent);
        member->sent[at].id = id;
        member->sent[at].at_us = now_us;
}

gboolean wattle_member_answered(WattleMember *member, guint64 id, gint64 now_us, gint64 *ret_rtt_us)
{
        for (guint i = 0; member->sent && i < WATTLE_MEMBER_MAX_SENT; i++)
                if (id != 0 && member->sent[i].id == id) {
                        member->sent[i].id = 0;
                        *ret_rtt_us = MAX(now_us - member->sent[i].at_us, 0);
                        return TRUE;
                }
        return FALSE;
}

gboolean wattle_member_may_answer(WattleMember *member, gint64 now_us)
{
        gint64 next_us = MAX(member->next_answer_us, now_us);

        if (next_us - now_us > ANSWER_BURST * ANSWER_EVERY_US)
                return FALSE;
        member->next_answer_us = next_us + ANSWER_EVERY_US;
        return TRUE;
}

static WattlePath path_of_endpoint(const WattleMember *member)
{
        if (!wattle_socket_addr_is_set(&member->endpoint) || member->last_handshake_s == 0)
                return WATTLE_PATH_NONE;
        for (guint i = 0; i < member->n_candidates; i++) {
                const WattleCandidate *candidate = &member->candidates[i];

                if (wattle_endpoint_is_at(&candidate->endpoint, &member->endpoint))
                        return candidate->kind == WATTLE_CANDIDATE_PRIVATE ? WATTLE_PATH_LAN
                                                                           : WATTLE_PATH_PUBLIC;
        }
        return WATTLE_PATH_ROAMED;
}

void wattle_member_status(const WattleMember *member, gint64 now_us, WattleMigrateStatus *ret)
{
        if (member->engine) {
                wattle_migration_status(member->engine, now_us, ret);
                return;
        }
        *ret = (WattleMigrateStatus){ .path = path_of_endpoint(member),
                                      .endpoint = member->endpoint,
                                      .rtt_us = -1 };
}
