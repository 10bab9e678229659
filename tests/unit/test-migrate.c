/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The migration engine in transcripts that read as stories: at a time (ms), what happens, and what
 * the engine does. */
#include "common/migrate/migrate.h"

#include <netinet/in.h>
#include <string.h>

#include "tests/unit/fixture.h"

#define MSEC G_GINT64_CONSTANT(1000)

/* The places of the stories. */
static const struct {
        const char *name, *addr;
        guint16 port;
        guint32 scope;
        WattleSource source;
} places[] = {
        { "LAN", "10.41.1.1", 51820, 0, WATTLE_SOURCE_PRIVATE },
        { "LAN6", "fe80::1", 51820, 3, WATTLE_SOURCE_PRIVATE },
        { "BEACON", "169.254.7.7", 51820, 0, WATTLE_SOURCE_BEACON },
        { "BEACON6", "fe80::7", 51820, 3, WATTLE_SOURCE_BEACON },
        { "PUBLIC", "198.51.100.1", 51820, 0, WATTLE_SOURCE_PUBLIC },
        { "PUBLIC6", "2001:db8::1", 51820, 0, WATTLE_SOURCE_PUBLIC },
        { "NAME", "198.51.100.2", 51820, 0, WATTLE_SOURCE_NAME },
        { "NEWNAME", "198.51.100.3", 51820, 0, WATTLE_SOURCE_NAME },
        { "HOMENAME", "192.168.1.20", 51820, 0, WATTLE_SOURCE_NAME },
        { "LAST", "203.0.113.7", 4001, 0, WATTLE_SOURCE_LAST_GOOD },
        { "HOTEL", "203.0.113.9", 4002, 0, WATTLE_SOURCE_LAST_GOOD },
        { "OLDLAN", "192.168.7.1", 51820, 0, WATTLE_SOURCE_LAST_GOOD },
        { "RELAY", "192.0.2.9", 21900, 0, WATTLE_SOURCE_RELAY },
        { "SEEN", "203.0.113.20", 51820, 0, WATTLE_SOURCE_SEEN },
        { "OTHERPORT", "203.0.113.20", 40001, 0, WATTLE_SOURCE_SEEN },
        { "KNOCK", "127.64.0.1", 4444, 0, WATTLE_SOURCE_KNOCK },
};

typedef struct {
        gint64 ms;
        const char *event; /* what happens: see take() */
        const char *does;  /* what comes of it: see perform() */
} Line;

typedef struct {
        const char *name;
        const char *config; /* words of configure() */
        Line lines[40];
} Story;

typedef struct {
        WattleMigration *m;
        WattleMigrateConfig config;
        WattleMigrateCandidate list[G_N_ELEMENTS(places)];
        WattleMigrateCounters counters;
        gint64 now;
        guint64 probes[64]; /* their ids */
        guint n_probes;
        gboolean began;
} Stage;

static WattleSocketAddr addr_of(guint place)
{
        WattleSocketAddr at = { .port = places[place].port, .scope = places[place].scope };

        g_assert_true(wattle_addr_parse(places[place].addr, &at.addr, NULL));
        return at;
}

static guint find_place(const char *name)
{
        for (guint i = 0; i < G_N_ELEMENTS(places); i++)
                if (strcmp(places[i].name, name) == 0)
                        return i;
        g_error("no place %s", name);
}

static const char *name_of(const WattleSocketAddr *at)
{
        for (guint i = 0; i < G_N_ELEMENTS(places); i++) {
                WattleSocketAddr other = addr_of(i);

                if (wattle_socket_addr_equal(&other, at))
                        return places[i].name;
        }
        return at->addr.family ? "elsewhere" : "nothing";
}

/* "unmanaged", "relay" (the mesh has one), "second" (the peer's key is lower), "file=PLACE". */
static void configure(Stage *stage, const char *words)
{
        g_auto(GStrv) list = g_strsplit(words, " ", -1);

        stage->config = (WattleMigrateConfig){ .managed = TRUE, .seed = 1 };
        stage->config.self.bytes[0] = 1;
        stage->config.peer.bytes[0] = 2;
        for (guint i = 0; list[i]; i++) {
                if (strcmp(list[i], "unmanaged") == 0)
                        stage->config.managed = FALSE;
                else if (strcmp(list[i], "second") == 0)
                        stage->config.peer.bytes[0] = 0;
                else if (strcmp(list[i], "relay") == 0)
                        stage->config.can_pair = TRUE;
                else if (g_str_has_prefix(list[i], "file="))
                        stage->config.configured = addr_of(find_place(list[i] + 5));
                else
                        g_assert_cmpstr(list[i], ==, "");
        }
}

