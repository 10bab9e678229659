/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cli/update/fetch-client.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "common/error.h"
#include "common/language.h"
#include "common/said.h"
#include "common/sys/file.h"

/* Beyond the time that wattle-fetch has: for starting it. */
#define PATIENCE_S 15

/* A connection, and what came of it and is not used yet. */
typedef struct {
        WattleFd fd;
        gint64 end_us; /* CLOCK_MONOTONIC */
        GByteArray *bytes;
} Reader;

static void reader_clear(Reader *reader)
{
        wattle_fd_clear(&reader->fd);
        g_clear_pointer(&reader->bytes, g_byte_array_unref);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Reader, reader_clear)

static int connect_to(const char *path)
{
        struct sockaddr_un address = { .sun_family = AF_UNIX };
        WattleFd fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
        int connected;

        g_strlcpy(address.sun_path, path, sizeof address.sun_path);
        if (fd < 0 || connect(fd, (const struct sockaddr *)&address, sizeof address) < 0) {
                int errsv = errno;

                wattle_fd_clear(&fd);
                errno = errsv;
                return -1;
        }
        connected = fd;
        return connected;
}

static gboolean open_reader(Reader *reader, const char *path, const WattleFetchRequest *request,
                            GError **error)
{
        g_autofree char *text = wattle_fetch_request_format(request);

        reader->fd = connect_to(path);
        if (reader->fd < 0) {
                g_set_error(error, WATTLE_ERROR, WATTLE_ERROR_NOT_FOUND,
                            _("wattle-fetch cannot be asked (%s: %s): install the package "
                              "wattle-update, and 'systemctl start wattle-fetch.socket'"),
                            path, g_strerror(errno));
                return FALSE;
        }
        reader->bytes = g_byte_array_new();
        reader->end_us = g_get_monotonic_time() +
                         (gint64)(PATIENCE_S + (request->timeout_s > 0 ? request->timeout_s
                                                                       : WATTLE_FETCH_TIMEOUT_S)) *
                                 G_USEC_PER_SEC;
        return wattle_write_all(reader->fd, text, strlen(text)) ||
               wattle_error_set_errno(error, errno, "wattle-fetch");
}

/* Waits for more. FALSE with an error at the end of it, too. */
static gboolean read_more(Reader *reader, GError **error)
{
        gint64 left_ms = (reader->end_us - g_get_monotonic_time()) / 1000;
        struct pollfd wait = { .fd = reader->fd, .events = POLLIN };
        guint8 chunk[65536];
        int ready = left_ms > 0 ? poll(&wait, 1, (int)left_ms) : 0;
        gssize size = ready > 0 ? read(reader->fd, chunk, sizeof chunk) : -1;

        if (ready == 0)
                return wattle_error_set_errno(error, ETIMEDOUT, "wattle-fetch");
        if (ready < 0 || size < 0)
                return (errno == EINTR) || wattle_error_set_errno(error, errno, "wattle-fetch");
        if (size == 0)
                return wattle_error_refuse(error, "wattle-fetch ended without an answer: "
                                                  "'journalctl -u wattle-fetch@*' may say why");
        g_byte_array_append(reader->bytes, chunk, (guint)size);
        return TRUE;
}

/* The next line, without its end. */
static char *read_line(Reader *reader, GError **error)
{
        for (;;) {
                const guint8 *end = reader->bytes->len > 0
                                            ? memchr(reader->bytes->data, '\n', reader->bytes->len)
                                            : NULL;
                gsize size = end ? (gsize)(end - reader->bytes->data) : reader->bytes->len;

                if (size > WATTLE_FETCH_LINE_MAX) {
                        wattle_error_refuse(error, "wattle-fetch said what is no answer");
                        return NULL;
                }
                if (end) {
                        char *line = g_strndup((const char *)reader->bytes->data, size);

                        g_byte_array_remove_range(reader->bytes, 0, (guint)size + 1);
                        return line;
                }
                if (!read_more(reader, error))
                        return NULL;
        }
}

static GBytes *read_body(Reader *reader, guint64 size, guint64 limit, GError **error)
{
        if (size > limit) {
                wattle_error_refuse(error, "wattle-fetch gives more than was asked for");
                return NULL;
        }
        while (reader->bytes->len < size)
                if (!read_more(reader, error))
                        return NULL;
        g_byte_array_set_size(reader->bytes, (guint)size);
        return g_byte_array_free_to_bytes(g_steal_pointer(&reader->bytes));
}

static GBytes *receive(Reader *reader, const WattleFetchRequest *request,
                       WattleFetchProgress progress, gpointer data, GError **error)
{
        for (;;) {
                g_autofree char *line = read_line(reader, error), *said = NULL;
                WattleFetchAnswer answer;

                if (!line || !wattle_fetch_answer_parse(line, &answer, error))
                        return NULL;
                switch (answer.kind) {
                case WATTLE_FETCH_PROGRESS:
                        if (progress)
                                progress(answer.done, answer.total, data);
                        break;
                case WATTLE_FETCH_OK:
                        return read_body(reader, answer.size, request->limit, error);
                case WATTLE_FETCH_MISSING:
                case WATTLE_FETCH_ERROR:
                        said = wattle_said_translate(answer.text);
                        g_set_error_literal(error, WATTLE_ERROR,
                                            answer.kind == WATTLE_FETCH_MISSING
                                                    ? WATTLE_ERROR_NOT_FOUND
                                                    : WATTLE_ERROR_FAILED,
                                            said);
                        return NULL;
                }
        }
}

GBytes *wattle_fetch(const char *socket_path, const WattleFetchRequest *request,
                     WattleFetchProgress progress, gpointer data, GError **error)
{
        g_auto(Reader) reader = { .fd = -1 };
        GBytes *bytes = NULL;

        if (!open_reader(&reader, socket_path, request, error))
                return NULL;
        bytes = receive(&reader, request, progress, data, error);
        if (!bytes)
                g_prefix_error(error, "%s: ", request->url);
        return bytes;
}
