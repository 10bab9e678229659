/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The keys are those of nm-settings-keyfile(5); a peer's section has its public key in its name. */
#include "cli/import/nm.h"

#include <string.h>

#include "cli/import/table.h"
#include "common/error.h"
#include "common/language.h"

#define PEER "wireguard-peer."

static gboolean set_type(G_GNUC_UNUSED const WattleImportTarget *target, const char *value,
                         G_GNUC_UNUSED WattlePlace place, GError **error)
{
        return strcmp(value, "wireguard") == 0 ||
               wattle_error_refuse(error, "'%s' is no wireguard", value);
}

/* 0: as the kernel likes. */
static gboolean set_mtu(const WattleImportTarget *target, const char *value, WattlePlace place,
                        GError **error)
{
        return strcmp(value, "0") == 0 || wattle_import_set_mtu(target, value, place, error);
}

/* 0: none. */
static gboolean set_keepalive(const WattleImportTarget *target, const char *value,
                              WattlePlace place, GError **error)
{
        return strcmp(value, "0") == 0 || wattle_import_set_keepalive(target, value, place, error);
}

/* NetworkManager itself drops a word with a comma, and says nothing. */
static gboolean set_allowed(const WattleImportTarget *target, const char *value, WattlePlace place,
                            GError **error)
{
        if (strchr(value, ','))
                return wattle_error_refuse(error,
                                           "'%s': a keyfile has ; between two, and NetworkManager "
                                           "lets none of these in",
                                           value);
        return wattle_import_set_allowed(target, value, place, error);
}

/* "ADDRESS/LENGTH", and behind a comma a gateway, which an interface of WireGuard has no use for.
 */
static gboolean set_address(const WattleImportTarget *target, const char *value, WattlePlace place,
                            GError **error)
{
        g_autofree char *address = g_strndup(value, strcspn(value, ","));

        return wattle_import_set_address(target, g_strchomp(address), place, error);
}

#define OF_FAMILY(section)                                                                         \
        { section, "method", NULL, NULL, 0, FALSE },                                               \
                { section, "addr-gen-mode", NULL, NULL, 0, FALSE },                                \
                { section, "may-fail", NULL, NULL, 0, FALSE },                                     \
                { section, "address", set_address, NULL, 0, TRUE },                                \
                { section, "addresses", set_address, NULL, ';', FALSE },                           \
                { section, "dns", NULL, WATTLE_IMPORT_NO_DNS, 0, FALSE },                          \
                { section, "dns-search", NULL, WATTLE_IMPORT_NO_DNS, 0, FALSE },                   \
                { section, "route", NULL, WATTLE_IMPORT_ROUTES, 0, TRUE },                         \
        {                                                                                          \
                section, "gateway", NULL, WATTLE_IMPORT_ROUTES, 0, FALSE                           \
        }

static const WattleImportKey keys[] = {
        { "connection", "type", set_type, NULL, 0, FALSE },
        { "connection", "id", NULL, NULL, 0, FALSE },
        { "connection", "uuid", NULL, NULL, 0, FALSE },
        { "connection", "interface-name", NULL, NULL, 0, FALSE },
        { "connection", "timestamp", NULL, NULL, 0, FALSE },
        { "connection", "autoconnect", NULL, N_("it is ActivationPolicy= in [Local] of this host"),
          0, FALSE },
        { "connection", "zone", NULL, N_("it is Trust= in [Local] of this host"), 0, FALSE },
        { "wireguard", "private-key", wattle_import_set_private_key, NULL, 0, FALSE },
        { "wireguard", "private-key-flags", NULL, NULL, 0, FALSE },
        { "wireguard", "listen-port", wattle_import_set_listen_port, NULL, 0, FALSE },
        { "wireguard", "mtu", set_mtu, NULL, 0, FALSE },
        { "wireguard", "fwmark", NULL, WATTLE_IMPORT_MARK, 0, FALSE },
        { "wireguard", "peer-routes", NULL, NULL, 0, FALSE },
        { "wireguard", "ip4-auto-default-route", NULL, NULL, 0, FALSE },
        { "wireguard", "ip6-auto-default-route", NULL, NULL, 0, FALSE },
        { "peer", "allowed-ips", set_allowed, NULL, ';', FALSE },
        { "peer", "endpoint", wattle_import_set_endpoint, NULL, 0, FALSE },
        { "peer", "persistent-keepalive", set_keepalive, NULL, 0, FALSE },
        { "peer", "preshared-key", NULL, WATTLE_IMPORT_NO_PSK, 0, FALSE },
        { "peer", "preshared-key-flags", NULL, NULL, 0, FALSE },
        OF_FAMILY("ipv4"),
        OF_FAMILY("ipv6"),
};

static const char *begin(WattleImportTarget *target, const WattleIniLine *line,
                         WattleReport *report)
{
        g_autoptr(GError) error = NULL;

        target->peer = NULL;
        if (!g_str_has_prefix(line->section, PEER))
                return line->section;
        target->peer = wattle_import_add_peer(target->host, line->place);
        if (wattle_import_set_public_key(target, line->section + strlen(PEER), line->place, &error))
                return "peer";
        wattle_report_error(report, line->place, "[" PEER "...]: %s", error->message);
        return NULL;
}

void wattle_import_nm(WattleImport *import, char *text, const char *file, WattleReport *report)
{
        static const WattleImportTable table = { keys, G_N_ELEMENTS(keys), begin };
        WattleImportTarget target = { .import = import };

        target.host = wattle_import_add_host(import, (WattlePlace){ file, 1, 1 });
        wattle_import_read_table(&table, &target, text, file, report);
        wattle_import_check_keys(target.host,
                                 _("no private-key=: is it in a keyring, or asked for "
                                   "(private-key-flags=)? Write it into this copy; only its public "
                                   "half goes into the mesh"),
                                 report);
}
