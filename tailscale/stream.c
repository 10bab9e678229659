/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tailscale/stream.h"

#include <curl/curl.h>
#include <limits.h>

#include "common/error.h"
#include "common/language.h"
#include "tailscale/notify.h"

/* The host's name counts: tailscaled takes others for a browser that was led astray. */
#define LOCALAPI "http://local-tailscaled.sock/localapi/v0/"

/* In the mask, 2 asks for the state as it is now, first (ipn/backend.go, NotifyInitialState). */
#define STREAM_URL LOCALAPI "watch-ipn-bus?mask=2"
#define STATUS_URL LOCALAPI "status"

/* tailscaled answers at once or is stuck. */
#define STATUS_LIMIT_MS 10000L

struct WattleTailscaleStream {
        CURLM *multi;
        CURL *curl;
        WattleTailscaleLines lines;
        WattleTailscaleOnNotify on_notify;
        gpointer data;
};

static size_t on_body(char *bytes, size_t size, size_t n, void *data)
{
        WattleTailscaleStream *stream = data;
        long status = 0;

        (void)curl_easy_getinfo(stream->curl, CURLINFO_RESPONSE_CODE, &status);
        if (status != 200)
                return 0;
        wattle_tailscale_lines_feed(&stream->lines, bytes, size * n, stream->on_notify,
                                    stream->data);
        return size * n;
}

typedef size_t (*OnBody)(char *bytes, size_t size, size_t n, void *data);

static CURLcode set_up(CURL *curl, const char *socket_path, const char *url, OnBody on_bytes,
                       void *data)
{
        CURLcode code = curl_easy_setopt(curl, CURLOPT_UNIX_SOCKET_PATH, socket_path);

        if (code == CURLE_OK)
                code = curl_easy_setopt(curl, CURLOPT_URL, url);
        if (code == CURLE_OK)
                code = curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http");
        if (code == CURLE_OK)
                code = curl_easy_setopt(curl, CURLOPT_PROXY, "");
        if (code == CURLE_OK)
                code = curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
        if (code == CURLE_OK)
                code = curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, on_bytes);
        if (code == CURLE_OK)
                code = curl_easy_setopt(curl, CURLOPT_WRITEDATA, data);
        return code;
}

WattleTailscaleStream *wattle_tailscale_stream_new(const char *socket_path,
                                                   WattleTailscaleOnNotify on_notify, gpointer data,
                                                   GError **error)
{
        g_autoptr(WattleTailscaleStream) stream = g_new0(WattleTailscaleStream, 1);
        CURLcode code;

        wattle_tailscale_lines_init(&stream->lines);
        stream->on_notify = on_notify;
        stream->data = data;
        stream->curl = curl_easy_init();
        stream->multi = curl_multi_init();
        code = stream->curl && stream->multi
                       ? set_up(stream->curl, socket_path, STREAM_URL, on_body, stream)
                       : CURLE_OUT_OF_MEMORY;
        if (code != CURLE_OK || curl_multi_add_handle(stream->multi, stream->curl) != CURLM_OK) {
                wattle_error_refuse(error, "libcurl: %s", curl_easy_strerror(code));
                return NULL;
        }
        return g_steal_pointer(&stream);
}

void wattle_tailscale_stream_free(WattleTailscaleStream *stream)
{
        if (!stream)
                return;
        if (stream->multi && stream->curl)
                (void)curl_multi_remove_handle(stream->multi, stream->curl);
        curl_easy_cleanup(stream->curl);
        (void)curl_multi_cleanup(stream->multi);
        wattle_tailscale_lines_clear(&stream->lines);
        g_free(stream);
}

/* Reads what is there. */
static gboolean perform(WattleTailscaleStream *stream, GError **error)
{
        int n_running = 0, n_left;
        CURLMcode code = curl_multi_perform(stream->multi, &n_running);
        const CURLMsg *message;
        long status = 0;

        if (code != CURLM_OK)
                return wattle_error_refuse(error, "%s", curl_multi_strerror(code));
        if (n_running > 0)
                return TRUE;
        message = curl_multi_info_read(stream->multi, &n_left);
        (void)curl_easy_getinfo(stream->curl, CURLINFO_RESPONSE_CODE, &status);
        if (status != 0 && status != 200)
                return wattle_error_refuse(error, "HTTP status %ld", status);
        return wattle_error_refuse(error, "%s",
                                   message && message->data.result != CURLE_OK
                                           ? curl_easy_strerror(message->data.result)
                                           : _("its event stream has ended"));
}

gboolean wattle_tailscale_stream_wait(WattleTailscaleStream *stream, int fd, GError **error)
{
        struct curl_waitfd wait = { .fd = fd, .events = CURL_WAIT_POLLIN };
        CURLMcode code;

        if (!perform(stream, error))
                return FALSE;
        code = curl_multi_poll(stream->multi, &wait, fd >= 0 ? 1 : 0, INT_MAX, NULL);
        if (code != CURLM_OK)
                return wattle_error_refuse(error, "%s", curl_multi_strerror(code));
        return perform(stream, error);
}

typedef struct {
        GString *body;
        gsize max;
} Answer;

/* Counted here: libcurl's own limit is none for an answer in chunks. */
static size_t on_answer(char *bytes, size_t size, size_t n, void *data)
{
        Answer *answer = data;

        if (answer->body->len + size * n > answer->max)
                return 0;
        g_string_append_len(answer->body, bytes, (gssize)(size * n));
        return size * n;
}

gboolean wattle_tailscale_ask_status(const char *socket_path, gsize max, GString *ret,
                                     GError **error)
{
        CURL *curl = curl_easy_init();
        Answer answer = { ret, max };
        CURLcode code = curl ? set_up(curl, socket_path, STATUS_URL, on_answer, &answer)
                             : CURLE_OUT_OF_MEMORY;
        long status = 0;

        if (code == CURLE_OK)
                code = curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, STATUS_LIMIT_MS);
        if (code == CURLE_OK)
                code = curl_easy_perform(curl);
        if (curl)
                (void)curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
        curl_easy_cleanup(curl);
        if (code != CURLE_OK)
                return wattle_error_refuse(error, "%s", curl_easy_strerror(code));
        return status == 200 || wattle_error_refuse(error, "HTTP status %ld", status);
}
