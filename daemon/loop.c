/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "daemon/loop.h"

#include <string.h>

#include "common/error.h"
#include "common/status.h"
#include "common/sys/clock.h"
#include "common/sys/log.h"
#include "daemon/last-good.h"

/* However wrong an engine were, the loop goes on. */
#define MAX_ACTIONS 8

/* Later than this a timer comes only if the host slept, or we were stopped. */
#define SLEPT_US (5 * G_USEC_PER_SEC)

#define POLL_US (30 * G_USEC_PER_SEC)

/* All members get their counters at most this often, so that the quiet ones stay in step and wake
 * us together; in between, those that asked. */
#define READ_ALL_US G_USEC_PER_SEC

gint64 wattle_tunnel_now(G_GNUC_UNUSED const WattleTunnel *tunnel)
{
        return wattle_clock_now_us();
}

static WattleMember *member_at(const WattleTunnel *tunnel, guint index)
{
        return g_ptr_array_index(tunnel->members, index);
}

/* What the kernel would do with a packet of WireGuard's to that address. */
static WattleReach find_reach(const WattleSocketAddr *at, gpointer data)
{
        WattleTunnel *tunnel = data;
        WattleSurroundings *around = tunnel->around;
        g_autoptr(GError) error = NULL;
        WattleRoute route;

        if (!wattle_route_lookup(&around->route, &at->addr, at->scope, tunnel->fwmark, &route,
                                 &error) ||
            route.ifindex == tunnel->ifindex)
                return WATTLE_REACH_NONE;
        if (!route.on_link)
                return WATTLE_REACH_GATEWAY;
        if (wattle_link_is_lan(wattle_links_get(around->links), route.ifindex))
                return WATTLE_REACH_ON_LINK;
        /* By a point-to-point link (a modem, somebody's VPN) all the world is reached without a
         * gateway, and none of it is a neighbour. */
        return wattle_link_is_point_to_point(wattle_links_get(around->links), route.ifindex)
                       ? WATTLE_REACH_GATEWAY
                       : WATTLE_REACH_NONE;
}

static void set_endpoint(WattleMember *member, const WattleSocketAddr *at)
{
        WattleTunnel *tunnel = member->tunnel;
        WattleWgPeerChange peer = { .public_key = member->key, .endpoint = at };
        g_auto(WattleWgChange)
                change = { .peers = g_array_new(FALSE, FALSE, sizeof(WattleWgPeerChange)) };
        g_autoptr(GError) error = NULL;

        g_array_append_val(change.peers, peer);
        /* That the link has gone is news on its way to us, and no failure. */
        if (!wattle_wireguard_set(&tunnel->around->wireguard, tunnel->ifindex, &change, NULL,
                                  &error) &&
            !g_error_matches(error, WATTLE_ERROR, WATTLE_ERROR_NOT_FOUND))
                wattle_log(WATTLE_LOG_WARNING, "%s: %s: the endpoint could not be set: %s",
                           tunnel->mesh, member->name, error->message);
}

static const WattleWgPeer *find_peer(const WattleWgDevice *device, const WattleKey *key)
{
        for (guint i = 0; i < device->peers->len; i++) {
                const WattleWgPeer *peer = &g_array_index(device->peers, WattleWgPeer, i);

                if (wattle_key_equal(&peer->public_key, key))
                        return peer;
        }
        return NULL;
}

/* All that the kernel has of the peer comes again with it. A pre-shared key is never taken out of
 * the kernel's messages, so a peer with one is not removed: it is a setting of the admin's. */
static gboolean readd(WattleMember *member, const WattleSocketAddr *at)
{
        WattleTunnel *tunnel = member->tunnel;
        WattleWgPeerChange removal = { .public_key = member->key, .remove = TRUE };
        WattleWgPeerChange again = { .public_key = member->key, .is_new = TRUE };
        g_auto(WattleWgDevice) device = { 0 };
        g_auto(WattleWgChange) change = { 0 };
        g_autoptr(GError) error = NULL;
        const WattleWgPeer *peer;

        wattle_wg_device_init(&device);
        if (!wattle_wireguard_get(&tunnel->around->wireguard, tunnel->interface, &device, &error))
                return FALSE;
        peer = find_peer(&device, &member->key);
        if (!peer || peer->has_preshared_key)
                return FALSE;
        again.endpoint = at;
        again.set_keepalive = peer->keepalive_s > 0;
        again.keepalive_s = peer->keepalive_s;
        again.replace_allowed_ips = TRUE;
        again.allowed_ips = peer->allowed_ips;
        again.n_allowed_ips = peer->n_allowed_ips;
        change.peers = g_array_new(FALSE, FALSE, sizeof again);
        g_array_append_val(change.peers, removal);
        g_array_append_val(change.peers, again);
        return wattle_wireguard_set(&tunnel->around->wireguard, tunnel->ifindex, &change, NULL,
                                    &error);
}

