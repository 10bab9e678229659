/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The migration engine in a small world with kernel, links and a peer, in which things happen in a
 * random order: what must hold at each step, and that it finds the way in the end. The seeds are
 * fixed. */
#include "common/migrate/migrate.h"

#include <netinet/in.h>

#include "tests/unit/fixture.h"

#define MSEC   G_GINT64_CONSTANT(1000)
#define SEC    (1000 * MSEC)
#define ROUNDS 60 /* random events */
#define SEEDS  150

enum {
        LAN,
        PUBLIC,
        PUBLIC6,
        NAME,
        LAST,
        N_PLACES
};

static const struct {
        const char *addr;
        WattleSource source;
} places[N_PLACES] = {
        [LAN] = { "10.41.1.1", WATTLE_SOURCE_PRIVATE },
        [PUBLIC] = { "198.51.100.1", WATTLE_SOURCE_PUBLIC },
        [PUBLIC6] = { "2001:db8::1", WATTLE_SOURCE_PUBLIC },
        [NAME] = { "198.51.100.2", WATTLE_SOURCE_NAME },
        [LAST] = { "203.0.113.7", WATTLE_SOURCE_LAST_GOOD },
};

typedef struct {
        WattleMigration *m;
        GRand *random;
        gint64 now, accrued;
        gint64 deadline, read; /* as the engine asked */
        WattleReach reach[N_PLACES];
        gboolean alive[N_PLACES]; /* the peer is there, and answers */
        gboolean traffic;         /* of users, both ways */
        gint64 quiet_since;       /* no traffic since then */

        /* the kernel */
        int endpoint; /* -1: none */
        guint64 rx, tx;
        gint64 handshake, initiation; /* times; 0: never */
        gint64 told_handshake;        /* as the engine heard last */

        /* the peer sends from one place, and from another some time after it heard us there */
        int peer_at, peer_next;
        gint64 peer_next_at;

        struct {
                guint64 id;
                gint64 at, rtt;
        } answer; /* on its way; id 0: none */
        gboolean names_asked;
        gint64 sets[512]; /* times */
        guint n_sets;
        gboolean tried[N_PLACES];
        gboolean has_beacons; /* the LAN is known by them, and not by the profile */
} World;

static WattleSocketAddr addr_of(int place)
{
        WattleSocketAddr at = { .port = 51820 };

        g_assert_true(wattle_addr_parse(places[place].addr, &at.addr, NULL));
        return at;
}

static int place_of(const WattleSocketAddr *at)
{
        for (int i = 0; i < N_PLACES; i++) {
                WattleSocketAddr other = addr_of(i);

                if (wattle_socket_addr_equal(&other, at))
                        return i;
        }
        g_assert_not_reached();
}

static gboolean has_session(const World *w)
{
        return w->handshake != 0 && w->now - w->handshake < 180 * SEC;
}

static gboolean is_open(const World *w, int place)
{
        if (place == LAN && w->reach[place] != WATTLE_REACH_ON_LINK)
                return FALSE;
        return place >= 0 && w->alive[place] && w->reach[place] != WATTLE_REACH_NONE;
}

static void heard(World *w)
{
        if (w->endpoint != w->peer_at && w->peer_next != w->endpoint) {
                w->peer_next = w->endpoint;
                w->peer_next_at = w->now + 60 * MSEC;
        }
}

/* One packet of ours, if the kernel lets it go: with no session it is a handshake, each 5 s. */
static gboolean transmit(World *w, guint64 size)
{
        if (w->endpoint < 0 || w->reach[w->endpoint] == WATTLE_REACH_NONE)
                return FALSE;
        if (!has_session(w)) {
                if (w->initiation != 0 && w->now - w->initiation < 5 * SEC)
                        return FALSE;
                w->initiation = w->now;
                w->tx += 148;
                if (!is_open(w, w->endpoint))
                        return FALSE;
                w->rx += 92;
                w->handshake = w->now;
                w->peer_at = w->endpoint;
        }
        w->tx += size;
        if (!is_open(w, w->endpoint))
                return FALSE;
        heard(w);
        return TRUE;
}

