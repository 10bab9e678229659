/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Where a newer profile is looked for, what wattled says of one, and how wattle-fetch is asked. */
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "cli/update/find-sources.h"
#include "common/error.h"
#include "tests/unit/fixture.h"
#include "update/news.h"

#define NOW 10000
#define TEXT                                                                                          \
        "[Mesh]\nName=home\nSerial=7\nSubnet=10.42.0.0/16\nUpdateURL=https://example.org/home.mesh\n" \
        "[Device us]\nPublicKey=" KEY_A "\nAddress=10.42.0.1\n"

static WattleAddr addresses[5];

/* Peers p0, p1, ... */
static const struct {
        const char *device;
        gboolean managed;
        guint n_addresses;
        guint64 serial;
        gint64 handshake_s;
} peers[] = {
        { "silent", TRUE, 1, 9, 0 },          { "phone", FALSE, 1, 9, NOW - 1 },
        { "nowhere", TRUE, 0, 9, NOW - 1 },   { "behind", TRUE, 1, 6, NOW - 1 },
        { "same", TRUE, 1, 7, NOW - 2 },      { "ahead", TRUE, 1, 8, NOW - 100 },
        { "ahead-too", TRUE, 1, 8, NOW - 3 }, { NULL, TRUE, 1, 9, NOW - 1 },
};

static void add_peers(WattleStatus *status)
{
        for (guint i = 0; i < G_N_ELEMENTS(peers); i++) {
                WattlePeerStatus peer = { .device = peers[i].device,
                                          .managed = peers[i].managed,
                                          .addresses = addresses,
                                          .n_addresses = peers[i].n_addresses,
                                          .serial = peers[i].serial,
                                          .last_handshake_s = peers[i].handshake_s };

                g_array_append_val(status->peers, peer);
        }
}

static void find_sources(void)
{
        static const char *const expected[] = { "/mnt/home.mesh", "https://example.org/home.mesh",
                                                "ahead-too", "ahead", "same" };
        g_autoptr(WattleProfile) profile = good_profile(TEXT);
        g_auto(WattleStatus) status = { 0 };
        WattleMesh mesh = { .profile = profile, .local.update_from = (char *)"/mnt/home.mesh" };
        g_autoptr(GArray) all = NULL, named = NULL, without_link = NULL;

        g_assert_true(wattle_addr_parse("10.42.0.9", &addresses[0], NULL));
        wattle_status_init(&status);
        add_peers(&status);
        without_link = wattle_update_find_sources(&mesh, "home", &status, NOW);
        g_assert_cmpuint(without_link->len, ==, 2);
        status.interface = "wg0";
        all = wattle_update_find_sources(&mesh, "home", &status, NOW);
        g_assert_cmpuint(all->len, ==, G_N_ELEMENTS(expected));
        for (guint i = 0; i < all->len; i++)
                g_assert_cmpstr(g_array_index(all, WattleUpdateSource, i).name, ==, expected[i]);
        g_assert_cmpstr(g_array_index(all, WattleUpdateSource, 2).interface, ==, "wg0");
        named = wattle_update_find_sources(&mesh, "home", NULL, NOW);
        g_assert_cmpuint(named->len, ==, 2);
}

#define HASH "0123456789abcdef"

static void news(void)
{
        static const struct {
                const char *text;
                gsize size;        /* 0: the text's */
                const char *error; /* NULL: it is good */
        } rows[] = {
                { "peer nas 8 " HASH "\n", 0, NULL },
                { "peer nas 9223372036854775807 " HASH "\n", 0, NULL },
                { "", 0, "it is no line of at most 256 bytes" },
                { "peer nas 8 " HASH, 0, "it is no line of at most 256 bytes" },
                { "peer nas 8 " HASH "\n\0\n", 31, "it is no line of at most 256 bytes" },
                { "peer nas 8\n", 0, "it is not 'peer DEVICE SERIAL HASH'" },
                { "peer nas 8 " HASH " more\n", 0, "it is not 'peer DEVICE SERIAL HASH'" },
                { "from nas 8 " HASH "\n", 0, "it is not 'peer DEVICE SERIAL HASH'" },
                { "peer nas 8 0123456789ABCDEF\n", 0, "it is not 'peer DEVICE SERIAL HASH'" },
                { "peer nas 8 0123\n", 0, "it is not 'peer DEVICE SERIAL HASH'" },
                { "peer ../x 8 " HASH "\n", 0, "" },
                { "peer nas 0 " HASH "\n", 0, "" },
                { "peer nas 9223372036854775808 " HASH "\n", 0, "" },
        };

        for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
                g_autoptr(GError) error = NULL;
                gsize size = rows[i].size ? rows[i].size : strlen(rows[i].text);
                WattleNews ret = { 0 };

                g_test_message("%s", rows[i].text);
                g_assert_cmpint(wattle_news_parse(rows[i].text, size, &ret, &error), ==,
                                rows[i].error == NULL);
                if (!rows[i].error)
                        g_assert_cmpstr(ret.device, ==, "nas");
                else if (rows[i].error[0])
                        g_assert_cmpstr(error->message, ==, rows[i].error);
                else
                        g_assert_nonnull(error);
        }
}

