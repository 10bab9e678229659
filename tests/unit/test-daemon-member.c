/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A peer as wattled follows it: its candidates, its probes, and what may be asked of us. */
#include "daemon/member.h"

#include <string.h>

#include "tests/unit/fixture.h"

#define MESH "[Mesh]\nSubnet=10.77.0.0/24 fd77::/64\n"
#define NAS  "[Device nas]\nPublicKey=" KEY_A "\nAddress=10.77.0.1\n"
#define VPS  "[Device vps]\nPublicKey=" KEY_B "\nAddress=10.77.0.2\n"

typedef struct {
        const char *test;
        const char *lines; /* of the peer */
        const char *expected;
} Row;

/* The links that are LANs are 3 and 5, names resolve to two addresses, and 192.0.2.9:9 was good. */
static const Row rows[] = {
        { "none", "", "last 192.0.2.9:9" },
        { "in-order",
          "PublicEndpoint=198.51.100.7:1\nPrivateEndpoint=192.168.1.2:2\n"
          "PublicEndpoint=[2001:db8::1]:3\n",
          "public 198.51.100.7:1, private 192.168.1.2:2, public [2001:db8::1]:3, last "
          "192.0.2.9:9" },
        { "link-local-on-each-lan", "PrivateEndpoint=[fe80::1]:2\n",
          "private [fe80::1%3]:2, private [fe80::1%5]:2, last 192.0.2.9:9" },
        { "name", "PublicEndpoint=a.example:7\n",
          "name 203.0.113.1:7, name [2001:db8::5]:7, last 192.0.2.9:9" },
        { "last-good-is-known", "PublicEndpoint=192.0.2.9:9\n", "public 192.0.2.9:9" },
        { "another-port", "PublicEndpoint=192.0.2.9:10\n",
          "public 192.0.2.9:10, last 192.0.2.9:9" },
};

static WattleReach reach_of_all(G_GNUC_UNUSED const WattleSocketAddr *at,
                                G_GNUC_UNUSED gpointer data)
{
        return WATTLE_REACH_GATEWAY;
}

static void put_resolved(WattleMember *member)
{
        WattleMemberName *name = member->names ? g_ptr_array_index(member->names, 0) : NULL;

        if (!name)
                return;
        g_assert_true(wattle_addr_parse("203.0.113.1", &name->addresses[0], NULL));
        g_assert_true(wattle_addr_parse("2001:db8::5", &name->addresses[1], NULL));
        name->n_addresses = 2;
}

static char *candidates_text(const WattleMember *member)
{
        static const char *const sources[] = { "private", "beacon", "public", "name",
                                               "last",    "seen",   "relay" };
        g_autoptr(GArray) links = g_array_new(FALSE, FALSE, sizeof(guint32));
        WattleMigrateCandidate list[WATTLE_MIGRATE_MAX_CANDIDATES];
        WattleStandpoint standpoint = { .lan_links = links, .find_reach = reach_of_all };
        GString *text = g_string_new(NULL);
        guint32 three = 3, five = 5;
        guint n;

        g_array_append_val(links, three);
        g_array_append_val(links, five);
        n = wattle_member_candidates(member, &standpoint, list);
        for (guint i = 0; i < n; i++) {
                char at[WATTLE_SOCKET_ADDR_TEXT_MAX];

                wattle_socket_addr_format(&list[i].at, at);
                g_string_append_printf(text, "%s%s %s", i > 0 ? ", " : "", sources[list[i].source],
                                       at);
                g_assert_cmpint(list[i].reach, ==, WATTLE_REACH_GATEWAY);
        }
        return g_string_free(text, FALSE);
}

static void row_test(gconstpointer data)
{
        const Row *row = data;
        g_autofree char *profile = g_strconcat(MESH NAS VPS, row->lines, NULL), *text = NULL;
        g_autoptr(WattleView) view = good_view(profile, "nas", "");
        g_autoptr(WattleArena) arena = wattle_arena_new();
        WattleMember *member = wattle_member_new(NULL, &view->peers[0].public_key);

        wattle_member_update(member, &view->peers[0], arena);
        g_assert_true(wattle_addr_parse("192.0.2.9", &member->last_good.addr, NULL));
        member->last_good.port = 9;
        put_resolved(member);
        text = candidates_text(member);
        g_assert_cmpstr(text, ==, row->expected);
        wattle_member_free(member);
}

