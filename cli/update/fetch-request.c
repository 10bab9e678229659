/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cli/update/fetch-request.h"

#include <string.h>

#include "common/error.h"
#include "common/scalar.h"

#define VERSION "1"

void wattle_fetch_request_clear(WattleFetchRequest *request)
{
        g_clear_pointer(&request->url, g_free);
        g_clear_pointer(&request->interface, g_free);
}

char *wattle_fetch_request_format(const WattleFetchRequest *request)
{
        guint64 timeout_s = request->timeout_s > 0 ? request->timeout_s : WATTLE_FETCH_TIMEOUT_S;
        g_autofree char *interface =
                request->interface ? g_strdup_printf("interface %s\n", request->interface) : NULL;

        return g_strdup_printf("version " VERSION "\nurl %s\nlimit %" G_GUINT64_FORMAT
                               "\ntimeout %" G_GUINT64_FORMAT "\n%s\n",
                               request->url, request->limit, timeout_s, interface ? interface : "");
}

static gboolean parse_line(const char *key, const char *value, WattleFetchRequest *request,
                           GError **error)
{
        if (strcmp(key, "version") == 0)
                return strcmp(value, VERSION) == 0 ||
                       wattle_error_refuse(error, "version %s is none that is known here", value);
        if (strcmp(key, "limit") == 0)
                return wattle_uint_parse(value, 1, WATTLE_FETCH_MAX_LIMIT, &request->limit, error);
        if (strcmp(key, "timeout") == 0)
                return wattle_uint_parse(value, 1, 3600, &request->timeout_s, error);
        if (strcmp(key, "url") == 0 && !request->url) {
                request->url = g_strdup(value);
                return wattle_url_check(value, error);
        }
        if (strcmp(key, "interface") == 0 && !request->interface) {
                request->interface = g_strdup(value);
                return wattle_interface_name_check(value, error);
        }
        return wattle_error_refuse(error, "'%s' is unknown, or there twice", key);
}

gboolean wattle_fetch_request_parse(const char *text, gsize size, WattleFetchRequest *request,
                                    GError **error)
{
        g_autofree char *copy = g_strndup(size > 0 ? text : "", size);
        g_auto(GStrv) lines = NULL;

        if (size > WATTLE_FETCH_REQUEST_MAX_BYTES || strlen(copy) != size ||
            !g_str_has_suffix(copy, "\n\n"))
                return wattle_error_refuse(error,
                                           "a request is lines and an empty one, at most %d "
                                           "bytes",
                                           WATTLE_FETCH_REQUEST_MAX_BYTES);
        copy[size - 2] = '\0';
        lines = g_strsplit(copy, "\n", -1);
        for (guint i = 0; lines[i]; i++) {
                char *value = strchr(lines[i], ' ');

                if (!value)
                        return wattle_error_refuse(error, "a line is 'KEY VALUE'");
                *value = '\0';
                if (!parse_line(lines[i], value + 1, request, error))
                        return FALSE;
        }
        if (!request->url || request->limit == 0 || request->timeout_s == 0)
                return wattle_error_refuse(error, "url, limit and timeout have to be there");
        return TRUE;
}

gboolean wattle_fetch_answer_parse(const char *line, WattleFetchAnswer *ret, GError **error)
{
        g_auto(GStrv) words = g_strsplit(line, " ", 4);
        guint n = g_strv_length(words);

        if (n == 3 && strcmp(words[0], "progress") == 0) {
                ret->kind = WATTLE_FETCH_PROGRESS;
                return wattle_uint_parse(words[1], 0, G_MAXINT64, &ret->done, error) &&
                       wattle_uint_parse(words[2], 0, G_MAXINT64, &ret->total, error);
        }
        if (n == 2 && strcmp(words[0], "ok") == 0) {
                ret->kind = WATTLE_FETCH_OK;
                return wattle_uint_parse(words[1], 0, WATTLE_FETCH_MAX_LIMIT, &ret->size, error);
        }
        if (n >= 2 && strcmp(words[0], "missing") == 0) {
                ret->kind = WATTLE_FETCH_MISSING;
                ret->text = line + strlen("missing ");
                return TRUE;
        }
        if (n >= 2 && strcmp(words[0], "error") == 0) {
                ret->kind = WATTLE_FETCH_ERROR;
                ret->text = line + strlen("error ");
                return TRUE;
        }
        return wattle_error_refuse(error, "wattle-fetch said what is no answer");
}