/* "DEVICE SERIAL" each; who failed, or in capitals did not; and what is taken out then. */
static void queue(void)
{
        static const struct {
                const char *name;
                const char *told[5];
                const char *failed;
                const char *taken;
        } rows[] = {
                { "none", { NULL }, "", "" },
                { "the highest", { "a 8", "b 9", "c 7" }, "", "b 9, a 8, c 7, " },
                { "the latest", { "a 8", "b 8", "c 8" }, "", "c 8, b 8, a 8, " },
                { "said again", { "a 8", "b 8", "a 8" }, "", "a 8, b 8, " },
                { "said more", { "a 8", "b 8", "a 9" }, "", "a 9, b 8, " },
                { "failed", { "b 8", "c 8", "a 8" }, "a", "c 8, b 8, a 8, " },
                { "failed, alone", { "a 8", "a 8" }, "a", "a 8, " },
                { "failed, and says a higher one", { "b 8", "a 9" }, "a", "b 8, a 9, " },
                { "all failed", { "b 8", "a 9" }, "ab", "a 9, b 8, " },
                { "more failed than are remembered", { "a 8", "b 9" }, "abcde", "a 8, b 9, " },
                { "failed, and then did not", { "b 8", "a 9" }, "aA", "a 9, b 8, " },
        };

        for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
                g_autoptr(GString) taken = g_string_new(NULL);
                WattleNewsQueue all = { 0 };
                WattleNews one;

                for (guint j = 0; rows[i].told[j]; j++) {
                        one = (WattleNews){ .serial = (guint64)rows[i].told[j][2] - '0' };
                        one.device[0] = rows[i].told[j][0];
                        wattle_news_add(&all, &one);
                }
                for (const char *name = rows[i].failed; *name; name++) {
                        const char device[] = { g_ascii_tolower(*name), '\0' };

                        wattle_news_note(&all, device, g_ascii_islower(*name));
                }
                while (wattle_news_take(&all, &one))
                        g_string_append_printf(taken, "%s %" G_GUINT64_FORMAT ", ", one.device,
                                               one.serial);
                g_test_message("%s", rows[i].name);
                g_assert_cmpstr(taken->str, ==, rows[i].taken);
        }
}

/* More than there is room for: the oldest are told again. */
static void long_queue(void)
{
        WattleNewsQueue all = { 0 };
        WattleNews one = { .serial = 8 };

        for (guint i = 0; i < WATTLE_NEWS_MAX + 3; i++) {
                g_snprintf(one.device, sizeof one.device, "d%u", i);
                wattle_news_add(&all, &one);
        }
        g_assert_cmpuint(all.n, ==, WATTLE_NEWS_MAX);
        for (guint i = WATTLE_NEWS_MAX + 3; i > 3; i--) {
                g_autofree char *expected = g_strdup_printf("d%u", i - 1);

                g_assert_true(wattle_news_take(&all, &one));
                g_assert_cmpstr(one.device, ==, expected);
        }
        g_assert_false(wattle_news_take(&all, &one));
}

/* Plays wattle-fetch for one connection: gives an answer, whatever was asked. */
typedef struct {
        int listen_fd;
        const char *answer;
        char request[WATTLE_FETCH_REQUEST_MAX_BYTES];
} StandIn;

static gpointer answer(gpointer data)
{
        StandIn *stand_in = data;
        int fd = accept(stand_in->listen_fd, NULL, NULL);
        gsize size = 0;

        g_assert_cmpint(fd, >=, 0);
        while (size < 2 || memcmp(stand_in->request + size - 2, "\n\n", 2) != 0) {
                gssize got =
                        read(fd, stand_in->request + size, sizeof stand_in->request - size - 1);

                g_assert_cmpint(got, >, 0);
                size += (gsize)got;
        }
        g_assert_cmpint(write(fd, stand_in->answer, strlen(stand_in->answer)), ==,
                        strlen(stand_in->answer));
        close(fd);
        return NULL;
}

