/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "daemon/talk/broker.h"

#include <errno.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "common/error.h"
#include "common/relay-message.h"
#include "common/sys/clock.h"
#include "common/sys/log.h"

/* Where wattle-relay@MESH.socket listens, below the root. */
#define RELAY_SOCKET "run/wattle/relay/"

/* Questions to wattle-relay without an answer; who asks more has to ask again. */
#define MAX_OPEN 32

/* REJECT_AFTER_TIME of WireGuard: a member that was not heard for so long is not there. */
#define SESSION_S 180

typedef struct {
        guint32 id; /* 0: none */
        WattleKey asker, other;
} Question;

struct WattleBroker {
        WattleSurroundings *around;
        const WattleRoster *roster;
        const char *mesh;
        WattleProber *prober;
        int fd; /* to wattle-relay; -1: none */
        sd_event_source *source;
        guint32 next_id;
        Question questions[MAX_OPEN];
        gboolean complained; /* that wattle-relay is not there */
};

static void disconnect(WattleBroker *broker)
{
        broker->source = sd_event_source_disable_unref(broker->source);
        if (broker->fd >= 0)
                close(broker->fd);
        broker->fd = -1;
}

static void tell(const WattleBroker *broker, const WattleKey *to, const WattleKey *other,
                 guint16 port)
{
        const WattleMember *member = wattle_roster_with_key(broker->roster, to);
        const WattleMember *about = wattle_roster_with_key(broker->roster, other);
        WattlePairing pairing = { .kind = port != 0 ? WATTLE_PAIRING_OFFERED
                                                    : WATTLE_PAIRING_REFUSED,
                                  .port = port,
                                  .other = *other };

        if (!broker->prober || !member || member->n_addresses == 0)
                return;
        if (port != 0 && about) {
                pairing.seen = about->endpoint;
                pairing.seen.scope = 0;
        }
        wattle_prober_send_pairing(broker->prober, &member->addresses[0], &pairing);
}

static const char *const refusals[WATTLE_N_RELAY_REFUSALS] = {
        [WATTLE_RELAY_FULL] = "all ports of RelayPorts= are taken",
        [WATTLE_RELAY_SHARE] = "one of the two has as many pairs as a device may have",
        [WATTLE_RELAY_NO_PAIR] = "this device is retiring, and takes no new pairs",
        [WATTLE_RELAY_NO_PORT] = "other programs have the ports of RelayPorts=",
};

static void take(WattleBroker *broker, const WattleRelayMessage *message)
{
        Question *question = &broker->questions[message->id % MAX_OPEN];

        if (message->kind != WATTLE_RELAY_OPENED || question->id != message->id)
                return;
        question->id = 0;
        tell(broker, &question->asker, &question->other, message->port);
        if (message->port != 0)
                tell(broker, &question->other, &question->asker, message->port);
        else if (message->refusal != WATTLE_RELAY_NO_PAIR)
                wattle_log(WATTLE_LOG_WARNING, "%s: a pair was not relayed: %s", broker->mesh,
                           refusals[message->refusal]);
}

static int on_message(G_GNUC_UNUSED sd_event_source *source, int fd, G_GNUC_UNUSED uint32_t revents,
                      void *data)
{
        WattleBroker *broker = data;
        guint8 bytes[WATTLE_RELAY_MESSAGE_MAX + 1];
        WattleRelayMessage message;
        gssize n = recv(fd, bytes, sizeof bytes, MSG_DONTWAIT);

        if (n < 0 && (errno == EAGAIN || errno == EINTR))
                return 0;
        if (n <= 0)
                disconnect(broker); /* it had no pair for a while */
        else if (wattle_relay_message_read(bytes, (gsize)n, &message))
                take(broker, &message);
        return 0;
}

