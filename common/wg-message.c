/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/wg-message.h"

#include <arpa/inet.h>
#include <libmnl/libmnl.h>
#include <linux/genetlink.h>
#include <linux/wireguard.h>
#include <netinet/in.h>
#include <sodium.h>
#include <string.h>

#include "common/error.h"
#include "common/language.h"

/* The kernel's own dumps come in pages of this size; a nested attribute could not pass 64 KiB. */
#define MESSAGE_MAX 8192
/* Room for one peer without its allowed IPs, and for one allowed IP, headers and padding included.
 */
#define PEER_ROOM       256
#define ALLOWED_IP_ROOM 64

void wattle_wg_device_init(WattleWgDevice *device)
{
        *device = (WattleWgDevice){ .arena = wattle_arena_new(),
                                    .peers = g_array_new(FALSE, TRUE, sizeof(WattleWgPeer)) };
}

void wattle_wg_device_clear(WattleWgDevice *device)
{
        g_clear_pointer(&device->peers, g_array_unref);
        g_clear_pointer(&device->arena, wattle_arena_unref);
}

static gboolean refuse(GError **error, const char *what)
{
        g_set_error(error, WATTLE_ERROR, WATTLE_ERROR_INVALID, _("WireGuard's answer has a bad %s"),
                    what);
        return FALSE;
}

/* Payload of an attribute if it has just that size, else NULL. */
static gconstpointer payload_of_size(const struct nlattr *attr, gsize size)
{
        return mnl_attr_get_payload_len(attr) == size ? mnl_attr_get_payload(attr) : NULL;
}

static gboolean read_scalar(const struct nlattr *attr, gpointer ret, gsize size, const char *what,
                            GError **error)
{
        gconstpointer payload = payload_of_size(attr, size);

        if (!payload)
                return refuse(error, what);
        memcpy(ret, payload, size);
        return TRUE;
}

static gboolean read_endpoint(const struct nlattr *attr, WattleSocketAddr *ret, GError **error)
{
        return wattle_socket_addr_read(mnl_attr_get_payload(attr), mnl_attr_get_payload_len(attr),
                                       ret) ||
               refuse(error, "endpoint");
}

static gboolean read_allowed_ip(const struct nlattr *nest, WattlePrefix *ret, GError **error)
{
        WattlePrefix prefix = { 0 };
        const struct nlattr *attr, *addr = NULL;
        guint16 family = 0;
        gboolean has_length = FALSE;

        mnl_attr_for_each_nested(attr, nest)
        {
                guint16 type = mnl_attr_get_type(attr);

                if (type == WGALLOWEDIP_A_FAMILY && !read_scalar(attr, &family, 2, "family", error))
                        return FALSE;
                if (type == WGALLOWEDIP_A_CIDR_MASK) {
                        if (!read_scalar(attr, &prefix.length, 1, "prefix length", error))
                                return FALSE;
                        has_length = TRUE;
                }
                if (type == WGALLOWEDIP_A_IPADDR)
                        addr = attr;
        }
        if ((family != AF_INET && family != AF_INET6) || !addr || !has_length)
                return refuse(error, "allowed IP");
        prefix.addr.family = (guint8)family;
        if (prefix.length > wattle_addr_bits(&prefix.addr))
                return refuse(error, "prefix length");
        if (!read_scalar(addr, prefix.addr.bytes, wattle_addr_bits(&prefix.addr) / 8, "allowed IP",
                         error))
                return FALSE;
        *ret = prefix;
        return TRUE;
}

static gboolean read_allowed_ips(WattleArena *arena, const struct nlattr *nest, WattleWgPeer *peer,
                                 GError **error)
{
        g_autoptr(GArray) prefixes = g_array_new(FALSE, FALSE, sizeof(WattlePrefix));
        const struct nlattr *attr;

        if (peer->n_allowed_ips > 0)
                g_array_append_vals(prefixes, peer->allowed_ips, peer->n_allowed_ips);
        mnl_attr_for_each_nested(attr, nest)
        {
                WattlePrefix prefix;

                if (!read_allowed_ip(attr, &prefix, error))
                        return FALSE;
                g_array_append_val(prefixes, prefix);
        }
        peer->allowed_ips =
                wattle_arena_copy(arena, prefixes->data, prefixes->len * sizeof(WattlePrefix));
        peer->n_allowed_ips = prefixes->len;
        return TRUE;
}

