/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The keys are those of systemd.netdev(5), [NetDev], [WireGuard] and [WireGuardPeer], and of
 * systemd.network(5). */
#include "cli/import/networkd.h"

#include <string.h>

#include "cli/import/table.h"
#include "common/error.h"
#include "common/language.h"

static gboolean set_kind(G_GNUC_UNUSED const WattleImportTarget *target, const char *value,
                         G_GNUC_UNUSED WattlePlace place, GError **error)
{
        return strcmp(value, "wireguard") == 0 ||
               wattle_error_refuse(error, "'%s' is no WireGuard", value);
}

static gboolean set_interface(const WattleImportTarget *target, const char *value,
                              G_GNUC_UNUSED WattlePlace place, G_GNUC_UNUSED GError **error)
{
        target->host->interface = wattle_arena_strdup(target->import->arena, value);
        return TRUE;
}

static gboolean set_listen_port(const WattleImportTarget *target, const char *value,
                                WattlePlace place, GError **error)
{
        return strcmp(value, "auto") == 0 ||
               wattle_import_set_listen_port(target, value, place, error);
}

static GBytes *open_beside(const WattleImportTarget *target, const char *path, const char *file)
{
        g_autofree char *folder = g_path_get_dirname(file), *name = g_path_get_basename(path);
        g_autofree char *beside = g_build_filename(folder, name, NULL);
        GBytes *bytes = target->import->open ? target->import->open(path) : NULL;

        return bytes || !target->import->open ? bytes : target->import->open(beside);
}

/* As it is written, or beside the .netdev: a host's files are often copied into one folder. */
static gboolean set_private_key_file(const WattleImportTarget *target, const char *value,
                                     WattlePlace place, GError **error)
{
        GBytes *bytes = open_beside(target, value, place.file);
        char *text;
        gsize size;
        gboolean ok;

        if (!bytes)
                return wattle_error_refuse(error,
                                           "'%s' is not to be had here: put a copy beside this "
                                           "file; only its public half goes into the mesh",
                                           value);
        text = g_bytes_unref_to_data(bytes, &size);
        text = g_realloc(text, size + 1);
        text[size] = '\0';
        ok = wattle_import_set_private_key(target, g_strstrip(text), place, error);
        explicit_bzero(text, size);
        g_free(text);
        return ok;
}

static const WattleImportKey netdev_keys[] = {
        { "NetDev", "Kind", set_kind, NULL, 0, FALSE },
        { "NetDev", "Name", set_interface, NULL, 0, FALSE },
        { "NetDev", "MTUBytes", wattle_import_set_mtu, NULL, 0, FALSE },
        { "NetDev", "Description", NULL, NULL, 0, FALSE },
        { "WireGuard", "PrivateKey", wattle_import_set_private_key, NULL, 0, FALSE },
        { "WireGuard", "PrivateKeyFile", set_private_key_file, NULL, 0, FALSE },
        { "WireGuard", "ListenPort", set_listen_port, NULL, 0, FALSE },
        { "WireGuard", "FirewallMark", NULL, WATTLE_IMPORT_MARK, 0, FALSE },
        { "WireGuard", "RouteTable", NULL, WATTLE_IMPORT_TABLE, 0, FALSE },
        { "WireGuardPeer", "PublicKey", wattle_import_set_public_key, NULL, 0, FALSE },
        { "WireGuardPeer", "AllowedIPs", wattle_import_set_allowed, NULL, ',', FALSE },
        { "WireGuardPeer", "Endpoint", wattle_import_set_endpoint, NULL, 0, FALSE },
        { "WireGuardPeer", "PersistentKeepalive", wattle_import_set_keepalive, NULL, 0, FALSE },
        { "WireGuardPeer", "PresharedKey", NULL, WATTLE_IMPORT_NO_PSK, 0, FALSE },
        { "WireGuardPeer", "PresharedKeyFile", NULL, WATTLE_IMPORT_NO_PSK, 0, FALSE },
        { "WireGuardPeer", "RouteTable", NULL, WATTLE_IMPORT_TABLE, 0, FALSE },
};