gboolean wattle_loop_probe(WattleMember *member, guint64 id)
{
        WattleTunnel *tunnel = member->tunnel;
        const WattleProber *prober = tunnel->prober;

        for (guint i = 0; prober && i < member->n_addresses; i++) {
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
                        wattle_prober_send(tunnel->prober, addr, WATTLE_PROBE_BY_UDP, id);
                if (echo)
                        wattle_prober_send(tunnel->prober, addr, WATTLE_PROBE_BY_ECHO, id);
                return TRUE;
        }
        return FALSE;
}

static void step(WattleMember *member, const WattleMigrateEvent *event);
static void arm(WattleTunnel *tunnel);

static void give_candidates(WattleMember *member, WattleMigrateEventKind kind, gboolean resolved)
{
        WattleTunnel *tunnel = member->tunnel;
        const GArray *links = wattle_links_get(tunnel->around->links);
        g_autoptr(GArray) lan = g_array_new(FALSE, FALSE, sizeof(guint32));
        WattleMigrateCandidate list[WATTLE_MIGRATE_MAX_CANDIDATES];
        WattleMigrateEvent event = { .kind = kind,
                                     .candidates = list,
                                     .has_names = member->names != NULL,
                                     .resolved = resolved };

        for (guint i = 0; i < links->len; i++) {
                guint32 index = g_array_index(links, WattleLink, i).index;

                if (wattle_link_is_lan(links, index))
                        g_array_append_val(lan, index);
        }
        event.n_candidates = wattle_member_candidates(member, lan, find_reach, tunnel, list);
        step(member, &event);
}

static void on_resolved(const WattleAddr *addresses, guint n_addresses, gpointer data)
{
        WattleMemberName *name = data;
        WattleMember *member = name->owner;

        name->asking = NULL;
        if (n_addresses > 0) {
                memcpy(name->addresses, addresses, n_addresses * sizeof *addresses);
                name->n_addresses = n_addresses;
        }
        for (guint i = 0; i < member->names->len; i++)
                if (((WattleMemberName *)g_ptr_array_index(member->names, i))->asking)
                        return;
        if (!member->engine)
                return;
        give_candidates(member, WATTLE_ON_CANDIDATES, TRUE);
        arm(member->tunnel);
}

static void resolve(WattleMember *member)
{
        WattleTunnel *tunnel = member->tunnel;

        for (guint i = 0; member->names && i < member->names->len; i++) {
                WattleMemberName *name = g_ptr_array_index(member->names, i);

                if (!name->asking)
                        name->asking = wattle_resolver_ask(tunnel->around->resolver, name->name,
                                                           on_resolved, name);
        }
}

static void perform(WattleMember *member, const WattleMigrateAction *action)
{
        switch (action->kind) {
        case WATTLE_MIGRATE_NOTHING:
                break;
        case WATTLE_MIGRATE_READD:
                if (!readd(member, &action->at))
                        set_endpoint(member, &action->at);
                break;
        case WATTLE_MIGRATE_SET:
                set_endpoint(member, &action->at);
                break;
        case WATTLE_MIGRATE_PROBE:
                wattle_member_sent(member, action->probe_id, wattle_tunnel_now(member->tunnel));
                (void)wattle_loop_probe(member, action->probe_id);
                break;
        case WATTLE_MIGRATE_RESOLVE:
                resolve(member);
                break;
        }
}

static void log_move(const WattleMember *member, const WattleMigrateStatus *status)
{
        const WattleTunnel *tunnel = member->tunnel;
        char text[WATTLE_SOCKET_ADDR_TEXT_MAX] = "nowhere";

        if (wattle_socket_addr_is_set(&status->endpoint))
                wattle_socket_addr_format(&status->endpoint, text);
        wattle_log(WATTLE_LOG_INFO, "%s: %s is at %s (%s): %s", tunnel->mesh, member->name, text,
                   wattle_path_name(status->path), wattle_move_reason_text(status->reason));
}