static gboolean read_peer_attr(WattleArena *arena, const struct nlattr *attr, WattleWgPeer *peer,
                               GError **error)
{
        gint64 handshake[2]; /* struct __kernel_timespec */

        switch (mnl_attr_get_type(attr)) {
        case WGPEER_A_ENDPOINT:
                return read_endpoint(attr, &peer->endpoint, error);
        case WGPEER_A_PERSISTENT_KEEPALIVE_INTERVAL:
                return read_scalar(attr, &peer->keepalive_s, 2, "keepalive", error);
        case WGPEER_A_LAST_HANDSHAKE_TIME:
                if (!read_scalar(attr, handshake, sizeof handshake, "handshake time", error))
                        return FALSE;
                peer->last_handshake_s = handshake[0];
                return TRUE;
        case WGPEER_A_PRESHARED_KEY:
                /* Always there; all zero for none. */
                peer->has_preshared_key =
                        !sodium_is_zero(mnl_attr_get_payload(attr), mnl_attr_get_payload_len(attr));
                return TRUE;
        case WGPEER_A_RX_BYTES:
                return read_scalar(attr, &peer->rx_bytes, 8, "byte count", error);
        case WGPEER_A_TX_BYTES:
                return read_scalar(attr, &peer->tx_bytes, 8, "byte count", error);
        case WGPEER_A_ALLOWEDIPS:
                return read_allowed_ips(arena, attr, peer, error);
        default:
                return TRUE; /* a newer kernel may say more */
        }
}

/* A peer of many allowed IPs goes on in the next message, with its key again. */
static WattleWgPeer *peer_of_key(WattleWgDevice *device, const WattleKey *key)
{
        WattleWgPeer peer = { .public_key = *key };

        if (device->peers->len > 0) {
                WattleWgPeer *last =
                        &g_array_index(device->peers, WattleWgPeer, device->peers->len - 1);

                if (wattle_key_equal(&last->public_key, key))
                        return last;
        }
        g_array_append_val(device->peers, peer);
        return &g_array_index(device->peers, WattleWgPeer, device->peers->len - 1);
}

static gboolean read_peer(WattleWgDevice *device, const struct nlattr *nest, GError **error)
{
        const struct nlattr *attr;
        WattleWgPeer *peer;
        WattleKey key;
        gboolean has_key = FALSE;

        mnl_attr_for_each_nested(attr, nest)
        {
                if (mnl_attr_get_type(attr) != WGPEER_A_PUBLIC_KEY)
                        continue;
                if (!read_scalar(attr, key.bytes, sizeof key.bytes, "public key", error))
                        return FALSE;
                has_key = TRUE;
        }
        if (!has_key)
                return refuse(error, "peer");
        peer = peer_of_key(device, &key);
        mnl_attr_for_each_nested(attr, nest)
        {
                if (!read_peer_attr(device->arena, attr, peer, error))
                        return FALSE;
        }
        return TRUE;
}

static gboolean read_device_attr(WattleWgDevice *device, const struct nlattr *attr, GError **error)
{
        const struct nlattr *peer;

        switch (mnl_attr_get_type(attr)) {
        case WGDEVICE_A_IFINDEX:
                return read_scalar(attr, &device->ifindex, 4, "interface", error);
        case WGDEVICE_A_PUBLIC_KEY:
                return read_scalar(attr, device->public_key.bytes, WATTLE_KEY_SIZE, "public key",
                                   error);
        case WGDEVICE_A_LISTEN_PORT:
                return read_scalar(attr, &device->listen_port, 2, "port", error);
        case WGDEVICE_A_FWMARK:
                return read_scalar(attr, &device->fwmark, 4, "mark", error);
        case WGDEVICE_A_PEERS:
                mnl_attr_for_each_nested(peer, attr)
                {
                        if (!read_peer(device, peer, error))
                                return FALSE;
                }
                return TRUE;
        default:
                return TRUE;
        }
}

