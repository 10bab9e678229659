/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "daemon/talk/mapper.h"

#include <errno.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "common/error.h"
#include "common/sys/log.h"

/* Where wattle-portmap@MESH.socket listens, below the root. */
#define PORTMAP_SOCKET "run/wattle/portmap/"

/* After it ended, or was not there: systemd starts it with the next connection. */
#define AGAIN_US (60 * G_USEC_PER_SEC)

struct WattleMapper {
        WattleSurroundings *around;
        const char *mesh;
        void (*changed)(gpointer data);
        gpointer data;
        guint16 wanted; /* 0: none */
        int fd;         /* to wattle-portmap; -1: none */
        sd_event_source *source, *again;
        WattleSocketAddr at;
        const char *problem;
        gboolean complained; /* that it is not there */
};

static void set(WattleMapper *mapper, const WattleSocketAddr *at, const char *problem)
{
        gboolean is_new = !wattle_socket_addr_equal(at, &mapper->at);

        mapper->at = *at;
        mapper->problem = problem;
        if (is_new)
                mapper->changed(mapper->data);
}

static void disconnect(WattleMapper *mapper)
{
        mapper->source = sd_event_source_disable_unref(mapper->source);
        if (mapper->fd >= 0)
                close(mapper->fd);
        mapper->fd = -1;
}

/* What it had, it gives back, or has given back. */
static void lose(WattleMapper *mapper)
{
        const WattleSocketAddr none = { 0 };

        disconnect(mapper);
        set(mapper, &none, "wattle-portmap does not run");
        (void)sd_event_source_set_time_relative(mapper->again, AGAIN_US);
        (void)sd_event_source_set_enabled(mapper->again, SD_EVENT_ONESHOT);
}

static int on_message(G_GNUC_UNUSED sd_event_source *source, int fd, G_GNUC_UNUSED uint32_t revents,
                      void *data)
{
        WattleMapper *mapper = data;
        const WattleSocketAddr none = { 0 };
        guint8 bytes[WATTLE_PORTMAP_MESSAGE_SIZE + 1];
        WattlePortmapMessage message;
        gssize n = recv(fd, bytes, sizeof bytes, MSG_DONTWAIT);

        if (n < 0 && (errno == EAGAIN || errno == EINTR))
                return 0;
        if (n <= 0)
                lose(mapper);
        else if (!wattle_portmap_message_read(bytes, (gsize)n, &message))
                return 0;
        else if (message.kind == WATTLE_PORTMAP_MAPPED)
                set(mapper, &message.at, NULL);
        else if (message.kind == WATTLE_PORTMAP_FAILED)
                set(mapper, &none, wattle_portmap_failure_text(message.failure));
        return 0;
}

static gboolean connect_portmap(WattleMapper *mapper, GError **error)
{
        struct sockaddr_un address = { .sun_family = AF_UNIX };
        int result;

        if (mapper->fd >= 0)
                return TRUE;
        (void)snprintf(address.sun_path, sizeof address.sun_path,
                       "/proc/self/fd/%d/" PORTMAP_SOCKET "%s", mapper->around->root_fd,
                       mapper->mesh);
        mapper->fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
        result = mapper->fd < 0 ? -errno : 0;
        if (result == 0 &&
            connect(mapper->fd, (const struct sockaddr *)&address, sizeof address) < 0)
                result = -errno;
        if (result == 0)
                result = sd_event_add_io(mapper->around->event, &mapper->source, mapper->fd,
                                         EPOLLIN, on_message, mapper);
        if (result >= 0)
                return TRUE;
        disconnect(mapper);
        return wattle_error_set_errno(error, -result, "/" PORTMAP_SOCKET "%s", mapper->mesh);
}

static void complain(WattleMapper *mapper, const GError *error)
{
        if (!mapper->complained)
                wattle_log(WATTLE_LOG_WARNING, "%s: the router is asked for no port: %s",
                           mapper->mesh, error->message);
        mapper->complained = TRUE;
}

static void ask(WattleMapper *mapper)
{
        const WattlePortmapMessage wanted = { .kind = WATTLE_PORTMAP_WANTED,
                                              .at.port = mapper->wanted };
        guint8 bytes[WATTLE_PORTMAP_MESSAGE_SIZE];
        g_autoptr(GError) error = NULL;

        (void)sd_event_source_set_enabled(mapper->again, SD_EVENT_OFF);
        if (!connect_portmap(mapper, &error)) {
                complain(mapper, error);
                lose(mapper);
                return;
        }
        wattle_portmap_message_write(&wanted, bytes);
        if (send(mapper->fd, bytes, sizeof bytes, MSG_DONTWAIT | MSG_NOSIGNAL) !=
            (gssize)sizeof bytes) {
                lose(mapper);
                return;
        }
        mapper->complained = FALSE;
}

static int on_again(G_GNUC_UNUSED sd_event_source *source, G_GNUC_UNUSED guint64 due_us, void *data)
{
        ask(data);
        return 0;
}

void wattle_mapper_want(WattleMapper *mapper, guint16 port)
{
        const WattleSocketAddr none = { 0 };

        if (port == mapper->wanted)
                return;
        mapper->wanted = port;
        if (port != 0) {
                ask(mapper);
                return;
        }
        (void)sd_event_source_set_enabled(mapper->again, SD_EVENT_OFF);
        disconnect(mapper);
        set(mapper, &none, NULL);
}

void wattle_mapper_links_changed(WattleMapper *mapper)
{
        if (mapper->wanted != 0)
                ask(mapper);
}

const WattleSocketAddr *wattle_mapper_at(const WattleMapper *mapper)
{
        return &mapper->at;
}

const char *wattle_mapper_problem(const WattleMapper *mapper)
{
        return mapper->problem;
}

WattleMapper *wattle_mapper_new(WattleSurroundings *around, const char *mesh,
                                void (*changed)(gpointer data), gpointer data)
{
        WattleMapper *mapper = g_new0(WattleMapper, 1);
        int result;

        *mapper = (WattleMapper){
                .around = around, .mesh = mesh, .changed = changed, .data = data, .fd = -1
        };
        result = sd_event_add_time(around->event, &mapper->again, CLOCK_BOOTTIME, G_MAXUINT64,
                                   G_USEC_PER_SEC, on_again, mapper);
        if (result >= 0)
                result = sd_event_source_set_enabled(mapper->again, SD_EVENT_OFF);
        if (result < 0)
                wattle_log(WATTLE_LOG_ERROR, "%s: a timer: %s", mesh, g_strerror(-result));
        return mapper;
}

void wattle_mapper_free(WattleMapper *mapper)
{
        disconnect(mapper);
        sd_event_source_disable_unref(mapper->again);
        g_free(mapper);
}
