/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What 'wattle status' shows of a status, for terminals of several widths and for programs. */
#include <stdlib.h>
#include <string.h>

#include "cli/status/prometheus.h"
#include "cli/status/screen.h"
#include "cli/status/state.h"
#include "cli/status/via.h"
#include "cli/units.h"
#include "tests/unit/fixture.h"

#define NOW_S G_GINT64_CONSTANT(1000000)

static const struct unit_row {
        const char *name;
        char *(*format)(guint64);
        guint64 amount;
        const char *text;
} unit_rows[] = {
        { "no byte", wattle_format_bytes, 0, "0 B" },
        { "bytes", wattle_format_bytes, 1023, "1023 B" },
        { "one KiB", wattle_format_bytes, 1024, "1.0 KiB" },
        { "below two KiB", wattle_format_bytes, 2047, "1.9 KiB" },
        { "MiB", wattle_format_bytes, 12345678, "11 MiB" },
        { "all", wattle_format_bytes, G_MAXUINT64, "16777215 TiB" },
        { "microseconds", wattle_format_duration, 300, "0.3 ms" },
        { "milliseconds", wattle_format_duration, 12345, "12 ms" },
        { "seconds", wattle_format_duration, 1250000, "1.2 s" },
};

static void unit(gconstpointer data)
{
        const struct unit_row *row = data;
        g_autofree char *text = row->format(row->amount);

        g_assert_cmpstr(text, ==, row->text);
}

static void age(void)
{
        static const struct {
                gint64 seconds;
                const char *text;
        } rows[] = {
                { -5, "0 s" },      { 59, "59 s" },  { 60, "1 min" },
                { 3599, "59 min" }, { 7200, "2 h" }, { 864000, "10 d" },
        };

        for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
                g_autofree char *text = wattle_format_age(rows[i].seconds);

                g_assert_cmpstr(text, ==, rows[i].text);
        }
}

static void add_peer(WattleStatus *status, const char *device, WattlePath path,
                     const char *endpoint, gint64 handshake_s)
{
        WattlePeerStatus peer = {
                .device = device,
                .managed = TRUE,
                .path = path,
                .last_handshake_s = handshake_s,
                .rx_bytes = 2048,
                .tx_bytes = 10,
        };

        peer.addresses = wattle_arena_alloc(status->arena, sizeof *peer.addresses);
        peer.n_addresses = 1;
        g_assert_true(wattle_addr_parse("10.77.0.2", peer.addresses, NULL));
        g_assert_true(wattle_socket_addr_parse(endpoint, &peer.endpoint, NULL));
        g_array_append_val(status->peers, peer);
}

static void make_status(WattleStatus *status)
{
        WattlePeerStatus *peer;

        wattle_status_init(status);
        status->mesh = "home";
        status->device = "laptop";
        status->interface = "wg-home";
        status->owner = WATTLE_OWNER_NETWORKD;
        status->link = WATTLE_LINK_UP;
        status->serial = 8;
        status->listen_port = 1234;
        add_peer(status, "desktop", WATTLE_PATH_LAN, "192.0.2.1:51820", NOW_S - 12);
        add_peer(status, NULL, WATTLE_PATH_NONE, "", 0);
        peer = &g_array_index(status->peers, WattlePeerStatus, 0);
        peer->has_rtt = TRUE;
        peer->rtt_us = 1300;
        peer->has_since = TRUE;
        peer->since_us = (NOW_S - 300) * G_USEC_PER_SEC;
        peer->heard_s = NOW_S - 10;
        peer->serial = 7;
        peer->reason = "on its LAN";
}