/* A try that is not over is nobody's news: it may go back. */
static void tell_changes(WattleMember *member)
{
        WattleTunnel *tunnel = member->tunnel;
        WattleMigrateStatus *told = &member->told, status;

        wattle_member_status(member, wattle_tunnel_now(tunnel), &status);
        if (status.busy)
                return;
        if (status.path == told->path && status.since_us == told->since_us &&
            wattle_socket_addr_equal(&status.endpoint, &told->endpoint))
                return;
        if (status.reason != WATTLE_MOVE_NONE && status.since_us != told->since_us)
                log_move(member, &status);
        *told = status;
        tunnel->around->changed(tunnel, member, tunnel->around->data);
}

static void arm(WattleTunnel *tunnel)
{
        gint64 now_us = wattle_tunnel_now(tunnel), due_us = tunnel->read_all_us + POLL_US;

        for (guint i = 0; i < tunnel->members->len; i++) {
                const WattleMember *member = member_at(tunnel, i);

                if (member->engine)
                        due_us = MIN(due_us, MIN(member->deadline_us, member->read_us));
        }
        /* What is far away need not be exact, and may share a wake-up with others. */
        (void)sd_event_source_set_time_accuracy(
                tunnel->timer, (guint64)CLAMP((due_us - now_us) / 8, 1000, G_USEC_PER_SEC));
        (void)sd_event_source_set_time(tunnel->timer, (guint64)MAX(due_us, 1));
        (void)sd_event_source_set_enabled(tunnel->timer, SD_EVENT_ONESHOT);
}

static void step(WattleMember *member, const WattleMigrateEvent *event)
{
        WattleMigrateStep next;

        next = wattle_migration_step(member->engine, event, wattle_tunnel_now(member->tunnel));
        for (guint i = 0; next.action.kind != WATTLE_MIGRATE_NOTHING && i < MAX_ACTIONS; i++) {
                perform(member, &next.action);
                next = wattle_migration_step(member->engine, NULL,
                                             wattle_tunnel_now(member->tunnel));
        }
        member->deadline_us = next.deadline_us;
        member->read_us = next.read_us;
        tell_changes(member);
}

void wattle_loop_event(WattleMember *member, const WattleMigrateEvent *event)
{
        WattleTunnel *tunnel = member->tunnel;

        if (!member->engine)
                return;
        step(member, event);
        arm(tunnel);
}

static WattleMigrateConfig config_of(const WattleMember *member)
{
        const WattleTunnel *tunnel = member->tunnel;

        return (WattleMigrateConfig){ .self = tunnel->self,
                                      .peer = member->key,
                                      .self_has_private = tunnel->self_has_private,
                                      .managed = member->managed,
                                      .configured = member->configured,
                                      .seed = (guint64)g_random_int() << 32 | g_random_int() };
}

static void give_counters(WattleMember *member)
{
        WattleTunnel *tunnel = member->tunnel;
        gint64 real_us = g_get_real_time();
        WattleMigrateEvent event = { .kind = WATTLE_ON_COUNTERS };

        if (member->reach_of != tunnel->around->link_changes) {
                member->reach = wattle_socket_addr_is_set(&member->endpoint)
                                        ? find_reach(&member->endpoint, tunnel)
                                        : WATTLE_REACH_NONE;
                member->reach_of = tunnel->around->link_changes;
        }
        event.counters = (WattleMigrateCounters){
                .endpoint = member->endpoint,
                .reach = member->reach,
                .rx_bytes = member->rx_bytes,
                .tx_bytes = member->tx_bytes,
                .last_handshake_s = member->last_handshake_s,
                .handshake_age_us = MAX(real_us - member->last_handshake_s * G_USEC_PER_SEC, 0),
        };
        step(member, &event);
}

/* A member that the kernel has begins; one that it lost ends. */
static gboolean begin_or_end(WattleMember *member)
{
        WattleTunnel *tunnel = member->tunnel;
        WattleMigrateConfig config;

        if (!member->in_kernel || !tunnel->migrate) {
                g_clear_pointer(&member->engine, wattle_migration_free);
                return FALSE;
        }
        if (member->engine)
                return TRUE;
        config = config_of(member);
        member->engine = wattle_migration_new(&config, wattle_tunnel_now(tunnel));
        give_candidates(member, WATTLE_ON_CANDIDATES, FALSE);
        give_counters(member);
        return TRUE;
}