static WattleReach parse_reach(const char *text)
{
        static const char *const names[] = { "none", "gateway", "link" };

        for (guint i = 0; i < G_N_ELEMENTS(names); i++)
                if (strcmp(text, names[i]) == 0)
                        return i;
        g_error("no reach %s", text);
}

/* "LAN=link PUBLIC=gateway"; with "names" there are DNS names, and the list is their answer. */
static void parse_list(Stage *stage, char **words, WattleMigrateEvent *event)
{
        event->candidates = stage->list;
        for (guint i = 0; words[i]; i++) {
                g_auto(GStrv) pair = g_strsplit(words[i], "=", 2);
                guint place;

                if (strcmp(words[i], "names") == 0 || strcmp(words[i], "unresolved") == 0) {
                        event->has_names = TRUE;
                        event->resolved = words[i][0] == 'n';
                        continue;
                }
                place = find_place(pair[0]);
                stage->list[event->n_candidates++] = (WattleMigrateCandidate){
                        .source = places[place].source,
                        .at = addr_of(place),
                        .reach = parse_reach(pair[1]),
                };
        }
}

static WattleReach reach_in_list(const Stage *stage, const WattleSocketAddr *at)
{
        if (strcmp(name_of(at), "KNOCK") == 0)
                return WATTLE_REACH_GATEWAY;
        for (guint i = 0; i < G_N_ELEMENTS(stage->list); i++)
                if (wattle_socket_addr_equal(&stage->list[i].at, at))
                        return stage->list[i].reach;
        return WATTLE_REACH_GATEWAY;
}

/* "PUBLIC rx+100 tx+200 handshake": the endpoint, and what the counters grew by; "anew": from 0;
 * "old handshake": a minute ago. */
static void parse_counters(Stage *stage, char **words, WattleMigrateEvent *event)
{
        WattleMigrateCounters *counters = &stage->counters;

        counters->handshake_age_us = 0;
        for (guint i = 0; words[i]; i++) {
                if (g_str_has_prefix(words[i], "rx+"))
                        counters->rx_bytes += g_ascii_strtoull(words[i] + 3, NULL, 10);
                else if (g_str_has_prefix(words[i], "tx+"))
                        counters->tx_bytes += g_ascii_strtoull(words[i] + 3, NULL, 10);
                else if (strcmp(words[i], "handshake") == 0)
                        counters->last_handshake_s = 1000 + stage->now / (1000 * MSEC);
                else if (strcmp(words[i], "old") == 0)
                        counters->handshake_age_us = 60 * 1000 * MSEC;
                else if (strcmp(words[i], "anew") == 0)
                        counters->rx_bytes = counters->tx_bytes = counters->last_handshake_s = 0;
                else if (strcmp(words[i], "nothing") == 0)
                        counters->endpoint = (WattleSocketAddr){ .port = 0 };
                else
                        counters->endpoint = addr_of(find_place(words[i]));
        }
        counters->reach = reach_in_list(stage, &counters->endpoint);
        event->counters = *counters;
}

