/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "update/http.h"

#include <string.h>

static const struct {
        guint status;
        const char *reason;
} reasons[] = {
        { 200, "OK" },        { 400, "Bad Request" },         { 403, "Forbidden" },
        { 404, "Not Found" }, { 503, "Service Unavailable" },
};

/* A path as we have them: nothing to decode, and so nothing to decode wrongly. */
static gboolean read_line(const char *line, WattleHttpRequest *ret)
{
        static const char characters[] = "abcdefghijklmnopqrstuvwxyz0123456789_-./";
        WattleHttpRequest request = { .is_head = g_str_has_prefix(line, "HEAD ") };
        const char *path = line + (request.is_head ? strlen("HEAD ") : strlen("GET "));
        gsize size;

        if (!request.is_head && !g_str_has_prefix(line, "GET "))
                return FALSE;
        size = strspn(path, characters);
        if (*path != '/' || size > WATTLE_HTTP_PATH_MAX ||
            (strcmp(path + size, " HTTP/1.0") != 0 && strcmp(path + size, " HTTP/1.1") != 0))
                return FALSE;
        memcpy(request.path, path, size);
        *ret = request;
        return TRUE;
}

WattleHttpRead wattle_http_read(const char *bytes, gsize size, WattleHttpRequest *ret)
{
        g_autofree char *text = g_strndup(size > 0 ? bytes : "", size);
        const char *end = strstr(text, "\r\n\r\n");

        if (strlen(text) != size || (!end && size >= WATTLE_HTTP_REQUEST_MAX_BYTES))
                return WATTLE_HTTP_BAD;
        if (!end)
                return WATTLE_HTTP_MORE;
        *strstr(text, "\r\n") = '\0';
        return read_line(text, ret) ? WATTLE_HTTP_GOOD : WATTLE_HTTP_BAD;
}

char *wattle_http_head(guint status, gsize size)
{
        const char *reason = "";

        for (guint i = 0; i < G_N_ELEMENTS(reasons); i++)
                if (reasons[i].status == status)
                        reason = reasons[i].reason;
        return g_strdup_printf("HTTP/1.0 %u %s\r\n"
                               "Content-Type: text/plain; charset=utf-8\r\n"
                               "Content-Length: %" G_GSIZE_FORMAT "\r\n"
                               "%s"
                               "Connection: close\r\n"
                               "\r\n",
                               status, reason, size, status == 503 ? "Retry-After: 2\r\n" : "");
}