/* A profile that is read anew forgets no name that stays, and every one that went. */
static void names_stay(void)
{
        static const char *const texts[] = { MESH NAS VPS "PublicEndpoint=a.example:7\n",
                                             MESH NAS VPS "PublicEndpoint=b.example:7\n"
                                                          "PublicEndpoint=a.example:7\n",
                                             MESH NAS VPS };
        static const char *const expected[] = { "name 203.0.113.1:7, name [2001:db8::5]:7",
                                                "name 203.0.113.1:7, name [2001:db8::5]:7", "" };
        g_autoptr(WattleArena) arena = wattle_arena_new();
        WattleKey key = { { 1 } };
        WattleMember *member = wattle_member_new(NULL, &key);

        for (guint i = 0; i < G_N_ELEMENTS(texts); i++) {
                g_autoptr(WattleView) view = good_view(texts[i], "nas", "");
                g_autofree char *text = NULL;

                wattle_member_update(member, &view->peers[0], arena);
                if (i == 0)
                        put_resolved(member);
                text = candidates_text(member);
                g_assert_cmpstr(text, ==, expected[i]);
        }
        g_assert_null(member->names);
        wattle_member_free(member);
}

static void answers(void)
{
        WattleKey key = { { 1 } };
        WattleMember *member = wattle_member_new(NULL, &key);
        gint64 rtt_us;

        g_assert_false(wattle_member_answered(member, 0, 5, &rtt_us));
        wattle_member_sent(member, 7, 1000);
        g_assert_false(wattle_member_answered(member, 8, 1500, &rtt_us));
        g_assert_false(wattle_member_answered(member, 0, 1500, &rtt_us));
        g_assert_true(wattle_member_answered(member, 7, 1500, &rtt_us));
        g_assert_cmpint(rtt_us, ==, 500);
        /* An answer counts once. */
        g_assert_false(wattle_member_answered(member, 7, 1600, &rtt_us));
        /* Of many, the last ones are remembered. */
        for (guint64 id = 1; id <= 2 * WATTLE_MEMBER_MAX_SENT; id++)
                wattle_member_sent(member, id, (gint64)id);
        g_assert_false(wattle_member_answered(member, WATTLE_MEMBER_MAX_SENT, 100, &rtt_us));
        g_assert_true(wattle_member_answered(member, WATTLE_MEMBER_MAX_SENT + 1, 100, &rtt_us));
        wattle_member_free(member);
}

static guint ask(WattleMember *member, guint n, gint64 now_us)
{
        guint answered = 0;

        while (n-- > 0)
                answered += wattle_member_may_answer(member, now_us) ? 1 : 0;
        return answered;
}

static void rate(void)
{
        WattleKey key = { { 1 } };
        WattleMember *member = wattle_member_new(NULL, &key);
        gint64 now_us = 5 * G_USEC_PER_SEC;

        g_assert_cmpuint(ask(member, 1000, now_us), ==, 21);
        g_assert_cmpuint(ask(member, 1000, now_us + G_USEC_PER_SEC), ==, 20);
        g_assert_cmpuint(ask(member, 1000, now_us + 60 * G_USEC_PER_SEC), ==, 21);
        wattle_member_free(member);
}