/* What happened since the last time, in steps of the users' packets, or in one if there are none.
 */
static void accrue(World *w)
{
        gint64 until = w->now;
        gint64 step = MAX(20 * MSEC, (until - w->accrued) / 2000);

        while (w->traffic && w->accrued + step <= until) {
                w->accrued += step;
                w->now = w->accrued;
                if (w->peer_next >= 0 && w->now >= w->peer_next_at) {
                        w->peer_at = w->peer_next;
                        w->peer_next = -1;
                }
                (void)transmit(w, 128);
                if (has_session(w) && is_open(w, w->peer_at)) {
                        w->rx += 128;
                        w->endpoint = w->peer_at;
                        if (w->now - w->handshake > 120 * SEC)
                                w->handshake = w->now;
                }
        }
        w->now = until;
        if (!w->traffic)
                w->accrued = until;
}

static void note_set(World *w, int place)
{
        guint recent = 0;

        g_assert_true(places[place].source != WATTLE_SOURCE_PRIVATE ||
                      w->reach[place] == WATTLE_REACH_ON_LINK);
        w->tried[place] = TRUE;
        w->sets[w->n_sets++ % G_N_ELEMENTS(w->sets)] = w->now;
        for (guint i = 0; i < MIN(w->n_sets, G_N_ELEMENTS(w->sets)); i++)
                recent += w->now - w->sets[i] < 60 * SEC;
        g_assert_cmpuint(recent, <, 300);
}

static void perform(World *w, const WattleMigrateAction *action)
{
        switch (action->kind) {
        case WATTLE_MIGRATE_NOTHING:
                break;
        case WATTLE_MIGRATE_READD:
                g_assert_false(w->told_handshake != 0 && w->handshake == w->told_handshake &&
                               w->now - w->handshake < 170 * SEC);
                w->rx = w->tx = 0;
                w->handshake = w->initiation = 0;
                w->endpoint = place_of(&action->at);
                note_set(w, w->endpoint);
                break;
        case WATTLE_MIGRATE_SET:
                w->endpoint = place_of(&action->at);
                note_set(w, w->endpoint);
                break;
        case WATTLE_MIGRATE_PROBE:
                g_assert_true(w->traffic || w->now - w->quiet_since < 45 * SEC);
                if (transmit(w, 96)) {
                        w->answer.id = action->probe_id;
                        w->answer.rtt = w->endpoint == LAN ? 3 * MSEC : 40 * MSEC;
                        w->answer.at = w->now + w->answer.rtt;
                }
                break;
        case WATTLE_MIGRATE_RESOLVE:
                w->names_asked = TRUE;
                break;
        case WATTLE_MIGRATE_ASK:
        case WATTLE_MIGRATE_PUNCH:
                g_assert_not_reached();
        }
}

static void step(World *w, const WattleMigrateEvent *event)
{
        WattleMigrateStep step = wattle_migration_step(w->m, event, w->now);

        for (guint i = 0; step.action.kind != WATTLE_MIGRATE_NOTHING; i++) {
                g_assert_cmpuint(i, <, 4);
                perform(w, &step.action);
                step = wattle_migration_step(w->m, NULL, w->now);
        }
        g_assert_cmpint(step.deadline_us, >=, w->now);
        g_assert_cmpint(step.read_us, >=, w->now);
        w->deadline = step.deadline_us;
        w->read = step.read_us;
}

static void tell_list(World *w, WattleMigrateEventKind kind, gboolean resolved)
{
        WattleMigrateCandidate list[N_PLACES];
        WattleMigrateEvent event = {
                .kind = kind, .candidates = list, .has_names = TRUE, .resolved = resolved
        };

        for (int i = 0; i < N_PLACES; i++)
                list[event.n_candidates++] = (WattleMigrateCandidate){
                        .source = i == LAN && w->has_beacons ? WATTLE_SOURCE_BEACON
                                                             : places[i].source,
                        .at = addr_of(i),
                        .reach = w->reach[i],
                };
        step(w, &event);
}