static void parse_event(Stage *stage, const char *text, WattleMigrateEvent *event)
{
        g_auto(GStrv) words = g_strsplit(text, " ", -1);

        if (strcmp(words[0], "list") == 0) {
                event->kind = WATTLE_ON_CANDIDATES;
                parse_list(stage, words + 1, event);
        } else if (strcmp(words[0], "links") == 0) {
                event->kind = WATTLE_ON_LINK;
                parse_list(stage, words + 1, event);
        } else if (strcmp(words[0], "woke") == 0) {
                event->kind = WATTLE_ON_WOKE;
                parse_list(stage, words + 1, event);
        } else if (strcmp(words[0], "paired") == 0) {
                event->kind = WATTLE_ON_PAIRED;
                parse_list(stage, words + 1, event);
        } else if (strcmp(words[0], "introduced") == 0) {
                event->kind = WATTLE_ON_INTRODUCED;
                event->goes_on = strcmp(words[1], "first") == 0;
                parse_list(stage, words + (event->goes_on ? 2 : 1), event);
        } else if (strcmp(words[0], "sighted") == 0) {
                event->kind = WATTLE_ON_SIGHTED;
                parse_list(stage, words + 1, event);
        } else if (strcmp(words[0], "wanted") == 0) {
                event->kind = WATTLE_ON_WANTED;
        } else if (strcmp(words[0], "read") == 0) {
                event->kind = WATTLE_ON_COUNTERS;
                parse_counters(stage, words + 1, event);
        } else if (strcmp(words[0], "answer") == 0) {
                /* to the last probe, or to the nth */
                guint n = words[1] ? (guint)atoi(words[1]) : stage->n_probes;

                event->kind = WATTLE_ON_ANSWER;
                event->probe_id = stage->probes[n - 1];
                event->rtt_us = words[1] && words[2] ? atoi(words[2]) * MSEC : 2 * MSEC;
        } else if (strcmp(words[0], "move") == 0) {
                event->kind = WATTLE_ON_MOVE;
                if (words[1])
                        event->move_to = addr_of(find_place(words[1]));
        } else {
                g_assert_cmpstr(text, ==, "timer");
        }
}

static const char *const reasons[] = { "none",    "first",    "upgrade", "revert", "leave",
                                       "silent",  "reassert", "roamed",  "other",  "asked",
                                       "relayed", "direct",   "parked" };

/* "set LAN upgrade", "again LAN", "add LAN silent", "probe", "resolve". */
static void write_action(Stage *stage, const WattleMigrateAction *action, GString *text)
{
        if (text->len)
                g_string_append(text, ", ");
        switch (action->kind) {
        case WATTLE_MIGRATE_NOTHING:
                break;
        case WATTLE_MIGRATE_SET:
        case WATTLE_MIGRATE_READD:
                if (action->kind == WATTLE_MIGRATE_SET && action->again)
                        g_string_append_printf(text, "again %s", name_of(&action->at));
                else
                        g_string_append_printf(text, "%s %s %s",
                                               action->kind == WATTLE_MIGRATE_SET ? "set" : "add",
                                               name_of(&action->at), reasons[action->reason]);
                break;
        case WATTLE_MIGRATE_PROBE:
                g_assert_cmpuint(action->probe_id, !=, 0);
                stage->probes[stage->n_probes++ % G_N_ELEMENTS(stage->probes)] = action->probe_id;
                g_string_append(text, "probe");
                break;
        case WATTLE_MIGRATE_RESOLVE:
                g_string_append(text, "resolve");
                break;
        case WATTLE_MIGRATE_ASK:
                g_string_append(text, "ask");
                break;
        case WATTLE_MIGRATE_PUNCH:
                stage->probes[stage->n_probes++ % G_N_ELEMENTS(stage->probes)] = action->probe_id;
                g_string_append_printf(text, "punch %s", name_of(&action->at));
                g_string_append_printf(text, " back to %s", name_of(&action->back));
                break;
        }
}

/* All the actions, and when the next call is wanted, in ms from now: "set LAN upgrade, probe;
 * timer 60 read 20". */
static char *perform(Stage *stage, const WattleMigrateEvent *event)
{
        GString *text = g_string_new(NULL);
        WattleMigrateStep step = wattle_migration_step(stage->m, event, stage->now);

        for (guint i = 0; step.action.kind != WATTLE_MIGRATE_NOTHING; i++) {
                g_assert_cmpuint(i, <, 8);
                write_action(stage, &step.action, text);
                step = wattle_migration_step(stage->m, NULL, stage->now);
        }
        g_string_append_printf(text, "%sread %" G_GINT64_FORMAT, text->len ? "; " : "",
                               (step.read_us - stage->now) / MSEC);
        if (step.deadline_us != WATTLE_MIGRATE_NEVER)
                g_string_append_printf(text, " timer %" G_GINT64_FORMAT,
                                       (step.deadline_us - stage->now) / MSEC);
        return g_string_free(text, FALSE);
}

