/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which relay is asked for a pair, and when. */
#include "daemon/talk/pairings.h"

#include <string.h>

#include "tests/unit/fixture.h"

#define MSEC 1000

/* Devices of numbers: key 1 is ours or the peer's, from 10 on they are relays. */
static void world_init(WattleRoster *roster, guint8 self, guint8 peer, guint n_relays)
{
        WattleKey key = { { peer } };

        wattle_roster_init(roster);
        roster->self.bytes[0] = self;
        for (guint i = 0; i <= n_relays; i++) {
                WattleMember *member = wattle_member_new(NULL, &key);

                member->name = "nas";
                member->managed = TRUE;
                member->relay = i > 0 ? WATTLE_RELAY_YES : WATTLE_RELAY_NO;
                g_ptr_array_add(roster->members, member);
                g_hash_table_insert(roster->by_key, &member->key, member);
                key.bytes[0] = (guint8)(10 + i);
        }
}

static char *relays_text(const WattleRoster *roster)
{
        WattleKey relays[WATTLE_PAIRINGS_MAX_RELAYS];
        guint n = wattle_pairings_relays(roster, wattle_roster_at(roster, 0), relays);
        GString *text = g_string_new(NULL);

        for (guint i = 0; i < n; i++)
                g_string_append_printf(text, "%s%d", i > 0 ? " " : "", relays[i].bytes[0]);
        return g_string_free(text, FALSE);
}

/* Else each would wait at a relay of its own. */
static void both_ask_the_same(void)
{
        for (guint8 peer = 2; peer < 9; peer++) {
                WattleRoster ours, theirs;
                g_autofree char *we = NULL, *they = NULL;

                world_init(&ours, 1, peer, 7);
                world_init(&theirs, peer, 1, 7);
                we = relays_text(&ours);
                they = relays_text(&theirs);
                g_assert_cmpstr(we, ==, they);
                g_assert_cmpuint(strlen(we), ==, strlen("10 11 12"));
                wattle_roster_clear(&ours);
                wattle_roster_clear(&theirs);
        }
}

/* No relay has all pairs. */
static void pairs_are_spread(void)
{
        guint first[256] = { 0 };

        for (guint peer = 2; peer < 10; peer++)
                for (guint self = 100; self < 200; self++) {
                        WattleKey relays[WATTLE_PAIRINGS_MAX_RELAYS];
                        WattleRoster roster;

                        world_init(&roster, (guint8)self, (guint8)peer, 4);
                        g_assert_cmpuint(wattle_pairings_relays(
                                                 &roster, wattle_roster_at(&roster, 0), relays),
                                         ==, 3);
                        first[relays[0].bytes[0]]++;
                        wattle_roster_clear(&roster);
                }
        for (guint relay = 10; relay < 14; relay++)
                g_assert_cmpuint(first[relay], >, 800 / 4 / 2);
}

static void retiring(void)
{
        WattleRoster roster;
        g_autofree char *without = NULL, *with = NULL;
        WattleMember *peer;

        world_init(&roster, 1, 2, 2);
        peer = wattle_roster_at(&roster, 0);
        wattle_roster_at(&roster, 1)->relay = WATTLE_RELAY_RETIRING;
        without = relays_text(&roster);
        g_assert_cmpstr(without, ==, "11");
        /* It keeps the pairs that it has. */
        peer->port = g_new0(WattleMemberPort, 1);
        peer->port->relay = wattle_roster_at(&roster, 1)->key;
        peer->port->at = (WattleSocketAddr){ .addr = { 2, { 192, 0, 2, 9 } }, .port = 21900 };
        peer->endpoint = peer->port->at;
        with = relays_text(&roster);
        g_assert_cmpstr(with, ==, "10 11");
        wattle_roster_clear(&roster);
}

/* Where no relay is, somebody else is asked: who was heard of, then the others; and nobody for a
 * peer that can be called, which then has another way. */
static void introducers(void)
{
        WattleRoster roster;
        g_autofree char *callable = NULL, *all = NULL, *away = NULL, *with_relay = NULL;

        world_init(&roster, 1, 2, 4);
        for (guint i = 1; i <= 4; i++) {
                WattleMember *other = wattle_roster_at(&roster, i);

                other->relay = WATTLE_RELAY_NO;
                other->introduces = i < 4;
                other->in_kernel = TRUE;
                other->last_handshake_s = 1000 + i;
        }
        callable = relays_text(&roster);
        g_assert_cmpstr(callable, ==, "");
        wattle_roster_at(&roster, 0)->introduced = TRUE;
        all = relays_text(&roster);
        g_assert_cmpstr(all, ==, "11 10 12");
        wattle_roster_at(&roster, 2)->last_handshake_s = 800;
        away = relays_text(&roster);
        g_assert_cmpstr(away, ==, "10 12 11");
        wattle_roster_at(&roster, 4)->relay = WATTLE_RELAY_YES;
        with_relay = relays_text(&roster);
        g_assert_cmpstr(with_relay, ==, "13");
        wattle_roster_clear(&roster);
}