static void relayed(void)
{
        g_auto(WattleStatus) status = { 0 };
        g_autoptr(GPtrArray) notes = g_ptr_array_new();
        const WattleStatus *statuses[] = { &status };
        WattlePeerStatus *peer;
        char *text = NULL;
        size_t size;
        FILE *stream = open_memstream(&text, &size);

        make_status(&status);
        status.has_relayed = TRUE;
        g_assert_true(wattle_socket_addr_parse("203.0.113.9:4000", &status.mapped, NULL));
        status.relayed = (WattleRelayCounters){ 3, 100, 12345, 4096, 6 };
        g_array_set_size(status.peers, 1);
        peer = &g_array_index(status.peers, WattlePeerStatus, 0);
        peer->path = WATTLE_PATH_RELAYED;
        peer->relay = "vps";
        peer->why_relayed = "a NAT";
        wattle_status_print(&status, notes, &(WattleScreen){ 0, 0, NOW_S * G_USEC_PER_SEC },
                            stream);
        wattle_status_json(statuses, &notes, 1, stream);
        wattle_status_prometheus(statuses, 1, NOW_S * G_USEC_PER_SEC, stream);
        fclose(stream);
        g_assert_nonnull(strstr(
                text,
                "port 1234, called at 203.0.113.9:4000, networkd\nrelay: 3 of 100 ports have a pair, 12345 packets "
                "passed on, 4.0 KiB, 6 dropped\nDEVICE "));
        g_assert_nonnull(strstr(text, "  relayed by vps  "));
        g_assert_nonnull(strstr(text, "      \"mapped\": \"203.0.113.9:4000\",\n"));
        g_assert_nonnull(strstr(text, "  a NAT\n"));
        g_assert_nonnull(strstr(text,
                                "      \"relayed\": {\n        \"pairs\": 3,\n        \"ports\": "
                                "100,\n        \"packets\": 12345,\n        \"bytes\": "
                                "4096,\n        \"dropped\": 6\n      },\n"));
        g_assert_nonnull(
                strstr(text, "\"relay\": \"vps\",\n          \"why_relayed\": \"a NAT\","));
        g_assert_nonnull(strstr(text, "\nwattle_relay_pairs{mesh=\"home\"} 3\n"));
        g_assert_nonnull(strstr(text, "\nwattle_relay_dropped_packets_total{mesh=\"home\"} 6\n"));
        free(text);
}

#define HEAD "home: up, laptop, interface wg-home, serial 8, port 1234, networkd\n"

static const struct screen_row {
        const char *name;
        guint width, max_rows;
        const char *text;
} screen_rows[] = {
        { "all", 0, 0,
          HEAD
          "DEVICE           ADDRESS    PATH       ENDPOINT         HANDSHAKE  SERIAL  RECEIVED  "
          "SENT  RTT     SINCE  REASON\n"
          "desktop          10.77.0.2  LAN        192.0.2.1:51820  12 s ago   7       2.0 KiB   "
          "10 B  1.3 ms  5 min  on its LAN\n"
          "key AAAAAAAA...  10.77.0.2  no device                   never              2.0 KiB   "
          "10 B\n"
          "a note\n" },
        { "just wide enough", 116, 0,
          HEAD
          "DEVICE           ADDRESS    PATH       ENDPOINT         HANDSHAKE  SERIAL  RECEIVED  "
          "SENT  RTT     SINCE  REASON\n"
          "desktop          10.77.0.2  LAN        192.0.2.1:51820  12 s ago   7       2.0 KiB   "
          "10 B  1.3 ms  5 min  on its LAN\n"
          "key AAAAAAAA...  10.77.0.2  no device                   never              2.0 KiB   "
          "10 B\n"
          "a note\n" },
        { "80 columns", 80, 0,
          HEAD "DEVICE           ADDRESS    PATH       ENDPOINT         HANDSHAKE  RTT\n"
               "desktop          10.77.0.2  LAN        192.0.2.1:51820  12 s ago   1.3 ms\n"
               "key AAAAAAAA...  10.77.0.2  no device                   never\n"
               "a note\n" },
        { "narrow", 46, 0,
          HEAD "DEVICE           PATH       ENDPOINT\n"
               "desktop          LAN        192.0.2.1:51820\n"
               "key AAAAAAAA...  no device\n"
               "a note\n" },
        { "narrower than that", 5, 0,
          HEAD "DEVICE           PATH\n"
               "desktop          LAN\n"
               "key AAAAAAAA...  no device\n"
               "a note\n" },
        { "few lines", 25, 1,
          HEAD "DEVICE   PATH\n"
               "desktop  LAN\n"
               "... and 1 more\n"
               "a note\n" },
};

