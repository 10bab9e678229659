/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "daemon/bus/asker.h"

#include <errno.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "common/sys/log.h"

/* wattle-lookup itself gives up after eight; and systemd has to start it, which takes a slow or
 * busy host some more. The engine waits for 30 s (common/migrate/state.h). */
#define TIMEOUT_US (20 * G_USEC_PER_SEC)

/* The socket unit takes twice as many. */
#define MAX_RUNNING 4

struct WattleAsker {
        sd_event *event;
        const char *path;
        GQueue waiting; /* of WattleAsking */
        guint n_running;
        gboolean complained;
};

struct WattleAsking {
        WattleAsker *asker;
        WattleLookupQuestion question;
        WattleAsked asked;
        gpointer data;
        int fd; /* -1: it waits for its turn, or failed */
        sd_event_source *source, *timer;
};

static void start_next(WattleAsker *asker);

static void asking_free(WattleAsking *asking)
{
        sd_event_source_disable_unref(asking->source);
        sd_event_source_disable_unref(asking->timer);
        if (asking->fd >= 0)
                close(asking->fd);
        g_free(asking);
}

/* Off the list of those that run. */
static void end(WattleAsking *asking)
{
        WattleAsker *asker = asking->asker;

        asking_free(asking);
        asker->n_running--;
        start_next(asker);
}

static void finish(WattleAsking *asking, const WattleLookupAnswer *answer)
{
        WattleAsked asked = asking->asked;
        gpointer data = asking->data;

        end(asking);
        asked(answer->addresses, answer->n_addresses, data);
}

/* That nothing listens is no news: wattle-lookup is not installed, of which 'wattle apply' warns.
 */
static void complain(WattleAsker *asker, int failure)
{
        if (failure == 0)
                asker->complained = FALSE;
        if (failure == 0 || failure == ENOENT || asker->complained)
                return;
        asker->complained = TRUE;
        wattle_log(
                WATTLE_LOG_WARNING,
                "names of endpoints cannot be looked up past the tunnel (%s), so they are through "
                "it: see wattle-lookup(8), or install systemd-resolved",
                g_strerror(failure));
}

static int on_answer(G_GNUC_UNUSED sd_event_source *source, int fd, G_GNUC_UNUSED uint32_t revents,
                     void *data)
{
        WattleAsking *asking = data;
        guint8 bytes[WATTLE_LOOKUP_ANSWER_MAX + 1];
        WattleLookupAnswer answer = { 0 };
        gssize n = recv(fd, bytes, sizeof bytes, MSG_DONTWAIT);

        if (n < 0 && (errno == EAGAIN || errno == EINTR))
                return 0;
        if (n <= 0)
                answer.failure = n < 0 ? errno : ECONNRESET;
        else if (!wattle_lookup_answer_read(bytes, (gsize)n, &answer))
                answer.failure = EPROTO;
        complain(asking->asker, answer.failure);
        finish(asking, &answer);
        return 0;
}

static int on_timeout(G_GNUC_UNUSED sd_event_source *source, G_GNUC_UNUSED guint64 due_us,
                      void *data)
{
        WattleAsking *asking = data;
        const WattleLookupAnswer none = { 0 };

        if (asking->fd >= 0)
                complain(asking->asker, ETIMEDOUT);
        finish(asking, &none);
        return 0;
}

/* Negative errno. A socket that systemd holds takes the connection and the question at once. */
static int say(WattleAsking *asking)
{
        struct sockaddr_un address = { .sun_family = AF_UNIX };
        guint8 bytes[WATTLE_LOOKUP_QUESTION_MAX];
        gsize size = wattle_lookup_question_write(&asking->question, bytes);

        (void)snprintf(address.sun_path, sizeof address.sun_path, "%s", asking->asker->path);
        asking->fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
        if (asking->fd < 0 ||
            connect(asking->fd, (const struct sockaddr *)&address, sizeof address) < 0 ||
            send(asking->fd, bytes, size, MSG_NOSIGNAL) < 0)
                return -errno;
        return sd_event_add_io(asking->asker->event, &asking->source, asking->fd, EPOLLIN,
                               on_answer, asking);
}

/* Whoever asks is answered from the event loop, also if it cannot be asked. */
static void start(WattleAsking *asking)
{
        int result = say(asking);
        guint64 limit_us = TIMEOUT_US;

        if (result < 0) {
                complain(asking->asker, -result);
                if (asking->fd >= 0)
                        close(asking->fd);
                asking->fd = -1;
                limit_us = 0;
        }
        (void)sd_event_add_time_relative(asking->asker->event, &asking->timer, CLOCK_BOOTTIME,
                                         limit_us, 1, on_timeout, asking);
}

static void start_next(WattleAsker *asker)
{
        while (asker->n_running < MAX_RUNNING && !g_queue_is_empty(&asker->waiting)) {
                asker->n_running++;
                start(g_queue_pop_head(&asker->waiting));
        }
}

WattleAsker *wattle_asker_new(sd_event *event, const char *path)
{
        WattleAsker *asker = g_new0(WattleAsker, 1);

        asker->event = sd_event_ref(event);
        asker->path = path;
        return asker;
}

void wattle_asker_free(WattleAsker *asker)
{
        sd_event_unref(asker->event);
        g_free(asker);
}

WattleAsking *wattle_asker_ask(WattleAsker *asker, const WattleLookupQuestion *question,
                               WattleAsked asked, gpointer data)
{
        WattleAsking *asking = g_new(WattleAsking, 1);

        *asking = (WattleAsking){
                .asker = asker, .question = *question, .asked = asked, .data = data, .fd = -1
        };
        g_queue_push_tail(&asker->waiting, asking);
        start_next(asker);
        return asking;
}

void wattle_asking_cancel(WattleAsking *asking)
{
        if (g_queue_remove(&asking->asker->waiting, asking))
                asking_free(asking);
        else
                end(asking);
}
