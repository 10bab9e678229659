/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cli/managers/foreign.h"

#include <string.h>

#include "cli/managers/systemd.h"
#include "common/ini.h"
#include "common/language.h"
#include "common/sys/file.h"

#define FILE_MAX (256 * 1024)
#define DROP_IN  "/etc/systemd/networkd.conf.d/50-foreign.conf"

/* Keys of [Network], and since when (networkd.conf(5)): older ones than the oldest systemd that
 * wattle knows count as 0. */
static const struct {
        const char *key;
        guint since;
        gsize offset; /* of a gboolean of WattleForeignKept */
} keys[] = {
        { "ManageForeignRoutingPolicyRules", 0, G_STRUCT_OFFSET(WattleForeignKept, rules) },
        { "ManageForeignRoutes", 0, G_STRUCT_OFFSET(WattleForeignKept, routes) },
        { "ManageForeignNextHops", 256, G_STRUCT_OFFSET(WattleForeignKept, next_hops) },
};

/* Programs that route by policy rules of their own. */
static const char *const vpn_units[] = { "tailscaled.service", "wg-quick@*.service",
                                         "netbird.service", "mullvad-daemon.service", NULL };

static const char *const folders[] = { "etc/systemd", "run/systemd", "usr/local/lib/systemd",
                                       "usr/lib/systemd" };

/* Words as systemd.syntax(7) has them, in any case. */
static gboolean read_boolean(const char *value, gboolean *ret)
{
        static const char *const yes[] = { "1", "yes", "y", "true", "t", "on", NULL };
        static const char *const no[] = { "0", "no", "n", "false", "f", "off", NULL };
        g_autofree char *word = g_ascii_strdown(value, -1);

        *ret = g_strv_contains(yes, word);
        return *ret || g_strv_contains(no, word);
}

/* A value that is no boolean, an empty one too, is passed over, as networkd does. */
static void take_key(const WattleIniLine *line, WattleForeignKept *kept)
{
        for (guint i = 0; i < G_N_ELEMENTS(keys); i++) {
                gboolean manages;

                if (strcmp(line->key, keys[i].key) == 0 && read_boolean(line->value, &manages))
                        G_STRUCT_MEMBER(gboolean, kept, keys[i].offset) = !manages;
        }
}

void wattle_foreign_read_conf(const char *text, WattleForeignKept *kept)
{
        g_auto(WattleReport) report = { 0 };
        g_auto(WattleIni) ini = { 0 };
        WattleIniLine line;

        wattle_report_init(&report);
        wattle_ini_init(&ini, text, strlen(text), NULL, &report);
        while (wattle_ini_next(&ini, &line))
                if (line.kind == WATTLE_INI_KEY && g_strcmp0(line.section, "Network") == 0)
                        take_key(&line, kept);
}

static void read_file(int root_fd, const char *path, WattleForeignKept *kept)
{
        g_autoptr(GBytes) bytes = wattle_read_file(root_fd, path, FILE_MAX, NULL);
        g_autofree char *text = NULL;

        if (!bytes || g_bytes_get_size(bytes) == 0)
                return;
        text = g_strndup(g_bytes_get_data(bytes, NULL), g_bytes_get_size(bytes));
        wattle_foreign_read_conf(text, kept);
}

static int compare_names(gconstpointer a, gconstpointer b)
{
        const char *x = *(const char *const *)a, *y = *(const char *const *)b;

        return strcmp(strrchr(x, '/'), strrchr(y, '/'));
}

/* Of two files of a name that in the earlier folder is read; one that is masked is read, as empty.
 */
static GPtrArray *collect_drop_ins(int root_fd)
{
        g_autoptr(GHashTable) seen = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
        GPtrArray *paths = g_ptr_array_new_with_free_func(g_free);

        for (guint i = 0; i < G_N_ELEMENTS(folders); i++) {
                g_autofree char *folder = g_strconcat(folders[i], "/networkd.conf.d", NULL);
                g_auto(GStrv) names = wattle_list_folder(root_fd, folder, "", ".conf", NULL);

                for (char **name = names; name && *name; name++)
                        if (g_hash_table_add(seen, g_strdup(*name)))
                                g_ptr_array_add(paths, g_strconcat(folder, "/", *name, NULL));
        }
        g_ptr_array_sort(paths, compare_names);
        return paths;
}

void wattle_foreign_find_conf(int root_fd, WattleForeignKept *ret)
{
        g_autoptr(GPtrArray) drop_ins = collect_drop_ins(root_fd);

        *ret = (WattleForeignKept){ .rules = FALSE };
        for (guint i = 0; i < G_N_ELEMENTS(folders); i++) {
                g_autofree char *path = g_strconcat(folders[i], "/networkd.conf", NULL);

                if (!wattle_path_exists(root_fd, path))
                        continue;
                read_file(root_fd, path, ret);
                break;
        }
        for (guint i = 0; i < drop_ins->len; i++)
                read_file(root_fd, g_ptr_array_index(drop_ins, i), ret);
}

gboolean wattle_foreign_look(int root_fd, sd_bus *bus, WattleForeign *foreign, GError **error)
{
        if (!wattle_systemd_list_active(bus, vpn_units, &foreign->vpns, error))
                return FALSE;
        for (char **vpn = foreign->vpns; *vpn; vpn++)
                (*vpn)[strlen(*vpn) - strlen(".service")] = '\0';
        wattle_foreign_find_conf(root_fd, &foreign->kept);
        return TRUE;
}

void wattle_foreign_clear(WattleForeign *foreign)
{
        g_clear_pointer(&foreign->vpns, g_strfreev);
}

gboolean wattle_foreign_is_lost(const WattleForeign *foreign)
{
        gboolean all_kept = TRUE;

        for (guint i = 0; i < G_N_ELEMENTS(keys); i++)
                all_kept &= foreign->systemd_version < keys[i].since ||
                            G_STRUCT_MEMBER(gboolean, &foreign->kept, keys[i].offset);
        return foreign->vpns && *foreign->vpns && !all_kept;
}

char *wattle_foreign_names(const WattleForeign *foreign)
{
        return g_strjoinv(_(" and "), foreign->vpns);
}

char *wattle_foreign_command(const WattleForeign *foreign)
{
        GString *command = g_string_new("mkdir -p /etc/systemd/networkd.conf.d; printf '%s\\n' "
                                        "'[Network]'");

        for (guint i = 0; i < G_N_ELEMENTS(keys); i++)
                if (foreign->systemd_version >= keys[i].since)
                        g_string_append_printf(command, " %s=no", keys[i].key);
        g_string_append(command, " >" DROP_IN);
        return g_string_free(command, FALSE);
}
