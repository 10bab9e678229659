/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Whatever a device has, the messages made of the difference turn it into what the view wants: SET
 * and GET have the same attributes, so what we encode is read back as if the kernel had told it. */
#include "common/wg-message.h"

#include <libmnl/libmnl.h>
#include <linux/genetlink.h>
#include <linux/netlink.h>
#include <linux/wireguard.h>
#include <string.h>

#include "tests/unit/fixture.h"

#define FAMILY  21
#define IFINDEX 7
#define HEADERS (sizeof(struct nlmsghdr) + sizeof(struct genlmsghdr))

#define MESH "[Mesh]\nSubnet=10.77.0.0/24 fd77::/64\n"
#define NAS  "[Device nas]\nPublicKey=" KEY_A "\nAddress=10.77.0.1\n"
#define VPS                                                                                        \
        "[Device vps]\nPublicKey=" KEY_B "\nAddress=10.77.0.2 fd77::2\n"                           \
        "PublicEndpoint=[2001:db8::1]:51820\nRoutes=192.0.2.0/24\nExitNode=yes\n"
#define GW "[Device gw]\nPublicKey=" KEY_C "\nAddress=10.77.0.3\nPublicEndpoint=198.51.100.7:1\n"

static void read_messages(WattleWgDevice *device, const GPtrArray *messages)
{
        for (guint i = 0; i < messages->len; i++) {
                const GByteArray *message = g_ptr_array_index(messages, i);
                const struct nlmsghdr *header =
                        (const struct nlmsghdr *)(gconstpointer)message->data;
                g_autoptr(GError) error = NULL;

                g_assert_cmpuint(header->nlmsg_len, ==, message->len);
                g_assert_cmpuint(header->nlmsg_type, ==, FAMILY);
                check_error(wattle_wg_device_add_message(device, message->data + HEADERS,
                                                         message->len - HEADERS, &error),
                            &error, NULL);
        }
}

/* A device as it is after everything that the view wants was sent to an empty one. */
static guint fill_device(WattleWgDevice *device, const WattleView *view)
{
        g_auto(WattleWgDevice) empty = { 0 };
        g_auto(WattleWgChange) change = { 0 };
        g_autoptr(GPtrArray) messages = NULL;
        WattleKey private_key;

        wattle_wg_device_init(&empty);
        wattle_wg_diff(&empty, view, NULL, NULL, &change);
        g_assert_true(change.set_private_key);
        g_assert_true(wattle_key_parse(KEY_D, &private_key, NULL));
        messages = wattle_wg_encode_change(FAMILY, IFINDEX, &change, &private_key);
        wattle_wg_device_init(device);
        read_messages(device, messages);
        device->public_key = view->public_key;
        return messages->len;
}

static char *prefixes_text(const WattlePrefix *prefixes, guint n)
{
        GString *text = g_string_new(NULL);

        for (guint i = 0; i < n; i++) {
                char prefix[WATTLE_PREFIX_TEXT_MAX];

                wattle_prefix_format(&prefixes[i], prefix);
                g_string_append_printf(text, "%s%s", i == 0 ? "" : ",", prefix);
        }
        return g_string_free(text, FALSE);
}

static void new_device(void)
{
        g_autoptr(WattleView) view =
                good_view(MESH NAS VPS GW, "nas", "ListenPort=4\nExitNode=vps\n");
        g_auto(WattleWgDevice) device = { 0 };
        g_auto(WattleWgChange) again = { 0 };

        g_assert_cmpuint(fill_device(&device, view), ==, 1);
        g_assert_cmpuint(device.ifindex, ==, IFINDEX);
        g_assert_cmpuint(device.listen_port, ==, 4);
        g_assert_cmpuint(device.fwmark, ==, 51820);
        g_assert_cmpuint(device.peers->len, ==, view->n_peers);
        for (guint i = 0; i < device.peers->len; i++) {
                const WattleWgPeer *peer = &g_array_index(device.peers, WattleWgPeer, i);
                const WattlePeer *wanted = &view->peers[i];
                g_autofree char *got = prefixes_text(peer->allowed_ips, peer->n_allowed_ips);
                g_autofree char *expected =
                        prefixes_text(wanted->allowed_ips, wanted->n_allowed_ips);

                g_assert_true(wattle_key_equal(&peer->public_key, &wanted->public_key));
                g_assert_cmpstr(got, ==, expected);
                g_assert_true(wattle_socket_addr_equal(&peer->endpoint, wanted->endpoint));
                g_assert_cmpuint(peer->keepalive_s, ==, wanted->keepalive_s);
        }
        wattle_wg_diff(&device, view, NULL, NULL, &again);
        g_assert_true(wattle_wg_change_is_empty(&again));
}

