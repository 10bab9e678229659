/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/sys/nm/dns.h"

#include <string.h>

#include "common/sys/bus.h"

#define NM          "org.freedesktop.NetworkManager"
#define DNS_MANAGER NM ".DnsManager"
#define PLAIN       "dns+udp://"

/* Of one connection and family, or of the whole host. */
#define MAX_SERVERS 16

typedef struct {
        const char *interface; /* NULL: none */
        gboolean has_vpn;      /* so it is a connection's, if its interface has just gone too */
        gboolean has_domains;
        const char *servers[MAX_SERVERS];
        guint n_servers;
} Entry;

int wattle_nm_dns_call(sd_bus *bus, sd_bus_message **ret)
{
        int result = sd_bus_message_new_method_call(bus, ret, NM,
                                                    "/org/freedesktop/NetworkManager/DnsManager",
                                                    "org.freedesktop.DBus.Properties", "Get");

        if (result >= 0)
                result = sd_bus_message_set_auto_start(*ret, FALSE);
        if (result >= 0)
                result = sd_bus_message_append(*ret, "ss", DNS_MANAGER, "Configuration");
        return result;
}

/* ADDRESS, [ADDRESS], either with %SCOPE or #NAME in it or behind it. */
static gboolean parse_address(const char *text, WattleAddr *ret)
{
        g_autofree char *bare = NULL;

        text += *text == '[';
        bare = g_strndup(text, strcspn(text, "%#]"));
        return wattle_addr_parse(bare, ret, NULL);
}

gboolean wattle_nm_dns_parse(const char *text, WattleSocketAddr *ret)
{
        gboolean is_url = g_str_has_prefix(text, PLAIN);
        WattleSocketAddr at = { .port = WATTLE_NM_DNS_PORT };

        if (is_url)
                text += strlen(PLAIN);
        if (!(is_url && wattle_socket_addr_parse(text, &at, NULL) &&
              wattle_socket_addr_is_set(&at)) &&
            !parse_address(text, &at.addr))
                return FALSE;
        if (wattle_addr_is_special(&at.addr) || wattle_addr_class(&at.addr) == WATTLE_ADDR_LOOPBACK)
                return FALSE;
        *ret = (WattleSocketAddr){ .addr = at.addr, .port = at.port };
        return TRUE;
}

static int read_servers(sd_bus_message *reply, Entry *entry)
{
        const char *text;
        int result = sd_bus_message_enter_container(reply, 'v', "as");

        if (result > 0)
                result = sd_bus_message_enter_container(reply, 'a', "s");
        while (result > 0 && (result = sd_bus_message_read(reply, "s", &text)) > 0)
                if (entry->n_servers < MAX_SERVERS)
                        entry->servers[entry->n_servers++] = text;
        if (result >= 0)
                result = sd_bus_message_exit_container(reply);
        return result < 0 ? result : sd_bus_message_exit_container(reply);
}

static int read_field(sd_bus_message *reply, Entry *entry)
{
        const char *key;
        int result = sd_bus_message_read(reply, "s", &key);

        if (result <= 0)
                return result;
        if (strcmp(key, "nameservers") == 0)
                return read_servers(reply, entry);
        if (strcmp(key, "interface") == 0)
                return sd_bus_message_read(reply, "v", "s", &entry->interface);
        entry->has_vpn |= strcmp(key, "vpn") == 0;
        entry->has_domains |= strcmp(key, "domains") == 0;
        return sd_bus_message_skip(reply, "v");
}

/* 0: there is none left. */
static int read_entry(sd_bus_message *reply, Entry *entry)
{
        int result = sd_bus_message_enter_container(reply, 'a', "{sv}");

        if (result <= 0)
                return result;
        while ((result = sd_bus_message_enter_container(reply, 'e', "sv")) > 0) {
                result = read_field(reply, entry);
                if (result >= 0)
                        result = sd_bus_message_exit_container(reply);
                if (result < 0)
                        return result;
        }
        return result < 0 ? result : sd_bus_message_exit_container(reply);
}

static guint take(const Entry *entry, WattleSocketAddr *ret, guint n, guint max)
{
        for (guint i = 0; i < entry->n_servers && n < max; i++)
                n += wattle_nm_dns_parse(entry->servers[i], &ret[n]);
        return n;
}

guint wattle_nm_dns_read(sd_bus_message *reply, const char *interface, WattleSocketAddr *ret,
                         guint max)
{
        guint n = 0;
        Entry entry = { 0 };

        if (sd_bus_message_enter_container(reply, 'v', "aa{sv}") <= 0 ||
            sd_bus_message_enter_container(reply, 'a', "a{sv}") <= 0)
                return 0;
        for (; read_entry(reply, &entry) > 0; entry = (Entry){ 0 }) {
                if (!entry.interface && !entry.has_vpn && !entry.has_domains)
                        return take(&entry, ret, 0, max);
                if (entry.interface && strcmp(entry.interface, interface) == 0)
                        n = take(&entry, ret, n, max);
        }
        return n;
}
