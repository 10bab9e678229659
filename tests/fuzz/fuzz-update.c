/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What comes by the sockets of profiles that travel: requests and answers of wattle-fetch, requests
 * to wattle-serve, news of wattled; and what this host keeps of it. */
#include <string.h>

#include "cli/update/fetch-request.h"
#include "cli/update/state.h"
#include "common/revocations.h"
#include "tests/fuzz/fuzz.h"
#include "update/http.h"
#include "update/news.h"

static void read_request(const char *bytes, size_t size)
{
        g_auto(WattleFetchRequest) request = { 0 }, again = { 0 };
        g_autoptr(GError) error = NULL;
        g_autofree char *text = NULL;
        gboolean ok = wattle_fetch_request_parse(bytes, size, &request, &error);

        g_assert_true(ok == (error == NULL));
        if (!ok)
                return;
        text = wattle_fetch_request_format(&request);
        g_assert_true(wattle_fetch_request_parse(text, strlen(text), &again, &error));
        g_assert_cmpstr(request.url, ==, again.url);
        g_assert_cmpstr(request.interface, ==, again.interface);
        g_assert_cmpuint(request.limit, ==, again.limit);
}

static void read_answer(const char *bytes, size_t size)
{
        g_autofree char *line = g_strndup(bytes, size);
        g_autoptr(GError) error = NULL;
        WattleFetchAnswer answer;

        g_assert_true(wattle_fetch_answer_parse(line, &answer, &error) == (error == NULL));
}

static void read_http(const char *bytes, size_t size)
{
        WattleHttpRequest request;

        if (wattle_http_read(bytes, size, &request) == WATTLE_HTTP_GOOD)
                g_assert_true(request.path[0] == '/' && !strchr(request.path, '%'));
}

static void read_news(const char *bytes, size_t size)
{
        g_autoptr(GError) error = NULL;
        WattleNews news;

        g_assert_true(wattle_news_parse(bytes, size, &news, &error) == (error == NULL));
}

static void read_state(const char *bytes, size_t size)
{
        g_auto(WattleUpdateState) state = { 0 }, again = { 0 };
        g_autoptr(GError) error = NULL;
        g_autofree char *text = NULL;

        if (!wattle_update_state_parse(bytes, size, &state, &error)) {
                g_assert_nonnull(error);
                return;
        }
        text = wattle_update_state_format(&state);
        g_assert_true(wattle_update_state_parse(text, strlen(text), &again, &error));
        g_assert_cmpuint(state.floor, ==, again.floor);
        g_assert_cmpint(state.confirm.phase, ==, again.confirm.phase);
}

static void read_revocations(const char *bytes, size_t size)
{
        g_auto(WattleReport) report = { 0 };
        g_autoptr(GArray) keys = NULL;

        wattle_report_init(&report);
        keys = wattle_revocations_read(bytes, size, "revoked", &report);
        g_assert_true((keys != NULL) == (report.n_errors == 0));
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
        const char *text = size > 0 ? (const char *)bytes : "";

        if (size > 4096)
                return 0;
        read_request(text, size);
        read_answer(text, size);
        read_http(text, size);
        read_news(text, size);
        read_state(text, size);
        read_revocations(text, size);
        return 0;
}