static void screen(gconstpointer data)
{
        const struct screen_row *row = data;
        g_auto(WattleStatus) status = { 0 };
        g_autoptr(GPtrArray) notes = g_ptr_array_new();
        const WattleScreen wanted = { row->width, row->max_rows, NOW_S * G_USEC_PER_SEC };
        char *text = NULL;
        size_t size;
        FILE *stream = open_memstream(&text, &size);

        make_status(&status);
        g_ptr_array_add(notes, (char *)"a note");
        wattle_status_print(&status, notes, &wanted, stream);
        fclose(stream);
        g_assert_cmpstr(text, ==, row->text);
        free(text);
}

static void down(void)
{
        g_auto(WattleStatus) status = { 0 };
        g_autoptr(GPtrArray) notes = g_ptr_array_new();
        char *text = NULL;
        size_t size;
        FILE *stream = open_memstream(&text, &size);

        make_status(&status);
        status.link = WATTLE_LINK_DOWN;
        wattle_status_print(&status, notes, &(WattleScreen){ 0, 0, 0 }, stream);
        fclose(stream);
        g_assert_cmpstr(text, ==,
                        "home: down, laptop, interface wg-home, serial 8, port 1234, networkd\n");
        free(text);
}

static void json(void)
{
        g_auto(WattleStatus) status = { 0 };
        g_autoptr(GPtrArray) notes = g_ptr_array_new();
        const WattleStatus *statuses[] = { &status };
        char *text = NULL;
        size_t size;
        FILE *stream = open_memstream(&text, &size);

        make_status(&status);
        g_array_remove_index(status.peers, 1);
        g_ptr_array_add(notes, (char *)"a \"note\"");
        wattle_status_json(statuses, &notes, 1, stream);
        fclose(stream);
        g_assert_cmpstr(
                text, ==,
                "{\n  \"format\": 1,\n  \"meshes\": [\n    {\n"
                "      \"mesh\": \"home\",\n      \"device\": \"laptop\",\n"
                "      \"addresses\": [],\n      \"interface\": \"wg-home\",\n"
                "      \"state\": \"up\",\n      \"owner\": \"networkd\",\n"
                "      \"serial\": 8,\n      \"listen_port\": 1234,\n      \"wattled\": false,\n"
                "      \"mapped\": null,\n      \"relayed\": null,\n"
                "      \"peers\": [\n        {\n"
                "          \"device\": \"desktop\",\n"
                "          \"public_key\": \"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\",\n"
                "          \"addresses\": [\n            \"10.77.0.2\"\n          ],\n"
                "          \"managed\": true,\n          \"revoked\": false,\n"
                "          \"missing\": false,\n          \"path\": \"LAN\",\n          \"relay\": null,\n"
                "          \"why_relayed\": null,\n"
                "          \"introduced_by\": null,\n"
                "          \"endpoint\": \"192.0.2.1:51820\",\n"
                "          \"since\": 999700,\n          \"last_handshake\": 999988,\n"
                "          \"rx_bytes\": 2048,\n          \"tx_bytes\": 10,\n"
                "          \"rtt_us\": 1300,\n          \"heard\": 999990,\n"
                "          \"serial\": 7,\n          \"reason\": \"on its LAN\"\n"
                "        }\n      ],\n      \"notes\": [\n        \"a \\\"note\\\"\"\n"
                "      ]\n    }\n  ]\n}\n");
        free(text);
}

static char *prometheus_text(const WattleStatus *status)
{
        char *text = NULL;
        size_t size;
        FILE *stream = open_memstream(&text, &size);

        wattle_status_prometheus(&status, 1, NOW_S * G_USEC_PER_SEC, stream);
        fclose(stream);
        return text;
}

