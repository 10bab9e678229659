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

/* Callers who wait for its counters. */
#define MAX_COUNTS 32

/* REJECT_AFTER_TIME of WireGuard: a member that was not heard for so long is not there. */
#define SESSION_S 180

typedef struct {
        guint32 id; /* 0: none */
        WattleKey asker, other;
} Question;

typedef struct {
        guint32 id;
        WattleRelayCounted counted;
        gpointer data;
} Count;

struct WattleBroker {
        WattleSurroundings *around;
        const WattleRoster *roster;
        const char *mesh;
        WattleProber *prober;
        int fd; /* to wattle-relay; -1: none */
        sd_event_source *source;
        guint32 next_id;
        Question questions[MAX_OPEN];
        GArray *counts;      /* of Count */
        gboolean looked;     /* whether one runs from before */
        gboolean complained; /* that wattle-relay is not there */
};

static void end_counts(WattleBroker *broker)
{
        g_autoptr(GArray) counts = g_steal_pointer(&broker->counts);

        broker->counts = g_array_new(FALSE, FALSE, sizeof(Count));
        for (guint i = 0; i < counts->len; i++) {
                const Count *count = &g_array_index(counts, Count, i);

                count->counted(NULL, count->data);
        }
}

static void disconnect(WattleBroker *broker)
{
        broker->source = sd_event_source_disable_unref(broker->source);
        if (broker->fd >= 0)
                close(broker->fd);
        broker->fd = -1;
        end_counts(broker);
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
        if (port != 0) {
                pairing.you = member->endpoint;
                pairing.you.scope = 0;
        }
        wattle_prober_send_pairing(broker->prober, &member->addresses[0], &pairing);
}

static const char *const refusals[WATTLE_N_RELAY_REFUSALS] = {
        [WATTLE_RELAY_FULL] = "all ports of RelayPorts= are taken",
        [WATTLE_RELAY_SHARE] = "one of the two has as many pairs as a device may have",
        [WATTLE_RELAY_NO_PAIR] = "this device is retiring, and takes no new pairs",
        [WATTLE_RELAY_NO_PORT] = "other programs have the ports of RelayPorts=",
};

static void take_counters(WattleBroker *broker, const WattleRelayMessage *message)
{
        for (guint i = 0; i < broker->counts->len; i++) {
                const Count count = g_array_index(broker->counts, Count, i);

                if (count.id != message->id)
                        continue;
                g_array_remove_index(broker->counts, i);
                count.counted(&message->counters, count.data);
                return;
        }
}

static void take_opened(WattleBroker *broker, const WattleRelayMessage *message)
{
        Question *question = &broker->questions[message->id % MAX_OPEN];

        if (question->id != message->id)
                return;
        question->id = 0;
        tell(broker, &question->asker, &question->other, message->port);
        if (message->port != 0)
                tell(broker, &question->other, &question->asker, message->port);
        else if (message->refusal != WATTLE_RELAY_NO_PAIR)
                wattle_log(WATTLE_LOG_WARNING, "%s: a pair was not relayed: %s", broker->mesh,
                           refusals[message->refusal]);
}

static void take(WattleBroker *broker, const WattleRelayMessage *message)
{
        if (message->kind == WATTLE_RELAY_OPENED)
                take_opened(broker, message);
        else if (message->kind == WATTLE_RELAY_COUNTERS)
                take_counters(broker, message);
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

static guint32 next_id(WattleBroker *broker)
{
        return ++broker->next_id == 0 ? ++broker->next_id : broker->next_id;
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
        open.id = next_id(broker);
        open.ends[0] = (WattleRelayEnd){ member->key, member->endpoint.addr };
        open.ends[1] = (WattleRelayEnd){ peer->key, peer->endpoint.addr };
        question = &broker->questions[open.id % MAX_OPEN];
        *question = (Question){ open.id, member->key, peer->key };
        if (!send_message(broker, &open)) {
                question->id = 0;
                tell(broker, &member->key, other, 0);
        }
}

void wattle_broker_count(WattleBroker *broker, WattleRelayCounted counted, gpointer data)
{
        const WattlePorts *ports = &broker->roster->relay_ports;
        WattleRelayCounters none = { 0 };
        WattleRelayMessage message = { .kind = WATTLE_RELAY_COUNT };
        Count count = { .counted = counted, .data = data };

        if (broker->fd < 0) {
                if (broker->roster->relay != WATTLE_RELAY_NO)
                        none.ports = (guint32)ports->last - ports->first + 1;
                counted(&none, data);
                return;
        }
        count.id = message.id = next_id(broker);
        if (broker->counts->len == MAX_COUNTS) {
                counted(NULL, data);
                return;
        }
        g_array_append_val(broker->counts, count);
        if (!send_message(broker, &message))
                end_counts(broker);
}

/* One that was started for a wattled before this has its pairs still; else one begins, and ends
 * soon. Where there is none to be had, the first pair tells. */
void wattle_broker_use(WattleBroker *broker, WattleProber *prober)
{
        broker->prober = prober;
        if (!prober || broker->looked || broker->roster->relay == WATTLE_RELAY_NO)
                return;
        broker->looked = TRUE;
        (void)!connect_relay(broker, NULL);
}

WattleBroker *wattle_broker_new(WattleSurroundings *around, const WattleRoster *roster,
                                const char *mesh)
{
        WattleBroker *broker = g_new0(WattleBroker, 1);

        broker->around = around;
        broker->roster = roster;
        broker->mesh = mesh;
        broker->fd = -1;
        broker->counts = g_array_new(FALSE, FALSE, sizeof(Count));
        return broker;
}

void wattle_broker_free(WattleBroker *broker)
{
        disconnect(broker);
        g_array_unref(broker->counts);
        g_free(broker);
}