void wattle_loop_counters(WattleTunnel *tunnel)
{
        gint64 now_us = wattle_tunnel_now(tunnel);
        gboolean all = now_us - tunnel->read_all_us >= READ_ALL_US;

        for (guint i = 0; i < tunnel->members->len; i++) {
                WattleMember *member = member_at(tunnel, i);

                if (begin_or_end(member) && (all || member->read_us <= now_us))
                        give_counters(member);
                else if (!member->engine)
                        tell_changes(member);
        }
        if (all) {
                tunnel->read_all_us = now_us;
                wattle_last_good_if_due(tunnel, now_us);
        }
        arm(tunnel);
}

/* After one that failed: those that wait for it would have us try again at once, and for ever. */
static void read_later(WattleTunnel *tunnel, gint64 now_us)
{
        tunnel->read_all_us = now_us;
        for (guint i = 0; i < tunnel->members->len; i++) {
                WattleMember *member = member_at(tunnel, i);

                member->read_us = MAX(member->read_us, now_us + READ_ALL_US);
        }
}

static int on_timer(G_GNUC_UNUSED sd_event_source *source, guint64 due_us, void *data)
{
        WattleTunnel *tunnel = data;
        gint64 now_us = wattle_tunnel_now(tunnel);
        gboolean read = now_us >= tunnel->read_all_us + POLL_US;
        g_autoptr(GError) error = NULL;

        if (now_us - (gint64)due_us > SLEPT_US)
                wattle_loop_links_changed(tunnel, FALSE);
        for (guint i = 0; i < tunnel->members->len; i++) {
                WattleMember *member = member_at(tunnel, i);
                WattleMigrateEvent event = { .kind = WATTLE_ON_TIMER };

                if (member->engine && member->deadline_us <= now_us)
                        step(member, &event);
                read |= member->engine && member->read_us <= now_us;
        }
        /* If the interface is gone, word of that comes too. */
        if (read && !wattle_tunnel_read(tunnel, &error))
                read_later(tunnel, now_us);
        arm(tunnel);
        return 0;
}

void wattle_loop_members_changed(WattleTunnel *tunnel)
{
        for (guint i = 0; i < tunnel->members->len; i++) {
                WattleMember *member = member_at(tunnel, i);
                WattleMigrateConfig config = config_of(member);

                if (!member->engine)
                        continue;
                wattle_migration_reconfigure(member->engine, &config);
                give_candidates(member, WATTLE_ON_CANDIDATES, FALSE);
        }
        wattle_loop_counters(tunnel);
}

void wattle_loop_links_changed(WattleTunnel *tunnel, gboolean only_lost)
{
        for (guint i = 0; i < tunnel->members->len; i++) {
                WattleMember *member = member_at(tunnel, i);

                if (!member->engine ||
                    (only_lost && (member->reach != WATTLE_REACH_ON_LINK ||
                                   find_reach(&member->endpoint, tunnel) == member->reach)))
                        continue;
                give_candidates(member, WATTLE_ON_LINK, FALSE);
                give_counters(member);
        }
        arm(tunnel);
}

void wattle_loop_start(WattleTunnel *tunnel)
{
        int result = sd_event_add_time(tunnel->around->event, &tunnel->timer, CLOCK_BOOTTIME,
                                       G_MAXUINT64, 1000, on_timer, tunnel);

        if (result >= 0)
                result = sd_event_source_set_enabled(tunnel->timer, SD_EVENT_OFF);
        if (result < 0)
                wattle_log(WATTLE_LOG_ERROR, "%s: a timer: %s", tunnel->mesh, g_strerror(-result));
        tunnel->read_all_us = 0;
        wattle_loop_counters(tunnel);
}

void wattle_loop_stop(WattleTunnel *tunnel)
{
        tunnel->timer = sd_event_source_disable_unref(tunnel->timer);
        for (guint i = 0; i < tunnel->members->len; i++) {
                WattleMember *member = member_at(tunnel, i);

                g_clear_pointer(&member->engine, wattle_migration_free);
                member->in_kernel = FALSE;
                member->reach_of = 0;
        }
}
