/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* wattle-portmap: has the router of a home send a UDP port on to this host, for as long as wattled
 * is connected to the socket that systemd gives it. It knows nothing of meshes. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <systemd/sd-daemon.h>
#include <unistd.h>

#include "common/error.h"
#include "common/sys/clock.h"
#include "common/sys/log.h"
#include "portmap/exchange.h"

#define PROGRAM    "wattle-portmap"
#define EXIT_USAGE 2

/* After the end of a connection: wattled that starts again has its port as before. */
#define LINGER_US (10 * G_USEC_PER_SEC)

typedef struct {
        sd_event *event;
        int listener;
        int client; /* wattled's; the newest counts. -1: none */
        sd_event_source *client_source, *timer, *linger;
        guint16 wanted; /* 0: none yet */
        WattleLease lease;
        WattleExchange *exchange;
        gboolean giving_back;
        gboolean ending;
        gboolean hurried; /* while an exchange was under way */
} Portmap;

static void go_on(Portmap *portmap);

static void tell(const Portmap *portmap)
{
        const WattleLease *lease = &portmap->lease;
        WattlePortmapMessage message = { .kind = WATTLE_PORTMAP_FAILED, .failure = lease->failure };
        guint8 bytes[WATTLE_PORTMAP_MESSAGE_SIZE];

        if (lease->taken_us == 0 || portmap->client < 0)
                return;
        if (lease->usable)
                message = (WattlePortmapMessage){ .kind = WATTLE_PORTMAP_MAPPED,
                                                  .protocol = lease->protocol,
                                                  .at = lease->at };
        wattle_portmap_message_write(&message, bytes);
        (void)!send(portmap->client, bytes, sizeof bytes, MSG_DONTWAIT | MSG_NOSIGNAL);
}

static void log_news(const Portmap *portmap)
{
        const WattleLease *lease = &portmap->lease;
        char at[WATTLE_SOCKET_ADDR_TEXT_MAX];

        wattle_socket_addr_format(&lease->at, at);
        if (lease->usable)
                wattle_log(WATTLE_LOG_INFO, "the router sends %s on to UDP port %u here (%s)", at,
                           portmap->wanted, wattle_portmap_protocol_name(lease->protocol));
        else
                wattle_log(WATTLE_LOG_INFO, "%s", wattle_portmap_failure_text(lease->failure));
}

static void on_answer(const WattleLeaseAnswer *answer, gpointer data)
{
        Portmap *portmap = data;
        gint64 now_us = wattle_clock_now_us();
        WattleLeaseNews news;

        portmap->exchange = NULL;
        if (portmap->giving_back) {
                portmap->lease.held = FALSE;
        } else {
                news = wattle_lease_take(&portmap->lease, answer, now_us);
                if (news == WATTLE_LEASE_REBOOTED)
                        wattle_log(WATTLE_LOG_INFO, "the router was started anew");
                if (news != WATTLE_LEASE_SAME) {
                        log_news(portmap);
                        tell(portmap);
                }
        }
        if (portmap->hurried)
                wattle_lease_hurry(&portmap->lease);
        portmap->hurried = FALSE;
        go_on(portmap);
}

static void begin(Portmap *portmap, gboolean give_back)
{
        WattleRouterJob job = { portmap->wanted, portmap->lease, give_back };
        g_autoptr(GError) error = NULL;

        portmap->giving_back = give_back;
        portmap->exchange = wattle_exchange_new(portmap->event, &job, on_answer, portmap, &error);
        if (portmap->exchange)
                return;
        wattle_log(WATTLE_LOG_ERROR, "%s", error->message);
        sd_event_exit(portmap->event, EXIT_FAILURE);
}

/* The next thing that is due. */
static void go_on(Portmap *portmap)
{
        const WattleLease *lease = &portmap->lease;

        (void)sd_event_source_set_enabled(portmap->timer, SD_EVENT_OFF);
        if (portmap->exchange)
                return;
        if (lease->held && (portmap->ending || !lease->usable)) {
                begin(portmap, TRUE);
        } else if (portmap->ending) {
                sd_event_exit(portmap->event, 0);
        } else if (portmap->wanted != 0 && lease->next_us <= wattle_clock_now_us()) {
                begin(portmap, FALSE);
        } else if (portmap->wanted != 0) {
                (void)sd_event_source_set_time(portmap->timer, (guint64)lease->next_us);
                (void)sd_event_source_set_enabled(portmap->timer, SD_EVENT_ONESHOT);
        }
}

static int on_timer(G_GNUC_UNUSED sd_event_source *source, G_GNUC_UNUSED guint64 due_us, void *data)
{
        go_on(data);
        return 0;
}

/* Whatever was begun is of no use any more; what the router has given by now, it gets back. */
static void end(Portmap *portmap)
{
        if (portmap->ending)
                return;
        portmap->ending = TRUE;
        (void)sd_notify(0, "STOPPING=1");
        go_on(portmap);
}

static int on_linger(G_GNUC_UNUSED sd_event_source *source, G_GNUC_UNUSED guint64 due_us,
                     void *data)
{
        end(data);
        return 0;
}

static void linger(Portmap *portmap)
{
        (void)sd_event_source_set_time_relative(portmap->linger, LINGER_US);
        (void)sd_event_source_set_enabled(portmap->linger, SD_EVENT_ONESHOT);
}

static void close_client(Portmap *portmap)
{
        portmap->client_source = sd_event_source_disable_unref(portmap->client_source);
        if (portmap->client >= 0)
                close(portmap->client);
        portmap->client = -1;
}