/* What relays say of their ports. */
static void ports(void)
{
        static const struct {
                const char *seen, *expected;
        } said[] = {
                { "203.0.113.7", "seen 203.0.113.7:51820, relay 192.0.2.9:21900" },
                { "2001:db8::7", "seen [2001:db8::7]:51820, relay 192.0.2.9:21900" },
                { "", "relay 192.0.2.9:21900" },
                { "127.0.0.1", "relay 192.0.2.9:21900" },
                { "224.0.0.1", "relay 192.0.2.9:21900" },
                { "0.0.0.0", "relay 192.0.2.9:21900" },
        };
        WattleKey key = { { 1 } };

        for (guint i = 0; i < G_N_ELEMENTS(said); i++) {
                WattleMember *member = wattle_member_new(NULL, &key);
                WattleMember *relay = wattle_member_new(NULL, &key);
                WattlePairing pairing = { .kind = WATTLE_PAIRING_OFFERED, .port = 21900 };
                g_autofree char *text = NULL;

                pairing.seen.port = 51820;
                if (*said[i].seen)
                        g_assert_true(wattle_addr_parse(said[i].seen, &pairing.seen.addr, NULL));
                /* It is not known where the relay is. */
                g_assert_false(wattle_member_take_port(member, relay, &pairing, 1));
                g_assert_true(wattle_socket_addr_parse("192.0.2.9:51820", &relay->endpoint, NULL));
                g_assert_true(wattle_member_take_port(member, relay, &pairing, 1));
                text = candidates_text(member);
                g_assert_cmpstr(text, ==, said[i].expected);
                wattle_member_free(relay);
                wattle_member_free(member);
        }
}

/* Where it is on its LANs, as it says: tried on ours, at its own port. Each link of ours seems to
 * have a link-local one. */
static void links(void)
{
        WattleKey key = { { 1 } };
        WattleMember *member = wattle_member_new(NULL, &key);
        WattleHello hello = { .listen_port = 51820, .n_links = 4 };
        g_autofree char *text = NULL, *called = NULL, *none = NULL;

        g_assert_true(wattle_addr_parse("192.168.1.2", &hello.links[0], NULL));
        g_assert_true(wattle_addr_parse("127.0.0.1", &hello.links[1], NULL));
        g_assert_true(wattle_addr_parse("224.0.0.1", &hello.links[2], NULL));
        g_assert_true(wattle_addr_parse("fe80::1", &hello.links[3], NULL));
        g_assert_true(wattle_member_take_links(member, &hello));
        g_assert_false(wattle_member_take_links(member, &hello));
        text = candidates_text(member);
        g_assert_cmpstr(text, ==, "private 192.168.1.2:51820");
        g_assert_true(wattle_socket_addr_parse("203.0.113.7:4000", &hello.mapped, NULL));
        g_assert_true(wattle_member_take_links(member, &hello));
        g_assert_false(wattle_member_take_links(member, &hello));
        called = candidates_text(member);
        g_assert_cmpstr(called, ==, "private 192.168.1.2:51820, public 203.0.113.7:4000");
        /* Another network than its own has the same. */
        g_assert_true(wattle_socket_addr_parse("192.168.7.7:4000", &hello.mapped, NULL));
        g_assert_true(wattle_member_take_links(member, &hello));
        hello.listen_port = 0; /* it does not say */
        g_assert_true(wattle_member_take_links(member, &hello));
        none = candidates_text(member);
        g_assert_cmpstr(none, ==, "");
        wattle_member_free(member);
}

/* Not again and again, and not for ever. */
static void ports_change_seldom(void)
{
        WattlePairing pairing = { .kind = WATTLE_PAIRING_OFFERED, .port = 21900 };
        WattleKey key = { { 1 } };
        WattleMember *member = wattle_member_new(NULL, &key);
        WattleMember *relay = wattle_member_new(NULL, &key);
        guint n = 0;

        g_assert_true(wattle_socket_addr_parse("192.0.2.9:51820", &relay->endpoint, NULL));
        for (gint64 ms = 0; ms < 20000; ms += 100)
                n += wattle_member_take_port(member, relay, &pairing, ms * 1000);
        g_assert_cmpuint(n, ==, 4 + 9);
        wattle_member_forget_port(member, 70 * G_USEC_PER_SEC);
        g_assert_nonnull(member->port);
        member->endpoint = member->port->at;
        wattle_member_forget_port(member, 90 * G_USEC_PER_SEC);
        g_assert_nonnull(member->port); /* it is in use */
        member->endpoint.port = 51820;
        wattle_member_forget_port(member, 90 * G_USEC_PER_SEC);
        g_assert_null(member->port);
        wattle_member_free(relay);
        wattle_member_free(member);
}

