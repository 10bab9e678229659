/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "daemon/loop.h"

#include <string.h>

#include "common/digest.h"
#include "common/error.h"
#include "common/status.h"
#include "common/sys/clock.h"
#include "common/sys/log.h"
#include "daemon/knock.h"
#include "daemon/last-good.h"
#include "daemon/talk/broker.h"
#include "daemon/talk/herald.h"
#include "daemon/talk/introducer.h"
#include "daemon/talk/lookout.h"
#include "daemon/talk/mapper.h"
#include "daemon/talk/pairer.h"
#include "daemon/talk/relayed.h"

/* However wrong an engine were, the loop goes on. */
#define MAX_ACTIONS 8

/* A timer comes later than this only if the host slept, or wattled was stopped (SIGSTOP). */
#define SLEPT_US (5 * G_USEC_PER_SEC)

#define POLL_US (30 * G_USEC_PER_SEC)

/* A packet that opens our NAT leaves within that time, looked for in such steps. */
#define PUNCH_US      (5 * 1000)
#define PUNCH_STEP_US 300

/* All members get their counters at most this often, so that the quiet ones stay in step and wake
 * us together; in between, those that asked. */
#define READ_ALL_US G_USEC_PER_SEC

struct WattleLoop {
        WattleSurroundings *around;
        WattleRoster *roster;
        const char *mesh;
        char *interface;
        guint32 ifindex; /* 0: stopped */
        guint32 fwmark;
        guint16 listen_port;
        WattleLoopWishes wishes;
        WattleSocketAddr seen; /* where a relay, or who introduced us, saw us last; or none */
        WattleProber *prober;  /* NULL: no probes are to be had */
        GPtrArray *requests;
        WattleHerald *herald;
        WattleLookout *lookout;
        WattlePairer *pairer;
        WattleBroker *broker;
        WattleIntroducer *introducer;
        WattleMapper *mapper;
        gboolean port_mapping;
        WattleKnock *knock; /* NULL: there is no such socket, and who wants a peer is seen late */
        WattleLastGood last_good;
        sd_event_source *timer;
        gint64 read_all_us; /* when all members last had their counters */
};

/* What comes of look-ups of routes, as a digest. */
typedef struct {
        WattleLoop *loop;
        guint64 digest;
} Ways;

static void add(Ways *ways, gconstpointer bytes, gsize size)
{
        ways->digest = wattle_digest(ways->digest, bytes, size);
}

static WattleReach find_reach(const WattleSocketAddr *at, gpointer data)
{
        Ways *ways = data;
        const WattleLoop *loop = ways->loop;
        WattleRoute route;
        WattleReach reach =
                wattle_surroundings_reach(loop->around, loop->ifindex, loop->fwmark, at, &route);

        /* Our own door is where it is, whatever the links do. */
        if (wattle_addr_class(&at->addr) == WATTLE_ADDR_LOOPBACK)
                reach = WATTLE_REACH_GATEWAY;
        add(ways, &at->addr, sizeof at->addr);
        add(ways, &at->port, sizeof at->port);
        add(ways, &at->scope, sizeof at->scope);
        add(ways, &reach, sizeof reach);
        add(ways, &route.ifindex, sizeof route.ifindex);
        add(ways, &route.gateway, sizeof route.gateway);
        add(ways, &route.source, sizeof route.source);
        return reach;
}

static guint find_candidates(const WattleMember *member,
                             WattleMigrateCandidate list[WATTLE_MIGRATE_MAX_CANDIDATES],
                             guint64 *ret_digest)
{
        g_autoptr(GArray) lans = wattle_surroundings_lans(member->loop->around);
        Ways ways = { member->loop, WATTLE_DIGEST_EMPTY };
        WattleStandpoint standpoint = { .lan_links = lans,
                                        .find_reach = find_reach,
                                        .data = &ways };
        WattleSocketAddr place;
        guint n;

        if (member->can_pair && member->loop->knock) {
                wattle_knock_place(member->loop->knock, member->knock, &place);
                standpoint.knock = &place;
        }
        if (member->hints)
                standpoint.n_sighted = wattle_hints_list(
                        member->hints, wattle_beacons_beat(member->loop->around->beacons),
                        wattle_clock_now_us(), standpoint.sighted);
        n = wattle_member_candidates(member, &standpoint, list);
        *ret_digest = ways.digest;
        return n;
}

static WattleReach find_endpoint(const WattleMember *member, guint64 *ret_digest)
{
        Ways ways = { member->loop, WATTLE_DIGEST_EMPTY };
        WattleReach reach = WATTLE_REACH_NONE;

        if (wattle_socket_addr_is_set(&member->endpoint))
                reach = find_reach(&member->endpoint, &ways);
        *ret_digest = ways.digest;
        return reach;
}