/* What wattled has the kernel send to a peer that nobody can call stays; another number does not.
 */
static void kept_open(void)
{
        static const struct {
                guint16 keepalive_s;
                gboolean stays;
        } rows[] = { { 0, TRUE }, { WATTLE_DEFAULT_KEEPALIVE_S, TRUE }, { 7, FALSE } };

        for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
                g_autoptr(WattleView) view =
                        good_view(MESH NAS "[Device r]\nPublicKey=" KEY_D "\nAddress=10.77.0.9\n"
                                           "PublicEndpoint=203.0.113.1:1\nRelay=yes\n"
                                           "[Device b]\nPublicKey=" KEY_C "\nAddress=10.77.0.8\n",
                                  "nas", "");
                g_auto(WattleWgDevice) device = { 0 };
                g_auto(WattleWgChange) again = { 0 };

                g_assert_cmpuint(fill_device(&device, view), ==, 1);
                g_assert_true(view->peers[0].kept_open);
                g_array_index(device.peers, WattleWgPeer, 0).keepalive_s = rows[i].keepalive_s;
                wattle_wg_diff(&device, view, NULL, NULL, &again);
                g_assert_cmpint(wattle_wg_change_is_empty(&again), ==, rows[i].stays);
        }
}

/* A link-local endpoint keeps its interface. */
static void scope(void)
{
        WattleSocketAddr endpoint;
        WattleWgPeerChange peer = { .is_new = TRUE, .endpoint = &endpoint };
        g_auto(WattleWgChange)
                change = { .peers = g_array_new(FALSE, FALSE, sizeof(WattleWgPeerChange)) };
        g_auto(WattleWgDevice) device = { 0 };
        g_autoptr(GPtrArray) messages = NULL;
        const WattleWgPeer *read;

        g_assert_true(wattle_socket_addr_parse("[fe80::1%7]:51820", &endpoint, NULL));
        g_assert_true(wattle_key_parse(KEY_A, &peer.public_key, NULL));
        g_array_append_val(change.peers, peer);
        messages = wattle_wg_encode_change(FAMILY, IFINDEX, &change, NULL);
        wattle_wg_device_init(&device);
        read_messages(&device, messages);
        read = &g_array_index(device.peers, WattleWgPeer, 0);
        g_assert_true(wattle_socket_addr_equal(&read->endpoint, &endpoint));
}

/* What the kernel says of a peer's pre-shared key, which is always there. */
static void preshared_key(void)
{
        for (guint8 byte = 0; byte < 2; byte++) {
                char buffer[512] = { 0 };
                struct nlmsghdr *header = mnl_nlmsg_put_header(buffer);
                struct nlattr *peers = mnl_attr_nest_start(header, WGDEVICE_A_PEERS);
                struct nlattr *peer = mnl_attr_nest_start(header, 0);
                g_auto(WattleWgDevice) device = { 0 };
                WattleKey key = { { 1 } }, preshared = { { 0 } };

                preshared.bytes[WATTLE_KEY_SIZE - 1] = byte;
                mnl_attr_put(header, WGPEER_A_PUBLIC_KEY, WATTLE_KEY_SIZE, key.bytes);
                mnl_attr_put(header, WGPEER_A_PRESHARED_KEY, WATTLE_KEY_SIZE, preshared.bytes);
                mnl_attr_nest_end(header, peer);
                mnl_attr_nest_end(header, peers);
                wattle_wg_device_init(&device);
                g_assert_true(wattle_wg_device_add_message(&device, mnl_nlmsg_get_payload(header),
                                                           mnl_nlmsg_get_payload_len(header),
                                                           NULL));
                g_assert_cmpint(g_array_index(device.peers, WattleWgPeer, 0).has_preshared_key, ==,
                                byte != 0);
        }
}

