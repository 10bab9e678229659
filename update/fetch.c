/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* wattle-fetch: one request on standard input, which is a connection of wattle-fetch.socket, and
 * its answer on standard output (fetch-request.h). It runs as a user of its own with nothing but
 * the network, so that what a foreign server says is read by nobody who could do harm with it. The
 * one file that knows libcurl. See doc/hacking.md, "What libcurl does not bound". */
#include <curl/curl.h>
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/update/fetch-request.h"
#include "common/error.h"
#include "common/sys/file.h"
#include "common/text.h"

#define REQUEST_WAIT_MS 5000
#define CONNECT_S       10
#define MAX_REDIRECTS   5

/* A transfer below so many bytes a second for so long ends. */
#define SLOW_BYTES 256
#define SLOW_S     20

#define PROGRESS_US (G_USEC_PER_SEC / 4)

typedef struct {
        const WattleFetchRequest *request;
        CURL *curl;
        GByteArray *body;
        gboolean is_encoded; /* the server says that the body is compressed */
        gint64 told_us;
} Transfer;

static gboolean say(const char *text)
{
        return wattle_write_all(STDOUT_FILENO, text, strlen(text));
}

/* One line whatever the text is. */
static int fail_as(const char *word, const char *format, ...) G_GNUC_PRINTF(2, 3);

static int fail_as(const char *word, const char *format, ...)
{
        g_autofree char *text = NULL, *clean = NULL, *line = NULL;
        va_list args;

        va_start(args, format);
        text = g_strdup_vprintf(format, args);
        va_end(args);
        clean = g_strdelimit(wattle_text_clean(text), "\n\t", ' ');
        line = g_strdup_printf("%s %.*s\n", word, WATTLE_FETCH_LINE_MAX - 12, clean);
        (void)say(line);
        return EXIT_FAILURE;
}

#define fail(...) fail_as("error", __VA_ARGS__)

/* All up to the empty line. */
static GByteArray *read_request(void)
{
        g_autoptr(GByteArray) bytes = g_byte_array_new();
        struct pollfd wait = { .fd = STDIN_FILENO, .events = POLLIN };

        while (bytes->len < 2 || memcmp(bytes->data + bytes->len - 2, "\n\n", 2) != 0) {
                guint8 chunk[WATTLE_FETCH_REQUEST_MAX_BYTES];
                gssize size = poll(&wait, 1, REQUEST_WAIT_MS) > 0
                                      ? read(STDIN_FILENO, chunk, sizeof chunk)
                                      : -1;

                if (size <= 0 || bytes->len + (gsize)size > WATTLE_FETCH_REQUEST_MAX_BYTES)
                        return NULL;
                g_byte_array_append(bytes, chunk, (guint)size);
        }
        return g_steal_pointer(&bytes);
}

/* The bound is ours: CURLOPT_MAXFILESIZE does not count what comes in chunks. */
static size_t on_body(char *bytes, size_t size, size_t n, void *data)
{
        Transfer *transfer = data;
        long status = 0;

        (void)curl_easy_getinfo(transfer->curl, CURLINFO_RESPONSE_CODE, &status);
        if (status != 200 || transfer->is_encoded ||
            transfer->body->len + size * n > transfer->request->limit)
                return 0;
        g_byte_array_append(transfer->body, (const guint8 *)bytes, (guint)(size * n));
        return size * n;
}

static size_t on_header(char *bytes, size_t size, size_t n, void *data)
{
        static const char name[] = "content-encoding:";
        Transfer *transfer = data;

        if (g_ascii_strncasecmp(bytes, "HTTP/", MIN(size * n, strlen("HTTP/"))) == 0)
                transfer->is_encoded = FALSE; /* of a redirect before */
        if (size * n > strlen(name) && g_ascii_strncasecmp(bytes, name, strlen(name)) == 0)
                transfer->is_encoded = TRUE;
        return size * n;
}

static int on_progress(void *data, curl_off_t total, curl_off_t done,
                       G_GNUC_UNUSED curl_off_t upload_total, G_GNUC_UNUSED curl_off_t uploaded)
{
        Transfer *transfer = data;
        gint64 now_us = g_get_monotonic_time();
        g_autofree char *line = NULL;

        if (done == 0 || now_us - transfer->told_us < PROGRESS_US)
                return 0;
        transfer->told_us = now_us;
        line = g_strdup_printf("progress %lld %lld\n", (long long)done, (long long)total);
        return say(line) ? 0 : 1;
}

/* Whoever is at the other end of the tunnel is asked there and nowhere else. */
static CURLcode bind_to_interface(CURL *curl, const char *interface)
{
        g_autofree char *name = g_strconcat("if!", interface, NULL);
        CURLcode code = curl_easy_setopt(curl, CURLOPT_INTERFACE, name);

        if (code == CURLE_OK)
                code = curl_easy_setopt(curl, CURLOPT_PROXY, "");
        if (code == CURLE_OK)
                code = curl_easy_setopt(curl, CURLOPT_FOLLOWLOCATION, 0L);
        return code;
}

static CURLcode follow_redirects(CURL *curl, const char *url)
{
        CURLcode code = curl_easy_setopt(curl, CURLOPT_FOLLOWLOCATION, 1L);

        if (code == CURLE_OK)
                code = curl_easy_setopt(curl, CURLOPT_MAXREDIRS, (long)MAX_REDIRECTS);
        if (code == CURLE_OK)
                code = curl_easy_setopt(curl, CURLOPT_REDIR_PROTOCOLS_STR,
                                        g_str_has_prefix(url, "https:") ? "https" : "http,https");
        return code;
}