static void tell_counters(World *w)
{
        WattleMigrateEvent event = { .kind = WATTLE_ON_COUNTERS };

        w->told_handshake = w->handshake;
        event.counters = (WattleMigrateCounters){ .rx_bytes = w->rx,
                                                  .tx_bytes = w->tx,
                                                  .last_handshake_s = w->handshake / SEC };
        if (w->endpoint >= 0) {
                event.counters.endpoint = addr_of(w->endpoint);
                event.counters.reach = w->reach[w->endpoint];
        }
        step(w, &event);
}

static void tell_answer(World *w)
{
        WattleMigrateEvent event = { .kind = WATTLE_ON_ANSWER,
                                     .probe_id = w->answer.id,
                                     .rtt_us = w->answer.rtt };

        w->answer.id = 0;
        if (!is_open(w, w->endpoint))
                return;
        w->rx += 96;
        step(w, &event);
}

/* Lets the time pass, doing what is due. */
static void run(World *w, gint64 span)
{
        gint64 until = w->now + span;
        WattleMigrateEvent timer = { .kind = WATTLE_ON_TIMER };

        while (w->now < until) {
                gint64 next = MIN(MIN(w->deadline, w->read), until);

                if (w->answer.id != 0)
                        next = MIN(next, w->answer.at);
                w->now = MAX(next, w->now);
                accrue(w);
                if (w->names_asked) {
                        w->names_asked = FALSE;
                        tell_list(w, WATTLE_ON_CANDIDATES, TRUE);
                } else if (w->answer.id != 0 && w->now >= w->answer.at) {
                        tell_answer(w);
                } else if (w->now >= w->read) {
                        tell_counters(w);
                } else if (w->now >= w->deadline) {
                        step(w, &timer);
                }
        }
}

static void links(World *w)
{
        gboolean home = g_rand_boolean(w->random), online = g_rand_int_range(w->random, 0, 4) > 0;

        for (int i = 0; i < N_PLACES; i++)
                w->reach[i] = online ? WATTLE_REACH_GATEWAY : WATTLE_REACH_NONE;
        if (home)
                w->reach[LAN] = WATTLE_REACH_ON_LINK;
        if (g_rand_boolean(w->random))
                w->reach[PUBLIC6] = WATTLE_REACH_NONE;
        tell_list(w, WATTLE_ON_LINK, FALSE);
}

static void set_traffic(World *w, gboolean traffic)
{
        if (w->traffic && !traffic)
                w->quiet_since = w->now;
        w->traffic = traffic;
}

static void something(World *w)
{
        switch (g_rand_int_range(w->random, 0, w->has_beacons ? 8 : 7)) {
        case 0:
                links(w);
                break;
        case 1:
                set_traffic(w, g_rand_boolean(w->random));
                break;
        case 2: /* a manager */
                w->endpoint = PUBLIC;
                break;
        case 3: /* one that replaces all */
                w->endpoint = PUBLIC;
                w->rx = w->tx = 0;
                w->handshake = w->initiation = 0;
                break;
        case 4: /* asleep and awake */
                w->handshake = w->initiation = 0;
                w->accrued = w->now += 2 * SEC;
                tell_list(w, WATTLE_ON_WOKE, FALSE);
                break;
        case 7:
                tell_list(w, WATTLE_ON_SIGHTED, FALSE);
                break;
        default:
                w->alive[g_rand_int_range(w->random, 0, N_PLACES)] = g_rand_boolean(w->random);
                break;
        }
}

static gint64 some_time(World *w)
{
        static const gint64 spans[] = { 1 * MSEC, 30 * MSEC, 300 * MSEC,
                                        3 * SEC,  40 * SEC,  200 * SEC };
        gint64 span = spans[g_rand_int_range(w->random, 0, G_N_ELEMENTS(spans))];

        return 1 + g_rand_int_range(w->random, 0, (gint32)span);
}

