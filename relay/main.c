/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* wattle-relay: passes on the datagrams of pairs of devices that cannot reach each other. It knows
 * nothing of meshes; wattled tells it of pairs over the socket that systemd gives it, and it ends
 * when there has been none for a while. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/error.h"
#include "common/scalar.h"
#include "common/sys/log.h"
#include "relay/table.h"

#define PROGRAM    "wattle-relay"
#define EXIT_USAGE 2

#define IDLE_US (5 * 60 * G_USEC_PER_SEC)

#define LISTENER 3 /* the first descriptor that systemd hands over, see sd_listen_fds(3) */

typedef struct {
        WattleRelayLoop *loop;
        WattleRelayTable *table;
        int client; /* wattled's; the newest counts, for it may have been started again. -1: none */
        WattleRelayWatch *client_watch, *listener, *idle;
} Relay;

static void close_client(Relay *relay)
{
        g_clear_pointer(&relay->client_watch, wattle_relay_watch_free);
        if (relay->client >= 0)
                close(relay->client);
        relay->client = -1;
}

static void answer(Relay *relay, const WattleRelayMessage *message)
{
        guint8 bytes[WATTLE_RELAY_MESSAGE_MAX];
        gsize size = wattle_relay_message_write(message, bytes);

        /* It asks again if it does not hear. */
        (void)!send(relay->client, bytes, size, MSG_DONTWAIT | MSG_NOSIGNAL);
}

static void rest(Relay *relay)
{
        wattle_relay_timer_set(relay->idle, IDLE_US);
}

static void take(Relay *relay, const WattleRelayMessage *message)
{
        WattleRelayMessage reply = { .kind = WATTLE_RELAY_COUNTERS, .id = message->id };

        if (message->kind == WATTLE_RELAY_OPEN) {
                wattle_relay_table_open(relay->table, message, &reply);
                if (reply.port != 0)
                        wattle_relay_timer_set(relay->idle, 0);
        } else if (message->kind == WATTLE_RELAY_COUNT) {
                wattle_relay_table_count(relay->table, &reply.counters);
        } else {
                return;
        }
        answer(relay, &reply);
}

static void on_message(int fd, gpointer data)
{
        Relay *relay = data;
        guint8 bytes[WATTLE_RELAY_MESSAGE_MAX + 1];
        WattleRelayMessage message;
        gssize n = recv(fd, bytes, sizeof bytes, MSG_DONTWAIT);

        if (n < 0 && (errno == EAGAIN || errno == EINTR))
                return;
        if (n <= 0)
                close_client(relay);
        else if (wattle_relay_message_read(bytes, (gsize)n, &message))
                take(relay, &message);
        else
                wattle_log(WATTLE_LOG_WARNING, "a message that is none");
}

static void on_connected(int fd, gpointer data)
{
        Relay *relay = data;
        int client = accept4(fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

        if (client < 0)
                return;
        close_client(relay);
        relay->client = client;
        relay->client_watch = wattle_relay_loop_watch(relay->loop, client, on_message, relay);
        if (!relay->client_watch)
                close_client(relay);
}

static void on_empty(gpointer data)
{
        rest(data);
}

static void on_idle(G_GNUC_UNUSED int fd, gpointer data)
{
        const Relay *relay = data;

        wattle_relay_loop_end(relay->loop);
}

static gboolean is_listener(int fd)
{
        int type = 0, listens = 0;
        socklen_t size = sizeof type;

        return getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &size) == 0 && type == SOCK_SEQPACKET &&
               getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listens, &size) == 0 && listens != 0;
}

/* sd_listen_fds(3) in short. */
static gboolean has_listener(GError **error)
{
        const char *pid = g_getenv("LISTEN_PID"), *n = g_getenv("LISTEN_FDS");
        guint64 number;

        if (pid && n && wattle_uint_parse(pid, 1, G_MAXINT32, &number, NULL) &&
            number == (guint64)getpid() && strcmp(n, "1") == 0 && is_listener(LISTENER))
                return TRUE;
        return wattle_error_refuse(error, "is started by its socket unit, "
                                          "wattle-relay@MESH.socket");
}

static gboolean run(Relay *relay, GError **error)
{
        relay->loop = has_listener(error) ? wattle_relay_loop_new(error) : NULL;
        if (!relay->loop)
                return FALSE;
        relay->table = wattle_relay_table_new(relay->loop, on_empty, relay, error);
        if (!relay->table)
                return FALSE;
        relay->listener = wattle_relay_loop_watch(relay->loop, LISTENER, on_connected, relay);
        if (relay->listener)
                relay->idle = wattle_relay_loop_timer(relay->loop, on_idle, relay);
        if (!relay->idle)
                return wattle_error_set_errno(error, errno, "the event loop");
        rest(relay);
        return wattle_relay_loop_run(relay->loop, error);
}

static int usage(const char *text)
{
        if (strcmp(text, "--version") == 0)
                puts(PROGRAM " " WATTLE_VERSION);
        else if (strcmp(text, "--help") == 0)
                puts("Usage: " PROGRAM "\n"
                     "Passes on the datagrams of pairs of devices that cannot reach each other. "
                     "Started by\nwattle-relay@MESH.socket; see wattle-relay(8).");
        else {
                fprintf(stderr, PROGRAM ": no arguments are taken; see " PROGRAM " --help\n");
                return EXIT_USAGE;
        }
        return EXIT_SUCCESS;
}

int main(int argc, char **argv)
{
        Relay relay = { .client = -1 };
        g_autoptr(GError) error = NULL;
        gboolean ok;

        if (argc > 1)
                return usage(argv[1]);
        ok = run(&relay, &error);
        if (!ok)
                wattle_log(WATTLE_LOG_ERROR, "%s", error->message);
        close_client(&relay);
        wattle_relay_watch_free(relay.listener);
        wattle_relay_watch_free(relay.idle);
        wattle_relay_table_free(relay.table);
        wattle_relay_loop_free(relay.loop);
        return ok ? EXIT_SUCCESS : EXIT_FAILURE;
}
