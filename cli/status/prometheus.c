/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cli/status/prometheus.h"

#include "cli/print.h"

typedef struct {
        gboolean given;
        guint64 whole;
        guint micros; /* the millionths, for seconds */
} Value;

typedef struct {
        const char *name, *type, *help;
        Value (*of_mesh)(const WattleStatus *status);
        Value (*of_peer)(const WattlePeerStatus *peer, gint64 now_us);
} Metric;

static Value whole(guint64 number)
{
        return (Value){ TRUE, number, 0 };
}

static Value mesh_up(const WattleStatus *status)
{
        return whole(status->link == WATTLE_LINK_UP);
}

static Value mesh_watched(const WattleStatus *status)
{
        return (Value){ !status->is_tailnet, status->wattled && !status->problem, 0 };
}

static Value mesh_serial(const WattleStatus *status)
{
        return (Value){ status->serial > 0, status->serial, 0 };
}

static Value relay_pairs(const WattleStatus *status)
{
        return (Value){ status->has_relayed, status->relayed.pairs, 0 };
}

static Value relay_ports(const WattleStatus *status)
{
        return (Value){ status->has_relayed, status->relayed.ports, 0 };
}

static Value relay_packets(const WattleStatus *status)
{
        return (Value){ status->has_relayed, status->relayed.packets, 0 };
}

static Value relay_bytes(const WattleStatus *status)
{
        return (Value){ status->has_relayed, status->relayed.bytes, 0 };
}

static Value relay_dropped(const WattleStatus *status)
{
        return (Value){ status->has_relayed, status->relayed.dropped, 0 };
}

static Value peer_up(const WattlePeerStatus *peer, gint64 now_us)
{
        return whole(peer->last_handshake_s > 0 &&
                     now_us / G_USEC_PER_SEC - peer->last_handshake_s < WATTLE_STATUS_SESSION_S);
}

static Value peer_handshake(const WattlePeerStatus *peer, G_GNUC_UNUSED gint64 now_us)
{
        return whole((guint64)MAX(peer->last_handshake_s, 0));
}

static Value peer_received(const WattlePeerStatus *peer, G_GNUC_UNUSED gint64 now_us)
{
        return whole(peer->rx_bytes);
}

static Value peer_sent(const WattlePeerStatus *peer, G_GNUC_UNUSED gint64 now_us)
{
        return whole(peer->tx_bytes);
}

static Value peer_rtt(const WattlePeerStatus *peer, G_GNUC_UNUSED gint64 now_us)
{
        return (Value){ peer->has_rtt, peer->rtt_us / G_USEC_PER_SEC,
                        (guint)(peer->rtt_us % G_USEC_PER_SEC) };
}

static Value peer_serial(const WattlePeerStatus *peer, G_GNUC_UNUSED gint64 now_us)
{
        return (Value){ peer->serial > 0, peer->serial, 0 };
}

/* What is not given has no sample; a handshake that never was is 0, as is the custom. */
static const Metric metrics[] = {
        { "wattle_mesh_up", "gauge", "Whether the interface of the mesh is up.", mesh_up, NULL },
        { "wattle_mesh_watched", "gauge", "Whether wattled looks after the peers of the mesh.",
          mesh_watched, NULL },
        { "wattle_mesh_serial", "gauge", "Serial of the profile that this host runs.", mesh_serial,
          NULL },
        { "wattle_relay_pairs", "gauge", "Pairs of devices that meet at this relay.", relay_pairs,
          NULL },
        { "wattle_relay_ports", "gauge", "Ports that this relay has for pairs.", relay_ports,
          NULL },
        { "wattle_relay_packets_total", "counter", "Packets passed on for pairs.", relay_packets,
          NULL },
        { "wattle_relay_bytes_total", "counter", "Bytes of the packets passed on for pairs.",
          relay_bytes, NULL },
        { "wattle_relay_dropped_packets_total", "counter",
          "Packets that came to ports of pairs and were not passed on.", relay_dropped, NULL },
        { "wattle_peer_up", "gauge",
          "Whether there was a handshake with the peer in the last 3 minutes.", NULL, peer_up },
        { "wattle_peer_last_handshake_timestamp_seconds", "gauge",
          "When the last handshake with the peer was, since 1970; 0 for never.", NULL,
          peer_handshake },
        { "wattle_peer_receive_bytes_total", "counter",
          "Bytes received from the peer, as its interface counts them.", NULL, peer_received },
        { "wattle_peer_transmit_bytes_total", "counter",
          "Bytes sent to the peer, as its interface counts them.", NULL, peer_sent },
        { "wattle_peer_round_trip_seconds", "gauge",
          "Time of the last answer to a probe of wattled.", NULL, peer_rtt },
        { "wattle_peer_serial", "gauge", "Serial of the profile that the peer says it runs.", NULL,
          peer_serial },
};

