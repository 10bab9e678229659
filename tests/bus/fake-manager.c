/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/bus/fake-manager.h"

#include <netinet/in.h>
#include <string.h>

#include "common/error.h"
#include "common/status.h"

#define HOME 0
#define WORK 1

WattleManager *fake_manager_new(void)
{
        WattleManager *manager = g_new0(WattleManager, 1);

        manager->told = g_string_new(NULL);
        manager->path = WATTLE_PATH_PUBLIC;
        return manager;
}

void fake_manager_free(WattleManager *manager)
{
        g_string_free(manager->told, TRUE);
        g_free(manager);
}

void wattle_manager_free(G_GNUC_UNUSED WattleManager *manager)
{
        g_assert_not_reached(); /* it is its maker's */
}

void fake_manager_change(WattleManager *manager, WattleChanged changed, guint mesh, guint peer)
{
        manager->changed(changed, mesh, peer, manager->changed_data);
}

void fake_manager_probed(WattleManager *manager, gboolean answered, guint32 rtt_us, const char *why)
{
        manager->probed(answered, rtt_us, why, g_queue_pop_head(&manager->probing));
}

void wattle_manager_reload(WattleManager *manager)
{
        g_string_append(manager->told, "reload\n");
}

guint wattle_manager_count(const WattleManager *manager)
{
        return manager->gone ? 0 : 2;
}

void wattle_manager_get(const WattleManager *manager, guint index, WattleManagerMesh *ret)
{
        g_assert_cmpuint(index, <, wattle_manager_count(manager));
        if (index == HOME)
                *ret = (WattleManagerMesh){
                        .name = "home",
                        .device = "a",
                        .interface = "wattle-none", /* no host has it */
                        .owner = WATTLE_OWNER_NETWORKD,
                        .exists = TRUE,
                        .up = TRUE,
                        .migrate = TRUE,
                        .relays = TRUE,
                        .mapped = { .addr = { AF_INET, { 192, 0, 2, 5 } }, .port = 4000 },
                        .listen_port = 51820,
                        .n_peers = 2,
                };
        else
                *ret = (WattleManagerMesh){
                        .name = "work-2",
                        .device = "x",
                        .interface = "work",
                        .owner = WATTLE_OWNER_NETWORK_MANAGER,
                        .exists = TRUE,
                        .mapping_problem = "the router gives no port",
                        .problem = "its profile is bad",
                };
}

gboolean wattle_manager_find(const WattleManager *manager, const char *name, guint *ret_index)
{
        *ret_index = strcmp(name, "home") == 0 ? HOME : WORK;
        return !manager->gone && (strcmp(name, "home") == 0 || strcmp(name, "work-2") == 0);
}

void wattle_manager_get_peer(const WattleManager *manager, guint mesh, guint index,
                             WattlePeerStatus *ret)
{
        static WattleAddr address;

        g_assert_cmpuint(mesh, ==, HOME);
        g_assert_true(wattle_addr_parse("10.42.0.2", &address, NULL));
        if (index == 1) {
                *ret = (WattlePeerStatus){ .device = "c" };
                return;
        }
        *ret = (WattlePeerStatus){
                .device = "b",
                .addresses = &address,
                .n_addresses = 1,
                .managed = TRUE,
                .path = manager->path,
                .has_since = TRUE,
                .since_us = 1,
                .last_handshake_s = 1700000000,
                .rx_bytes = 11,
                .tx_bytes = 12,
                .has_rtt = TRUE,
                .rtt_us = 1300,
                .reason = "its LAN is here",
                .relay = "vps",
                .why_relayed = "a NAT",
                .introduced_by = "vps",
        };
        memset(ret->public_key.bytes, 1, sizeof ret->public_key.bytes);
        g_assert_true(wattle_addr_parse("192.0.2.1", &ret->endpoint.addr, NULL));
        ret->endpoint.port = 51820;
}

guint wattle_manager_get_ways(G_GNUC_UNUSED const WattleManager *manager, guint mesh, guint index,
                              WattleMigrateWay ret[WATTLE_MIGRATE_MAX_CANDIDATES])
{
        g_assert_cmpuint(mesh, ==, HOME);
        ret[0] = (WattleMigrateWay){ .source = WATTLE_SOURCE_RELAY,
                                     .at.port = 21900,
                                     .reach = WATTLE_REACH_GATEWAY,
                                     .held_us = 7 * G_USEC_PER_SEC };
        g_assert_true(wattle_addr_parse("192.0.2.9", &ret[0].at.addr, NULL));
        return index == 0 ? 1 : 0;
}

gboolean wattle_manager_find_peer(G_GNUC_UNUSED const WattleManager *manager, guint mesh,
                                  const char *name, guint *ret_index)
{
        *ret_index = strcmp(name, "c") == 0;
        return mesh == HOME && (strcmp(name, "b") == 0 || strcmp(name, "c") == 0);
}

gboolean wattle_manager_refresh(WattleManager *manager, G_GNUC_UNUSED guint mesh,
                                G_GNUC_UNUSED GError **error)
{
        manager->n_refreshed++;
        return TRUE;
}

static gboolean refuse(const WattleManager *manager, GError **error)
{
        if (manager->refuse)
                g_set_error_literal(error, WATTLE_ERROR, WATTLE_ERROR_FAILED,
                                    "the interface is down");
        return manager->refuse;
}

gboolean wattle_manager_migrate(WattleManager *manager, guint mesh, guint peer,
                                const WattleSocketAddr *to, GError **error)
{
        char text[WATTLE_SOCKET_ADDR_TEXT_MAX];

        if (refuse(manager, error))
                return FALSE;
        wattle_socket_addr_format(to ? to : &(WattleSocketAddr){ 0 }, text);
        g_string_append_printf(manager->told, "migrate %u %u %s\n", mesh, peer, text);
        return TRUE;
}

gboolean wattle_manager_probe(WattleManager *manager, guint mesh, guint peer, WattleProbed probed,
                              gpointer data, GError **error)
{
        if (refuse(manager, error))
                return FALSE;
        g_string_append_printf(manager->told, "probe %u %u\n", mesh, peer);
        manager->probed = probed;
        g_queue_push_tail(&manager->probing, data);
        return TRUE;
}

void wattle_manager_count_relay(WattleManager *manager, guint mesh, WattleRelayCounted counted,
                                gpointer data)
{
        const WattleRelayCounters counters = { 3, 100, 1234, 5678, 9 };

        counted(manager->refuse || mesh != HOME ? NULL : &counters, data);
}

void wattle_manager_set_metered(WattleManager *manager, gboolean is_metered)
{
        g_string_append_printf(manager->told, "metered %s\n", is_metered ? "yes" : "no");
}

void wattle_manager_on_changed(WattleManager *manager, WattleManagerChanged changed, gpointer data)
{
        manager->changed = changed;
        manager->changed_data = data;
}

void wattle_manager_set_lookup(WattleManager *manager, WattleLookup lookup, gpointer data)
{
        manager->lookup = lookup;
        manager->lookup_data = data;
}

void wattle_resolving_answer(WattleResolving *resolving, const WattleAddr *addresses,
                             guint n_addresses)
{
        g_autoptr(GString) text = g_string_new(NULL);

        g_assert_null(resolving->text); /* once */
        for (guint i = 0; i < n_addresses; i++) {
                char address[WATTLE_ADDR_TEXT_MAX];

                wattle_addr_format(&addresses[i], address);
                g_string_append_printf(text, "%s ", address);
        }
        resolving->text = g_string_free(g_steal_pointer(&text), FALSE);
}