/* Each is looked at: a libcurl that does not know an option goes on with the default. */
static CURLcode set_up(Transfer *transfer)
{
        CURL *curl = transfer->curl;
        const WattleFetchRequest *request = transfer->request;
        const struct {
                CURLoption option;
                long value;
        } numbers[] = {
                { CURLOPT_NOSIGNAL, 1 },
                { CURLOPT_TIMEOUT, (long)request->timeout_s },
                { CURLOPT_CONNECTTIMEOUT, CONNECT_S },
                { CURLOPT_LOW_SPEED_LIMIT, SLOW_BYTES },
                { CURLOPT_LOW_SPEED_TIME, SLOW_S },
                { CURLOPT_HTTP_VERSION, CURL_HTTP_VERSION_1_1 },
                { CURLOPT_NOPROGRESS, 0 },
        };
        const struct {
                CURLoption option;
                const void *value;
        } pointers[] = {
                { CURLOPT_URL, request->url },    { CURLOPT_PROTOCOLS_STR, "http,https" },
                { CURLOPT_USERAGENT, "wattle" },  { CURLOPT_WRITEDATA, transfer },
                { CURLOPT_HEADERDATA, transfer }, { CURLOPT_XFERINFODATA, transfer },
        };
        CURLcode code = CURLE_OK;

        for (guint i = 0; code == CURLE_OK && i < G_N_ELEMENTS(numbers); i++)
                code = curl_easy_setopt(curl, numbers[i].option, numbers[i].value);
        for (guint i = 0; code == CURLE_OK && i < G_N_ELEMENTS(pointers); i++)
                code = curl_easy_setopt(curl, pointers[i].option, pointers[i].value);
        if (code == CURLE_OK)
                code = curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, on_body);
        if (code == CURLE_OK)
                code = curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, on_header);
        if (code == CURLE_OK)
                code = curl_easy_setopt(curl, CURLOPT_XFERINFOFUNCTION, on_progress);
        if (code != CURLE_OK)
                return code;
        return request->interface ? bind_to_interface(curl, request->interface)
                                  : follow_redirects(curl, request->url);
}

/* Why a transfer that libcurl gave up, or that we did, is no answer. */
static int explain(const Transfer *transfer, CURLcode code, long status, const char *why)
{
        if (transfer->is_encoded)
                return fail("the server sends it compressed, which was not asked for");
        if (code != CURLE_OK && code != CURLE_WRITE_ERROR)
                return fail("%s", *why ? why : curl_easy_strerror(code));
        if (status == 503)
                return fail("the server is busy (503): try again");
        if (status != 0 && status != 200)
                return fail_as(status == 404 ? "missing" : "error",
                               "the server says %ld, and not 200", status);
        return fail("it is larger than %ju bytes", transfer->request->limit);
}

static int run_transfer(Transfer *transfer)
{
        char why[CURL_ERROR_SIZE] = "";
        g_autofree char *line = NULL;
        long status = 0;
        CURLcode code = set_up(transfer);

        if (code != CURLE_OK)
                return fail("libcurl cannot do that: %s", curl_easy_strerror(code));
        (void)curl_easy_setopt(transfer->curl, CURLOPT_ERRORBUFFER, why);
        code = curl_easy_perform(transfer->curl);
        (void)curl_easy_getinfo(transfer->curl, CURLINFO_RESPONSE_CODE, &status);
        if (code != CURLE_OK || status != 200 || transfer->is_encoded)
                return explain(transfer, code, status, why);
        line = g_strdup_printf("ok %u\n", transfer->body->len);
        return say(line) && wattle_write_all(STDOUT_FILENO, (const char *)transfer->body->data,
                                             transfer->body->len)
                       ? EXIT_SUCCESS
                       : EXIT_FAILURE;
}

static int answer(const WattleFetchRequest *request)
{
        Transfer transfer = { .request = request, .body = g_byte_array_new() };
        int status;

        if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK ||
            !(transfer.curl = curl_easy_init()))
                status = fail("libcurl does not start");
        else
                status = run_transfer(&transfer);
        curl_easy_cleanup(transfer.curl);
        g_byte_array_unref(transfer.body);
        return status;
}

int main(int argc, char **argv)
{
        g_auto(WattleFetchRequest) request = { 0 };
        g_autoptr(GByteArray) bytes = NULL;
        g_autoptr(GError) error = NULL;

        if (argc == 2 && strcmp(argv[1], "--version") == 0) {
                puts("wattle-fetch " WATTLE_VERSION);
                return EXIT_SUCCESS;
        }
        if (argc > 1) {
                fprintf(strcmp(argv[1], "--help") == 0 ? stdout : stderr,
                        "Usage: wattle-fetch\n\n"
                        "Gets one file over HTTP for wattle-update. Systemd starts it for each "
                        "connection to\n" WATTLE_FETCH_PATH "; see wattle-fetch(8).\n\n"
                        "  --version  show the version\n  --help     show this\n");
                return strcmp(argv[1], "--help") == 0 ? EXIT_SUCCESS : 2;
        }
        bytes = read_request();
        if (!bytes)
                return fail("no request came");
        if (!wattle_fetch_request_parse((const char *)bytes->data, bytes->len, &request, &error))
                return fail("%s", error->message);
        return answer(&request);
}