static void note_progress(guint64 done, guint64 total, gpointer data)
{
        g_string_append_printf(data, "%" G_GUINT64_FORMAT "/%" G_GUINT64_FORMAT " ", done, total);
}

static GBytes *ask(StandIn *stand_in, const char *path, GString *progress, GError **error)
{
        const WattleFetchRequest request = { .url = (char *)"http://10.42.0.9/home", .limit = 9 };
        struct sockaddr_un address = { .sun_family = AF_UNIX };
        GThread *thread = NULL;
        GBytes *bytes;

        g_strlcpy(address.sun_path, path, sizeof address.sun_path);
        stand_in->listen_fd = socket(AF_UNIX, SOCK_STREAM, 0);
        g_assert_cmpint(
                bind(stand_in->listen_fd, (const struct sockaddr *)&address, sizeof address), ==,
                0);
        g_assert_cmpint(listen(stand_in->listen_fd, 1), ==, 0);
        thread = g_thread_new("stand-in", answer, stand_in);
        bytes = wattle_fetch(path, &request, note_progress, progress, error);
        g_thread_join(thread);
        close(stand_in->listen_fd);
        g_assert_cmpint(unlink(path), ==, 0);
        return bytes;
}

static void fetch(void)
{
        static const struct {
                const char *name, *answer, *body, *progress, *error;
        } rows[] = {
                { "at once", "ok 3\nabc", "abc", "", NULL },
                { "with progress", "progress 1 3\nprogress 3 3\nok 3\nabc", "abc", "1/3 3/3 ",
                  NULL },
                { "nothing", "ok 0\n", "", "", NULL },
                { "more than was said", "ok 3\nabcdef", "abc", "", NULL },
                { "less than was said", "ok 3\nab", NULL, "",
                  "wattle-fetch ended without an answer: 'journalctl -u wattle-fetch@*' may say why" },
                { "more than was asked for", "ok 10\n", NULL, "",
                  "wattle-fetch gives more than was asked for" },
                { "a refusal", "progress 1 0\nerror the server says 404\n", NULL, "1/0 ",
                  "the server says 404" },
                { "missing", "missing the server says 404\n", NULL, "", "the server says 404" },
                { "missing, and no why", "missing\n", NULL, "",
                  "wattle-fetch said what is no answer" },
                { "silence", "", NULL, "",
                  "wattle-fetch ended without an answer: 'journalctl -u wattle-fetch@*' may say why" },
        };
        g_autofree char *dir = g_dir_make_tmp("wattle-fetch-XXXXXX", NULL);
        g_autofree char *path = g_build_filename(dir, "fetch", NULL);

        for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
                g_autoptr(GString) progress = g_string_new(NULL);
                g_autoptr(GError) error = NULL;
                g_autoptr(GBytes) bytes = NULL;
                g_autofree char *said = NULL;
                StandIn stand_in = { .answer = rows[i].answer };

                g_test_message("%s", rows[i].name);
                bytes = ask(&stand_in, path, progress, &error);
                g_assert_cmpstr(progress->str, ==, rows[i].progress);
                g_assert_true(g_str_has_prefix(stand_in.request, "version 1\n"));
                if (rows[i].body) {
                        g_assert_no_error(error);
                        g_assert_cmpmem(g_bytes_get_data(bytes, NULL), g_bytes_get_size(bytes),
                                        rows[i].body, strlen(rows[i].body));
                        continue;
                }
                said = g_strconcat("http://10.42.0.9/home: ", rows[i].error, NULL);
                g_assert_cmpstr(error->message, ==, said);
                g_assert_true((error->code == WATTLE_ERROR_NOT_FOUND) ==
                              g_str_has_prefix(rows[i].answer, "missing "));
                g_assert_null(bytes);
        }
        g_assert_cmpint(rmdir(dir), ==, 0);
}

static void no_fetch(void)
{
        const WattleFetchRequest request = { .url = (char *)"http://10.42.0.9/home", .limit = 9 };
        g_autoptr(GError) error = NULL;

        g_assert_null(wattle_fetch("/nowhere/fetch", &request, NULL, NULL, &error));
        g_assert_error(error, WATTLE_ERROR, WATTLE_ERROR_NOT_FOUND);
}

int main(int argc, char **argv)
{
        g_test_init(&argc, &argv, NULL);
        g_test_add_func("/update/sources", find_sources);
        g_test_add_func("/update/news", news);
        g_test_add_func("/update/queue", queue);
        g_test_add_func("/update/long-queue", long_queue);
        g_test_add_func("/update/fetch", fetch);
        g_test_add_func("/update/no-fetch", no_fetch);
        return g_test_run();
}