/* tests/cli/test_prometheus.py has a parser read it. */
static void prometheus(void)
{
        static const struct {
                const char *line;
                guint n;
        } rows[] = {
                { "wattle_mesh_info{mesh=\"home\",device=\"laptop\",interface=\"wg-home\","
                  "owner=\"networkd\"} 1\n",
                  1 },
                { "wattle_mesh_up{mesh=\"home\"} 1\n", 1 },
                { "wattle_mesh_serial{mesh=\"home\"} 8\n", 1 },
                { "wattle_mesh_watched{mesh=\"home\"} 0\n", 1 },
                { "wattle_peer_up{mesh=\"home\",peer=\"desktop\"} 1\n", 1 },
                { "wattle_peer_up{mesh=\"home\",peer=\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
                  "=\"} 0\n",
                  1 },
                { "wattle_peer_last_handshake_timestamp_seconds{mesh=\"home\",peer=\"desktop\"} "
                  "999988\n",
                  1 },
                { "AAA=\"} 0\n# HELP wattle_peer_receive_bytes_total", 1 },
                { "_bytes_total{mesh=\"home\",peer=\"desktop\"} 2048\n", 1 },
                { "_bytes_total{mesh=\"home\",peer=\"desktop\"} 10\n", 1 },
                { "wattle_peer_round_trip_seconds{mesh=\"home\",peer=\"desktop\"} 0.001300\n", 1 },
                { "wattle_peer_round_trip_seconds{", 1 },
                { "wattle_peer_serial{mesh=\"home\",peer=\"desktop\"} 7\n", 1 },
                { "wattle_peer_serial{", 1 },
                { ",path=\"LAN\"} 1\n", 1 },
                { ",path=\"none\"} 1\n", 1 },
                { "\"} 1\nwattle_peer_path", 2 },
                { "# HELP wattle_peer_receive_bytes_total ", 1 },
                { "# TYPE wattle_peer_receive_bytes_total counter\n", 1 },
        };
        g_auto(WattleStatus) status = { 0 };
        char *text;

        make_status(&status);
        text = prometheus_text(&status);
        for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
                g_auto(GStrv) parts = g_strsplit(text, rows[i].line, -1);

                if (g_strv_length(parts) != rows[i].n + 1)
                        g_error("%s: %u times in\n%s", rows[i].line, g_strv_length(parts) - 1,
                                text);
        }
        free(text);
}

/* A handshake is a session's for 3 minutes; a text may have what ends a label. */
static void prometheus_edges(void)
{
        static const struct {
                const char *device, *line;
                gint64 handshake_s;
        } rows[] = {
                { "a", "peer_up{mesh=\"home\",peer=\"a\"} 1\n", NOW_S - 179 },
                { "a", "peer_up{mesh=\"home\",peer=\"a\"} 0\n", NOW_S - 180 },
                { "a", "peer_up{mesh=\"home\",peer=\"a\"} 0\n", 0 },
                { "a\"b\\c\nd", "peer_up{mesh=\"home\",peer=\"a\\\"b\\\\c\\nd\"} 1\n", NOW_S },
                { "a\033b", "peer_up{mesh=\"home\",peer=\"a\357\277\275b\"} 1\n", NOW_S },
        };

        for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
                g_auto(WattleStatus) status = { 0 };
                char *text;

                make_status(&status);
                g_array_set_size(status.peers, 0);
                add_peer(&status, rows[i].device, WATTLE_PATH_LAN, "", rows[i].handshake_s);
                text = prometheus_text(&status);
                if (!strstr(text, rows[i].line))
                        g_error("no %s in\n%s", rows[i].line, text);
                free(text);
        }
}