static gboolean has_other_ways(const WattleMember *member)
{
        WattleMigrateCandidate list[WATTLE_MIGRATE_MAX_CANDIDATES];
        guint64 way = 0, ways;

        if (member->reach_of != 0)
                (void)find_endpoint(member, &way);
        (void)find_candidates(member, list, &ways);
        return ways != member->ways || (member->reach_of != 0 && way != member->way);
}

gboolean wattle_loop_has_other_ways(WattleLoop *loop)
{
        for (guint i = 0; i < loop->roster->members->len; i++) {
                const WattleMember *member = wattle_roster_at(loop->roster, i);

                if (member->engine && has_other_ways(member))
                        return TRUE;
        }
        return FALSE;
}

static void step(WattleMember *member, const WattleMigrateEvent *event);
static void arm(WattleLoop *loop);

static void give_candidates(WattleMember *member, WattleMigrateEventKind kind, gboolean resolved)
{
        WattleMigrateCandidate list[WATTLE_MIGRATE_MAX_CANDIDATES];
        WattleMigrateEvent event = { .kind = kind,
                                     .candidates = list,
                                     .has_names = member->names != NULL,
                                     .resolved = resolved,
                                     .goes_on = member->goes_on };

        wattle_member_forget_port(member, wattle_clock_now_us());
        event.n_candidates = find_candidates(member, list, &member->ways);
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
        arm(member->loop);
}

static void resolve(WattleMember *member)
{
        WattleLoop *loop = member->loop;
        WattleUplink uplink = { .fwmark = loop->fwmark };

        if (member->names && loop->roster->uses_exit)
                uplink.ifindex =
                        wattle_route_uplink(&loop->around->route, loop->ifindex, loop->fwmark);
        for (guint i = 0; member->names && i < member->names->len; i++) {
                WattleMemberName *name = g_ptr_array_index(member->names, i);

                if (!name->asking)
                        name->asking = wattle_resolver_ask(loop->around->resolver, name->name,
                                                           &uplink, on_resolved, name);
        }
}

/* That the link has gone is news on its way to us, and no failure. */
static void set_endpoint(const WattleMember *member, const WattleMigrateAction *action)
{
        const WattleLoop *loop = member->loop;
        g_autoptr(GError) error = NULL;

        if (!wattle_surroundings_set_endpoint(loop->around, loop->ifindex, &member->key,
                                              &action->at, &error) &&
            !action->again && !g_error_matches(error, WATTLE_ERROR, WATTLE_ERROR_NOT_FOUND))
                wattle_log(WATTLE_LOG_WARNING, "%s: %s: the endpoint could not be set (%s): %s",
                           loop->mesh, member->name, wattle_move_reason_text(action->reason),
                           error->message);
}

static void store_unproved(const WattleLoop *loop)
{
        g_autoptr(GArray) moves = g_array_new(FALSE, FALSE, sizeof(WattleUnproved));
        g_autoptr(GError) error = NULL;

        for (guint i = 0; i < loop->roster->members->len; i++) {
                const WattleMember *member = wattle_roster_at(loop->roster, i);

                if (member->unproved)
                        g_array_append_val(moves, *member->unproved);
        }
        if (loop->around->runtime_fd >= 0 &&
            !wattle_unproved_store(loop->around->runtime_fd, loop->mesh, moves, &error))
                wattle_log(WATTLE_LOG_WARNING, "%s: moves under way are not kept: %s", loop->mesh,
                           error->message);
}

/* Before an endpoint is set: the file has to say where from. */
static void note_unproved(WattleMember *member, const WattleMigrateAction *action)
{
        WattleUnproved move = { .ifindex = member->loop->ifindex,
                                .peer = member->key,
                                .to = action->at };

        if ((action->kind != WATTLE_MIGRATE_SET && action->kind != WATTLE_MIGRATE_READD) ||
            !wattle_migration_leave(member->engine, &move.from) ||
            wattle_socket_addr_equal(&move.from, &move.to) ||
            (member->unproved && wattle_socket_addr_equal(&member->unproved->to, &move.to)))
                return;
        g_free(member->unproved);
        member->unproved = g_memdup2(&move, sizeof move);
        store_unproved(member->loop);
}

static void forget_unproved(WattleMember *member)
{
        if (!member->unproved)
                return;
        g_clear_pointer(&member->unproved, g_free);
        store_unproved(member->loop);
}

static void probe(WattleMember *member, guint64 id)
{
        WattleLoop *loop = member->loop;

        wattle_member_sent(member, id, wattle_clock_now_us());
        if (loop->prober)
                (void)wattle_member_probe(member, loop->prober, id);
}

/* The kernel takes the endpoint when it sends, and it sends when it has encrypted, on a thread of
 * its own: so the probe is waited for, some tenths of a millisecond. */