/* Another port: that of before goes back first. */
static void take(Portmap *portmap, guint16 port)
{
        if (portmap->wanted != 0 && portmap->wanted != port) {
                end(portmap);
                return;
        }
        portmap->wanted = port;
        tell(portmap);
        if (portmap->exchange)
                portmap->hurried = TRUE;
        else
                wattle_lease_hurry(&portmap->lease);
        go_on(portmap);
}

static int on_message(G_GNUC_UNUSED sd_event_source *source, int fd, G_GNUC_UNUSED uint32_t revents,
                      void *data)
{
        Portmap *portmap = data;
        guint8 bytes[WATTLE_PORTMAP_MESSAGE_SIZE + 1];
        WattlePortmapMessage message;
        gssize n = recv(fd, bytes, sizeof bytes, MSG_DONTWAIT);

        if (n < 0 && (errno == EAGAIN || errno == EINTR))
                return 0;
        if (n <= 0) {
                close_client(portmap);
                linger(portmap);
        } else if (wattle_portmap_message_read(bytes, (gsize)n, &message) &&
                   message.kind == WATTLE_PORTMAP_WANTED) {
                take(portmap, message.at.port);
        } else {
                wattle_log(WATTLE_LOG_WARNING, "a message that is none");
        }
        return 0;
}

static int on_connected(G_GNUC_UNUSED sd_event_source *source, int fd,
                        G_GNUC_UNUSED uint32_t revents, void *data)
{
        Portmap *portmap = data;
        int client = accept4(fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

        if (client < 0)
                return 0;
        close_client(portmap);
        portmap->client = client;
        (void)sd_event_source_set_enabled(portmap->linger, SD_EVENT_OFF);
        if (sd_event_add_io(portmap->event, &portmap->client_source, client, EPOLLIN, on_message,
                            portmap) < 0)
                close_client(portmap);
        return 0;
}

static int on_signal(G_GNUC_UNUSED sd_event_source *source,
                     G_GNUC_UNUSED const struct signalfd_siginfo *signal, void *data)
{
        end(data);
        return 0;
}

static int watch_signals(Portmap *portmap)
{
        sigset_t set;
        int result;

        sigemptyset(&set);
        sigaddset(&set, SIGTERM);
        sigaddset(&set, SIGINT);
        result = sigprocmask(SIG_BLOCK, &set, NULL) < 0 ? -errno : 0;
        if (result >= 0)
                result = sd_event_add_signal(portmap->event, NULL, SIGTERM, on_signal, portmap);
        if (result >= 0)
                result = sd_event_add_signal(portmap->event, NULL, SIGINT, on_signal, portmap);
        return result;
}

static int add_timer(Portmap *portmap, sd_event_source **ret, sd_event_time_handler_t handler)
{
        int result = sd_event_add_time(portmap->event, ret, CLOCK_BOOTTIME, G_MAXUINT64,
                                       G_USEC_PER_SEC, handler, portmap);

        return result < 0 ? result : sd_event_source_set_enabled(*ret, SD_EVENT_OFF);
}

static gboolean run(Portmap *portmap, GError **error)
{
        int result;

        portmap->listener = SD_LISTEN_FDS_START;
        if (sd_listen_fds(1) != 1 ||
            sd_is_socket_unix(portmap->listener, SOCK_SEQPACKET, 1, NULL, 0) <= 0)
                return wattle_error_refuse(error, "is started by its socket unit, "
                                                  "wattle-portmap@MESH.socket");
        result = watch_signals(portmap);
        if (result >= 0)
                result = add_timer(portmap, &portmap->timer, on_timer);
        if (result >= 0)
                result = add_timer(portmap, &portmap->linger, on_linger);
        if (result >= 0)
                result = sd_event_add_io(portmap->event, NULL, portmap->listener, EPOLLIN,
                                         on_connected, portmap);
        if (result >= 0) {
                linger(portmap);
                (void)sd_notify(0, "READY=1");
                result = sd_event_loop(portmap->event);
        }
        return result >= 0 || wattle_error_set_errno(error, -result, "the event loop");
}

static int usage(const char *text)
{
        if (strcmp(text, "--version") == 0)
                puts(PROGRAM " " WATTLE_VERSION);
        else if (strcmp(text, "--help") == 0)
                puts("Usage: " PROGRAM "\n"
                     "Has the router send a port on to this host. Started by "
                     "wattle-portmap@MESH.socket;\nsee wattle-portmap(8).");
        else {
                fprintf(stderr, PROGRAM ": no arguments are taken; see " PROGRAM " --help\n");
                return EXIT_USAGE;
        }
        return EXIT_SUCCESS;
}

int main(int argc, char **argv)
{
        Portmap portmap = { .client = -1 };
        g_autoptr(GError) error = NULL;
        gboolean ok;

        if (argc > 1)
                return usage(argv[1]);
        if (sd_event_new(&portmap.event) < 0)
                return EXIT_FAILURE;
        ok = run(&portmap, &error);
        if (!ok)
                wattle_log(WATTLE_LOG_ERROR, "%s", error->message);
        wattle_exchange_free(portmap.exchange);
        close_client(&portmap);
        sd_event_source_disable_unref(portmap.timer);
        sd_event_source_disable_unref(portmap.linger);
        sd_event_unref(portmap.event);
        return ok ? EXIT_SUCCESS : EXIT_FAILURE;
}
