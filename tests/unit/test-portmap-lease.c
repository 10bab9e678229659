/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What is believed of a router, and when it is asked again. */
#include "portmap/lease.h"

#include <string.h>

#include "tests/unit/fixture.h"

#define MINUTE (60 * (gint64)G_USEC_PER_SEC)

/* "AT/LIFETIME@EPOCH" of NAT-PMP, "AT/LIFETIME" of UPnP, "none", "refused", "late"; before it
 * "N min " after the one before, or "hurry ". What comes of it: news, where, and minutes to the
 * next question. */
typedef struct {
        const char *answer, *result;
} Step;

static const struct row {
        const char *name;
        Step steps[8];
} rows[] = {
        { "renewed",
          { { "198.51.100.7:51820/3600@1000", "news 198.51.100.7:51820 10" },
            { "10 min 198.51.100.7:51820/3600@1600", "same 198.51.100.7:51820 10" },
            { "10 min 198.51.100.7:51820/3600@2125", "same 198.51.100.7:51820 10" } } },
        { "short", { { "198.51.100.7:51820/300@1", "news 198.51.100.7:51820 2" } } },
        { "shorter", { { "198.51.100.7:51820/20@1", "news 198.51.100.7:51820 1" } } },
        { "longest", { { "198.51.100.7:51820/4294967295@1", "news 198.51.100.7:51820 10" } } },
        { "for ever", { { "198.51.100.7:51820/0", "news 198.51.100.7:51820 10" } } },
        { "another port",
          { { "198.51.100.7:51820/3600", "news 198.51.100.7:51820 10" },
            { "10 min 198.51.100.7:4000/3600", "news 198.51.100.7:4000 10" } } },
        { "rebooted",
          { { "198.51.100.7:51820/3600@1000", "news 198.51.100.7:51820 10" },
            { "10 min 198.51.100.7:51820/3600@1522", "rebooted 198.51.100.7:51820 10" },
            { "10 min 198.51.100.7:51820/3600@2045", "same 198.51.100.7:51820 10" },
            { "10 min 198.51.100.7:51820/3600@3", "rebooted 198.51.100.7:51820 10" } } },
        { "another router has another clock",
          { { "198.51.100.7:51820/3600@1000", "news 198.51.100.7:51820 10" },
            { "hurry 198.51.100.7:51820/3600@3", "same 198.51.100.7:51820 10" } } },
        { "lies",
          { { "192.168.1.7:51820/3600@1", "news held, the router has no public address itself 1" },
            { "1 min 100.64.1.7:51820/3600@61",
              "same held, the router has no public address itself 2" },
            { "2 min 0.0.0.0:51820/3600@200",
              "same held, the router has no public address itself 4" },
            { "4 min 255.255.255.255:1/3600@400",
              "same held, the router has no public address itself 8" },
            { "8 min [2001:db8::1]:51820/3600@999",
              "same held, the router has no public address itself 16" },
            { "16 min 198.51.100.7:0/3600@1999",
              "same held, the router has no public address itself 32" },
            { "32 min 198.51.100.7:51820/3600@4000", "news 198.51.100.7:51820 10" } } },
        { "ever more seldom",
          { { "none", "news no router here gives ports by NAT-PMP or UPnP 1" },
            { "1 min none", "same no router here gives ports by NAT-PMP or UPnP 2" },
            { "2 min refused", "news the router gives no port 4" },
            { "4 min late", "news the router does not answer in time 8" },
            { "8 min late", "same the router does not answer in time 16" },
            { "16 min late", "same the router does not answer in time 32" },
            { "32 min late", "same the router does not answer in time 60" },
            { "hurry late", "same the router does not answer in time 1" } } },
        { "no answer is no word that it is gone",
          { { "198.51.100.7:51820/3600@1000", "news 198.51.100.7:51820 10" },
            { "10 min late", "same 198.51.100.7:51820 1" },
            { "1 min none", "same 198.51.100.7:51820 1" },
            { "48 min none", "same 198.51.100.7:51820 1" },
            { "1 min none", "news no router here gives ports by NAT-PMP or UPnP 1" } } },
        { "but a no is",
          { { "198.51.100.7:51820/3600@1000", "news 198.51.100.7:51820 10" },
            { "10 min refused", "news the router gives no port 1" } } },
        { "and in another network it is",
          { { "198.51.100.7:51820/3600@1000", "news 198.51.100.7:51820 10" },
            { "hurry none", "news no router here gives ports by NAT-PMP or UPnP 1" } } },
};

static WattleLeaseAnswer parse(const char *text)
{
        WattleLeaseAnswer answer = { .protocol = WATTLE_PORTMAP_UPNP };
        g_auto(GStrv) parts = g_strsplit_set(text, "/@", 3);

        if (!parts[1]) {
                answer.failure = strcmp(text, "none") == 0      ? WATTLE_PORTMAP_NO_ROUTER
                                 : strcmp(text, "refused") == 0 ? WATTLE_PORTMAP_REFUSED
                                                                : WATTLE_PORTMAP_LATE;
                return answer;
        }
        answer.mapped = TRUE;
        if (g_str_has_suffix(parts[0], ":0"))
                g_assert_true(wattle_addr_parse("198.51.100.7", &answer.at.addr, NULL));
        else if (!wattle_socket_addr_parse(parts[0], &answer.at, NULL))
                answer.at = (WattleSocketAddr){ .addr = { 2, { 255, 255, 255, 255 } }, .port = 1 };
        answer.lifetime_s = (guint32)g_ascii_strtoull(parts[1], NULL, 10);
        answer.has_epoch = parts[2] != NULL;
        if (parts[2]) {
                answer.protocol = WATTLE_PORTMAP_NAT_PMP;
                answer.epoch_s = (guint32)g_ascii_strtoull(parts[2], NULL, 10);
        }
        return answer;
}

static char *describe(const WattleLease *lease, WattleLeaseNews news, gint64 now_us)
{
        static const char *const words[] = { "same", "news", "rebooted" };
        char at[WATTLE_SOCKET_ADDR_TEXT_MAX];

        wattle_socket_addr_format(&lease->at, at);
        return g_strdup_printf("%s %s%s %d", words[news],
                               lease->held && !lease->usable ? "held, " : "",
                               lease->usable ? at : wattle_portmap_failure_text(lease->failure),
                               (int)((lease->next_us - now_us) / MINUTE));
}

static void row(gconstpointer data)
{
        const struct row *row = data;
        WattleLease lease = { 0 };
        gint64 now_us = 1000 * MINUTE;

        for (guint i = 0; i < G_N_ELEMENTS(row->steps) && row->steps[i].answer; i++) {
                const char *answer = row->steps[i].answer, *after = strstr(answer, " min ");
                g_autofree char *text = NULL;
                WattleLeaseAnswer parsed;
                WattleLeaseNews news;

                if (after) {
                        now_us += atoi(answer) * MINUTE;
                        answer = after + strlen(" min ");
                } else if (g_str_has_prefix(answer, "hurry ")) {
                        wattle_lease_hurry(&lease);
                        g_assert_cmpint(lease.next_us, ==, 0);
                        answer += strlen("hurry ");
                }
                parsed = parse(answer);
                news = wattle_lease_take(&lease, &parsed, now_us);
                text = describe(&lease, news, now_us);
                g_assert_cmpstr(text, ==, row->steps[i].result);
        }
}

int main(int argc, char **argv)
{
        g_test_init(&argc, &argv, NULL);
        add_rows("/portmap-lease", rows, row);
        return g_test_run();
}