/* The first thing that is missing says the word. */
static void state(void)
{
        static const struct {
                const char *word;
                gboolean exists, has_key, is_good, is_member, is_invited, is_troubled;
                WattleLinkState link;
                gint64 heard_s;
        } rows[] = {
                { "no-profile", FALSE, TRUE, TRUE, TRUE, FALSE, FALSE, WATTLE_LINK_UP, 0 },
                { "need-key", TRUE, FALSE, FALSE, FALSE, FALSE, FALSE, WATTLE_LINK_UP, 0 },
                { "degraded", TRUE, TRUE, FALSE, FALSE, FALSE, FALSE, WATTLE_LINK_UP, 0 },
                { "not-a-member", TRUE, TRUE, TRUE, FALSE, FALSE, FALSE, WATTLE_LINK_UP, 0 },
                { "down", TRUE, TRUE, TRUE, TRUE, TRUE, TRUE, WATTLE_LINK_ABSENT, 0 },
                { "down", TRUE, TRUE, TRUE, TRUE, FALSE, FALSE, WATTLE_LINK_DOWN, NOW_S },
                { "starting", TRUE, TRUE, TRUE, TRUE, TRUE, FALSE, WATTLE_LINK_UP, NOW_S },
                { "starting", TRUE, TRUE, TRUE, TRUE, FALSE, TRUE, WATTLE_LINK_UP, 0 },
                { "degraded", TRUE, TRUE, TRUE, TRUE, FALSE, TRUE, WATTLE_LINK_UP, NOW_S },
                { "running", TRUE, TRUE, TRUE, TRUE, FALSE, FALSE, WATTLE_LINK_UP, NOW_S },
        };

        for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
                g_auto(WattleStatus) status = { 0 };
                WattleStateFacts facts = { .exists = rows[i].exists,
                                           .has_key = rows[i].has_key,
                                           .is_good = rows[i].is_good,
                                           .is_member = rows[i].is_member,
                                           .is_invited = rows[i].is_invited,
                                           .is_troubled = rows[i].is_troubled,
                                           .status = &status };

                wattle_status_init(&status);
                status.link = rows[i].link;
                add_peer(&status, "silent", WATTLE_PATH_NONE, "192.0.2.1:1", 0);
                add_peer(&status, "nas", WATTLE_PATH_NONE, "192.0.2.2:1", rows[i].heard_s);
                g_assert_cmpstr(wattle_state_word(&facts), ==, rows[i].word);
        }
}

static void via(void)
{
        static const char head[] = "[Mesh]\nSubnet=10.7.0.0/24\n"
                                   "[Device vps]\nPublicKey=" KEY_A
                                   "\nAddress=10.7.0.1\nPublicEndpoint=198.51.100.7:1\n"
                                   "[Device nas]\nPublicKey=" KEY_B "\nAddress=10.7.0.2\n";
        static const struct {
                const char *phones, *device, *notes;
        } rows[] = {
                { "", "nas", "" },
                { "a", "nas", "Via vps, which sees what is said in plaintext: a." },
                { "cba", "nas", "Via vps, which sees what is said in plaintext: a, b, c." },
                { "edcba", "nas",
                  "Via vps, which sees what is said in plaintext: a, b, c and 2 more." },
                { "a", "vps",
                  "This host passes on for others' Via=, and sees in plaintext what they say." },
        };

        for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
                g_autoptr(GString) profile = g_string_new(head);
                g_autoptr(GPtrArray) notes = g_ptr_array_new_with_free_func(g_free);
                g_autoptr(WattleView) view = NULL;
                g_autofree char *text = NULL;

                for (const char *phone = rows[i].phones; *phone; phone++) {
                        const WattleKey key = { { (guint8)*phone } };
                        char key_text[WATTLE_KEY_TEXT_MAX];

                        wattle_key_format(&key, key_text);
                        g_string_append_printf(profile,
                                               "[Device %c]\nPublicKey=%s\nAddress=10.7.0.%d\n"
                                               "Managed=no\nVia=vps\n",
                                               *phone, key_text, *phone);
                }
                view = good_view(profile->str, rows[i].device, "");
                wattle_status_note_via(view, notes);
                g_ptr_array_add(notes, NULL);
                text = g_strjoinv("\n", (char **)notes->pdata);
                g_assert_cmpstr(text, ==, rows[i].notes);
        }
}

int main(int argc, char **argv)
{
        g_test_init(&argc, &argv, NULL);
        add_rows("/cli-status/unit", unit_rows, unit);
        add_rows("/cli-status/screen", screen_rows, screen);
        g_test_add_func("/cli-status/state", state);
        g_test_add_func("/cli-status/via", via);
        g_test_add_func("/cli-status/age", age);
        g_test_add_func("/cli-status/down", down);
        g_test_add_func("/cli-status/json", json);
        g_test_add_func("/cli-status/relayed", relayed);
        g_test_add_func("/cli-status/prometheus", prometheus);
        g_test_add_func("/cli-status/prometheus/edges", prometheus_edges);
        return g_test_run();
}
