/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The profile as text: every key in the order of the reader's table, what has its default left out,
 * so that a file made by wattle looks like one that a person wrote. */
#include "common/profile.h"

static void append_uint(GString *text, const char *key, guint64 value)
{
        g_string_append_printf(text, "%s=%" G_GUINT64_FORMAT "\n", key, value);
}

static void append_port(GString *text, const char *key, WattleOptionalU16 value)
{
        if (value.given)
                append_uint(text, key, value.value);
}

static void append_keepalive(GString *text, WattleOptionalU16 keepalive_s)
{
        if (keepalive_s.given && keepalive_s.value == 0)
                g_string_append(text, "Keepalive=off\n");
        else
                append_port(text, "Keepalive", keepalive_s);
}

/* "Subnet=" before the first word of a list, a blank before the others. */
static void append_separator(GString *text, const char *key, guint i)
{
        if (i == 0)
                g_string_append_printf(text, "%s=", key);
        else
                g_string_append_c(text, ' ');
}

static void append_prefixes(GString *text, const char *key, const WattleProfilePrefix *prefixes,
                            guint n)
{
        for (guint i = 0; i < n; i++) {
                char word[WATTLE_PREFIX_TEXT_MAX];

                wattle_prefix_format(&prefixes[i].value, word);
                append_separator(text, key, i);
                g_string_append(text, word);
        }
        if (n > 0)
                g_string_append_c(text, '\n');
}

static void append_addresses(GString *text, const char *key, const WattleProfileAddr *addresses,
                             guint n)
{
        for (guint i = 0; i < n; i++) {
                char word[WATTLE_ADDR_TEXT_MAX];

                wattle_addr_format(&addresses[i].value, word);
                append_separator(text, key, i);
                g_string_append(text, word);
        }
        if (n > 0)
                g_string_append_c(text, '\n');
}

static void append_aliases(GString *text, const WattleDevice *device)
{
        for (guint i = 0; i < device->n_aliases; i++) {
                append_separator(text, "Alias", i);
                g_string_append(text, device->aliases[i].value);
        }
        if (device->n_aliases > 0)
                g_string_append_c(text, '\n');
}

/* A line each: their order says which is tried first, and the two kinds may alternate. */
static void append_candidates(GString *text, const WattleDevice *device)
{
        for (guint i = 0; i < device->n_candidates; i++) {
                const WattleCandidate *candidate = &device->candidates[i];
                char word[WATTLE_ENDPOINT_TEXT_MAX];

                wattle_candidate_format(candidate, word);
                g_string_append_printf(text, "%s=%s\n",
                                       candidate->kind == WATTLE_CANDIDATE_PUBLIC
                                               ? "PublicEndpoint"
                                               : "PrivateEndpoint",
                                       word);
        }
}

static void append_lineage(GString *text, const WattleProfile *profile)
{
        char word[MAX(WATTLE_TEXT_SUM_TEXT_MAX, WATTLE_SIGNING_KEY_TEXT_MAX)];

        if (profile->has_serial)
                append_uint(text, "Serial", profile->serial);
        if (profile->has_previous) {
                wattle_text_sum_format(&profile->previous, word);
                g_string_append_printf(text, "Previous=%s\n", word);
        }
        for (guint i = 0; i < profile->n_signing_keys; i++) {
                wattle_signing_key_format(&profile->signing_keys[i].value, word);
                g_string_append_printf(text, "SigningKeys=%s\n", word);
        }
}

static void append_mesh(GString *text, const WattleProfile *profile)
{
        g_autofree char *file_name = profile->file ? wattle_mesh_name_of_path(profile->file) : NULL;

        g_string_append(text, "[Mesh]\n");
        /* The file may be renamed later: a name that it gives anyway would then stand against it.
         */
        if (profile->name && g_strcmp0(profile->name, file_name) != 0)
                g_string_append_printf(text, "Name=%s\n", profile->name);
        append_lineage(text, profile);
        if (profile->invited)
                g_string_append_printf(text, "Invitation=%s\n", profile->invited);
        if (profile->update_url)
                g_string_append_printf(text, "UpdateURL=%s\n", profile->update_url);
        append_prefixes(text, "Subnet", profile->subnets, profile->n_subnets);
        append_port(text, "ListenPort", profile->listen_port);
        if (profile->domain)
                g_string_append_printf(text, "Domain=%s\n", profile->domain);
        append_port(text, "MTU", (WattleOptionalU16){ profile->mtu.given, profile->mtu.value });
        append_keepalive(text, profile->keepalive_s);
        if (profile->relay_ports.given)
                g_string_append_printf(text, "RelayPorts=%u-%u\n", profile->relay_ports.first,
                                       profile->relay_ports.last);
}

static void append_site(GString *text, const WattleSite *site)
{
        char addr[WATTLE_ADDR_TEXT_MAX];

        wattle_addr_format(&site->address.at.addr, addr);
        g_string_append_printf(text, "\n[Site %s]\nPublicAddress=%s\n", site->name,
                               site->address.name ? site->address.name : addr);
}

void wattle_device_write(const WattleDevice *device, GString *text)
{
        char key[WATTLE_KEY_TEXT_MAX];

        wattle_key_format(&device->public_key, key);
        g_string_append_printf(text, "[Device %s]\nPublicKey=%s\n", device->name, key);
        append_addresses(text, "Address", device->addresses, device->n_addresses);
        append_aliases(text, device);
        append_candidates(text, device);
        append_prefixes(text, "Routes", device->routes, device->n_routes);
        append_port(text, "ListenPort", device->listen_port);
        append_keepalive(text, device->keepalive_s);
        if (device->exit_node)
                g_string_append(text, "ExitNode=yes\n");
        if (device->dns)
                append_addresses(text, "DNS", device->dns->servers, device->dns->n);
        if (device->relay)
                g_string_append(text, device->relay == WATTLE_RELAY_YES ? "Relay=yes\n"
                                                                        : "Relay=retiring\n");
        if (!device->managed)
                g_string_append(text, "Managed=no\n");
        if (device->via)
                g_string_append_printf(text, "Via=%s\n", device->via->value);
        if (device->state == WATTLE_DEVICE_REVOKED)
                g_string_append(text, "State=revoked\n");
}

char *wattle_profile_write(const WattleProfile *profile)
{
        GString *text = g_string_new(NULL);

        append_mesh(text, profile);
        for (guint i = 0; i < profile->n_sites; i++)
                append_site(text, &profile->sites[i]);
        for (guint i = 0; i < profile->n_devices; i++) {
                g_string_append_c(text, '\n');
                wattle_device_write(&profile->devices[i], text);
        }
        return g_string_free(text, FALSE);
}
