/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/sys/kernel/wireguard.h"

#include <linux/genetlink.h>
#include <linux/netlink.h>
#include <linux/wireguard.h>

#include "common/error.h"

/* A peer that comes or goes while the kernel tells of a device spoils the answer. */
#define DUMP_TRIES 10

gboolean wattle_wireguard_open(WattleWireguard *wireguard, GError **error)
{
        if (!wattle_netlink_open(&wireguard->netlink, NETLINK_GENERIC, error))
                return FALSE;
        if (wattle_netlink_find_family(&wireguard->netlink, WG_GENL_NAME, &wireguard->family,
                                       error))
                return TRUE;
        wattle_wireguard_close(wireguard);
        return FALSE;
}

void wattle_wireguard_close(WattleWireguard *wireguard)
{
        wattle_netlink_close(&wireguard->netlink);
}

static gboolean on_device(const struct nlmsghdr *message, gpointer data, GError **error)
{
        return wattle_wg_device_add_message(
                data, mnl_nlmsg_get_payload_offset(message, sizeof(struct genlmsghdr)),
                mnl_nlmsg_get_payload_len(message) - MNL_ALIGN(sizeof(struct genlmsghdr)), error);
}

static gboolean dump(WattleWireguard *wireguard, const char *interface, WattleWgDevice *device,
                     GError **error)
{
        char buffer[256];
        struct nlmsghdr *header = mnl_nlmsg_put_header(buffer);
        struct genlmsghdr *genl;

        header->nlmsg_type = wireguard->family;
        header->nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK | NLM_F_DUMP;
        genl = mnl_nlmsg_put_extra_header(header, sizeof *genl);
        genl->cmd = WG_CMD_GET_DEVICE;
        genl->version = WG_GENL_VERSION;
        mnl_attr_put_strz(header, WGDEVICE_A_IFNAME, interface);
        return wattle_netlink_request(&wireguard->netlink, header, on_device, device, error);
}

gboolean wattle_wireguard_get(WattleWireguard *wireguard, const char *interface,
                              WattleWgDevice *device, GError **error)
{
        for (guint tries = 1;; tries++) {
                g_autoptr(GError) own_error = NULL;

                if (dump(wireguard, interface, device, &own_error))
                        return TRUE;
                if (!wireguard->netlink.interrupted || tries == DUMP_TRIES) {
                        g_propagate_error(error, g_steal_pointer(&own_error));
                        return FALSE;
                }
                wattle_wg_device_clear(device);
                wattle_wg_device_init(device);
        }
}

gboolean wattle_wireguard_set(WattleWireguard *wireguard, guint32 ifindex,
                              const WattleWgChange *change, const WattleKey *private_key,
                              GError **error)
{
        g_autoptr(GPtrArray) messages =
                wattle_wg_encode_change(wireguard->family, ifindex, change, private_key);

        for (guint i = 0; i < messages->len; i++) {
                GByteArray *message = g_ptr_array_index(messages, i);

                if (!wattle_netlink_request(&wireguard->netlink, (struct nlmsghdr *)message->data,
                                            NULL, NULL, error))
                        return FALSE;
        }
        return TRUE;
}