static void begin(World *w, guint32 seed)
{
        WattleMigrateConfig config = { .managed = seed % 5 != 0,
                                       .configured = addr_of(PUBLIC),
                                       .seed = seed };

        config.self.bytes[0] = 7;
        config.peer.bytes[0] = (guint8)seed;
        *w = (World){ .endpoint = -1, .peer_at = -1, .peer_next = -1 };
        w->random = g_rand_new_with_seed(seed);
        w->now = w->accrued = 1000 * SEC;
        w->has_beacons = seed % 4 == 3;
        w->m = wattle_migration_new(&config, w->now);
        tell_list(w, WATTLE_ON_CANDIDATES, FALSE);
        links(w);
        for (guint i = 0; i < ROUNDS; i++) {
                run(w, some_time(w));
                something(w);
        }
}

static void end(World *w)
{
        wattle_migration_free(w->m);
        g_rand_free(w->random);
}

static void set_all(World *w, gboolean alive)
{
        for (int i = 0; i < N_PLACES; i++) {
                w->alive[i] = alive;
                w->reach[i] = i == LAN ? WATTLE_REACH_ON_LINK : WATTLE_REACH_GATEWAY;
                w->tried[i] = FALSE;
        }
        set_traffic(w, TRUE);
        tell_list(w, WATTLE_ON_LINK, FALSE);
}

/* One place alone answers: it is found, whatever was before. */
static void finds_the_only_way(gconstpointer data)
{
        guint32 seed = GPOINTER_TO_UINT(data);
        World w;
        guint64 rx;

        begin(&w, seed);
        set_all(&w, FALSE);
        w.alive[seed % N_PLACES] = TRUE;
        run(&w, 200 * SEC);
        rx = w.rx;
        run(&w, 3 * SEC);
        g_assert_cmpint(w.endpoint, ==, seed % N_PLACES);
        g_assert_cmpuint(w.rx, >, rx);
        end(&w);
}

/* Nobody answers: each gets its turn, again and again; where a beacon came from and nobody was,
 * only once there is no session any more. */
static void tries_all(gconstpointer data)
{
        World w;

        begin(&w, GPOINTER_TO_UINT(data));
        set_all(&w, FALSE);
        run(&w, 180 * SEC);
        for (int i = 0; i < N_PLACES; i++)
                w.tried[i] = FALSE;
        for (guint again = 0; again < 3; again++) {
                run(&w, 200 * SEC);
                for (int i = 0; i < N_PLACES; i++) {
                        g_assert_true(w.tried[i]);
                        w.tried[i] = FALSE;
                }
        }
        end(&w);
}

/* All answer: it comes to the LAN and stays there, and no more is done. */
static void settles(gconstpointer data)
{
        World w;
        guint sets;

        begin(&w, GPOINTER_TO_UINT(data));
        set_all(&w, TRUE);
        run(&w, 1000 * SEC);
        g_assert_cmpint(w.endpoint, ==, LAN);
        sets = w.n_sets;
        run(&w, 1000 * SEC);
        g_assert_cmpint(w.endpoint, ==, LAN);
        g_assert_cmpuint(w.n_sets, ==, sets);
        end(&w);
}

static void add(const char *name, guint32 seed, GTestDataFunc function)
{
        g_autofree char *path = g_strdup_printf("/migrate/chaos/%s/%u", name, seed);

        g_test_add_data_func(path, GUINT_TO_POINTER(seed), function);
}

int main(int argc, char **argv)
{
        g_test_init(&argc, &argv, NULL);
        for (guint32 seed = 1; seed <= SEEDS; seed++) {
                add("finds the only way", seed, finds_the_only_way);
                add("tries all", seed, tries_all);
                add("settles", seed, settles);
        }
        return g_test_run();
}
