/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What is said on the socket of wattle-fetch, a request a connection. The client sends lines "KEY
 * VALUE" and an empty one: version 1, url, limit (bytes), timeout (seconds), and for a member of
 * the mesh interface. It gets any number of "progress DONE TOTAL" (bytes; TOTAL 0: unknown), and
 * then "ok SIZE" with the bytes behind that line, or "error TEXT"; of an HTTP server that does not
 * have it (404) "missing TEXT". Pure. */
#pragma once

#include <glib.h>

#define WATTLE_FETCH_PATH              "/run/wattle/fetch"
#define WATTLE_FETCH_REQUEST_MAX_BYTES 2048
#define WATTLE_FETCH_MAX_LIMIT         (8 * 1024 * 1024 + 16384) /* a profile and its signature */
#define WATTLE_FETCH_LINE_MAX          512 /* of an answer, the line end included */
#define WATTLE_FETCH_TIMEOUT_S         120

typedef struct {
        char *url;
        char *interface;   /* to which the connection is bound; NULL: the host's own way */
        guint64 limit;     /* of the answer, in bytes, at most WATTLE_FETCH_MAX_LIMIT */
        guint64 timeout_s; /* for all of it; 0 stands for WATTLE_FETCH_TIMEOUT_S */
} WattleFetchRequest;

void wattle_fetch_request_clear(WattleFetchRequest *request);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(WattleFetchRequest, wattle_fetch_request_clear)

char *wattle_fetch_request_format(const WattleFetchRequest *request);

/* request must be zeroed. text is all up to the empty line. */
gboolean wattle_fetch_request_parse(const char *text, gsize size, WattleFetchRequest *request,
                                    GError **error) G_GNUC_WARN_UNUSED_RESULT;

typedef enum {
        WATTLE_FETCH_PROGRESS,
        WATTLE_FETCH_OK,
        WATTLE_FETCH_MISSING,
        WATTLE_FETCH_ERROR,
} WattleFetchAnswerKind;

typedef struct {
        WattleFetchAnswerKind kind;
        guint64 done, total; /* of progress */
        guint64 size;        /* of ok */
        const char *text;    /* of missing and error, in the line that was parsed */
} WattleFetchAnswer;

/* A line without its end. */
gboolean wattle_fetch_answer_parse(const char *line, WattleFetchAnswer *ret,
                                   GError **error) G_GNUC_WARN_UNUSED_RESULT;