static const WattleImportKey network_keys[] = {
        { "Match", "Name", set_interface, NULL, 0, FALSE },
        { "Link", "MTUBytes", wattle_import_set_mtu, NULL, 0, FALSE },
        { "Link", "ActivationPolicy", NULL, N_("it is a key of [Local], too"), 0, FALSE },
        { "Link", "RequiredForOnline", NULL, NULL, 0, FALSE },
        { "Network", "Address", wattle_import_set_address, NULL, ' ', FALSE },
        { "Network", "LinkLocalAddressing", NULL, NULL, 0, FALSE },
        { "Network", "ConfigureWithoutCarrier", NULL, NULL, 0, FALSE },
        { "Network", "DNS", NULL, WATTLE_IMPORT_NO_DNS, 0, FALSE },
        { "Address", "Address", wattle_import_set_address, NULL, ' ', FALSE },
        { "Route", "Destination", NULL, WATTLE_IMPORT_ROUTES, 0, FALSE },
        { "Route", "Gateway", NULL, WATTLE_IMPORT_ROUTES, 0, FALSE },
};

static const char *begin_netdev(WattleImportTarget *target, const WattleIniLine *line,
                                G_GNUC_UNUSED WattleReport *report)
{
        target->peer = strcmp(line->section, "WireGuardPeer") == 0
                               ? wattle_import_add_peer(target->host, line->place)
                               : NULL;
        return line->section;
}

static const char *begin_network(G_GNUC_UNUSED WattleImportTarget *target,
                                 const WattleIniLine *line, G_GNUC_UNUSED WattleReport *report)
{
        return line->section;
}

void wattle_import_netdev(WattleImport *import, char *text, const char *file, WattleReport *report)
{
        static const WattleImportTable table = { netdev_keys, G_N_ELEMENTS(netdev_keys),
                                                 begin_netdev };
        WattleImportTarget target = { .import = import };

        target.host = wattle_import_add_host(import, (WattlePlace){ file, 1, 1 });
        wattle_import_read_table(&table, &target, text, file, report);
        if (!target.host->interface && report->n_errors == 0)
                wattle_report_error(report, target.host->place, "[NetDev] has no Name=");
        wattle_import_check_keys(
                target.host,
                _("neither PrivateKey= nor PrivateKeyFile=: whose file is it? Write "
                  "one of them; only its public half goes into the mesh"),
                report);
}

static gboolean is_of(const WattleImportHost *host, const char *words, const char *file)
{
        g_autofree char *folder = g_path_get_dirname(file);
        g_autofree char *own_folder = g_path_get_dirname(host->place.file);
        g_auto(GStrv) patterns = g_strsplit_set(words, " \t", -1);

        if (!host->interface || strcmp(folder, own_folder) != 0)
                return FALSE;
        for (guint i = 0; patterns[i]; i++)
                if (g_pattern_match_simple(patterns[i], host->interface))
                        return TRUE;
        return FALSE;
}

static WattleImportHost *find_host(const WattleImport *import, const char *words, const char *file)
{
        for (guint i = 0; i < import->hosts->len; i++)
                if (is_of(g_ptr_array_index(import->hosts, i), words, file))
                        return g_ptr_array_index(import->hosts, i);
        return NULL;
}

void wattle_import_network(WattleImport *import, char *text, const char *file, WattleReport *report)
{
        static const WattleImportTable table = { network_keys, G_N_ELEMENTS(network_keys),
                                                 begin_network };
        WattleImportTarget target = { .import = import };
        WattleImportHost *host, *owner;

        host = target.host = wattle_import_add_host(import, (WattlePlace){ file, 1, 1 });
        wattle_import_read_table(&table, &target, text, file, report);
        owner = find_host(import, host->interface ? host->interface : "", file);
        if (owner == host)
                owner = NULL;
        if (owner) {
                g_array_append_vals(owner->addresses, host->addresses->data, host->addresses->len);
                if (host->mtu.given)
                        owner->mtu = host->mtu;
        } else if (report->n_errors == 0) {
                wattle_report_error(report, host->place,
                                    "no .netdev beside it has an interface of its [Match] Name=: "
                                    "give that of the same host, too");
        }
        g_ptr_array_remove(import->hosts, host);
}