static void punch(WattleMember *member, const WattleMigrateAction *action)
{
        WattleLoop *loop = member->loop;
        WattleMigrateAction back = { .at = action->back, .again = TRUE };
        gint64 end_us = wattle_clock_now_us() + PUNCH_US;

        set_endpoint(member, &(WattleMigrateAction){ .at = action->at, .again = TRUE });
        probe(member, action->probe_id);
        do
                g_usleep(PUNCH_STEP_US);
        while (!wattle_surroundings_has_sent(loop->around, loop->interface, &member->key,
                                             member->tx_bytes) &&
               wattle_clock_now_us() < end_us);
        set_endpoint(member, &back);
}

static void perform(WattleMember *member, const WattleMigrateAction *action)
{
        WattleLoop *loop = member->loop;

        switch (action->kind) {
        case WATTLE_MIGRATE_NOTHING:
                break;
        case WATTLE_MIGRATE_READD:
                if (!wattle_surroundings_readd(loop->around, loop->interface, &member->key,
                                               &action->at))
                        set_endpoint(member, action);
                break;
        case WATTLE_MIGRATE_SET:
                set_endpoint(member, action);
                break;
        case WATTLE_MIGRATE_PROBE:
                probe(member, action->probe_id);
                break;
        case WATTLE_MIGRATE_RESOLVE:
                resolve(member);
                break;
        case WATTLE_MIGRATE_ASK:
                wattle_pairer_ask(loop->pairer, member);
                break;
        case WATTLE_MIGRATE_PUNCH:
                punch(member, action);
                break;
        }
}

static void log_move(const WattleMember *member, const WattleMigrateStatus *status)
{
        const WattleLoop *loop = member->loop;
        char text[WATTLE_SOCKET_ADDR_TEXT_MAX];

        wattle_socket_addr_format(&status->endpoint, text);
        wattle_log(WATTLE_LOG_INFO, "%s: %s is at %s (%s): %s", loop->mesh, member->name, text,
                   wattle_path_name(status->path), wattle_move_reason_text(status->reason));
}

/* Of two that nobody can call, both keep their NATs open for as long as there is a way between
 * them; and while there is none they send nothing. */
static void keep_open(WattleMember *member, const WattleMigrateStatus *status)
{
        const WattleLoop *loop = member->loop;
        gboolean open = status->path == WATTLE_PATH_RELAYED || status->path == WATTLE_PATH_DIRECT ||
                        status->path == WATTLE_PATH_ROAMED;
        guint16 keepalive_s =
                open ? MAX(member->keepalive_s, WATTLE_DEFAULT_KEEPALIVE_S) : member->keepalive_s;

        if (member->kept_open && member->kernel_keepalive_s != keepalive_s &&
            wattle_surroundings_set_keepalive(loop->around, loop->ifindex, &member->key,
                                              keepalive_s, NULL))
                member->kernel_keepalive_s = keepalive_s;
}

/* A try that is not over is nobody's news: it may go back. */
static void tell_changes(WattleMember *member)
{
        WattleLoop *loop = member->loop;
        WattleMigrateStatus *told = &member->told, status;

        wattle_member_status(member, wattle_clock_now_us(), &status);
        if (status.busy)
                return;
        if (member->hints && status.proved)
                wattle_hints_prove(member->hints, &status.endpoint);
        if (member->engine)
                keep_open(member, &status);
        if (status.path == told->path && status.since_us == told->since_us &&
            wattle_socket_addr_equal(&status.endpoint, &told->endpoint))
                return;
        if (status.reason != WATTLE_MOVE_NONE && status.since_us != told->since_us &&
            wattle_socket_addr_is_set(&status.endpoint))
                log_move(member, &status);
        *told = status;
        loop->around->changed(loop->mesh, member->name, loop->around->data);
}

static void arm(WattleLoop *loop)
{
        gint64 now_us = wattle_clock_now_us(), due_us = loop->read_all_us + POLL_US;

        for (guint i = 0; i < loop->roster->members->len; i++) {
                const WattleMember *member = wattle_roster_at(loop->roster, i);

                if (member->engine)
                        due_us = MIN(due_us, MIN(member->deadline_us, member->read_us));
        }
        /* A time that is far away need not be exact: it may share a wake-up with other timers. */
        (void)sd_event_source_set_time_accuracy(
                loop->timer, (guint64)CLAMP((due_us - now_us) / 8, 1000, G_USEC_PER_SEC));
        (void)sd_event_source_set_time(loop->timer, (guint64)MAX(due_us, 1));
        (void)sd_event_source_set_enabled(loop->timer, SD_EVENT_ONESHOT);
}