gboolean wattle_wg_device_add_message(WattleWgDevice *device, gconstpointer payload, gsize size,
                                      GError **error)
{
        const struct nlattr *attr;

        mnl_attr_for_each_payload(payload, size)
        {
                if (!read_device_attr(device, attr, error))
                        return FALSE;
        }
        return TRUE;
}

void wattle_wg_change_clear(WattleWgChange *change)
{
        g_clear_pointer(&change->peers, g_array_unref);
}

static int compare_prefixes(gconstpointer a, gconstpointer b)
{
        return wattle_prefix_compare(a, b);
}

/* The kernel lists allowed IPs in an order of its own. */
static gboolean same_prefixes(const WattlePrefix *a, guint n_a, const WattlePrefix *b, guint n_b)
{
        g_autofree WattlePrefix *x = NULL, *y = NULL;

        if (n_a != n_b)
                return FALSE;
        x = g_memdup2(a, n_a * sizeof *a);
        y = g_memdup2(b, n_b * sizeof *b);
        qsort(x, n_a, sizeof *x, compare_prefixes);
        qsort(y, n_b, sizeof *y, compare_prefixes);
        for (guint i = 0; i < n_a; i++)
                if (wattle_prefix_compare(&x[i], &y[i]) != 0)
                        return FALSE;
        return TRUE;
}

static WattleWgPeerChange new_peer(const WattlePeer *peer)
{
        return (WattleWgPeerChange){ .public_key = peer->public_key,
                                     .is_new = TRUE,
                                     .endpoint = peer->endpoint,
                                     .set_keepalive = peer->keepalive_s > 0,
                                     .keepalive_s = peer->keepalive_s,
                                     .replace_allowed_ips = TRUE,
                                     .allowed_ips = peer->allowed_ips,
                                     .n_allowed_ips = peer->n_allowed_ips };
}

/* FALSE if there is nothing to change. */
static gboolean changed_peer(const WattleWgPeer *now, const WattlePeer *wanted,
                             gboolean new_endpoint, WattleWgPeerChange *ret)
{
        *ret = (WattleWgPeerChange){ .public_key = wanted->public_key,
                                     .keepalive_s = wanted->keepalive_s,
                                     .allowed_ips = wanted->allowed_ips,
                                     .n_allowed_ips = wanted->n_allowed_ips };
        if (wanted->endpoint && (new_endpoint || !wattle_socket_addr_is_set(&now->endpoint)))
                ret->endpoint = wanted->endpoint;
        ret->set_keepalive = now->keepalive_s != wanted->keepalive_s &&
                             !(wanted->kept_open && now->keepalive_s == WATTLE_DEFAULT_KEEPALIVE_S);
        ret->replace_allowed_ips = !same_prefixes(now->allowed_ips, now->n_allowed_ips,
                                                  wanted->allowed_ips, wanted->n_allowed_ips);
        return ret->endpoint || ret->set_keepalive || ret->replace_allowed_ips;
}

static GHashTable *peers_by_key(const WattleWgDevice *device)
{
        GHashTable *peers =
                g_hash_table_new((GHashFunc)wattle_key_hash, (GEqualFunc)wattle_key_equal);

        for (guint i = 0; i < device->peers->len; i++) {
                WattleWgPeer *peer = &g_array_index(device->peers, WattleWgPeer, i);

                g_hash_table_insert(peers, &peer->public_key, peer);
        }
        return peers;
}