/* What changes between two meshes, a word for each peer. */
typedef struct {
        const char *name;
        const char *from, *from_local, *to, *to_local;
        const char *changes;
} Row;

static const Row rows[] = {
        { "nothing", MESH NAS VPS GW, "", MESH GW NAS VPS, "", "" },
        { "new-peer", MESH NAS VPS, "", MESH NAS VPS GW, "", "+" KEY_C " ips endpoint keepalive " },
        { "removed-peer", MESH NAS VPS GW, "", MESH NAS VPS, "", "-" KEY_C " " },
        { "routes", MESH NAS VPS GW, "", MESH NAS VPS GW, "AcceptRoutes=yes\n", "=" KEY_B " ips " },
        { "exit-node", MESH NAS VPS, "", MESH NAS VPS, "ExitNode=vps\n", "mark =" KEY_B " ips " },
        { "no-exit-node", MESH NAS VPS, "ExitNode=vps\n", MESH NAS VPS, "",
          "mark =" KEY_B " ips " },
        { "port", MESH NAS VPS, "", MESH NAS VPS, "ListenPort=4\n", "port " },
        { "keepalive", MESH NAS VPS, "", MESH NAS "Keepalive=5\n" VPS, "",
          "=" KEY_B " keepalive " },
        { "no-keepalive", MESH NAS VPS, "", MESH NAS "Keepalive=off\n" VPS, "",
          "=" KEY_B " keepalive " },
        /* Removals first: the address may go to another peer. */
        { "address-moves", MESH NAS GW, "",
          MESH NAS "[Device x]\nPublicKey=" KEY_D "\nAddress=10.77.0.3\n", "",
          "-" KEY_C " +" KEY_D " ips " },
};

static char *change_text(const WattleWgChange *change)
{
        GString *text = g_string_new(NULL);

        g_string_append_printf(text, "%s%s", change->set_listen_port ? "port " : "",
                               change->set_fwmark ? "mark " : "");
        for (guint i = 0; i < change->peers->len; i++) {
                const WattleWgPeerChange *peer =
                        &g_array_index(change->peers, WattleWgPeerChange, i);
                char key[WATTLE_KEY_TEXT_MAX];

                wattle_key_format(&peer->public_key, key);
                g_string_append_printf(text, "%s%s %s%s%s",
                                       peer->remove   ? "-"
                                       : peer->is_new ? "+"
                                                      : "=",
                                       key, peer->replace_allowed_ips ? "ips " : "",
                                       peer->endpoint ? "endpoint " : "",
                                       peer->set_keepalive ? "keepalive " : "");
        }
        return g_string_free(text, FALSE);
}

/* For people the same is counted. */
static void check_summary(const WattleWgChange *change, const char *changes)
{
        g_auto(GStrv) words = g_strsplit(changes, " ", -1);
        WattleWgSummary summary = { 0 };
        guint n_new = 0, n_changed = 0, n_removed = 0;
        gboolean is_set = FALSE;

        for (guint i = 0; words[i]; i++) {
                n_new += *words[i] == '+';
                n_changed += *words[i] == '=';
                n_removed += *words[i] == '-';
                is_set |= strcmp(words[i], "port") == 0 || strcmp(words[i], "mark") == 0;
        }
        wattle_wg_summary_add(&summary, change);
        g_assert_cmpuint(summary.n_new_peers, ==, n_new);
        g_assert_cmpuint(summary.n_changed_peers, ==, n_changed);
        g_assert_cmpuint(summary.n_removed_peers, ==, n_removed);
        g_assert_cmpint(summary.is_set, ==, is_set);
}