static void tell(gconstpointer data)
{
        const Story *story = data;
        Stage stage = { .now = 0 };
        g_autoptr(WattleMigration) m = NULL;
        guint wrong = 0;

        configure(&stage, story->config);
        stage.m = m = wattle_migration_new(&stage.config, 1000 * 1000 * MSEC);
        for (const Line *line = story->lines; line->event; line++) {
                WattleMigrateEvent event = { .kind = WATTLE_ON_TIMER };
                g_autofree char *does = NULL;

                stage.now = (1000 * 1000 + line->ms) * MSEC;
                parse_event(&stage, line->event, &event);
                does = perform(&stage, &event);
                if (strcmp(does, line->does) != 0) {
                        g_test_message("{ %" G_GINT64_FORMAT ", \"%s\", \"%s\" }, not \"%s\"",
                                       line->ms, line->event, does, line->does);
                        wrong++;
                }
        }
        if (wrong > 0)
                g_test_fail();
}

#include "tests/unit/migrate-stories.h"

/* What there is to say after all of it. */
typedef struct {
        const char *name;
        Line lines[8];
        const char *status;
} Status;

static const Status statuses[] = {
        { "nothing yet", { { 0, "list PUBLIC=gateway", "" } }, "nothing none, none" },
        { "as it was found",
          { { 0, "list PUBLIC=gateway", "" }, { 1, "read PUBLIC handshake", "" } },
          "PUBLIC public, none" },
        { "no session any more",
          { { 0, "list PUBLIC=gateway", "" },
            { 1, "read PUBLIC handshake", "" },
            { 180001, "read PUBLIC", "" } },
          "PUBLIC none, none" },
        { "set, before it is read again",
          { { 0, "list LAN=link PUBLIC=gateway", "" }, { 1, "read nothing", "" } },
          "LAN none, first" },
        { "learnt",
          { { 0, "list PUBLIC=gateway", "" },
            { 1, "read PUBLIC handshake", "" },
            { 1000, "read HOTEL rx+100", "" } },
          "HOTEL roamed, roamed, proved" },
        { "in the middle of a move the kernel's own",
          { { 0, "list LAN=link PUBLIC=gateway", "" },
            { 1, "read PUBLIC handshake", "" },
            { 1000, "read PUBLIC rx+5000 tx+5000", "" } },
          "PUBLIC public, none, busy" },
        { "moved",
          { { 0, "list LAN=link PUBLIC=gateway", "" },
            { 1, "read PUBLIC handshake", "" },
            { 1000, "move LAN", "" },
            { 1002, "answer", "" },
            { 1003, "read LAN rx+96 tx+96", "" },
            { 1023, "read LAN", "" },
            { 1153, "read LAN", "" } },
          "LAN LAN, asked, proved, 2 ms" },
        { "a public endpoint on our link",
          { { 0, "list PUBLIC=link", "" }, { 1, "read PUBLIC handshake", "" } },
          "PUBLIC LAN, none" },
        { "the same, after the link is gone",
          { { 0, "list PUBLIC=link PUBLIC6=gateway", "" },
            { 1, "read PUBLIC handshake", "" },
            { 1000, "links PUBLIC=gateway PUBLIC6=gateway", "" },
            { 1001, "read PUBLIC", "" } },
          "PUBLIC public, none" },
        { "an address that is in no list, on our link",
          { { 0, "list PUBLIC=gateway OLDLAN=link", "" }, { 1, "read OLDLAN handshake", "" } },
          "OLDLAN LAN, none" },
        { "put to where a beacon came from, and nothing has come from there",
          { { 0, "list PUBLIC=none", "" },
            { 1, "read PUBLIC handshake", "" },
            { 1000, "sighted BEACON=link PUBLIC=none", "" },
            { 1001, "read PUBLIC", "" },
            { 1002, "read BEACON tx+100", "" } },
          "BEACON LAN, leave" },
        { "and something has",
          { { 0, "list PUBLIC=none", "" },
            { 1, "read PUBLIC handshake", "" },
            { 1000, "sighted BEACON=link PUBLIC=none", "" },
            { 1001, "read PUBLIC", "" },
            { 1002, "read BEACON tx+100", "" },
            { 2002, "read BEACON tx+100 rx+100", "" } },
          "BEACON LAN, leave, proved" },
        { "left with no traffic, before it is read again",
          { { 0, "list LAN=link PUBLIC=gateway", "" },
            { 1, "read LAN handshake", "" },
            { 1000, "links LAN=gateway PUBLIC=gateway", "" },
            { 1001, "read LAN", "" } },
          "PUBLIC public, leave" },
};

