/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cli/import/format.h"

#include <string.h>

#include "cli/import/networkd.h"
#include "cli/import/nm.h"
#include "cli/import/wg-dump.h"
#include "cli/import/wg-quick.h"
#include "common/language.h"

/* Four fields or more with one tab between two, as no line of wg-quick has. */
static gboolean is_dump(const char *text)
{
        guint n = 0;

        if (*text == '[' || *text == '#')
                return FALSE;
        for (; *text && *text != '\n'; text++)
                if (*text == '\t' && text[1] == '\t')
                        return FALSE;
                else if (*text == '\t')
                        n++;
        return n >= 3;
}

typedef void (*Parser)(WattleImport *import, char *text, const char *file, WattleReport *report);

/* By the first section that it has. */
static Parser find_parser(const char *text)
{
        static const struct {
                const char *section;
                Parser parser;
        } formats[] = {
                { "[NetDev]", wattle_import_netdev },      { "[WireGuard]", wattle_import_netdev },
                { "[Match]", wattle_import_network },      { "[Network]", wattle_import_network },
                { "[connection]", wattle_import_nm },      { "[wireguard]", wattle_import_nm },
                { "[Interface]", wattle_import_wg_quick },
        };

        if (is_dump(text))
                return wattle_import_wg_dump;
        for (const char *line = text; line; line = strchr(line, '\n')) {
                line += strspn(line, " \t\r\n");
                if (*line != '[')
                        continue;
                for (guint i = 0; i < G_N_ELEMENTS(formats); i++)
                        if (g_str_has_prefix(line, formats[i].section))
                                return formats[i].parser;
                break;
        }
        return wattle_import_wg_quick;
}

gboolean wattle_import_comes_after(const char *file)
{
        return g_str_has_suffix(file, ".network");
}

void wattle_import_read(WattleImport *import, char *bytes, gsize size, const char *file,
                        WattleReport *report)
{
        g_autofree char *label = wattle_import_label_of_path(file);
        const char *own_file = wattle_arena_strdup(import->arena, file);
        guint first = import->hosts->len;

        if (size == 0 || !g_utf8_validate_len(bytes, size, NULL)) {
                wattle_report_error(report, (WattlePlace){ own_file, 0, 0 },
                                    size == 0 ? N_("is empty") : N_("is not text"));
                return;
        }
        bytes[size] = '\0';
        find_parser(bytes)(import, bytes, own_file, report);
        for (guint i = first; i < import->hosts->len; i++) {
                WattleImportHost *host = g_ptr_array_index(import->hosts, i);

                if (!host->name)
                        host->name = wattle_arena_strdup(import->arena, label);
        }
}