void wattle_wg_diff(const WattleWgDevice *device, const WattleView *view,
                    WattleEndpointChanged endpoint_changed, gpointer data, WattleWgChange *ret)
{
        g_autoptr(GHashTable) left = peers_by_key(device);
        g_autoptr(GArray) changed = g_array_new(FALSE, FALSE, sizeof(WattleWgPeerChange));
        guint32 fwmark = view->firewall_mark.given ? view->firewall_mark.value : 0;

        *ret = (WattleWgChange){ .set_private_key =
                                         !wattle_key_equal(&device->public_key, &view->public_key),
                                 .set_listen_port = device->listen_port != view->listen_port,
                                 .listen_port = view->listen_port,
                                 .set_fwmark = device->fwmark != fwmark,
                                 .fwmark = fwmark,
                                 .peers = g_array_new(FALSE, FALSE, sizeof(WattleWgPeerChange)) };
        for (guint i = 0; i < view->n_peers; i++) {
                const WattlePeer *wanted = &view->peers[i];
                const WattleWgPeer *now = g_hash_table_lookup(left, &wanted->public_key);
                WattleWgPeerChange change = new_peer(wanted);

                if (!now || changed_peer(now, wanted,
                                         wanted->endpoint && endpoint_changed &&
                                                 endpoint_changed(wanted, data),
                                         &change))
                        g_array_append_val(changed, change);
                g_hash_table_remove(left, &wanted->public_key);
        }
        for (guint i = 0; i < device->peers->len; i++) {
                const WattleWgPeer *peer = &g_array_index(device->peers, WattleWgPeer, i);
                WattleWgPeerChange removal = { .public_key = peer->public_key, .remove = TRUE };

                if (g_hash_table_contains(left, &peer->public_key))
                        g_array_append_val(ret->peers, removal);
        }
        g_array_append_vals(ret->peers, changed->data, changed->len);
}

gboolean wattle_wg_change_is_empty(const WattleWgChange *change)
{
        return !change->set_private_key && !change->set_listen_port && !change->set_fwmark &&
               change->peers->len == 0;
}

void wattle_wg_summary_add(WattleWgSummary *summary, const WattleWgChange *change)
{
        for (guint i = 0; i < change->peers->len; i++) {
                const WattleWgPeerChange *peer =
                        &g_array_index(change->peers, WattleWgPeerChange, i);

                summary->n_removed_peers += peer->remove;
                summary->n_new_peers += peer->is_new;
                summary->n_changed_peers += !peer->remove && !peer->is_new;
        }
        summary->is_set |= change->set_private_key || change->set_listen_port || change->set_fwmark;
}

/* Writes one message after the other into a buffer, and hands out copies. */
typedef struct {
        guint16 family;
        guint32 ifindex;
        GPtrArray *messages;
        char buffer[MESSAGE_MAX];
        struct nlmsghdr *header;
        struct nlattr *peers;
} Encoder;

static gboolean has_room(const Encoder *encoder, gsize room)
{
        return encoder->header->nlmsg_len + room <= MESSAGE_MAX;
}

static void begin_message(Encoder *encoder)
{
        struct genlmsghdr *genl;

        encoder->header = mnl_nlmsg_put_header(encoder->buffer);
        encoder->header->nlmsg_type = encoder->family;
        encoder->header->nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK;
        genl = mnl_nlmsg_put_extra_header(encoder->header, sizeof *genl);
        genl->cmd = WG_CMD_SET_DEVICE;
        genl->version = WG_GENL_VERSION;
        mnl_attr_put_u32(encoder->header, WGDEVICE_A_IFINDEX, encoder->ifindex);
}

static void free_message(gpointer data)
{
        GByteArray *message = data;

        sodium_memzero(message->data, message->len);
        g_byte_array_unref(message);
}

static void end_message(Encoder *encoder)
{
        GByteArray *message = g_byte_array_sized_new(encoder->header->nlmsg_len);

        g_byte_array_append(message, (const guint8 *)encoder->buffer, encoder->header->nlmsg_len);
        g_ptr_array_add(encoder->messages, message);
        sodium_memzero(encoder->buffer, sizeof encoder->buffer);
}

static void begin_peers(Encoder *encoder)
{
        encoder->peers = mnl_attr_nest_start(encoder->header, WGDEVICE_A_PEERS);
}

static void next_message(Encoder *encoder)
{
        mnl_attr_nest_end(encoder->header, encoder->peers);
        end_message(encoder);
        begin_message(encoder);
        begin_peers(encoder);
}