static void tell_status(gconstpointer data)
{
        static const char *const paths[] = { "none", "LAN", "public", "roamed" };
        const Status *row = data;
        Stage stage = { .now = 0 };
        g_autoptr(WattleMigration) m = NULL;
        g_autoptr(GString) text = g_string_new(NULL);
        WattleMigrateStatus status;

        configure(&stage, "");
        stage.m = m = wattle_migration_new(&stage.config, 1000 * 1000 * MSEC);
        for (const Line *line = row->lines; line->event; line++) {
                WattleMigrateEvent event = { .kind = WATTLE_ON_TIMER };
                g_autofree char *does = NULL;

                stage.now = (1000 * 1000 + line->ms) * MSEC;
                parse_event(&stage, line->event, &event);
                does = perform(&stage, &event);
        }
        wattle_migration_status(m, stage.now, &status);
        g_string_append_printf(text, "%s %s, %s", name_of(&status.endpoint), paths[status.path],
                               reasons[status.reason]);
        if (status.busy)
                g_string_append(text, ", busy");
        if (status.proved && status.reason != WATTLE_MOVE_NONE)
                g_string_append(text, ", proved");
        if (status.rtt_us >= 0)
                g_string_append_printf(text, ", %" G_GINT64_FORMAT " ms", status.rtt_us / MSEC);
        g_assert_cmpstr(text->str, ==, row->status);
}

/* What the kernel is left with by who ends after the last line. */
static const struct {
        const char *name;
        Line lines[8];
        const char *left; /* NULL: as it is */
} ends[] = {
        { "nothing is tried",
          { { 0, "list LAN=link PUBLIC=gateway", "" }, { 1, "read PUBLIC handshake", "" } },
          NULL },
        { "in an upgrade",
          { { 0, "list LAN=link PUBLIC=gateway", "" },
            { 1, "read PUBLIC handshake", "" },
            { 1000, "read PUBLIC rx+5000 tx+5000", "" },
            { 1020, "read LAN tx+100", "" } },
          "PUBLIC" },
        { "in an upgrade from where the peer was learnt",
          { { 0, "list LAN=link PUBLIC=gateway", "" },
            { 1, "read HOTEL handshake", "" },
            { 1000, "read HOTEL rx+5000 tx+5000", "" },
            { 1020, "read LAN tx+100", "" } },
          "HOTEL" },
        { "in an upgrade that is proved",
          { { 0, "list LAN=link PUBLIC=gateway", "" },
            { 1, "read PUBLIC handshake", "" },
            { 1000, "read PUBLIC rx+5000 tx+5000", "" },
            { 1002, "answer", "" },
            { 1003, "read LAN rx+200 tx+200", "" } },
          NULL },
        { "in a walk, after a neighbour",
          { { 0, "list LAN=link PUBLIC=gateway PUBLIC6=gateway", "" },
            { 1, "read LAN handshake", "" },
            { 1000, "read LAN rx+5000 tx+5000", "" },
            { 1800, "links LAN=gateway PUBLIC=gateway PUBLIC6=gateway", "" },
            { 1801, "read LAN rx+100 tx+100", "" } },
          "LAN" },
};

static void tell_end(gconstpointer data)
{
        const typeof(ends[0]) *row = data;
        Stage stage = { .now = 0 };
        g_autoptr(WattleMigration) m = NULL;
        WattleSocketAddr at;
        gboolean left;

        configure(&stage, "");
        stage.m = m = wattle_migration_new(&stage.config, 1000 * 1000 * MSEC);
        for (const Line *line = row->lines; line->event; line++) {
                WattleMigrateEvent event = { .kind = WATTLE_ON_TIMER };
                g_autofree char *does = NULL;

                stage.now = (1000 * 1000 + line->ms) * MSEC;
                parse_event(&stage, line->event, &event);
                does = perform(&stage, &event);
                g_test_message("%s: %s", line->event, does);
        }
        left = wattle_migration_leave(m, &at);
        g_assert_cmpstr(left ? name_of(&at) : NULL, ==, row->left);
}

int main(int argc, char **argv)
{
        g_test_init(&argc, &argv, NULL);
        add_rows("/migrate/stories", stories, tell);
        add_rows("/migrate/status", statuses, tell_status);
        add_rows("/migrate/ends", ends, tell_end);
        return g_test_run();
}