/* systemd starts it with the connection, which waits there until it does. */
static gboolean connect_relay(WattleBroker *broker, GError **error)
{
        struct sockaddr_un address = { .sun_family = AF_UNIX };
        int result;

        if (broker->fd >= 0)
                return TRUE;
        (void)snprintf(address.sun_path, sizeof address.sun_path,
                       "/proc/self/fd/%d/" RELAY_SOCKET "%s", broker->around->root_fd,
                       broker->mesh);
        broker->fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
        result = broker->fd < 0 ? -errno : 0;
        if (result == 0 &&
            connect(broker->fd, (const struct sockaddr *)&address, sizeof address) < 0)
                result = -errno;
        if (result == 0)
                result = sd_event_add_io(broker->around->event, &broker->source, broker->fd,
                                         EPOLLIN, on_message, broker);
        if (result >= 0)
                return TRUE;
        disconnect(broker);
        return wattle_error_set_errno(error, -result, "/" RELAY_SOCKET "%s", broker->mesh);
}

static void complain(WattleBroker *broker, const GError *error)
{
        if (!broker->complained)
                wattle_log(WATTLE_LOG_WARNING,
                           "%s: this device has Relay=, but wattle-relay is not there: %s",
                           broker->mesh, error->message);
        broker->complained = TRUE;
}

static gboolean send_message(WattleBroker *broker, const WattleRelayMessage *message)
{
        guint8 bytes[WATTLE_RELAY_MESSAGE_MAX];
        gsize size = wattle_relay_message_write(message, bytes);

        /* One that ended for want of pairs is seen with the next packet: once more then. */
        for (guint i = 0; i < 2; i++) {
                g_autoptr(GError) error = NULL;

                if (!connect_relay(broker, &error)) {
                        complain(broker, error);
                        return FALSE;
                }
                if (send(broker->fd, bytes, size, MSG_DONTWAIT | MSG_NOSIGNAL) == (gssize)size) {
                        broker->complained = FALSE;
                        return TRUE;
                }
                disconnect(broker);
        }
        return FALSE;
}

static gboolean is_there(const WattleMember *member)
{
        return member && member->in_kernel && member->managed &&
               wattle_socket_addr_is_set(&member->endpoint) && member->last_handshake_s > 0 &&
               g_get_real_time() / G_USEC_PER_SEC - member->last_handshake_s < SESSION_S;
}

void wattle_broker_ask(WattleBroker *broker, const WattleMember *member, const WattleKey *other)
{
        const WattleMember *peer = wattle_roster_with_key(broker->roster, other);
        WattleRelayMessage open = { .kind = WATTLE_RELAY_OPEN,
                                    .only_old = broker->roster->relay == WATTLE_RELAY_RETIRING,
                                    .ports = broker->roster->relay_ports };
        Question *question;

        if (broker->roster->relay == WATTLE_RELAY_NO || peer == member || !is_there(member) ||
            !is_there(peer)) {
                tell(broker, &member->key, other, 0);
                return;
        }
        open.id = ++broker->next_id == 0 ? ++broker->next_id : broker->next_id;
        open.ends[0] = (WattleRelayEnd){ member->key, member->endpoint.addr };
        open.ends[1] = (WattleRelayEnd){ peer->key, peer->endpoint.addr };
        question = &broker->questions[open.id % MAX_OPEN];
        *question = (Question){ open.id, member->key, peer->key };
        if (!send_message(broker, &open)) {
                question->id = 0;
                tell(broker, &member->key, other, 0);
        }
}

void wattle_broker_use(WattleBroker *broker, WattleProber *prober)
{
        broker->prober = prober;
}

WattleBroker *wattle_broker_new(WattleSurroundings *around, const WattleRoster *roster,
                                const char *mesh)
{
        WattleBroker *broker = g_new0(WattleBroker, 1);

        broker->around = around;
        broker->roster = roster;
        broker->mesh = mesh;
        broker->fd = -1;
        return broker;
}

void wattle_broker_free(WattleBroker *broker)
{
        disconnect(broker);
        g_free(broker);
}