static void step(WattleMember *member, const WattleMigrateEvent *event)
{
        WattleSocketAddr back;
        WattleMigrateStep next;

        next = wattle_migration_step(member->engine, event, wattle_clock_now_us());
        for (guint i = 0; next.action.kind != WATTLE_MIGRATE_NOTHING && i < MAX_ACTIONS; i++) {
                note_unproved(member, &next.action);
                perform(member, &next.action);
                next = wattle_migration_step(member->engine, NULL, wattle_clock_now_us());
        }
        if (!wattle_migration_leave(member->engine, &back))
                forget_unproved(member);
        member->deadline_us = next.deadline_us;
        member->read_us = next.read_us;
        tell_changes(member);
}

static WattleMigrateConfig config_of(const WattleMember *member)
{
        const WattleLoop *loop = member->loop;

        return (WattleMigrateConfig){ .self = loop->roster->self,
                                      .peer = member->key,
                                      .managed = member->managed,
                                      .can_pair = member->can_pair,
                                      .configured = member->configured,
                                      .seed = (guint64)g_random_int() << 32 | g_random_int() };
}

/* An endpoint at the loopback that is not the peer's door of now is one of before a restart. */
static WattleSocketAddr endpoint_of(const WattleMember *member)
{
        const WattleKnock *knock = member->loop->knock;
        WattleSocketAddr place = { 0 };

        if (wattle_addr_class(&member->endpoint.addr) != WATTLE_ADDR_LOOPBACK)
                return member->endpoint;
        if (knock)
                wattle_knock_place(knock, member->knock, &place);
        return wattle_socket_addr_equal(&place, &member->endpoint) ? place
                                                                   : (WattleSocketAddr){ 0 };
}

static void give_counters(WattleMember *member)
{
        WattleLoop *loop = member->loop;
        gint64 real_us = g_get_real_time();
        WattleMigrateEvent event = { .kind = WATTLE_ON_COUNTERS };

        if (member->reach_of != loop->around->link_changes) {
                member->reach = find_endpoint(member, &member->way);
                member->reach_of = loop->around->link_changes;
        }
        event.counters = (WattleMigrateCounters){
                .endpoint = endpoint_of(member),
                .reach = member->reach,
                .rx_bytes = member->rx_bytes,
                .tx_bytes = member->tx_bytes,
                .last_handshake_s = member->last_handshake_s,
                .handshake_age_us = MAX(real_us - member->last_handshake_s * G_USEC_PER_SEC, 0),
        };
        step(member, &event);
}

/* A member that the kernel has begins; one that it lost ends. TRUE: it had begun before. */
static gboolean begin_or_end(WattleMember *member)
{
        WattleLoop *loop = member->loop;
        WattleMigrateConfig config;

        if (!member->in_kernel || !loop->wishes.migrate) {
                g_clear_pointer(&member->engine, wattle_migration_free);
                forget_unproved(member);
                return FALSE;
        }
        if (member->engine)
                return TRUE;
        config = config_of(member);
        wattle_roster_find_port(loop->roster, member, wattle_clock_now_us());
        member->engine = wattle_migration_new(&config, wattle_clock_now_us());
        give_candidates(member, WATTLE_ON_CANDIDATES, FALSE);
        give_counters(member);
        return FALSE;
}

void wattle_loop_counters(WattleLoop *loop)
{
        gint64 now_us = wattle_clock_now_us();
        gboolean all = now_us - loop->read_all_us >= READ_ALL_US;

        for (guint i = 0; i < loop->roster->members->len; i++) {
                WattleMember *member = wattle_roster_at(loop->roster, i);

                if (begin_or_end(member) && (all || member->read_us <= now_us))
                        give_counters(member);
                else if (!member->engine)
                        tell_changes(member);
        }
        if (all) {
                loop->read_all_us = now_us;
                wattle_last_good_if_due(&loop->last_good, loop->roster, now_us);
        }
        wattle_herald_sessions(loop->herald);
        arm(loop);
}

void wattle_loop_set_text(WattleLoop *loop, const WattleHello *text)
{
        wattle_herald_set(loop->herald, text);
}

static void want_port(WattleLoop *loop)
{
        wattle_mapper_want(loop->mapper,
                           loop->ifindex != 0 && loop->port_mapping ? loop->listen_port : 0);
}

void wattle_loop_set_mapping(WattleLoop *loop, gboolean wanted)
{
        loop->port_mapping = wanted;
        want_port(loop);
}

const WattleSocketAddr *wattle_loop_mapped(const WattleLoop *loop, const char **ret_problem)
{
        *ret_problem = wattle_mapper_problem(loop->mapper);
        return wattle_mapper_at(loop->mapper);
}

static void on_mapped(gpointer data)
{
        const WattleLoop *loop = data;

        wattle_herald_set_mapped(loop->herald, wattle_mapper_at(loop->mapper));
        loop->around->changed(loop->mesh, NULL, loop->around->data);
}

