/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* wattle-relay: passes on the datagrams of pairs of devices that cannot reach each other. It knows
 * nothing of meshes; wattled tells it of pairs over the socket that systemd gives it, and it ends
 * when there has been none for a while. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <systemd/sd-daemon.h>
#include <unistd.h>

#include "common/error.h"
#include "common/sys/log.h"
#include "relay/table.h"

#define PROGRAM    "wattle-relay"
#define EXIT_USAGE 2

#define IDLE_US (5 * 60 * G_USEC_PER_SEC)

typedef struct {
        sd_event *event;
        WattleRelayTable *table;
        int listener;
        int client; /* wattled's; the newest counts, for it may have been started again. -1: none */
        sd_event_source *client_source, *idle;
} Relay;

static void close_client(Relay *relay)
{
        relay->client_source = sd_event_source_disable_unref(relay->client_source);
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
        (void)sd_event_source_set_time_relative(relay->idle, IDLE_US);
        (void)sd_event_source_set_enabled(relay->idle, SD_EVENT_ONESHOT);
}

static void take(Relay *relay, const WattleRelayMessage *message)
{
        WattleRelayMessage reply = { .kind = WATTLE_RELAY_COUNTERS, .id = message->id };

        if (message->kind == WATTLE_RELAY_OPEN) {
                wattle_relay_table_open(relay->table, message, &reply);
                if (reply.port != 0)
                        (void)sd_event_source_set_enabled(relay->idle, SD_EVENT_OFF);
        } else if (message->kind == WATTLE_RELAY_COUNT) {
                wattle_relay_table_count(relay->table, &reply.counters);
        } else {
                return;
        }
        answer(relay, &reply);
}

static int on_message(G_GNUC_UNUSED sd_event_source *source, int fd, G_GNUC_UNUSED uint32_t revents,
                      void *data)
{
        Relay *relay = data;
        guint8 bytes[WATTLE_RELAY_MESSAGE_MAX + 1];
        WattleRelayMessage message;
        gssize n = recv(fd, bytes, sizeof bytes, MSG_DONTWAIT);

        if (n < 0 && (errno == EAGAIN || errno == EINTR))
                return 0;
        if (n <= 0)
                close_client(relay);
        else if (wattle_relay_message_read(bytes, (gsize)n, &message))
                take(relay, &message);
        else
                wattle_log(WATTLE_LOG_WARNING, "a message that is none");
        return 0;
}

static int on_connected(G_GNUC_UNUSED sd_event_source *source, int fd,
                        G_GNUC_UNUSED uint32_t revents, void *data)
{
        Relay *relay = data;
        int client = accept4(fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

        if (client < 0)
                return 0;
        close_client(relay);
        relay->client = client;
        if (sd_event_add_io(relay->event, &relay->client_source, client, EPOLLIN, on_message,
                            relay) < 0)
                close_client(relay);
        return 0;
}

static void on_empty(gpointer data)
{
        rest(data);
}

static int on_idle(sd_event_source *source, G_GNUC_UNUSED guint64 due_us, G_GNUC_UNUSED void *data)
{
        return sd_event_exit(sd_event_source_get_event(source), 0);
}

/* Both, so that the loop ends and not the process. */
static gboolean take_signals(sd_event *event, GError **error)
{
        sigset_t set;
        int result;

        sigemptyset(&set);
        sigaddset(&set, SIGTERM);
        sigaddset(&set, SIGINT);
        result = sigprocmask(SIG_BLOCK, &set, NULL) < 0 ? -errno : 0;
        if (result >= 0)
                result = sd_event_add_signal(event, NULL, SIGTERM, NULL, NULL);
        if (result >= 0)
                result = sd_event_add_signal(event, NULL, SIGINT, NULL, NULL);
        return result >= 0 || wattle_error_set_errno(error, -result, "signals");
}

static gboolean find_listener(Relay *relay, GError **error)
{
        int n = sd_listen_fds(1);

        if (n != 1 || sd_is_socket_unix(SD_LISTEN_FDS_START, SOCK_SEQPACKET, 1, NULL, 0) <= 0)
                return wattle_error_refuse(error, "is started by its socket unit, "
                                                  "wattle-relay@MESH.socket");
        relay->listener = SD_LISTEN_FDS_START;
        return TRUE;
}

static gboolean run(Relay *relay, GError **error)
{
        int result;

        if (!find_listener(relay, error) || !take_signals(relay->event, error))
                return FALSE;
        relay->table = wattle_relay_table_new(relay->event, on_empty, relay, error);
        if (!relay->table)
                return FALSE;
        result = sd_event_add_io(relay->event, NULL, relay->listener, EPOLLIN, on_connected, relay);
        if (result >= 0)
                result = sd_event_add_time_relative(relay->event, &relay->idle, CLOCK_BOOTTIME,
                                                    IDLE_US, G_USEC_PER_SEC, on_idle, relay);
        if (result >= 0) {
                (void)sd_notify(0, "READY=1");
                result = sd_event_loop(relay->event);
        }
        return result >= 0 || wattle_error_set_errno(error, -result, "the event loop");
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
        if (sd_event_new(&relay.event) < 0)
                return EXIT_FAILURE;
        ok = run(&relay, &error);
        if (!ok)
                wattle_log(WATTLE_LOG_ERROR, "%s", error->message);
        close_client(&relay);
        sd_event_source_disable_unref(relay.idle);
        g_clear_pointer(&relay.table, wattle_relay_table_free);
        sd_event_unref(relay.event);
        return ok ? EXIT_SUCCESS : EXIT_FAILURE;
}