/* Who is asked until then, at which times. */
static char *asked_until(GArray *list, gint64 *now_us, gint64 end_us)
{
        GString *text = g_string_new(NULL);

        for (; *now_us <= end_us; *now_us = wattle_pairings_due_us(list)) {
                WattleKey relay, peer;

                while (wattle_pairings_next(list, *now_us, &relay, &peer))
                        g_string_append_printf(text, "%d at %d, ", relay.bytes[0],
                                               (int)(*now_us / MSEC));
        }
        return g_string_free(text, FALSE);
}

static void each_three_times(void)
{
        g_autoptr(GArray) list = g_array_new(FALSE, FALSE, sizeof(WattlePairingQuestion));
        g_autofree char *text = NULL, *order = NULL;
        WattleRoster roster;
        gint64 now_us = 0;

        world_init(&roster, 1, 2, 2);
        order = relays_text(&roster);
        g_assert_true(wattle_pairings_begin(list, &roster, wattle_roster_at(&roster, 0), 0));
        g_assert_false(wattle_pairings_begin(list, &roster, wattle_roster_at(&roster, 0), 0));
        text = asked_until(list, &now_us, 10000 * MSEC);
        g_assert_cmpstr(order, ==, "11 10");
        g_assert_cmpstr(text, ==,
                        "11 at 0, 11 at 300, 11 at 900, 10 at 1500, 10 at 1800, 10 at 2400, ");
        g_assert_cmpuint(list->len, ==, 0);
        g_assert_true(wattle_pairings_begin(list, &roster, wattle_roster_at(&roster, 0), 0));
        wattle_roster_clear(&roster);
}

static void answers(void)
{
        g_autoptr(GArray) list = g_array_new(FALSE, FALSE, sizeof(WattlePairingQuestion));
        g_autofree char *first = NULL, *second = NULL;
        WattleKey peer = { { 2 } }, other = { { 3 } }, ten = { { 10 } }, eleven = { { 11 } };
        WattleRoster roster;
        gint64 now_us = 0;

        world_init(&roster, 1, 2, 2);
        g_assert_true(wattle_pairings_begin(list, &roster, wattle_roster_at(&roster, 0), 0));
        first = asked_until(list, &now_us, 0);
        g_assert_cmpstr(first, ==, "11 at 0, ");
        /* of a relay that was not asked yet, and of another pair */
        wattle_pairings_answered(list, &ten, &peer, FALSE, 100 * MSEC);
        wattle_pairings_answered(list, &eleven, &other, TRUE, 100 * MSEC);
        g_assert_cmpint(wattle_pairings_due_us(list), ==, 300 * MSEC);
        wattle_pairings_answered(list, &eleven, &peer, FALSE, 100 * MSEC);
        now_us = 100 * MSEC;
        second = asked_until(list, &now_us, 100 * MSEC);
        g_assert_cmpstr(second, ==, "10 at 100, ");
        wattle_pairings_answered(list, &ten, &peer, TRUE, 200 * MSEC);
        g_assert_cmpint(wattle_pairings_due_us(list), ==, G_MAXINT64);
        wattle_roster_clear(&roster);
}

/* After a restart of wattled: an endpoint at a relay's port is the pair's. */
static void found_again(void)
{
        static const struct {
                const char *endpoint;
                gboolean found;
        } rows[] = {
                { "192.0.2.9:21907", TRUE },
                { "192.0.2.9:21910", FALSE }, /* beyond RelayPorts= */
                { "192.0.2.9:21899", FALSE },
                { "192.0.2.8:21907", FALSE },
        };

        for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
                WattleRoster roster;
                WattleMember *peer;

                world_init(&roster, 1, 2, 1);
                roster.relay_ports = (WattlePorts){ TRUE, 21900, 21909 };
                peer = wattle_roster_at(&roster, 0);
                g_assert_true(wattle_socket_addr_parse(
                        "192.0.2.9:51820", &wattle_roster_at(&roster, 1)->endpoint, NULL));
                g_assert_true(wattle_socket_addr_parse(rows[i].endpoint, &peer->endpoint, NULL));
                wattle_roster_find_port(&roster, peer, 1);
                g_assert_cmpint(peer->port != NULL, ==, rows[i].found);
                if (rows[i].found)
                        g_assert_cmpint(peer->port->relay.bytes[0], ==, 10);
                wattle_roster_clear(&roster);
        }
}

static void no_relay(void)
{
        g_autoptr(GArray) list = g_array_new(FALSE, FALSE, sizeof(WattlePairingQuestion));
        WattleRoster roster;

        world_init(&roster, 1, 2, 0);
        g_assert_false(wattle_pairings_begin(list, &roster, wattle_roster_at(&roster, 0), 0));
        wattle_roster_clear(&roster);
}

int main(int argc, char **argv)
{
        g_test_init(&argc, &argv, NULL);
        g_test_add_func("/pairings/both-ask-the-same", both_ask_the_same);
        g_test_add_func("/pairings/spread", pairs_are_spread);
        g_test_add_func("/pairings/retiring", retiring);
        g_test_add_func("/pairings/introducers", introducers);
        g_test_add_func("/pairings/each-three-times", each_three_times);
        g_test_add_func("/pairings/answers", answers);
        g_test_add_func("/pairings/found-again", found_again);
        g_test_add_func("/pairings/no-relay", no_relay);
        return g_test_run();
}