static void row(gconstpointer data)
{
        const Row *row = data;
        g_autoptr(WattleView) from = good_view(row->from, "nas", row->from_local);
        g_autoptr(WattleView) to = good_view(row->to, "nas", row->to_local);
        g_auto(WattleWgDevice) device = { 0 };
        g_auto(WattleWgChange) change = { 0 };
        g_autofree char *text = NULL;

        fill_device(&device, from);
        wattle_wg_diff(&device, to, NULL, NULL, &change);
        g_assert_false(change.set_private_key);
        text = change_text(&change);
        g_assert_cmpstr(text, ==, row->changes);
        check_summary(&change, row->changes);
        g_assert_cmpint(wattle_wg_change_is_empty(&change), ==, !*row->changes);
}

/* More peers than one message holds: all arrive, each message fits a datagram. */
static void many_peers(void)
{
        g_autoptr(GString) text = g_string_new("[Mesh]\nSubnet=10.0.0.0/8 fd77::/64\n" NAS);
        g_autoptr(WattleView) view = NULL;
        g_auto(WattleWgDevice) device = { 0 };
        g_auto(WattleWgChange) again = { 0 };

        g_string_replace(text, "10.77.0.1", "10.0.0.1 fd77::1", 0);
        for (guint i = 0; i < 2000; i++) {
                WattleKey key = { { (guint8)i, (guint8)(i >> 8), 9 } };
                char key_text[WATTLE_KEY_TEXT_MAX];

                wattle_key_format(&key, key_text);
                g_string_append_printf(text,
                                       "[Device d%u]\nPublicKey=%s\nAddress=10.1.%u.%u\n"
                                       "PublicEndpoint=203.0.113.%u:%u\nRoutes=",
                                       i, key_text, i >> 8, i & 255, i % 250 + 1, i + 1);
                for (guint j = 0; j < (i == 5 ? 256 : 2); j++)
                        g_string_append_printf(text, "fd00:%x:%x::/48 ", i, j);
                g_string_append_c(text, '\n');
        }
        view = good_view(text->str, "nas", "AcceptRoutes=yes\n");
        g_assert_cmpuint(fill_device(&device, view), >, 1);
        g_assert_cmpuint(device.peers->len, ==, 2000);
        wattle_wg_diff(&device, view, NULL, NULL, &again);
        g_assert_true(wattle_wg_change_is_empty(&again));
}

/* Cut off anywhere, a message is refused or read in part, and nothing is read behind its end. */
static void cut_messages(void)
{
        g_autoptr(WattleView) view = good_view(MESH NAS VPS GW, "nas", "");
        g_auto(WattleWgDevice) empty = { 0 };
        g_auto(WattleWgChange) change = { 0 };
        g_autoptr(GPtrArray) messages = NULL;
        const GByteArray *message;
        WattleKey key = { { 1 } };

        wattle_wg_device_init(&empty);
        wattle_wg_diff(&empty, view, NULL, NULL, &change);
        messages = wattle_wg_encode_change(FAMILY, IFINDEX, &change, &key);
        message = g_ptr_array_index(messages, 0);
        for (gsize size = 0; size < message->len - HEADERS; size++) {
                g_autofree guint8 *bytes = g_memdup2(message->data + HEADERS, size);
                g_auto(WattleWgDevice) device = { 0 };
                g_autoptr(GError) error = NULL;
                gboolean ok;

                wattle_wg_device_init(&device);
                ok = wattle_wg_device_add_message(&device, bytes, size, &error);
                g_assert_cmpint(ok, ==, error == NULL);
        }
}

int main(int argc, char **argv)
{
        g_test_init(&argc, &argv, NULL);
        g_test_add_func("/wg-message/new-device", new_device);
        add_rows("/wg-message/diff", rows, row);
        g_test_add_func("/wg-message/scope", scope);
        g_test_add_func("/wg-message/preshared-key", preshared_key);
        g_test_add_func("/wg-message/many-peers", many_peers);
        g_test_add_func("/wg-message/cut-messages", cut_messages);
        g_test_add_func("/wg/kept-open", kept_open);
        return g_test_run();
}