static void put_endpoint(struct nlmsghdr *header, const WattleSocketAddr *endpoint)
{
        WattleKernelAddr at;
        guint size = wattle_socket_addr_write(endpoint, &at);

        mnl_attr_put(header, WGPEER_A_ENDPOINT, size, &at);
}

static void put_allowed_ip(struct nlmsghdr *header, const WattlePrefix *prefix)
{
        struct nlattr *nest = mnl_attr_nest_start(header, 0);

        mnl_attr_put_u16(header, WGALLOWEDIP_A_FAMILY, prefix->addr.family);
        mnl_attr_put(header, WGALLOWEDIP_A_IPADDR, wattle_addr_bits(&prefix->addr) / 8,
                     prefix->addr.bytes);
        mnl_attr_put_u8(header, WGALLOWEDIP_A_CIDR_MASK, prefix->length);
        mnl_attr_nest_end(header, nest);
}

static void put_peer_head(struct nlmsghdr *header, const WattleWgPeerChange *change)
{
        guint32 flags = 0;

        mnl_attr_put(header, WGPEER_A_PUBLIC_KEY, WATTLE_KEY_SIZE, change->public_key.bytes);
        if (change->remove)
                flags |= WGPEER_F_REMOVE_ME;
        if (change->replace_allowed_ips)
                flags |= WGPEER_F_REPLACE_ALLOWEDIPS;
        /* A peer that somebody else removed meanwhile must not come back half made. */
        if (!change->is_new && !change->remove)
                flags |= WGPEER_F_UPDATE_ONLY;
        mnl_attr_put_u32(header, WGPEER_A_FLAGS, flags);
        if (change->endpoint)
                put_endpoint(header, change->endpoint);
        if (change->set_keepalive)
                mnl_attr_put_u16(header, WGPEER_A_PERSISTENT_KEEPALIVE_INTERVAL,
                                 change->keepalive_s);
}

/* Allowed IPs that do not fit go on in the next message, there added to what the peer has. */
static void encode_peer(Encoder *encoder, const WattleWgPeerChange *change)
{
        guint n = change->replace_allowed_ips ? change->n_allowed_ips : 0, i = 0;
        WattleWgPeerChange part = *change;

        if (!has_room(encoder, PEER_ROOM))
                next_message(encoder);
        for (;;) {
                struct nlattr *peer = mnl_attr_nest_start(encoder->header, 0), *list;

                put_peer_head(encoder->header, &part);
                list = mnl_attr_nest_start(encoder->header, WGPEER_A_ALLOWEDIPS);
                while (i < n && has_room(encoder, ALLOWED_IP_ROOM))
                        put_allowed_ip(encoder->header, &change->allowed_ips[i++]);
                mnl_attr_nest_end(encoder->header, list);
                mnl_attr_nest_end(encoder->header, peer);
                if (i == n)
                        return;
                next_message(encoder);
                part = (WattleWgPeerChange){ .public_key = change->public_key };
        }
}

GPtrArray *wattle_wg_encode_change(guint16 family, guint32 ifindex, const WattleWgChange *change,
                                   const WattleKey *private_key)
{
        Encoder encoder = { .family = family,
                            .ifindex = ifindex,
                            .messages = g_ptr_array_new_with_free_func(free_message) };

        begin_message(&encoder);
        if (change->set_private_key)
                mnl_attr_put(encoder.header, WGDEVICE_A_PRIVATE_KEY, WATTLE_KEY_SIZE,
                             private_key->bytes);
        if (change->set_listen_port)
                mnl_attr_put_u16(encoder.header, WGDEVICE_A_LISTEN_PORT, change->listen_port);
        if (change->set_fwmark)
                mnl_attr_put_u32(encoder.header, WGDEVICE_A_FWMARK, change->fwmark);
        begin_peers(&encoder);
        for (guint i = 0; i < change->peers->len; i++)
                encode_peer(&encoder, &g_array_index(change->peers, WattleWgPeerChange, i));
        mnl_attr_nest_end(encoder.header, encoder.peers);
        end_message(&encoder);
        return encoder.messages;
}