void wattle_loop_take(WattleLoop *loop, const WattleWgDevice *device)
{
        loop->listen_port = device->listen_port;
        want_port(loop);
        loop->fwmark = device->fwmark;
        wattle_roster_read(loop->roster, device);
}

static gboolean read_kernel(WattleLoop *loop, GError **error)
{
        g_auto(WattleWgDevice) device = { 0 };

        wattle_wg_device_init(&device);
        if (!wattle_surroundings_get_device(loop->around, loop->interface, &device, error))
                return FALSE;
        wattle_loop_take(loop, &device);
        return TRUE;
}

gboolean wattle_loop_read(WattleLoop *loop, GError **error)
{
        if (!read_kernel(loop, error))
                return FALSE;
        wattle_loop_counters(loop);
        return TRUE;
}

/* After a read that failed: the members that wait for it would have the loop read again at once,
 * and for ever. */
static void read_later(WattleLoop *loop, gint64 now_us)
{
        loop->read_all_us = now_us;
        for (guint i = 0; i < loop->roster->members->len; i++) {
                WattleMember *member = wattle_roster_at(loop->roster, i);

                member->read_us = MAX(member->read_us, now_us + READ_ALL_US);
        }
}

static int on_timer(G_GNUC_UNUSED sd_event_source *source, guint64 due_us, void *data)
{
        WattleLoop *loop = data;
        gint64 now_us = wattle_clock_now_us();
        gboolean read = now_us >= loop->read_all_us + POLL_US;
        g_autoptr(GError) error = NULL;

        if (now_us - (gint64)due_us > SLEPT_US)
                wattle_loop_links_changed(loop, WATTLE_LINKS_CHANGED);
        for (guint i = 0; i < loop->roster->members->len; i++) {
                WattleMember *member = wattle_roster_at(loop->roster, i);
                WattleMigrateEvent event = { .kind = WATTLE_ON_TIMER };

                if (member->engine && member->deadline_us <= now_us)
                        step(member, &event);
                read |= member->engine && member->read_us <= now_us;
        }
        /* If the interface is gone, word of that comes too. */
        if (read && !wattle_loop_read(loop, &error))
                read_later(loop, now_us);
        arm(loop);
        return 0;
}

static gboolean on_may_answer(const WattleAddr *from, gpointer data)
{
        const WattleLoop *loop = data;
        WattleMember *member = wattle_roster_with_address(loop->roster, from);

        return member && wattle_member_may_answer(member, wattle_clock_now_us());
}

static void on_answered(const WattleAddr *from, guint64 nonce, gboolean is_wattled, gpointer data)
{
        WattleLoop *loop = data;
        WattleMember *member = wattle_roster_with_address(loop->roster, from);
        WattleMigrateEvent event = { .kind = WATTLE_ON_ANSWER, .probe_id = nonce };

        if (!member)
                return;
        member->speaks |= is_wattled;
        member->heard_s = g_get_real_time() / G_USEC_PER_SEC;
        if (wattle_probe_request_answered(loop->requests, member, nonce) ||
            !wattle_member_answered(member, nonce, wattle_clock_now_us(), &event.rtt_us) ||
            !member->engine)
                return;
        step(member, &event);
        arm(loop);
}

/* It came by a session. One that we do not know of began since the last read, which may be half a
 * minute ago, and who has none is asked for nothing. */
static void on_hello(const WattleAddr *from, const WattleHello *hello, gpointer data)
{
        WattleLoop *loop = data;
        WattleMember *member = wattle_roster_with_address(loop->roster, from);
        gboolean is_new;

        if (!member || !wattle_member_may_answer(member, wattle_clock_now_us()))
                return;
        is_new = !wattle_gossip_has_session(member, g_get_real_time() / G_USEC_PER_SEC) &&
                 read_kernel(loop, NULL);
        wattle_herald_heard(loop->herald, member, hello);
        if (is_new)
                wattle_loop_counters(loop);
        wattle_lookout_told(member, hello);
        if (!wattle_member_take_links(member, hello) || !member->engine)
                return;
        give_candidates(member, WATTLE_ON_CANDIDATES, FALSE);
        arm(loop);
}

static void tell_addresses(WattleLoop *loop)
{
        g_autoptr(GArray) addresses = wattle_surroundings_addresses(loop->around);

        wattle_herald_set_links(loop->herald, addresses);
}

/* Where all are is to be that of now, and not of the last read: before a port is given, and before
 * a peer is moved to one, which may have a session since a moment ago. */
static void read_now(WattleLoop *loop)
{
        g_autoptr(GError) error = NULL;

        if (!wattle_loop_read(loop, &error))
                wattle_log(WATTLE_LOG_WARNING, "%s: %s", loop->mesh, error->message);
}