/* A value of a label, with its quotes. What else no text may have, print.h replaces. */
static char *quote(const char *text)
{
        GString *quoted = g_string_new("\"");

        for (const char *p = text; *p; p++)
                if (*p == '\n')
                        g_string_append(quoted, "\\n");
                else if (*p == '"' || *p == '\\')
                        g_string_append_printf(quoted, "\\%c", *p);
                else
                        g_string_append_c(quoted, *p);
        g_string_append_c(quoted, '"');
        return g_string_free(quoted, FALSE);
}

/* Whom no device names is called by its key. */
static char *peer_labels(const WattleStatus *status, const WattlePeerStatus *peer)
{
        g_autofree char *mesh = quote(status->mesh), *name = NULL;
        char key[WATTLE_KEY_TEXT_MAX];

        wattle_key_format(&peer->public_key, key);
        name = quote(peer->device ? peer->device : key);
        return g_strdup_printf("mesh=%s,peer=%s", mesh, name);
}

static void print_head(const char *name, const char *type, const char *help, FILE *stream)
{
        wattle_print(stream, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, type);
}

static void print_sample(const char *name, const char *labels, Value value, FILE *stream)
{
        if (value.given && value.micros > 0)
                wattle_print(stream, "%s{%s} %" G_GUINT64_FORMAT ".%06u\n", name, labels,
                             value.whole, value.micros);
        else if (value.given)
                wattle_print(stream, "%s{%s} %" G_GUINT64_FORMAT "\n", name, labels, value.whole);
}

static void print_metric(const Metric *metric, const WattleStatus *status, gint64 now_us,
                         FILE *stream)
{
        g_autofree char *mesh = quote(status->mesh);
        g_autofree char *mesh_labels = g_strconcat("mesh=", mesh, NULL);

        if (metric->of_mesh)
                print_sample(metric->name, mesh_labels, metric->of_mesh(status), stream);
        for (guint i = 0; metric->of_peer && i < status->peers->len; i++) {
                const WattlePeerStatus *peer = &g_array_index(status->peers, WattlePeerStatus, i);
                g_autofree char *labels = peer_labels(status, peer);

                print_sample(metric->name, labels, metric->of_peer(peer, now_us), stream);
        }
}

static void print_info(const WattleStatus *status, FILE *stream)
{
        g_autofree char *mesh = quote(status->mesh), *device = quote(status->device),
                        *interface = quote(status->interface);

        wattle_print(stream, "wattle_mesh_info{mesh=%s,device=%s,interface=%s,owner=\"%s\"} 1\n",
                     mesh, device, interface, wattle_owner_name(status->owner));
}

/* One of them is 1. So a path that ends has a sample that says so. */
static void print_paths(const WattleStatus *status, FILE *stream)
{
        for (guint i = 0; i < status->peers->len; i++) {
                const WattlePeerStatus *peer = &g_array_index(status->peers, WattlePeerStatus, i);
                g_autofree char *labels = peer_labels(status, peer);

                for (guint path = 0; path < WATTLE_N_PATHS; path++)
                        wattle_print(stream, "wattle_peer_path{%s,path=\"%s\"} %d\n", labels,
                                     wattle_path_name(path), peer->path == path);
        }
}

void wattle_status_prometheus(const WattleStatus *const *statuses, guint n, gint64 now_us,
                              FILE *stream)
{
        print_head("wattle_mesh_info", "gauge", "What the mesh is on this host; always 1.", stream);
        for (guint i = 0; i < n; i++)
                print_info(statuses[i], stream);
        for (guint i = 0; i < G_N_ELEMENTS(metrics); i++) {
                print_head(metrics[i].name, metrics[i].type, metrics[i].help, stream);
                for (guint j = 0; j < n; j++)
                        print_metric(&metrics[i], statuses[j], now_us, stream);
        }
        print_head("wattle_peer_path", "gauge", "How the peer is reached: one of them is 1.",
                   stream);
        for (guint i = 0; i < n; i++)
                print_paths(statuses[i], stream);
}
