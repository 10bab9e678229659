/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The resolver answers from the event loop, never before it is back, and forgets what is cancelled.
 * Names that need no network: numbers, and one that RFC 6761 says does not exist. */
#include "daemon/resolver.h"

#include <arpa/inet.h>
#include <signal.h>

#include "tests/unit/fixture.h"

typedef struct {
        sd_event *event;
        guint n_left;
        char *text;
} Asked;

static const WattleUplink nowhere = { 0 };

static void on_resolved(const WattleAddr *addresses, guint n_addresses, gpointer data)
{
        Asked *asked = data;
        char text[WATTLE_ADDR_TEXT_MAX] = "none";

        if (n_addresses > 0)
                wattle_addr_format(&addresses[0], text);
        g_free(asked->text);
        asked->text = g_strdup(text);
        if (--asked->n_left == 0)
                sd_event_exit(asked->event, 0);
}

typedef struct {
        const char *test;
        const char *name;
        const char *expected;
} Row;

static const Row rows[] = {
        { "ipv4", "192.0.2.7", "192.0.2.7" },
        { "ipv6", "2001:db8::7", "2001:db8::7" },
        { "nobody-is-there", "224.0.0.1", "none" },
        { "bad", "..", "none" },
};

static void row_test(gconstpointer data)
{
        const Row *row = data;
        g_autoptr(WattleResolver) resolver = NULL;
        g_autoptr(GError) error = NULL;
        Asked asked = { .n_left = 1 };

        g_assert_cmpint(sd_event_new(&asked.event), >=, 0);
        resolver = wattle_resolver_new(asked.event, &error);
        g_assert_no_error(error);
        wattle_resolver_ask(resolver, row->name, &nowhere, on_resolved, &asked);
        g_assert_null(asked.text);
        sd_event_loop(asked.event);
        g_assert_cmpstr(asked.text, ==, row->expected);
        g_free(asked.text);
        g_clear_pointer(&resolver, wattle_resolver_free);
        sd_event_unref(asked.event);
}

static void many_and_cancelled(void)
{
        g_autoptr(WattleResolver) resolver = NULL;
        Asked asked = { .n_left = 20 }, never = { 0 };

        g_assert_cmpint(sd_event_new(&asked.event), >=, 0);
        resolver = wattle_resolver_new(asked.event, NULL);
        for (guint i = 0; i < 20; i++) {
                WattleResolving *cancelled =
                        wattle_resolver_ask(resolver, "192.0.2.8", &nowhere, on_resolved, &never);

                wattle_resolver_ask(resolver, "192.0.2.7", &nowhere, on_resolved, &asked);
                wattle_resolving_cancel(cancelled);
        }
        sd_event_loop(asked.event);
        g_assert_cmpstr(asked.text, ==, "192.0.2.7");
        g_assert_null(never.text);
        g_free(asked.text);
        g_clear_pointer(&resolver, wattle_resolver_free);
        sd_event_unref(asked.event);
}

/* One link is asked first; a link that knows nothing leaves it to all. */
typedef struct {
        WattleResolving *resolving;
        guint32 ifindex;
        gboolean refuses;
} Link;

static gboolean on_lookup(const char *name, const WattleUplink *uplink, WattleResolving *resolving,
                          gpointer data)
{
        Link *link = data;

        g_assert_cmpstr(name, ==, "192.0.2.7");
        g_assert_cmpuint(uplink->fwmark, ==, 7);
        link->ifindex = uplink->ifindex;
        link->resolving = resolving;
        return !link->refuses;
}

static void by_a_link(void)
{
        static const WattleAddr other = { AF_INET, { 192, 0, 2, 9 } };
        static const WattleAddr multicast = { AF_INET, { 224, 0, 0, 1 } };
        static const struct {
                const WattleAddr *answer;
                guint32 ifindex;
                gboolean refuses;
                const char *expected;
        } links[] = { { &other, 3, FALSE, "192.0.2.9" },
                      { NULL, 3, FALSE, "192.0.2.7" },
                      { &multicast, 3, FALSE, "192.0.2.7" },
                      { NULL, 3, TRUE, "192.0.2.7" },
                      { NULL, 0, FALSE, "192.0.2.7" } };

        for (guint i = 0; i < G_N_ELEMENTS(links); i++) {
                g_autoptr(WattleResolver) resolver = NULL;
                Link link = { .refuses = links[i].refuses };
                const WattleUplink uplink = { .ifindex = links[i].ifindex, .fwmark = 7 };
                Asked asked = { .n_left = 1 };

                g_assert_cmpint(sd_event_new(&asked.event), >=, 0);
                resolver = wattle_resolver_new(asked.event, NULL);
                wattle_resolver_set_lookup(resolver, on_lookup, &link);
                wattle_resolver_ask(resolver, "192.0.2.7", &uplink, on_resolved, &asked);
                g_assert_cmpuint(link.ifindex, ==, links[i].ifindex);
                g_assert_null(asked.text);
                if (link.resolving && !link.refuses)
                        wattle_resolving_answer(link.resolving, links[i].answer,
                                                links[i].answer ? 1 : 0);
                if (asked.n_left > 0)
                        sd_event_loop(asked.event);
                g_assert_cmpstr(asked.text, ==, links[i].expected);
                g_free(asked.text);
                g_clear_pointer(&resolver, wattle_resolver_free);
                sd_event_unref(asked.event);
        }
}

int main(int argc, char **argv)
{
        /* As wattled: an answer may come when the resolver is gone. */
        signal(SIGPIPE, SIG_IGN);
        g_test_init(&argc, &argv, NULL);
        add_rows("/resolve", rows, row_test);
        g_test_add_func("/many-and-cancelled", many_and_cancelled);
        g_test_add_func("/by-a-link", by_a_link);
        return g_test_run();
}