static void on_asked(WattleLoop *loop, const WattleMember *member, const WattleKey *other)
{
        if (loop->roster->relay != WATTLE_RELAY_NO) {
                read_now(loop);
                wattle_broker_ask(loop->broker, member, other);
        } else if (loop->roster->introduces) {
                read_now(loop);
                wattle_introducer_ask(loop->introducer, member, other);
        } else {
                wattle_broker_ask(loop->broker, member, other);
        }
}

/* A relay's word of a port, or that of somebody who introduces us to another member. */
static void on_told(WattleLoop *loop, const WattleMember *member, const WattlePairing *pairing)
{
        gboolean introduced = pairing->kind == WATTLE_PAIRING_INTRODUCED;
        WattleMember *peer;

        if (wattle_socket_addr_is_set(&pairing->you))
                loop->seen = pairing->you;
        read_now(loop);
        peer = wattle_pairer_heard(loop->pairer, member, pairing);
        if (!peer || !peer->engine || !peer->can_pair)
                return;
        peer->goes_on = introduced && pairing->goes_on;
        give_candidates(peer, introduced ? WATTLE_ON_INTRODUCED : WATTLE_ON_PAIRED, FALSE);
        arm(loop);
}

static void on_pairing(const WattleAddr *from, const WattlePairing *pairing, gpointer data)
{
        WattleLoop *loop = data;
        WattleMember *member = wattle_roster_with_address(loop->roster, from);

        if (!member || !wattle_member_may_answer(member, wattle_clock_now_us()))
                return;
        if (pairing->kind == WATTLE_PAIRING_ASKED)
                on_asked(loop, member, &pairing->other);
        else if (member->introduces || member->relay != WATTLE_RELAY_NO)
                on_told(loop, member, pairing);
}

static void on_knocked(guint32 number, gpointer data)
{
        WattleLoop *loop = data;
        WattleMigrateEvent event = { .kind = WATTLE_ON_WANTED };

        for (guint i = 0; i < loop->roster->members->len; i++) {
                WattleMember *member = wattle_roster_at(loop->roster, i);

                if (member->knock == number && member->engine && member->can_pair)
                        step(member, &event);
        }
        arm(loop);
}

static void on_sighting(const WattleAddr *from, const WattleSighting *sighting, gpointer data)
{
        WattleLoop *loop = data;
        WattleMember *member = wattle_roster_with_address(loop->roster, from);

        if (member && wattle_member_may_answer(member, wattle_clock_now_us()))
                wattle_lookout_asked(loop->lookout, member, sighting);
}

static void on_sighted(WattleMember *member, gpointer data)
{
        if (!member->engine)
                return;
        give_candidates(member, WATTLE_ON_SIGHTED, FALSE);
        arm(data);
}

static void use_prober(WattleLoop *loop, WattleProber *prober)
{
        WattleLookoutTunnel tunnel = { prober, loop->ifindex, loop->fwmark, loop->listen_port };

        wattle_herald_use(loop->herald, prober, prober ? loop->listen_port : 0);
        wattle_lookout_use(loop->lookout, &tunnel, loop->wishes.discovery);
        wattle_pairer_use(loop->pairer, prober);
        wattle_broker_use(loop->broker, prober);
        wattle_introducer_use(loop->introducer, prober);
}

/* The sockets are bound to our addresses of now. */
static void renew_prober(WattleLoop *loop)
{
        WattleProberEvents events = { on_may_answer, on_answered, on_hello,
                                      on_pairing,    on_sighting, loop };
        const WattleRoster *roster = loop->roster;
        g_autoptr(GError) error = NULL;

        wattle_herald_use(loop->herald, NULL, 0);
        wattle_pairer_use(loop->pairer, NULL);
        wattle_broker_use(loop->broker, NULL);
        wattle_introducer_use(loop->introducer, NULL);
        g_clear_pointer(&loop->prober, wattle_prober_free);
        loop->prober = wattle_prober_new(loop->around->event, loop->interface, roster->addresses,
                                         roster->n_addresses, &events, &error);
        if (!loop->prober)
                wattle_log(WATTLE_LOG_WARNING, "%s: %s: no path can be verified", loop->mesh,
                           error->message);
        use_prober(loop, loop->prober);
}

void wattle_loop_members_change(WattleLoop *loop)
{
        wattle_probe_request_cancel_all(loop->requests, "the mesh is read anew");
}

void wattle_loop_members_changed(WattleLoop *loop)
{
        renew_prober(loop);
        for (guint i = 0; i < loop->roster->members->len; i++) {
                WattleMember *member = wattle_roster_at(loop->roster, i);
                WattleMigrateConfig config = config_of(member);

                if (!member->engine)
                        continue;
                wattle_migration_reconfigure(member->engine, &config);
                give_candidates(member, WATTLE_ON_CANDIDATES, FALSE);
        }
        wattle_loop_counters(loop);
}

