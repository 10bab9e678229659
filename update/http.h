/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* As much of HTTP/1.0 (RFC 1945) as it takes to hand out two files: the request line, and fixed
 * answers. Pure. */
#pragma once

#include <glib.h>

#define WATTLE_HTTP_REQUEST_MAX_BYTES 2048
#define WATTLE_HTTP_PATH_MAX          127

typedef struct {
        gboolean is_head; /* HEAD, and no GET: the head of the answer alone */
        char path[WATTLE_HTTP_PATH_MAX + 1];
} WattleHttpRequest;

typedef enum {
        WATTLE_HTTP_MORE, /* the head of the request is not whole yet */
        WATTLE_HTTP_BAD,  /* no request, a longer one, or another method */
        WATTLE_HTTP_GOOD,
} WattleHttpRead;

/* The bytes that have come so far. Fields of the head are passed over. */
WattleHttpRead wattle_http_read(const char *bytes, gsize size, WattleHttpRequest *ret);

/* Status line and fields for a body of so many bytes; status is 200, 400, 403, 404 or 503. */
char *wattle_http_head(guint status, gsize size);
