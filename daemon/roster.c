/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "daemon/roster.h"

#include "common/profile.h"
#include "common/reach.h"

static GHashTable *new_by_key(void)
{
        return g_hash_table_new_full((GHashFunc)wattle_key_hash, (GEqualFunc)wattle_key_equal, NULL,
                                     (GDestroyNotify)wattle_member_free);
}

void wattle_roster_init(WattleRoster *roster)
{
        *roster = (WattleRoster){ .arena = wattle_arena_new(),
                                  .members = g_ptr_array_new(),
                                  .by_key = new_by_key(),
                                  .by_address = g_hash_table_new((GHashFunc)wattle_addr_hash,
                                                                 (GEqualFunc)wattle_addr_equal) };
}

void wattle_roster_clear(WattleRoster *roster)
{
        g_ptr_array_unref(roster->members);
        g_hash_table_unref(roster->by_address);
        g_hash_table_unref(roster->by_key);
        wattle_arena_unref(roster->arena);
}

static void take_self(WattleRoster *roster, const WattleDevice *self)
{
        roster->device = wattle_arena_strdup(roster->arena, self->name);
        roster->self = self->public_key;
        roster->introduces = wattle_reach_may_introduce(self);
        roster->n_addresses = self->n_addresses;
        roster->addresses =
                wattle_arena_alloc(roster->arena, self->n_addresses * sizeof(WattleAddr));
        for (guint i = 0; i < self->n_addresses; i++)
                roster->addresses[i] = self->addresses[i].value;
}

static void index_addresses(WattleRoster *roster)
{
        g_hash_table_remove_all(roster->by_address);
        for (guint i = 0; i < roster->members->len; i++) {
                WattleMember *member = wattle_roster_at(roster, i);

                for (guint j = 0; j < member->n_addresses; j++)
                        g_hash_table_insert(roster->by_address, &member->addresses[j], member);
        }
}

void wattle_roster_take(WattleRoster *roster, const WattleView *view, const WattleDevice *self,
                        WattleLoop *loop)
{
        g_autoptr(GHashTable) old = g_steal_pointer(&roster->by_key);
        g_autoptr(WattleArena) old_arena = g_steal_pointer(&roster->arena);

        g_ptr_array_set_size(roster->members, 0);
        roster->arena = wattle_arena_new();
        roster->by_key = new_by_key();
        take_self(roster, self);
        roster->relay = view->relay;
        roster->uses_exit = view->exit_node != NULL;
        roster->relay_ports = view->relay_ports;
        for (guint i = 0; i < view->n_peers; i++) {
                const WattlePeer *peer = &view->peers[i];
                WattleMember *member = g_hash_table_lookup(old, &peer->public_key);

                if (member)
                        g_hash_table_steal(old, &peer->public_key);
                else
                        member = wattle_member_new(loop, &peer->public_key);
                wattle_member_update(member, peer, roster->arena);
                g_ptr_array_add(roster->members, member);
                g_hash_table_insert(roster->by_key, &member->key, member);
        }
        roster->n_departures += g_hash_table_size(old);
        index_addresses(roster);
}

void wattle_roster_read(WattleRoster *roster, const WattleWgDevice *device)
{
        for (guint i = 0; i < roster->members->len; i++)
                wattle_roster_at(roster, i)->in_kernel = FALSE;
        for (guint i = 0; i < device->peers->len; i++) {
                const WattleWgPeer *peer = &g_array_index(device->peers, WattleWgPeer, i);
                WattleMember *member = wattle_roster_with_key(roster, &peer->public_key);

                if (member)
                        wattle_member_read(member, peer);
        }
}

void wattle_roster_find_port(const WattleRoster *roster, WattleMember *member, gint64 now_us)
{
        const WattlePorts *ports = &roster->relay_ports;

        for (guint i = 0; i < roster->members->len; i++) {
                const WattleMember *relay = wattle_roster_at(roster, i);

                if (relay == member || relay->relay == WATTLE_RELAY_NO ||
                    member->endpoint.port < ports->first || member->endpoint.port > ports->last ||
                    !wattle_addr_equal(&relay->endpoint.addr, &member->endpoint.addr))
                        continue;
                g_free(member->port);
                member->port = g_new(WattleMemberPort, 1);
                *member->port = (WattleMemberPort){ .relay = relay->key,
                                                    .at = member->endpoint,
                                                    .at_us = now_us };
                return;
        }
}

WattleMember *wattle_roster_at(const WattleRoster *roster, guint index)
{
        return g_ptr_array_index(roster->members, index);
}

WattleMember *wattle_roster_with_key(const WattleRoster *roster, const WattleKey *key)
{
        return g_hash_table_lookup(roster->by_key, key);
}

WattleMember *wattle_roster_with_address(const WattleRoster *roster, const WattleAddr *address)
{
        return g_hash_table_lookup(roster->by_address, address);
}
