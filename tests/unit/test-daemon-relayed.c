/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Why a pair is relayed, by what was seen of its NATs. */
#include "daemon/talk/relayed.h"

#include "tests/unit/fixture.h"

static const struct row {
        const char *name;
        WattleRelayedFacts facts;
        const char *text; /* begins so */
} rows[] = {
        { "nobody saw the peer", { FALSE, FALSE, 0, FALSE, FALSE }, "the relay has not told" },
        { "nor with tries", { FALSE, TRUE, 9, TRUE, TRUE }, "the relay has not told" },
        { "another family",
          { TRUE, FALSE, 0, FALSE, FALSE },
          "the relay sees the peer at an addr" },
        { "just come", { TRUE, TRUE, 0, TRUE, TRUE }, "no direct way was tried yet" },
        { "both", { TRUE, TRUE, 1, TRUE, TRUE }, "the NATs of both change the port" },
        { "ours", { TRUE, TRUE, 1, TRUE, FALSE }, "the NAT here changes the port" },
        { "its", { TRUE, TRUE, 1, FALSE, TRUE }, "the NAT of the peer changes the port" },
        { "neither", { TRUE, TRUE, 1, FALSE, FALSE }, "no direct try was answered: a firewall" },
};

static void text(gconstpointer data)
{
        const struct row *row = data;
        const char *said = wattle_relayed_text(&row->facts);

        g_assert_true(g_str_has_prefix(said, row->text));
        g_assert_cmpint(said[strlen(said) - 1], !=, '.');
}

static void moves(void)
{
        static const struct {
                const char *seen;
                guint16 listen_port;
                gboolean moves;
        } cases[] = {
                { "203.0.113.7:51820", 51820, FALSE },
                { "203.0.113.7:1024", 51820, TRUE },
                { "203.0.113.7:1024", 0, FALSE },
                { "", 51820, FALSE },
        };

        for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
                WattleSocketAddr seen;

                g_assert_true(wattle_socket_addr_parse(cases[i].seen, &seen, NULL));
                g_assert_cmpint(wattle_relayed_moves(&seen, cases[i].listen_port), ==,
                                cases[i].moves);
        }
}

int main(int argc, char **argv)
{
        g_test_init(&argc, &argv, NULL);
        add_rows("/relayed", rows, text);
        g_test_add_func("/relayed/moves", moves);
        return g_test_run();
}