/* Its way is gone, and it had one on our link. */
static gboolean is_lost(const WattleMember *member)
{
        guint64 way;

        return member->reach == WATTLE_REACH_ON_LINK &&
               find_endpoint(member, &way) != member->reach;
}

void wattle_loop_links_changed(WattleLoop *loop, WattleLinksChange change)
{
        for (guint i = 0; i < loop->roster->members->len; i++) {
                WattleMember *member = wattle_roster_at(loop->roster, i);

                if (!member->engine || (change == WATTLE_LINKS_LOST && !is_lost(member)) ||
                    (change == WATTLE_LINKS_PATHS && !has_other_ways(member)))
                        continue;
                member->reach_of = 0;
                give_candidates(member, WATTLE_ON_LINK, FALSE);
                give_counters(member);
        }
        if (change != WATTLE_LINKS_LOST) {
                tell_addresses(loop);
                wattle_herald_arrive(loop->herald);
                wattle_mapper_links_changed(loop->mapper);
        }
        arm(loop);
}

void wattle_loop_woke(WattleLoop *loop)
{
        for (guint i = 0; i < loop->roster->members->len; i++) {
                WattleMember *member = wattle_roster_at(loop->roster, i);

                if (member->engine)
                        give_candidates(member, WATTLE_ON_WOKE, FALSE);
        }
        wattle_herald_arrive(loop->herald);
        arm(loop);
}

void wattle_loop_move(WattleLoop *loop, WattleMember *member, const WattleSocketAddr *to)
{
        WattleMigrateEvent event = { .kind = WATTLE_ON_MOVE };

        if (to)
                event.move_to = *to;
        step(member, &event);
        arm(loop);
}

gboolean wattle_loop_probe(WattleLoop *loop, const WattleMember *member, WattleProbed probed,
                           gpointer data, GError **error)
{
        if (loop->prober && member->in_kernel)
                return wattle_probe_request_add(loop->requests, loop->around->event, loop->prober,
                                                member, probed, data, error);
        g_set_error_literal(error, WATTLE_ERROR, WATTLE_ERROR_FAILED,
                            "the kernel does not have the peer");
        return FALSE;
}

const char *wattle_loop_why_relayed(const WattleLoop *loop, const WattleMember *member)
{
        WattleMigrateWay ways[WATTLE_MIGRATE_MAX_CANDIDATES];
        guint n = wattle_migration_ways(member->engine, wattle_clock_now_us(), ways);
        guint16 port = member->port_of_links;
        WattleRelayedFacts facts = { 0 };
        WattleMigrateStatus status;

        wattle_member_status(member, wattle_clock_now_us(), &status);
        if (status.path == WATTLE_PATH_NONE && status.punches == 0)
                return NULL;
        if (port == 0 && member->port)
                port = member->port->listen_port;
        facts.tries = status.punches;
        facts.own_moves = wattle_relayed_moves(&loop->seen, loop->listen_port);
        for (guint i = 0; i < n; i++)
                if (ways[i].source == WATTLE_SOURCE_SEEN) {
                        facts.is_seen = TRUE;
                        facts.has_way = ways[i].reach != WATTLE_REACH_NONE;
                        facts.peer_moves = wattle_relayed_moves(&ways[i].at, port);
                }
        return wattle_relayed_text(&facts);
}

void wattle_loop_count_relay(WattleLoop *loop, WattleRelayCounted counted, gpointer data)
{
        wattle_broker_count(loop->broker, counted, data);
}

/* Undoes a move that nothing has proved. */
static void go_back(const WattleMember *member, const WattleSocketAddr *to)
{
        const WattleLoop *loop = member->loop;
        char text[WATTLE_SOCKET_ADDR_TEXT_MAX];

        if (!wattle_surroundings_set_endpoint(loop->around, loop->ifindex, &member->key, to, NULL))
                return;
        wattle_socket_addr_format(to, text);
        wattle_log(WATTLE_LOG_INFO, "%s: %s is at %s again: wattled ended in the middle of a move",
                   loop->mesh, member->name, text);
}

/* A wattled before this one was killed. What has another endpoint by now was moved by somebody. */
static void undo_unproved(WattleLoop *loop)
{
        g_autoptr(GArray) moves = g_array_new(FALSE, FALSE, sizeof(WattleUnproved));
        g_autoptr(GError) error = NULL;

        if (loop->around->runtime_fd < 0)
                return;
        if (!wattle_unproved_load(loop->around->runtime_fd, loop->mesh, moves, &error))
                wattle_log(WATTLE_LOG_WARNING, "%s: %s: no move is undone", loop->mesh,
                           error->message);
        for (guint i = 0; loop->wishes.migrate && i < moves->len; i++) {
                const WattleUnproved *move = &g_array_index(moves, WattleUnproved, i);
                WattleMember *member = wattle_roster_with_key(loop->roster, &move->peer);

                if (!member || !member->in_kernel || move->ifindex != loop->ifindex ||
                    !wattle_socket_addr_equal(&member->endpoint, &move->to))
                        continue;
                go_back(member, &move->from);
                member->endpoint = move->from;
        }
        store_unproved(loop);
}