/* What somebody says of where the member is, whom we asked or not. */
static void introductions(void)
{
        static const struct {
                const char *seen;
                const char *what;
                gboolean taken;
        } said[] = {
                { "203.0.113.7", "", TRUE },
                { "2001:db8::7", "", TRUE },
                { "192.168.1.7", "", TRUE }, /* tried on a link of ours alone, by the engine */
                { "127.0.0.1", "", FALSE },
                { "127.64.0.1", "", FALSE },
                { "::1", "", FALSE },
                { "224.0.0.1", "", FALSE },
                { "255.255.255.255", "", FALSE },
                { "0.0.0.0", "", FALSE },
                { "fe80::7", "", FALSE },
                { "203.0.113.7", "who says so can be called by nobody", FALSE },
                { "203.0.113.7", "we call it ourselves, or by a relay", FALSE },
                { "203.0.113.7", "it speaks of itself", FALSE },
                { "203.0.113.7", "we are on a relay", FALSE },
        };
        WattleKey key = { { 1 } }, other = { { 2 } };

        for (guint i = 0; i < G_N_ELEMENTS(said); i++) {
                WattleMember *member = wattle_member_new(NULL, &key);
                WattleMember *third = wattle_member_new(NULL, &other);
                WattlePairing pairing = { .kind = WATTLE_PAIRING_INTRODUCED, .port = 51820 };
                const WattleMember *who = i == 12 ? member : third;
                g_autofree char *text = NULL;

                pairing.seen.port = 4000;
                g_assert_true(wattle_addr_parse(said[i].seen, &pairing.seen.addr, NULL));
                third->introduces = i != 10;
                member->introduces = i == 12;
                member->introduced = i != 11;
                if (i == 13) {
                        member->port = g_new0(WattleMemberPort, 1);
                        g_assert_true(wattle_socket_addr_parse("192.0.2.9:21900", &member->port->at,
                                                               NULL));
                        member->endpoint = member->port->at;
                }
                if (wattle_member_take_introduction(member, who, &pairing, 1) != said[i].taken)
                        g_error("%s %s", said[i].seen, said[i].what);
                text = candidates_text(member);
                g_assert_cmpint(g_str_has_prefix(text, "seen "), ==, said[i].taken);
                wattle_member_free(third);
                wattle_member_free(member);
        }
}

/* A name is shown while the member is there where it was seen. */
static void introduced_by(void)
{
        WattlePairing pairing = { .kind = WATTLE_PAIRING_INTRODUCED };
        WattleKey key = { { 1 } }, other = { { 2 } };
        WattleMember *member = wattle_member_new(NULL, &key);
        WattleMember *third = wattle_member_new(NULL, &other);
        guint n = 0;

        g_assert_true(wattle_socket_addr_parse("203.0.113.7:4000", &pairing.seen, NULL));
        third->introduces = member->introduced = TRUE;
        for (gint64 ms = 0; ms < 20000; ms += 100)
                n += wattle_member_take_introduction(member, third, &pairing, ms * 1000);
        g_assert_cmpuint(n, ==, 4 + 9);
        g_assert_null(wattle_member_introducer(member));
        member->endpoint = pairing.seen;
        g_assert_true(wattle_key_equal(wattle_member_introducer(member), &other));
        wattle_member_forget_port(member, 90 * G_USEC_PER_SEC);
        g_assert_nonnull(member->port);
        member->endpoint.port = 4001;
        g_assert_null(wattle_member_introducer(member));
        wattle_member_forget_port(member, 90 * G_USEC_PER_SEC);
        g_assert_null(member->port);
        wattle_member_free(third);
        wattle_member_free(member);
}

int main(int argc, char **argv)
{
        g_test_init(&argc, &argv, NULL);
        add_rows("/candidates", rows, row_test);
        g_test_add_func("/names-stay", names_stay);
        g_test_add_func("/answers", answers);
        g_test_add_func("/rate", rate);
        g_test_add_func("/member/links", links);
        g_test_add_func("/member/ports", ports);
        g_test_add_func("/member/ports-change-seldom", ports_change_seldom);
        g_test_add_func("/member/introductions", introductions);
        g_test_add_func("/member/introduced-by", introduced_by);
        return g_test_run();
}