static void open_knock(WattleLoop *loop)
{
        g_autoptr(GError) error = NULL;

        loop->knock = wattle_knock_new(loop->around->event, on_knocked, loop, &error);
        if (!loop->knock)
                wattle_log(WATTLE_LOG_WARNING,
                           "%s: %s: peers that nobody can call are not waited "
                           "for",
                           loop->mesh, error->message);
}

void wattle_loop_start(WattleLoop *loop, const char *interface, const WattleWgDevice *device,
                       const WattleLoopWishes *wishes)
{
        int result;

        loop->interface = g_strdup(interface);
        loop->ifindex = device->ifindex;
        loop->wishes = *wishes;
        loop->read_all_us = 0;
        wattle_loop_take(loop, device);
        open_knock(loop);
        tell_addresses(loop);
        renew_prober(loop);
        wattle_last_good_load(&loop->last_good, loop->roster);
        undo_unproved(loop);
        result = sd_event_add_time(loop->around->event, &loop->timer, CLOCK_BOOTTIME, G_MAXUINT64,
                                   1000, on_timer, loop);
        if (result >= 0)
                result = sd_event_source_set_enabled(loop->timer, SD_EVENT_OFF);
        if (result < 0)
                wattle_log(WATTLE_LOG_ERROR, "%s: a timer: %s", loop->mesh, g_strerror(-result));
        wattle_herald_arrive(loop->herald);
        wattle_loop_counters(loop);
}

void wattle_loop_stop(WattleLoop *loop)
{
        if (loop->ifindex == 0)
                return;
        wattle_last_good_now(&loop->last_good, loop->roster);
        wattle_probe_request_cancel_all(loop->requests, "the interface is gone");
        loop->timer = sd_event_source_disable_unref(loop->timer);
        for (guint i = 0; i < loop->roster->members->len; i++) {
                WattleMember *member = wattle_roster_at(loop->roster, i);
                WattleMigrateAction back = { .kind = WATTLE_MIGRATE_SET,
                                             .reason = WATTLE_MOVE_REVERT };

                if (member->engine && wattle_migration_leave(member->engine, &back.at))
                        set_endpoint(member, &back);
                forget_unproved(member);
                g_clear_pointer(&member->engine, wattle_migration_free);
                member->in_kernel = FALSE;
                member->reach_of = 0;
        }
        use_prober(loop, NULL);
        g_clear_pointer(&loop->prober, wattle_prober_free);
        g_clear_pointer(&loop->knock, wattle_knock_free);
        g_clear_pointer(&loop->interface, g_free);
        loop->ifindex = 0;
        loop->listen_port = 0;
        want_port(loop);
}

guint32 wattle_loop_ifindex(const WattleLoop *loop)
{
        return loop->ifindex;
}

guint16 wattle_loop_listen_port(const WattleLoop *loop)
{
        return loop->listen_port;
}

WattleLoop *wattle_loop_new(WattleSurroundings *around, WattleRoster *roster, const char *mesh,
                            gboolean keep)
{
        WattleLoop *loop = g_new0(WattleLoop, 1);

        *loop = (WattleLoop){ .around = around,
                              .roster = roster,
                              .mesh = mesh,
                              .requests = wattle_probe_request_list(),
                              .herald = wattle_herald_new(around, roster, mesh),
                              .pairer = wattle_pairer_new(around, roster, mesh),
                              .broker = wattle_broker_new(around, roster, mesh),
                              .introducer = wattle_introducer_new(roster),
                              .mapper = wattle_mapper_new(around, mesh, on_mapped, loop),
                              .last_good = { .dir_fd = keep ? around->state_fd : -1,
                                             .mesh = mesh } };
        loop->lookout = wattle_lookout_new(around, roster, loop->herald, on_sighted, loop);
        return loop;
}

void wattle_loop_free(WattleLoop *loop)
{
        if (!loop)
                return;
        wattle_probe_request_cancel_all(loop->requests, "wattled ends");
        wattle_loop_stop(loop);
        wattle_lookout_free(loop->lookout);
        wattle_herald_free(loop->herald);
        wattle_pairer_free(loop->pairer);
        wattle_broker_free(loop->broker);
        wattle_introducer_free(loop->introducer);
        wattle_mapper_free(loop->mapper);
        g_ptr_array_unref(loop->requests);
        g_free(loop);
}
